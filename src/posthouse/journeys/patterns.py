"""How people come back, how they come and go, how long their first call takes.

The database sums up, in one pass; what is made of the sums is plain functions. `who` is a
customer or a contact; "activity" is any query with `who` and a moment: events of the timeline, or hours with calls.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import numpy as np
from django.db.models import F, QuerySet

from posthouse.foundation.clock import now
from posthouse.journeys import sqlparts, statistics
from posthouse.journeys.sqlparts import DAY
from posthouse.people import queries as people
from posthouse.timeline import queries as timeline
from posthouse.usage import queries as usage

FIRST_SUCCESS = ("call.first_success",)
STARTS = {"sign_up": ("customer.created",), "first_key": ("key.created",)}
"""Where time to first call may start."""


class Activity(NamedTuple):
    """A query whose rows have `who` and a moment in the named column."""

    rows: QuerySet[Any]
    column: str

    def sql(self) -> tuple[str, tuple[Any, ...]]:
        """As (who, at), at in whole seconds."""
        # Its own name for the sum must not be that of a column, or the database would take that one.
        rows = self.rows.order_by().annotate(at_second=sqlparts.Seconds(F(self.column))).values("who", "at_second")
        sql, params = sqlparts.inner(rows)
        return f"SELECT q.who AS who, q.at_second AS at FROM ({sql}) q", params  # noqa: S608  our own parts


def events(types: Sequence[str], *, subject: str = "customer", since: datetime | None = None) -> Activity:
    """Events of these types as activity."""
    return Activity(timeline.happenings(types, subject=subject, since=since), "occurred_at")


def calls(since: datetime | None = None) -> Activity:
    """The hours in which customers called, as activity."""
    return Activity(usage.active_hours(since), "start")


# Retention


class Interval(NamedTuple):
    """Days `first` up to but not including `after`, counted from the day of the start, which is day 0."""

    first: int
    after: int | None


@dataclass(frozen=True)
class Kept:
    """Of those who could be seen over the whole interval (`people`), how many were active in it."""

    interval: Interval
    people: int
    active: int

    @property
    def share(self) -> float | None:
        """0 to 1; None when nobody could be seen for so long."""
        return self.active / self.people if self.people else None


@dataclass(frozen=True)
class Cohort:
    """Those who started on one day, and in each interval how many were active; None: not over yet."""

    day: date
    people: int
    active: tuple[int | None, ...]


@dataclass(frozen=True)
class Retention:
    """All together, and by the day of the start."""

    kept: tuple[Kept, ...]
    cohorts: tuple[Cohort, ...]


def n_day(count: int, days: int = 1) -> tuple[Interval, ...]:
    """Active in the n-th interval of so many days: the intervals from 0 to `count`."""
    return tuple(Interval(n * days, (n + 1) * days) for n in range(count + 1))


def unbounded(count: int, days: int = 1) -> tuple[Interval, ...]:
    """Active in the n-th interval or later."""
    return tuple(Interval(n * days, None) for n in range(count + 1))


def brackets(*edges: int) -> tuple[Interval, ...]:
    """Active at any time within each of the brackets: `brackets(0, 1, 7, 30)` is day 0, days 1 to 6, days 7 to 29."""
    if list(edges) != sorted(set(edges)) or len(edges) < 2 or edges[0] < 0:
        raise ValueError("brackets need ascending days")
    return tuple(map(Interval, edges[:-1], edges[1:]))


def retention(
    starts: Activity,
    activity: Activity,
    intervals: Sequence[Interval],
    *,
    since: datetime,
    until: datetime,
    zone: str | None = None,
) -> Retention:
    """How many of those who first started in [since, until) were active in each interval after it.

    `zone`: days are those of the calendar there; None: rolling days of 24 hours from everybody's own start. Nobody is
    counted for an interval that is not over for all who started on the same day.
    """
    at = now()
    here = ZoneInfo(zone) if zone else None
    cohort = f"({sqlparts.local('b.s', here or ZoneInfo('UTC'), at)} / {DAY})"
    day = f"({sqlparts.local('a.at', here, at)} / {DAY} - b.cohort)" if here else f"((a.at - b.s) / {DAY})"
    start_sql, start_params = starts.sql()
    active_sql, active_params = activity.sql()
    begun = (
        f"SELECT who, MIN(at) AS s FROM ({start_sql}) f GROUP BY who "  # noqa: S608  our own parts
        f"HAVING MIN(at) >= {int(since.timestamp())} AND MIN(at) < {int(until.timestamp())}"
    )
    days = f"SELECT b.who, b.s, {cohort} AS cohort FROM ({begun}) b"  # noqa: S608
    sizes = sqlparts.fetch(f"SELECT cohort, COUNT(*) FROM ({days}) b GROUP BY 1", start_params)  # noqa: S608
    columns = ", ".join(
        f"MAX(CASE WHEN {_within('n', interval)} THEN 1 ELSE 0 END) AS i{place}"
        for place, interval in enumerate(intervals)
    )
    sums = ", ".join(f"SUM(i{place})" for place in range(len(intervals)))
    # Materialized, or SQLite would work the days out anew for every interval.
    counts = sqlparts.fetch(
        f"WITH b AS MATERIALIZED ({days}), x AS MATERIALIZED (SELECT DISTINCT b.who, b.cohort, {day} AS n FROM b "  # noqa: S608
        f"JOIN ({active_sql}) a ON a.who = b.who AND a.at >= b.s) "
        f"SELECT cohort, {sums} FROM (SELECT who, cohort, {columns} FROM x GROUP BY who, cohort) c GROUP BY cohort",
        (*start_params, *active_params),
    )
    return _retention(dict(sizes), {day: found for day, *found in counts}, intervals, _days_seen(at, here))


def _within(day: str, interval: Interval) -> str:
    later = f" AND {day} < {interval.after}" if interval.after is not None else ""
    return f"{day} >= {interval.first}{later}"


def _days_seen(at: datetime, zone: ZoneInfo | None) -> int:
    """The day that is not over yet. Rolling days end within the day after the calendar's: they are seen one later."""
    local = at.astimezone(zone or UTC).date()
    return (local - date(1970, 1, 1)).days - (0 if zone else 1)


