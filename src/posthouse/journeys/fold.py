"""The one transition function: what an event does to the runs of one subject in one journey.

Pure, and both engine and oracle: the consumer calls `advance` for each event as it comes, and whatever it holds must
be what `history` makes of all events of the subject. They agree because an event that is not newer than all before it
(`is_late`) is never advanced over, but the whole history is made anew.

The order of events is (when it happened, entries before steps in their order before exits, place in the log). What
one event does, in this order:
1. runs whose window is over end, at the end of the window, before anything that happened later;
2. where the entry rule lets it, it begins a new run, and may be that run's first step;
3. otherwise it counts for one step at most: in the oldest open run that can use it, or else in the last one if that
   is completed (optional steps and repetitions go on counting there);
4. it may end open runs: by an exit rule, or because the order is strict and it counted for nothing.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from itertools import pairwise
from typing import NamedTuple

from posthouse.journeys.compiled import Happening, Journey, Meaning

OPEN, COMPLETED, EXITED = "open", "completed", "exited"
WINDOW, ORDER_BROKEN, CHANGED = "window", "order_broken", "definition_changed"
MOST_RUNS = 1000
"""Of one subject in one journey; a definition that enters on every event must not fill the house."""


class Mark(NamedTuple):
    """A step was reached; with `repeat: last` at the last time it was, otherwise at the first."""

    at: datetime
    event_id: str
    position: int
    contact_id: str
    times: int = 1


class Run(NamedTuple):
    """One time a subject goes through a journey. `key` keeps runs apart (`per`), `occurrence` counts them from 1."""

    key: str
    occurrence: int
    revision: int
    entered_at: datetime
    event_id: str
    position: int
    contact_id: str
    state: str = OPEN
    ended_at: datetime | None = None
    reason: str = ""
    reached: Mapping[str, Mark] = {}

    @property
    def name(self) -> tuple[str, int]:
        """What tells it from the other runs of its subject."""
        return self.key, self.occurrence


Runs = tuple[Run, ...]
Pins = Mapping[tuple[str, int], Journey]


class Rules(NamedTuple):
    """The published definition, and the older ones that some runs stay with."""

    current: Journey
    pins: Pins = {}
    published: Journey | None = None
    """Where `current` is one of the older ones, looked at on its own: the one that governs all other runs."""

    def of(self, name: tuple[str, int]) -> Journey:
        """The definition that governs a run."""
        return self.pins.get(name, self.published or self.current) if self.pins else self.current


def history(rules: Rules, events: Iterable[Happening], until: datetime | None = None) -> Runs:
    """The runs that a subject's whole history gives, whatever its order and however often an event is among it.

    `until`: windows that are over by then have ended.
    """
    runs: Runs = ()
    for event in in_order(rules, {event.position: event for event in events}.values()):
        runs = advance(rules, runs, event)
    return close_windows(rules, runs, until) if until else runs


def in_order(rules: Rules, events: Iterable[Happening]) -> list[Happening]:
    """Events in the order in which they count."""
    events = list(events)
    if all(one.occurred_at < other.occurred_at for one, other in pairwise(events)):
        return events
    rank = rules.current.rank
    return sorted(events, key=lambda event: (event.occurred_at, rank(event), event.position))


def is_late(runs: Runs, seen_until: datetime | None, at: datetime) -> bool:
    """Whether what happened at `at` may stand before something taken in already, so that history must be redone."""
    if seen_until is not None and at <= seen_until:
        return True
    return any(run.reason == WINDOW and run.ended_at is not None and at <= run.ended_at for run in runs)


def advance(rules: Rules, runs: Runs, event: Happening) -> Runs:
    """The runs after an event that is newer than all before. Where it changes nothing, the same object."""
    meaning = rules.current.meaning(event)
    if rules.pins:
        return _advance_pinned(rules, runs, event, meaning)
    if meaning == (False, (), "", False):
        return runs
    if runs and rules.current.window:
        runs = close_windows(rules, runs, event.occurred_at)
    return _advance(rules, runs, event, meaning)


def _advance_pinned(rules: Rules, runs: Runs, event: Happening, meaning: Meaning) -> Runs:
    journeys = {journey.number: journey for journey in (rules.current, *rules.pins.values())}
    if not any(any(journey.meaning(event)) for journey in journeys.values()):
        return runs
    runs = close_windows(rules, runs, event.occurred_at)
    for journey in journeys.values():
        before = runs
        runs = _advance(Rules(journey, rules.pins, rules.current), runs, event, journey.meaning(event))
        if len(runs) > len(before):
            return runs
    return runs


def close_windows(rules: Rules, runs: Runs, at: datetime) -> Runs:
    """End open runs whose window was over before `at`. What happens at its very end still counts."""
    changed = {}
    for place, run in enumerate(runs):
        if run.state == OPEN and (window := rules.of(run.name).window) and at > run.entered_at + window:
            changed[place] = run._replace(state=EXITED, ended_at=run.entered_at + window, reason=WINDOW)
    return tuple(changed.get(place, run) for place, run in enumerate(runs)) if changed else runs


def _advance(rules: Rules, runs: Runs, event: Happening, meaning: Meaning) -> Runs:
    """Steps 2 to 4 for the runs that `rules.current` governs."""
    journey = rules.current
    key = journey.key_of(event)
    if meaning.entry and _may_enter(rules, runs, key, event, by_hand=meaning.manual):
        return _entered(rules, runs, key or "", event, meaning)
    counted, runs = _count(rules, runs, key, event, meaning)
    runs = _leave(rules, runs, key, event, meaning, counted)
    if meaning.entry and not counted and _may_enter(rules, runs, key, event, by_hand=meaning.manual):
        return _entered(rules, runs, key or "", event, meaning)
    return runs


def _may_enter(rules: Rules, runs: Runs, key: str | None, event: Happening, *, by_hand: bool) -> bool:
    journey = rules.current
    if key is None or len(runs) >= MOST_RUNS:
        return False
    mine = [run for run in runs if run.key == key] if runs else runs
    if rules.pins and rules.of((key, len(mine) + 1)) is not journey:
        return False
    if not mine:
        return True
    if journey.again.kind == "parallel":
        return True
    if any(run.state == OPEN for run in mine):
        return False
    if by_hand or journey.again.kind == "after_exit":
        return True
    after = journey.again.after
    return after is not None and event.occurred_at >= mine[-1].entered_at + after


def _entered(rules: Rules, runs: Runs, key: str, event: Happening, meaning: Meaning) -> Runs:
    occurrence = 1 + sum(run.key == key for run in runs)
    at, journey = event.occurred_at, rules.current
    run = Run(key, occurrence, journey.number, at, event.id, event.position, event.contact_id)
    return (*runs, _reach(journey, run, event, meaning) or run)


def _count(
    rules: Rules, runs: Runs, key: str | None, event: Happening, meaning: Meaning
) -> tuple[tuple[str, int] | None, Runs]:
    """Count an event for one step of one run; returns that run's name and the runs after it."""
    if not meaning.steps:
        return None, runs
    for place in _takers(rules, runs, key):
        run = runs[place]
        if after := _reach(rules.current, run, event, meaning):
            return run.name, (*runs[:place], after, *runs[place + 1 :])
    return None, runs


