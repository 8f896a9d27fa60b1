"""The engine at work: events of many subjects against their runs, advanced or, where something came late, replayed."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from posthouse.journeys import announcing, models, store
from posthouse.journeys.catalogue import Catalogue, Live
from posthouse.journeys.compiled import Journey
from posthouse.journeys.fold import (
    COMPLETED,
    Rules,
    Runs,
    advance,
    close_windows,
    history,
    in_order,
    is_late,
)
from posthouse.journeys.store import NONE_HELD, Change, Held, Seen, Who
from posthouse.timeline import queries as timeline
from posthouse.timeline.events import Recorded


@dataclass(slots=True)
class Task:
    """What is to be done for one subject: take in `events`, or make its runs anew from its whole history.

    `journeys`: those it is done in, each with the events that can concern it.
    """

    events: list[Recorded] = field(default_factory=list)
    journeys: dict[str, list[Recorded]] = field(default_factory=dict)
    replay: bool = False

    @classmethod
    def anew(cls, journeys: Iterable[str]) -> "Task":
        """Make the runs in these journeys anew."""
        return cls(journeys={key: [] for key in journeys}, replay=True)

    def add(self, event: Recorded, journeys: Iterable[str]) -> None:
        """Take an event in, in the journeys that it can concern."""
        self.events.append(event)
        for key in journeys:
            self.journeys.setdefault(key, []).append(event)


class Story(NamedTuple):
    """All that happened to one subject: together, and apart by the ids under which it happened."""

    events: list[Recorded]
    apart: list[list[Recorded]]


Tasks = dict[Who, Task]


def work(
    known: Catalogue,
    tasks: Tasks,
    *,
    until: datetime | None = None,
    policy: announcing.Policy = announcing.AS_IT_COMES,
    up_to: int = timeline.LARGEST,
) -> list[Change]:
    """Bring the runs of these subjects up to date, save and announce what changed; returns that.

    Must run in a transaction. `until`: windows that are over by then end.
    """
    changes, seen = prepare(known, tasks, until, unchanged=policy.everything, up_to=up_to)
    store.save(changes)
    store.saw(seen)
    announcing.announce(changes, policy)
    return changes


def prepare(
    known: Catalogue,
    tasks: Tasks,
    until: datetime | None,
    *,
    unchanged: bool = False,
    up_to: int = timeline.LARGEST,
) -> tuple[list[Change], dict[Who, Seen]]:
    """What would change, and how far each subject whose own will have changed will have been taken in.

    With `unchanged` also those with whom all stays as it is. `up_to`: a replay looks no further than to this position,
    or it would see what the consumer has yet to take in, which would then count as late.
    """
    seen = store.lock(tasks)
    places = [(who, key) for who, task in tasks.items() for key in sorted(task.journeys)]
    held = store.load(places)
    again = {place for place in places if _is_outdated(known, tasks[place[0]], place, held.get(place), seen)}
    stories = tell({who: max(up_to, seen[who].position) for who, _ in again})
    changes = []
    for place in places:
        (who, key), own = place, held.get(place, NONE_HELD)
        live, rules = known.journeys[key], known.rules(key, own.pinned)
        if place in again:
            after = replayed(rules, live, stories[who], until)
        else:
            after = _advanced(rules, live, own.runs, tasks[who].journeys[key], until)
        if unchanged or (after is not own.runs and after != own.runs):
            changes.append(Change(who, rules, own.runs, after, own.pinned, seen[who].by_time))
    far = {who: _how_far_seen(seen[who], task.events, stories.get(who)) for who, task in tasks.items()}
    return changes, {who: now for who, now in far.items() if now != seen[who]}


def _is_outdated(
    known: Catalogue, task: Task, place: tuple[Who, str], own: Held | None, seen: Mapping[Who, Seen]
) -> bool:
    """Whether the runs at hand cannot just be advanced."""
    who, key = place
    if task.replay or seen[who].merged:
        return True
    if own and own.revisions and own.revisions != {known.journeys[key].journey.number}:
        return True
    if not (events := task.journeys[key]):
        return False
    return is_late(own.runs if own else (), seen[who].until, min(event.occurred_at for event in events))


def _how_far_seen(seen: Seen, events: list[Recorded], story: Story | None) -> Seen:
    until, position, merged, by_time = seen
    for event in story.events if story else events:
        if until is None or event.occurred_at > until:
            until = event.occurred_at
        position = max(position, event.position)
    return Seen(until, position, merged or (story is not None and len(story.apart) > 1), by_time)


def _advanced(rules: Rules, live: Live, runs: Runs, events: Sequence[Recorded], until: datetime | None) -> Runs:
    for event in in_order(rules, events) if len(events) > 1 else events:
        if live.counts(event):
            runs = advance(rules, runs, event)
    return close_windows(rules, runs, until) if until else runs


def replayed(rules: Rules, live: Live, story: Story, until: datetime | None = None) -> Runs:
    """The runs that a subject's history gives.

    Where several ids mean the subject: per key those of the united history, unless what happened under one of the
    ids alone leads further, as where one of two customers has left. So the furthest is kept and doubles are one.
    """
    united = _folded(rules, live, story.events, until)
    if len(story.apart) < 2:
        return united
    ways = [united, *(_folded(rules, live, events, until) for events in story.apart)]
    keys = dict.fromkeys(run.key for runs in ways for run in runs)
    best = [max((_of_key(runs, key) for runs in ways), key=lambda runs: _how_far(rules, runs)) for key in keys]
    return tuple(sorted((run for runs in best for run in runs), key=lambda run: (run.entered_at, run.position)))


def _folded(rules: Rules, live: Live, events: list[Recorded], until: datetime | None) -> Runs:
    return history(rules, (event for event in events if live.counts(event)), until)


def _of_key(runs: Runs, key: str) -> Runs:
    return tuple(run for run in runs if run.key == key)


def _how_far(rules: Rules, runs: Runs) -> tuple[int, int]:
    return max(((run.state == COMPLETED, _required(rules.of(run.name), run.reached)) for run in runs), default=(0, 0))


def _required(journey: Journey, reached: Collection[str]) -> int:
    return sum(step.required and step.key in reached for step in journey.steps)


def tell(whos: Mapping[Who, int]) -> dict[Who, Story]:
    """The histories of subjects up to a position each, under all their ids, by position.

    A customer's holds what its contacts did outside of any customer, where it is the one they joined first.
    """
    if not whos:
        return {}
    names = timeline.names_of({who.id for who in whos})
    owner = {Who(who.kind, name): who for who in whos for name in names[who.id]}
    customers = {name for kind, name in owner if kind == "customer"}
    contacts = {name for kind, name in owner if kind == "contact"}
    home = {contact: customer for contact, customer in _alone(customers).items() if customer in customers}
    apart: dict[Who, dict[str, list[Recorded]]] = {who: {} for who in whos}
    together: dict[Who, list[Recorded]] = {who: [] for who in whos}
    for event in timeline.histories(customer_ids=customers, contact_ids=contacts, alone=home, up_to=max(whos.values())):
        for kind, name in _ids(event, home):
            if (who := owner.get(Who(kind, name))) and event.position <= whos[who]:
                together[who].append(event)
                apart[who].setdefault(name, []).append(event)
    return {who: Story(together[who], list(apart[who].values())) for who in whos}


def _alone(customers: Collection[str]) -> dict[str, str]:
    """The contacts that joined one of these customers, under all their ids, and which customer they joined first."""
    if not customers:
        return {}
    rows = models.Joined.objects.filter(customer_id__in=customers).values_list("contact_id", flat=True)
    names = timeline.names_of(set(rows))
    return homes({name for found in names.values() for name in found})


def homes(contact_ids: Collection[str]) -> dict[str, str]:
    """The customers, by the id under which they were joined, that contacts joined first, under whatever id."""
    names = timeline.names_of(contact_ids)
    every = {name for found in names.values() for name in found}
    rows = models.Joined.objects.filter(contact_id__in=every).values_list("contact_id", "at", "position", "customer_id")
    joined = {contact_id: (at, position, customer_id) for contact_id, at, position, customer_id in rows if every}
    firsts = {contact_id: [joined[name] for name in names[contact_id] if name in joined] for contact_id in names}
    return {contact_id: min(found)[2] for contact_id, found in firsts.items() if found}


def _ids(event: Recorded, home: Mapping[str, str]) -> Iterable[tuple[str, str]]:
    customer = event.customer_id or home.get(event.contact_id, "")
    if customer:
        yield "customer", customer
    if event.contact_id:
        yield "contact", event.contact_id
