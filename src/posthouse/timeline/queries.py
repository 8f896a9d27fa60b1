"""Questions about the log."""

import base64
import binascii
from collections.abc import Collection, Iterable, Iterator
from datetime import datetime
from typing import Literal

from django.db.models import CharField, Count, F, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.expressions import RawSQL
from django.db.models.functions import Coalesce

from posthouse.foundation.appendlog import Cursor
from posthouse.timeline import events, models

LARGEST = 2**63 - 1

SOMEBODY = ~Q(contact_id=RawSQL("''", (), output_field=CharField()))
"""The condition of the index of contacts, word by word: only next to it does SQLite find contacts by that index."""

KIND = Coalesce("type", Value(""))
"""The type, next to whom it happened to: SQLite would rather look through all that ever happened of a type."""


def of_customer(customer_id: str, people: Collection[str] = ()) -> QuerySet[models.Event]:
    """Everything that happened to a customer, under whatever id, newest first.

    With the contact ids of its people also what happened to them outside of any customer, such as their sign-up.
    """
    rows = models.Event.objects.filter(_whose(customer_id, people))
    return rows.order_by("-occurred_at", "-position")


def of_contact(contact_id: str) -> QuerySet[models.Event]:
    """Everything a contact did or that was done for it, under whatever id, newest first."""
    return models.Event.objects.filter(_of_contacts(aliases_of(contact_id))).order_by("-occurred_at", "-position")


def after(cursor: Cursor, *, types: list[str] | None = None) -> QuerySet[models.Event]:
    """The log behind a cursor, in log order, settled rows only: a reader that keeps the last cursor misses nothing."""
    rows = models.Event.objects.after(cursor).settled()
    return rows.filter(type__in=types) if types else rows


def end() -> Cursor:
    """The place after which everything that will ever be settled later stands."""
    rows = models.Event.objects.after(Cursor()).settled().order_by("-tx", "-position")
    last = rows.only("tx", "position").first()
    return last.cursor if last else Cursor()


def newest(*, types: list[str] | None = None, customer_id: str = "", source: str = "") -> QuerySet[models.Event]:
    """The log from its end backwards, for people to look at."""
    rows = models.Event.objects.order_by("-position")
    if types:
        rows = rows.filter(type__in=types)
    if customer_id:
        rows = rows.filter(customer_id__in=aliases_of(customer_id))
    return rows.filter(source=source) if source else rows


def one(source: str, event_id: str) -> models.Event | None:
    """An event by what identifies it."""
    return models.Event.objects.filter(source=source, id=event_id).first()


def these(names: Iterable[tuple[str, str]]) -> dict[tuple[str, str], events.Recorded]:
    """Events by (source, id), as far as they are in the log. One query for each source."""
    by_source: dict[str, list[str]] = {}
    for source, event_id in set(names):
        by_source.setdefault(source, []).append(event_id)
    found: dict[tuple[str, str], events.Recorded] = {}
    for source, ids in by_source.items():
        for event in models.Event.plain(models.Event.objects.filter(source=source, id__in=ids)):
            found[event.source, event.id] = event
    return found


def of_any(
    only: Q, *, customer_ids: Collection[str] = (), contact_ids: Collection[str] = (), most: int
) -> Iterator[events.Recorded]:
    """Events that fulfil a condition, with one of these very ids, in no order, at most so many of them.

    In the condition the type is called `kind` (KIND). Either customers are asked for or contacts: with both SQLite
    would read the table from end to end.
    """
    whose = Q(customer_id__in=customer_ids) if customer_ids else _of_contacts(contact_ids)
    return models.Event.plain(models.Event.objects.alias(kind=KIND).filter(only, whose).order_by()[:most])


def at(position: int) -> models.Event | None:
    """An event by its place in the log."""
    return models.Event.objects.filter(position=position).first() if position <= LARGEST else None


def place_of(event: models.Event) -> str:
    """Where an event stands in the order of occurrence, as an opaque text."""
    return base64.urlsafe_b64encode(f"{event.occurred_at.isoformat()} {event.position}".encode()).decode()


def before(rows: QuerySet[models.Event], place: str) -> QuerySet[models.Event]:
    """Only the rows behind a place, read newest first. Raises ValueError for a place that is not ours."""
    at, position = _read_place(place)
    return rows.filter(Q(occurred_at__lt=at) | Q(occurred_at=at, position__lt=position))


