"""The board: the figures of all journeys over the runs entered in a period, from the summary or from the runs.

All runs, or those of one plan, channel or country, come from the summary (times within 1 %). Two of these together,
or a condition, come from the sheets, run by run (bundles.py): exact, and slower the more of them there are. Days
whose sums are not up to date are read from the tables, where these are few; otherwise `behind_since` says so.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
import numpy.typing as npt
from django.db.models import Q

from posthouse.foundation.clock import now
from posthouse.foundation.conditions import Condition
from posthouse.journeys import cells, figures, freshness, sheets, standing, statistics, summaries
from posthouse.journeys.bundles import Bundle, Whose, bundle
from posthouse.journeys.figures import JourneyFigures, StepFigures
from posthouse.journeys.freshness import Freshness
from posthouse.journeys.models import Journey, Summary

COLUMNS = ("journey", "grain", "first", "shape", "made_at", "body")
ALMOST_A_DAY = timedelta(days=1) - timedelta(microseconds=1)
END = 1 << 30
"""A day after all days."""


@dataclass(frozen=True)
class Period:
    """When runs were entered: since, and before `until`; None is open. In whole days of UTC: made longer where not."""

    since: datetime | None = None
    until: datetime | None = None

    def __post_init__(self) -> None:
        if self.since:
            object.__setattr__(self, "since", cells.beginning(summaries.day_of(self.since)))
        if self.until:
            object.__setattr__(self, "until", cells.beginning(summaries.day_of(self.until + ALMOST_A_DAY)))

    @property
    def days(self) -> tuple[int, int]:
        """The first day and the day behind the last one, as numbers."""
        return (
            summaries.day_of(self.since) if self.since else 0,
            summaries.day_of(self.until) if self.until else END,
        )


@dataclass(frozen=True)
class Filters:
    """Whose runs: traits of the customer or contact, and a condition on it."""

    plan: str = ""
    channel: str = ""
    country: str = ""
    where: Condition | None = None

    @property
    def traits(self) -> dict[str, str]:
        """The traits that are asked for."""
        given = {"plan": self.plan, "channel": self.channel, "country": self.country}
        return {name: value for name, value in given.items() if value}

    @property
    def in_summary(self) -> bool:
        """Whether the summary knows the answer."""
        return not self.where and len(self.traits) <= 1


@dataclass(frozen=True)
class Board:
    """What board() found. `behind_since`: None, or since when changes wait to be summed up."""

    journeys: tuple[JourneyFigures, ...]
    period: Period
    behind_since: datetime | None = None


def board(period: Period, filters: Filters = Filters(), *, keys: Sequence[str] = ()) -> Board:
    """The figures of all live journeys (or those named), by lane.

    A journey of contacts has nobody for whom a condition on customers holds, and the other way round. Raises
    conditions.Invalid, and Unqueryable for what cannot be asked of the database (history, moments in attributes).
    """
    at = now()
    rows = Journey.objects.filter(state=Journey.State.LIVE, number__gt=0).order_by("lane", "key")
    journeys = list(rows.filter(pk__in=keys) if keys else rows)
    fresh = freshness.of_days(journeys, *period.days)
    if filters.in_summary:
        return _summed_up(journeys, period, filters, fresh, at)
    return _one_by_one(journeys, period, filters, fresh, at)


def runs_of(journey: Journey, period: Period, filters: Filters = Filters()) -> Bundle:
    """The runs of a journey one by one, for the ways through its steps; raises as board()."""
    return bundle(journey, period.days, Whose(filters.traits, filters.where))


def compare(one: StepFigures, other: StepFigures) -> statistics.Comparison:
    """Whether two groups get to a step equally fast: the log-rank test."""
    (times_1, reached_1, without_1), (times_2, reached_2, without_2) = (figures.at_times(s.tally) for s in (one, other))
    times = np.union1d(times_1, times_2)
    first, second = np.searchsorted(times, times_1), np.searchsorted(times, times_2)

    def at(places: npt.NDArray[np.intp], people: standing.Floats) -> standing.Floats:
        spread = np.zeros(len(times))
        spread[places] = people
        return spread

    return statistics.log_rank_of_counts(
        times, (at(first, reached_1), at(first, without_1)), (at(second, reached_2), at(second, without_2))
    )


def _one_by_one(journeys: Sequence[Journey], period: Period, filters: Filters, fresh: Freshness, at: datetime) -> Board:
    whose, told, behind = Whose(filters.traits, filters.where), [], fresh.behind
    for journey in journeys:
        found = bundle(journey, period.days, whose, fresh)
        told.append(figures.of_crowd(journey.body, sheets.crowd(found.rows), at))
        behind = min(filter(None, (behind, found.behind_since)), default=None)
    return Board(tuple(told), period, behind)


def _summed_up(journeys: Sequence[Journey], period: Period, filters: Filters, fresh: Freshness, at: datetime) -> Board:
    (first, after), behind = period.days, fresh.behind
    bodies: dict[str, list[bytes]] = {journey.pk: [] for journey in journeys}
    facet, value = next(iter(filters.traits.items()), ("", ""))
    shapes = {journey.pk: standing.shape_of(standing.stages_of(journey.body)) for journey in journeys}
    rows = Summary.objects.filter(_wanted(first, after, fresh.live), facet=facet, value=value)
    for key, grain, day, shape, made_at, body in rows.values_list(*COLUMNS):
        days = fresh.of(key)
        if key not in shapes or (day in days if grain == summaries.DAY else _has_day(days, day)):
            continue
        if shape == shapes[key]:
            bodies[key].append(body)
        else:
            behind = min(behind or made_at, made_at)
    for journey in journeys:
        if days := fresh.of(journey.pk):
            cell = summaries.live(journey, sorted(days), filters.traits, at)
            bodies[journey.pk].append(cell.packed())
    told = (_of_cell(journey, cells.unpack(bodies[journey.pk]), at) for journey in journeys)
    return Board(tuple(told), period, behind)


def _whole_months(first: int, after: int) -> tuple[int, int]:
    """The first day of the first month that lies within the days, and the day behind the last one."""
    start, following = summaries.month_of(first)
    begin = start if start == first else following
    end = END if after == END else summaries.month_of(after)[0]
    return (begin, end) if begin < end else (after, after)


def _wanted(first: int, after: int, fresh: Mapping[str, set[int]]) -> Q:
    """Whole months, the days before and after them, and the days of months that are partly read from the runs."""
    begin, end = _whole_months(first, after)
    days = Q(first__gte=first, first__lt=min(begin, after)) | Q(first__gte=max(end, first), first__lt=after)
    for key, live in fresh.items():
        for month in {summaries.month_of(day) for day in live}:
            days |= Q(journey=key, first__gte=max(month[0], first), first__lt=min(month[1], after))
    return Q(grain=summaries.DAY) & days | Q(grain=summaries.MONTH, first__gte=begin, after__lte=end)


def _has_day(days: set[int], first: int) -> bool:
    after = summaries.month_of(first)[1]
    return any(first <= day < after for day in days)


def _of_cell(journey: Journey, cell: cells.Cell, at: datetime) -> JourneyFigures:
    stages = standing.stages_of(journey.body)
    tallies = cells.tallies_of(cell, len(stages), at)
    return figures.of_tallies(journey.body, stages, cells.states_of(cell), tallies)
