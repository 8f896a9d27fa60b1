"""Taking in events, in the order of the log."""

from collections.abc import Callable, Iterator
from itertools import groupby

from django.conf import settings

from posthouse.journeys import announcing, catalogue, models, store
from posthouse.journeys.catalogue import Catalogue
from posthouse.journeys.definition import OWN
from posthouse.journeys.store import Who
from posthouse.journeys.work import Task, Tasks, homes, work
from posthouse.timeline import queries as timeline
from posthouse.timeline.events import IdentityAliased, Recorded

JOINS = "member.joined"


def interest() -> Callable[[str], bool]:
    """Which types of events can move anybody, by the definitions that are live."""
    known = catalogue.current()
    return lambda type_: type_ in (JOINS, IdentityAliased.type) or bool(known.wanting(type_))


def take_in(batch: list[Recorded]) -> None:
    """Move the runs of everybody concerned; what changed is announced. Must run in the checkpoint's transaction."""
    known = catalogue.current()
    events = [event for event in batch if not event.type.startswith(OWN)]
    for is_alias, group in groupby(events, key=lambda event: event.type == IdentityAliased.type):
        if is_alias:
            for event in group:
                _unite(known, event)
        else:
            _take_in(known, list(group))


def _take_in(known: Catalogue, events: list[Recorded]) -> None:
    _lock_contacts(events)
    moved = join([event for event in events if event.type == JOINS])
    wanted = [(event, found) for event in events if (found := known.wanting(event.type))]
    tasks: Tasks = {}
    for event, who, keys in _concerned(wanted):
        if (task := tasks.get(who)) is None:
            task = tasks[who] = Task()
        task.add(event, keys)
    keys = known.of_kind("customer")
    for customer_id in timeline.canonical(moved).values() if moved and keys else ():
        task = tasks.setdefault(Who("customer", customer_id), Task())
        task.journeys = {key: [] for key in keys} | task.journeys
        task.replay = True
    if tasks:
        work(known, tasks, up_to=_horizon(max(event.position for event in events)))


def _horizon(position: int) -> int:
    """How far a replay looks. Where workers share the log, another one may have taken in what stands further on."""
    return position if settings.PARTITIONS == 1 else timeline.LARGEST


def _lock_contacts(events: list[Recorded]) -> None:
    """What a contact did alone and its joining may be taken in by two workers: one of them has to see the other's."""
    alone = {event.contact_id for event in events if event.type == JOINS or not event.customer_id} - {""}
    if alone and settings.PARTITIONS > 1:
        store.lock({Who("contact", contact_id) for contact_id in alone})


def _concerned(
    wanted: list[tuple[Recorded, dict[str, tuple[str, ...]]]],
) -> Iterator[tuple[Recorded, Who, tuple[str, ...]]]:
    """Whom each event concerns, and in which journeys."""
    ids = {event.customer_id for event, _ in wanted} | {event.contact_id for event, _ in wanted}
    alone = {event.contact_id for event, _ in wanted if not event.customer_id and event.contact_id}
    home = homes(alone)
    stands_for = timeline.canonical((ids | set(home.values())) - {""})
    for event, found in wanted:
        customer_id = event.customer_id or home.get(event.contact_id)
        if customer_id and (keys := found.get("customer")):
            yield event, Who("customer", stands_for[customer_id]), keys
        if event.contact_id and (keys := found.get("contact")):
            yield event, Who("contact", stands_for[event.contact_id]), keys


def join(events: list[Recorded]) -> set[str]:
    """Remember which customer contacts joined first; returns the customers whose history that changes."""
    first: dict[str, Recorded] = {}
    for event in sorted(events, key=lambda event: (event.occurred_at, event.position)):
        if event.contact_id and event.customer_id:
            first.setdefault(event.contact_id, event)
    rows = models.Joined.objects.in_bulk(list(first)) if first else {}
    changed, moved = [], {}
    for contact_id, event in first.items():
        row = rows.get(contact_id)
        if row is None or (event.occurred_at, event.position) < (row.at, row.position):
            moved[contact_id] = {event.customer_id, *([row.customer_id] if row else ())}
            changed.append(
                models.Joined(
                    contact_id=contact_id, customer_id=event.customer_id, at=event.occurred_at, position=event.position
                )
            )
    models.Joined.objects.bulk_create(
        changed,
        update_conflicts=True,
        unique_fields=["contact_id"],
        update_fields=["customer_id", "at", "position"],
    )
    names = timeline.names_of(moved)
    alone = timeline.alone({name for found in names.values() for name in found}) if moved else set()
    return {customer for contact, customers in moved.items() if names[contact] & alone for customer in customers}


def _unite(known: Catalogue, event: Recorded) -> None:
    """Give the runs of an id to the one it now stands for. Nothing is announced: all of it was, under either."""
    kind, alias = event.data["kind"], event.data["alias"]
    kept = Who(kind, timeline.canonical([alias])[alias])
    store.inherit(known, Who(kind, alias), kept)
    whos = {kept}
    if kind == "contact":
        names = timeline.names_of({alias})[alias]
        rows = models.Joined.objects.filter(contact_id__in=names).values_list("customer_id", flat=True)
        whos |= {Who("customer", customer_id) for customer_id in timeline.canonical(rows).values()}
    tasks = {who: Task.anew(keys) for who in whos if (keys := known.of_kind(who.kind))}
    if tasks:
        work(known, tasks, policy=announcing.SILENT, up_to=_horizon(event.position))