def _read_place(text: str) -> tuple[datetime, int]:
    try:
        at, _, position = base64.urlsafe_b64decode(text.encode()).decode().partition(" ")
        moment, number = datetime.fromisoformat(at), int(position)
    except (ValueError, binascii.Error) as error:
        raise ValueError("not a place in the log") from error
    if moment.tzinfo is None or not 0 <= number <= LARGEST:
        raise ValueError("not a place in the log")
    return moment, number


def first_of(customer_id: str, types: list[str]) -> dict[str, models.Event]:
    """For each of the types that has happened to the customer, the first time it did. One query."""
    first: dict[str, models.Event] = {}
    for row in steps_of(customer_id, "", types):
        first.setdefault(row.type, row)
    return first


def steps_of(customer_id: str, contact_id: str, types: list[str]) -> QuerySet[models.Event]:
    """Events of these types of a customer or of one of its people, in the order in which they happened."""
    whose = _whose(customer_id, [contact_id] if contact_id else [])
    return models.Event.objects.alias(kind=KIND).filter(whose, kind__in=types).order_by("occurred_at", "position")


def _whose(customer_id: str, people: Collection[str]) -> Q:
    names = _names_of([customer_id, *people])
    whose = Q(customer_id__in=names[customer_id])
    contacts = {name for person in people for name in names[person]}
    return whose | _alone(contacts) if contacts else whose


def _of_contacts(contact_ids: Collection[str]) -> Q:
    return Q(contact_id__in=contact_ids) & SOMEBODY


def _alone(contact_ids: Collection[str]) -> Q:
    """What contacts did outside of any customer.

    `<=` an empty text, which only an empty one is: were it `=`, SQLite would read all events without a customer.
    """
    return _of_contacts(contact_ids) & Q(customer_id__lte="")


def canonical(ids: Iterable[str]) -> dict[str, str]:
    """For each id the one that it stands for: itself, unless it was joined to another. Two queries at most.

    The first asks whether any id was ever joined: where none was, hundreds of ids need not be looked for.
    """
    asked = set(ids)
    if not asked or not models.Alias.objects.exists():
        return {name: name for name in asked}
    joined = models.Alias.objects.filter(alias__in=asked).values_list("alias", "canonical")
    return {name: name for name in asked} | dict(joined)


def aliases_of(id_: str) -> set[str]:
    """Every id that means the same contact or customer as this one, itself among them. One query."""
    return _names_of([id_])[id_]


def _names_of(ids: Collection[str]) -> dict[str, set[str]]:
    """For each id all that mean the same. One query, also where the ids themselves stand for others."""
    if not models.Alias.objects.exists():
        return {name: {name} for name in ids}
    own = models.Alias.objects.filter(alias__in=ids).values("canonical")
    rows = models.Alias.objects.filter(Q(canonical__in=ids) | Q(canonical__in=own)).values_list("alias", "canonical")
    ends = dict(rows)
    names: dict[str, set[str]] = {}
    for name, end in ends.items():
        names.setdefault(end, {end}).add(name)
    return {each: names.get(ends.get(each, each), {each}) for each in ids}


def names_of(ids: Collection[str]) -> dict[str, set[str]]:
    """For each id every id that means the same contact or customer, itself among them. One query."""
    return _names_of(ids) if ids else {}


def histories(
    *,
    customer_ids: Collection[str] = (),
    contact_ids: Collection[str] = (),
    alone: Collection[str] = (),
    up_to: int = LARGEST,
) -> Iterator[events.Recorded]:
    """All events with these very ids (not their aliases), by position: a stream, nothing is held.

    Of the contacts in `alone` only what they did outside of any customer; nothing behind the position `up_to`.
    """
    whose = Q(customer_id__in=customer_ids) if customer_ids else Q(pk__in=[])
    whose |= _of_contacts(contact_ids) if contact_ids else Q(pk__in=[])
    whose |= _alone(alone) if alone else Q(pk__in=[])
    return models.Event.plain(models.Event.objects.filter(whose, position__lte=up_to).order_by("position"))


def alone(contact_ids: Collection[str]) -> set[str]:
    """Those of the contacts, by these very ids, that something happened to outside of any customer."""
    rows = models.Event.objects.filter(_alone(contact_ids))
    return set(rows.values_list("contact_id", flat=True).distinct())