def _takers(rules: Rules, runs: Runs, key: str | None) -> list[int]:
    """Where the runs stand that an event is offered to: open ones, oldest first; then the last one, if completed."""
    mine = [
        place
        for place, run in enumerate(runs)
        if (key is None or run.key == key) and (not rules.pins or rules.of(run.name) is rules.current)
    ]
    takers = [place for place in mine if runs[place].state == OPEN]
    if mine and runs[mine[-1]].state == COMPLETED:
        takers.append(mine[-1])
    return takers


def _reach(journey: Journey, run: Run, event: Happening, meaning: Meaning) -> Run | None:
    """The run after the event has counted for one of its steps; None when it can count for none."""
    at = event.occurred_at
    if journey.window and at > run.entered_at + journey.window:
        return None
    for index in meaning.steps:
        if journey.steps[index].key not in run.reached and _in_turn(journey, run, index):
            mark = Mark(at, event.id, event.position, event.contact_id)
            return _completed(journey, run._replace(reached={**run.reached, journey.steps[index].key: mark}), at)
    for index in meaning.steps:
        if after := _again_at(journey, run, index, event):
            return after
    return None


def _in_turn(journey: Journey, run: Run, index: int) -> bool:
    """Whether the order lets this step be reached now."""
    if journey.order == "any":
        return True
    if index <= _furthest(journey, run):
        return False
    return all(step.key in run.reached for step in journey.steps[:index] if step.required)