def _retention(
    sizes: Mapping[int, int], counts: Mapping[int, Sequence[int]], intervals: Sequence[Interval], today: int
) -> Retention:
    none = [0] * len(intervals)
    cohorts = []
    for day, size in sorted(sizes.items()):
        seen = [day + (i.after if i.after is not None else i.first + 1) <= today for i in intervals]
        active = tuple(n if over else None for n, over in zip(counts.get(day, none), seen, strict=True))
        cohorts.append(Cohort(date(1970, 1, 1) + timedelta(days=day), size, active))
    kept = [
        Kept(
            interval,
            sum(cohort.people for cohort in cohorts if cohort.active[n] is not None),
            sum(cohort.active[n] or 0 for cohort in cohorts),
        )
        for n, interval in enumerate(intervals)
    ]
    return Retention(tuple(kept), tuple(cohorts))


# Lifecycle


@dataclass(frozen=True)
class Phase:
    """A day, week (from Monday) or month: how many were active at first, again, after a gap; how many fell silent."""

    begins: date
    new: int = 0
    returning: int = 0
    resurrecting: int = 0
    dormant: int = 0

    @property
    def active(self) -> int:
        """All who were active."""
        return self.new + self.returning + self.resurrecting


def lifecycle(
    activity: Activity, *, since: datetime, until: datetime, unit: str = "week", zone: str = "UTC"
) -> list[Phase]:
    """Every interval that has begun in [since, until), those without anybody too. All of history decides who is new.

    Returning: active in the interval before too. Dormant: active in the interval before, not in this one.
    """
    here = ZoneInfo(zone)
    number = _number_of(unit, sqlparts.local("a.at", here, now()))
    sql, params = activity.sql()
    rows = sqlparts.fetch(
        f"WITH act AS (SELECT DISTINCT a.who AS who, {number} AS i FROM ({sql}) a), "  # noqa: S608  our own parts
        "w AS (SELECT i, LAG(i) OVER o AS p, LEAD(i) OVER o AS f FROM act WINDOW o AS (PARTITION BY who ORDER BY i)) "
        "SELECT i, CASE WHEN p IS NULL THEN 'new' WHEN p = i - 1 THEN 'returning' ELSE 'resurrecting' END, COUNT(*) "
        "FROM w GROUP BY 1, 2 "
        "UNION ALL SELECT i + 1, 'dormant', COUNT(*) FROM w WHERE f IS NULL OR f > i + 1 GROUP BY 1",
        params,
    )
    found: dict[int, dict[str, int]] = {}
    for place, kind, number in rows:
        found.setdefault(place, {})[kind] = number
    first = _number(unit, since.astimezone(here).date())
    last = _number(unit, (until - timedelta(microseconds=1)).astimezone(here).date())
    return [Phase(_begin(unit, place), **found.get(place, {})) for place in range(first, last + 1)]