def subjects(kind: Literal["customer", "contact"], *, behind: str = "", most: int = 1000) -> list[str]:
    """Ids of customers (or contacts) that the log knows, in their order, behind a given one. Reads an index alone."""
    name = f"{kind}_id"
    rows = models.Event.objects.filter(**{f"{name}__gt": behind}).order_by(name)
    rows = rows.filter(SOMEBODY) if kind == "contact" else rows
    return list(rows.values_list(name, flat=True).distinct()[:most])


def subject_count(kind: Literal["customer", "contact"]) -> int:
    """How many customers (or contacts) the log knows."""
    rows = models.Event.objects.filter(SOMEBODY if kind == "contact" else ~Q(customer_id=""))
    return int(rows.values(f"{kind}_id").distinct().count())


def last_position() -> int:
    """The position of the newest event; 0 in an empty log."""
    return int(models.Event.objects.order_by("-position").values_list("position", flat=True).first() or 0)


def ours_already(ids: Collection[str]) -> set[str]:
    """Those of the ids under which the house itself has recorded something."""
    rows = models.Event.objects.filter(source=models.INTERNAL_SOURCE, id__in=ids)
    return set(rows.values_list("id", flat=True)) if ids else set()


def counts(since: datetime, types: list[str]) -> dict[str, int]:
    """How often each of the types occurred since a moment."""
    rows = models.Event.objects.filter(type__in=types, occurred_at__gte=since).order_by()
    return dict(rows.values_list("type").annotate(Count("position")))


def lag() -> dict[str, int]:
    """How many events each consumer still has before it; counted by position, and never 0 while one is left.

    On PostgreSQL a transaction that committed late adds events whose positions a consumer has passed already, so
    whether anything is left is a matter of the log's order, not of positions.
    """
    newest = models.Event.objects.order_by("-position").values_list("position", flat=True).first() or 0
    last = models.Event.objects.after(Cursor()).reverse().only("tx", "position").first()
    end = Cursor() if last is None else last.cursor
    read: dict[str, Cursor] = {}
    for checkpoint in models.Checkpoint.objects.all():
        cursor = checkpoint.cursor
        read[checkpoint.consumer] = min(cursor, read.get(checkpoint.consumer, cursor))
    cursors = {name: read.get(name, Cursor()) for name in sorted(events.reactions)}
    return {name: 0 if at >= end else max(1, newest - at.position) for name, at in cursors.items()}


def parked() -> QuerySet[models.Parked]:
    """Events that consumers could not digest, oldest first."""
    return models.Parked.objects.select_related("event").order_by("pk")


def discarded() -> QuerySet[models.Discarded]:
    """Events that somebody decided a consumer shall never take in, newest first."""
    return models.Discarded.objects.select_related("event").order_by("-at", "-pk")


def known_types() -> list[str]:
    """All types the house itself announces."""
    return sorted(events.catalogue)


def types_of(customer_id: str, people: Collection[str] = ()) -> list[str]:
    """The types that stand on a customer's timeline."""
    rows = models.Event.objects.filter(_whose(customer_id, people)).order_by("type")
    return list(rows.values_list("type", flat=True).distinct())


def happenings(
    types: Collection[str], *, subject: str, since: datetime | None = None, until: datetime | None = None
) -> QuerySet[models.Event]:
    """Events of these types (exact, or `call.*`) with `who`: the customer or contact (`subject`) that each concerns.

    For sums over everybody: ids that stand for another count as that one, and events of nobody are left out.
    """
    own = f"{subject}_id"
    exact = [name for name in types if not name.endswith(".*")]
    wanted = Q(type__in=exact)
    for name in set(types) - set(exact):
        wanted |= Q(type__startswith=name.removesuffix("*"))
    rows = models.Event.objects.filter(wanted).exclude(**{own: ""})
    rows = rows.filter(occurred_at__gte=since) if since else rows
    rows = rows.filter(occurred_at__lt=until) if until else rows
    if not models.Alias.objects.exists():
        return rows.annotate(who=F(own))
    meant = models.Alias.objects.filter(alias=OuterRef(own)).values("canonical")[:1]
    return rows.annotate(who=Coalesce(Subquery(meant), F(own)))