def _furthest(journey: Journey, run: Run) -> int:
    return max((journey.index[key] for key in run.reached), default=-1)


def _again_at(journey: Journey, run: Run, index: int, event: Happening) -> Run | None:
    """A step reached once more, where its repetitions are kept."""
    step = journey.steps[index]
    mark = run.reached.get(step.key)
    if mark is None or step.repeat == "first":
        return None
    if journey.order == "strict" and index != _furthest(journey, run):
        return None
    after = mark._replace(times=mark.times + 1)
    if step.repeat == "last":
        after = Mark(event.occurred_at, event.id, event.position, event.contact_id, mark.times + 1)
    return run._replace(reached={**run.reached, step.key: after})


def _completed(journey: Journey, run: Run, at: datetime) -> Run:
    if run.state == OPEN and all(step.key in run.reached for step in journey.steps if step.required):
        return run._replace(state=COMPLETED, ended_at=at)
    return run


def _leave(
    rules: Rules, runs: Runs, key: str | None, event: Happening, meaning: Meaning, counted: tuple[str, int] | None
) -> Runs:
    """End the open runs that the event ends."""
    strict = rules.current.order == "strict" and not meaning.manual
    if not meaning.exit and not strict:
        return runs
    only = str(event.data.get("occurrence", "")) if meaning.manual else ""
    ended = []
    for run in runs:
        concerned = run.state == OPEN and (key is None or run.key == key) and (not only or only == str(run.occurrence))
        if concerned and (not rules.pins or rules.of(run.name) is rules.current):
            broken = strict and run.name != counted and counted is None
            if reason := meaning.exit or (ORDER_BROKEN if broken else ""):
                run = run._replace(state=EXITED, ended_at=event.occurred_at, reason=reason)  # noqa: PLW2901
        ended.append(run)
    return tuple(ended)


class Outlook(NamedTuple):
    """What an open run waits for: the step, since when, and by when it is expected; and when its window is over."""

    step: str = ""
    since: datetime | None = None
    late_at: datetime | None = None
    window_at: datetime | None = None


def outlook(journey: Journey, run: Run) -> Outlook:
    """What comes next for a run: the first required step not reached, waited for since the step before it was."""
    if run.state != OPEN:
        return Outlook()
    index = next(place for place, step in enumerate(journey.steps) if step.required and step.key not in run.reached)
    before = (run.reached[step.key].at for step in journey.steps[:index] if step.key in run.reached)
    since = max(before, default=run.entered_at)
    step = journey.steps[index]
    late_at = since + step.expected if step.expected else None
    return Outlook(step.key, since, late_at, run.entered_at + journey.window if journey.window else None)


def _ascending(positions: list[int]) -> bool:
    return all(one <= other for one, other in pairwise(positions))


def late_steps(journey: Journey, run: Run) -> set[str]:
    """The steps that were found late: an event came in after others that it stands before.

    Either it is older than a step that had been reached already, or what had to come first (the entry; where there
    is an order, the steps before) came in after it.
    """
    late: set[str] = set()
    marks = sorted(run.reached.items(), key=lambda pair: (pair[1].at, journey.index[pair[0]]))
    known = run.position
    if _ascending([known, *(mark.position for _, mark in marks)]):  # the rule: all came in as it happened
        return late
    for place, (key, mark) in enumerate(marks):
        overtaken = any(mark.position > other.position for _, other in marks[place + 1 :] if other.at > mark.at)
        if overtaken or known > mark.position:
            late.add(key)
        if journey.order != "any":
            known = max(known, mark.position)
    return late
