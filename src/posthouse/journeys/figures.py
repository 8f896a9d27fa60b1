"""The figures of a journey and its steps, from tallies: counts of how long it took, and of who still waits.

A tally comes from runs one by one (exact: `tally_of`) or from the summary that the board keeps (`cells.py`, times
within 1 %); what is worked out of it is the same. What each figure means stands in README.md.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from posthouse.journeys import standing, statistics
from posthouse.journeys.standing import COMPLETED, EXITED, OPEN, Clock, Crowd, Floats, Stage
from posthouse.journeys.statistics import Curve

SLOW = 0.9
"""Slower than this share of those who get there is stuck, even where no limit is declared or it is not over yet.

The worker announces it (actions.announce_all_slow), so that figures, lists and automations speak of the same runs.
"""
ENOUGH = 10
"""Nobody is called slow by comparison with fewer who got there."""
Flags = npt.NDArray[np.bool_]


class Counted(NamedTuple):
    """Durations in seconds, and how many runs each stands for."""

    times: Floats
    people: Floats


class Waiting(NamedTuple):
    """Those who wait for a step: how long by now, how many, and which of them are next there, late, in trouble, slow.

    `slow` None: whoever waits longer than `slow_after`.
    """

    ages: Floats
    people: Floats
    next: Flags
    late: Flags
    trouble: Flags
    slow: Flags | None


class Tally(NamedTuple):
    """All that the figures of one step are worked out from."""

    took: Counted
    left: Counted
    waiting: Waiting


@dataclass(frozen=True)
class Stuck:
    """Who waits too long: past the declared limit; within it, but longer than 90 % needed; engine trouble."""

    limit: int = 0
    slow: int = 0
    trouble: int = 0

    @property
    def total(self) -> int:
        """All of them; nobody is in two of the groups."""
        return self.limit + self.slow + self.trouble


@dataclass(frozen=True)
class StepFigures:
    """One step. Durations are seconds; `entered` could reach it, `waiting` are those for whom it is what comes next."""

    key: str
    name: Mapping[str, str]
    mission: str
    required: bool
    milestone: bool
    expected: float | None
    entered: int
    reached: int
    left: int
    waiting: int
    stuck: Stuck
    curve: Curve
    tally: Tally

    @property
    def conversion(self) -> float | None:
        """Reached of those who could reach it, 0 to 1; None when nobody could."""
        return self.reached / self.entered if self.entered else None

    @property
    def median(self) -> float | None:
        """Half of those who could have reached it within this time, by Kaplan-Meier; None when not half did."""
        return self.curve.median

    @property
    def slow_after(self) -> float | None:
        """The time within which 90 % of those who get there do; None while too few did."""
        return slow_after(self.curve)


@dataclass(frozen=True)
class JourneyFigures:
    """One journey: how many runs were entered in the period, what became of them, and its steps in order."""

    key: str
    lane: int
    name: Mapping[str, str]
    mission: str
    subject: str
    entered: int
    open: int
    completed: int
    exited: int
    steps: tuple[StepFigures, ...]

    @property
    def stuck(self) -> int:
        """How many are stuck at some step."""
        return sum(step.stuck.total for step in self.steps)


def slow_after(curve: Curve) -> float | None:
    """The 90th percentile of those who get there, where enough did."""
    return curve.percentile_of_passers(SLOW) if curve.reached.sum() >= ENOUGH else None


def tally_of(clock: Clock, at: datetime) -> Tally:
    """A tally from runs one by one, as of a moment."""
    ones = np.ones_like
    late = clock.next & (clock.late_at <= standing.micros(at))
    return Tally(
        Counted(clock.took, ones(clock.took)),
        Counted(clock.left_after, ones(clock.left_after)),
        Waiting(standing.waited(clock, at), ones(clock.since), clock.next, late, clock.trouble, clock.slow),
    )


def of_crowd(body: Mapping[str, Any], crowd: Crowd, at: datetime) -> JourneyFigures:
    """The figures of a journey over runs one by one, exact."""
    stages = standing.stages_of(body)
    states = np.bincount(crowd.state, minlength=3)
    tallies = [tally_of(standing.clock(crowd, stages, place), at) for place in range(len(stages))]
    return of_tallies(body, stages, (int(states[OPEN]), int(states[COMPLETED]), int(states[EXITED])), tallies)


def of_tallies(
    body: Mapping[str, Any], stages: Sequence[Stage], states: tuple[int, int, int], tallies: Sequence[Tally]
) -> JourneyFigures:
    """The figures of a journey; `states` are the numbers of open, completed and exited runs."""
    return JourneyFigures(
        key=body["key"],
        lane=body.get("lane", 0),
        name=body["name"],
        mission=body.get("mission", ""),
        subject=body.get("subject", "customer"),
        entered=sum(states),
        open=states[0],
        completed=states[1],
        exited=states[2],
        steps=tuple(map(_step, body["steps"], stages, tallies)),
    )


def _step(body: Mapping[str, Any], stage: Stage, tally: Tally) -> StepFigures:
    curve = curve_of(tally)
    took, left = float(tally.took.people.sum()), float(tally.left.people.sum())
    waiting = tally.waiting
    return StepFigures(
        key=stage.key,
        name=body["name"],
        mission=body.get("mission", ""),
        required=stage.required,
        milestone=body.get("milestone", False),
        expected=stage.expected,
        entered=round(took + left + float(waiting.people.sum())),
        reached=round(took),
        left=round(left),
        waiting=round(float(waiting.people[waiting.next].sum())),
        stuck=_stuck(waiting, slow_after(curve)),
        curve=curve,
        tally=tally,
    )


def curve_of(tally: Tally) -> Curve:
    """Time to the step by Kaplan-Meier; those who wait, and those who left, are censored."""
    return statistics.kaplan_meier_of_counts(*at_times(tally))


def at_times(tally: Tally) -> tuple[Floats, Floats, Floats]:
    """The distinct times of a tally, ascending, and how many reached the step or were last seen without it then."""
    times, place = np.unique(
        np.concatenate([tally.took.times, tally.left.times, tally.waiting.ages]), return_inverse=True
    )
    first = len(tally.took.times)
    without = np.concatenate([tally.left.people, tally.waiting.people])
    return times, _summed(place[:first], tally.took.people, len(times)), _summed(place[first:], without, len(times))


def _summed(places: npt.NDArray[np.intp], people: Floats, size: int) -> Floats:
    return np.bincount(places, weights=people, minlength=size).astype(np.float64)


def _stuck(waiting: Waiting, slow: float | None) -> Stuck:
    trouble = waiting.trouble & waiting.next
    limit = waiting.late & waiting.next & ~trouble
    slowly = waiting.slow
    if slowly is None:
        slowly = waiting.ages > (math.inf if slow is None else slow)
    slowly = slowly & waiting.next & ~trouble & ~limit
    return Stuck(*(round(float(waiting.people[which].sum())) for which in (limit, slowly, trouble)))
