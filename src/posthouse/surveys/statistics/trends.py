"""Scores over time: by day, week or month, and in a window that moves. Counts are pooled, scores never averaged."""

from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from enum import StrEnum
from itertools import accumulate
from typing import NamedTuple

from posthouse.surveys.statistics.formulas import Formula, the_one_of
from posthouse.surveys.statistics.tallies import Tally, empty, pooled


class Grain(StrEnum):
    """How long a period is. Weeks begin on Monday."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"


class Period(NamedTuple):
    """Days from the first to the last, both within."""

    first: date
    last: date


def periods(grain: Grain, first: date, last: date) -> list[Period]:
    """The periods that have days between two days, cut off at both. Empty when the last is before the first."""
    return list(_periods(grain, first, last))


def _periods(grain: Grain, first: date, last: date) -> Iterator[Period]:
    while first <= last:
        end = min(_end(grain, first), last)
        yield Period(first, end)
        first = end + timedelta(days=1)


def _end(grain: Grain, day: date) -> date:
    match grain:
        case Grain.DAY:
            return day
        case Grain.WEEK:
            return day + timedelta(days=6 - day.weekday())
        case Grain.MONTH:
            return (day.replace(day=1) + timedelta(days=32)).replace(day=1) - timedelta(days=1)


def by_period(
    formula: Formula, days: Mapping[date, Tally], grain: Grain, first: date, last: date
) -> dict[Period, Tally]:
    """Each period's own answers; those without any are there too. Raises MixedFormulas when the questions differ."""
    found = {}
    for period in periods(grain, first, last):
        span = (period.last - period.first).days + 1
        inside = (days.get(period.first + timedelta(days=number)) for number in range(span))
        found[period] = pooled([empty(formula), *(tally for tally in inside if tally)])
    return found


def rolling(formula: Formula, days: Mapping[date, Tally], width: int, first: date, last: date) -> dict[date, Tally]:
    """For each day, the answers of the `width` days that end with it. Raises ValueError for a width below 1.

    Days before the first count, as far as `days` has them. Raises MixedFormulas when the questions differ.
    """
    if width < 1:
        raise ValueError("a window is at least one day wide")
    start = first - timedelta(days=width - 1)
    sums = list(accumulate(_each_day(formula, days, start, last), _added, initial=(0,) * (len(formula.scores) + 1)))
    found = {}
    for number in range((last - first).days + 1):
        *counts, commented = (after - before for before, after in zip(sums[number], sums[number + width], strict=True))
        found[first + timedelta(days=number)] = Tally(formula, tuple(counts), commented)
    return found


def _each_day(formula: Formula, days: Mapping[date, Tally], first: date, last: date) -> Iterator[tuple[int, ...]]:
    """Counts and comments of each day."""
    nothing = empty(formula)
    for number in range((last - first).days + 1):
        tally = days.get(first + timedelta(days=number), nothing)
        the_one_of((formula, tally.formula))
        yield (*tally.counts, tally.commented)


def _added(one: tuple[int, ...], other: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(mine + theirs for mine, theirs in zip(one, other, strict=True))