def _number_of(unit: str, local: str) -> str:
    if unit == "month":
        return sqlparts.month_of(local)
    return f"({local} / {DAY})" if unit == "day" else f"(({local} / {DAY} + 3) / 7)"


def _number(unit: str, day: date) -> int:
    if unit == "month":
        return day.year * 12 + day.month - 1
    days = (day - date(1970, 1, 1)).days
    return days if unit == "day" else (days + 3) // 7


def _begin(unit: str, number: int) -> date:
    if unit == "month":
        return date(number // 12, number % 12 + 1, 1)
    return date(1970, 1, 1) + timedelta(days=number if unit == "day" else number * 7 - 3)


# Time to first call


@dataclass(frozen=True)
class FirstCalls:
    """Of one group: how long the first call that was answered well took, those still without one being censored."""

    group: str
    people: int
    reached: int
    curve: statistics.Curve
    took: tuple[tuple[float, int], ...]
    """Seconds, and how many needed them, for the distribution."""
    waiting: tuple[tuple[float, int], ...]
    """Seconds waited by now, and how many have waited so long."""


def first_calls(
    start: str = "sign_up", *, since: datetime, until: datetime, by: str = "", where: QuerySet[Any] | None = None
) -> list[FirstCalls]:
    """Time from the start (`sign_up`, `first_key`) to the first successful call, of customers who started then.

    Calls that failed do not count. `by` is a trait of customers (`people.queries.traits`); the group of those without
    it is "". `where` limits to some customers, by their ids. The largest group comes first. To the second within the
    first hour, then to the minute, and beyond a day to the hour.
    """
    at = int(now().timestamp())
    starts = events(STARTS[start])
    if where is not None:
        starts = starts._replace(rows=starts.rows.filter(customer_id__in=where))
    start_sql, start_params = starts.sql()
    call_sql, call_params = events(FIRST_SUCCESS).sql()
    trait_sql, trait_params = sqlparts.inner(people.traits("customer", *([by] if by else [])))
    group = "COALESCE(p.trait_0, '')" if by else "''"
    join = f"LEFT JOIN ({trait_sql}) p ON p.id = b.who" if by else ""
    took = f"CASE WHEN r.at IS NULL THEN {at} - b.s WHEN r.at < b.s THEN 0 ELSE r.at - b.s END"
    rows = sqlparts.fetch(
        f"SELECT g, done, CASE WHEN d < 3600 THEN d WHEN d < {DAY} THEN d - d %% 60 ELSE d - d %% 3600 END, COUNT(*) "  # noqa: S608
        f"FROM (SELECT {group} AS g, CASE WHEN r.at IS NULL THEN 0 ELSE 1 END AS done, {took} AS d "
        f"FROM (SELECT who, MIN(at) AS s FROM ({start_sql}) f GROUP BY who HAVING MIN(at) >= {int(since.timestamp())} "
        f"AND MIN(at) < {int(until.timestamp())}) b "
        f"LEFT JOIN (SELECT who, MIN(at) AS at FROM ({call_sql}) c GROUP BY who) r "
        f"ON r.who = b.who {join}) x GROUP BY 1, 2, 3",
        (*start_params, *call_params, *(trait_params if by else ())),
    )
    groups: dict[str, dict[int, list[tuple[float, int]]]] = {}
    for name, done, seconds, number in rows:
        groups.setdefault(str(name), {0: [], 1: []})[done].append((float(max(seconds, 0)), number))
    found = [_first_calls(name, sorted(parts[1]), sorted(parts[0])) for name, parts in groups.items()]
    return sorted(found, key=lambda one: (-one.people, one.group))


def _first_calls(group: str, took: list[tuple[float, int]], waiting: list[tuple[float, int]]) -> FirstCalls:
    times = np.array(sorted({time for time, _ in took + waiting}))
    done, still = dict(took), dict(waiting)
    curve = statistics.kaplan_meier_of_counts(
        times, [done.get(time, 0) for time in times], [still.get(time, 0) for time in times]
    )
    reached = sum(done.values())
    return FirstCalls(group, reached + sum(still.values()), reached, curve, tuple(took), tuple(waiting))
