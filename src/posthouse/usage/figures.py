"""Reads roll-ups: sums and percentiles of a span of time, by any of the traits of calls.

For one customer the rows are found by primary key (its series, then a range of periods of each); for all customers
by (grain, start). Both in SQL by hand, because the ORM cannot join on a range.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import connection

from posthouse.timeline.queries import aliases_of
from posthouse.usage import sketches
from posthouse.usage.models import ERROR, GRAIN_BITS, PERIOD_BITS, Grain, start_of

TRAITS = ("customer_id", "key_id", "environment", "method", "route", "status", "version")
PERIOD = "period"
DIMENSIONS = (PERIOD, *TRAITS)
_PERIOD_MASK = (1 << PERIOD_BITS) - 1


@dataclass(frozen=True)
class Span:
    """Which roll-ups: those of a grain whose periods lie in [since, until), of one customer or (None) of everybody.

    `where` fixes traits to one value each. A period that the bounds cut is counted whole.
    """

    grain: Grain
    since: datetime
    until: datetime
    customer_id: str | None = None
    where: Mapping[str, Any] = field(default_factory=dict)

    @property
    def first_minute(self) -> int:
        """The first period, in minutes since 1970."""
        minute = int(self.since.timestamp()) // 60
        return minute - minute % self.grain.minutes

    @property
    def end_minute(self) -> int:
        """The period behind the last one."""
        minute = int(-(-self.until.timestamp() // 60))
        return minute + -minute % self.grain.minutes

    @property
    def periods(self) -> list[datetime]:
        """The beginnings of all periods, those without calls as well."""
        minutes = range(self.first_minute, self.end_minute, self.grain.minutes)
        return [datetime.fromtimestamp(minute * 60, UTC) for minute in minutes]


@dataclass(frozen=True)
class Sum:
    """Calls that share the traits asked for. `p50` and so on are microseconds, None where they were not asked for."""

    traits: Mapping[str, Any]
    calls: int
    errors: int
    duration_us_sum: int
    p50: int | None = None
    p95: int | None = None
    p99: int | None = None

    @property
    def share(self) -> float:
        """Which part of the calls failed, 0 to 1."""
        return self.errors / self.calls if self.calls else 0.0

    @property
    def mean(self) -> int:
        """The mean duration in microseconds."""
        return self.duration_us_sum // self.calls if self.calls else 0

    def __getattr__(self, name: str) -> Any:
        try:
            return self.traits[name]
        except KeyError:
            raise AttributeError(name) from None


def sums(span: Span, by: Sequence[str] = ()) -> list[Sum]:
    """Calls and errors by the dimensions, without percentiles: added up by the database. Most calls first."""
    columns = [_column(name) for name in by]
    counted = "SUM(r.calls), SUM(CASE WHEN s.status >= %s THEN r.calls ELSE 0 END), SUM(r.duration_us_sum)"
    source, params = _source(span)
    group = f" GROUP BY {', '.join(columns)}" if columns else ""
    query = f"SELECT {', '.join([*columns, counted])} {source}{group}"
    rows = _fetch(query, [ERROR, *params])
    found = [
        Sum(_traits(by, row), *(int(value) for value in row[len(by) :])) for row in rows if row[len(by)] is not None
    ]
    return sorted(found, key=lambda one: -one.calls)


def percentiles(span: Span, by: Sequence[str] = ()) -> list[Sum]:
    """Calls, errors and the 50th, 95th and 99th percentile of durations by the dimensions. Most calls first."""
    source, params = _source(span)
    columns = [*(_column(name) for name in by), "s.status", "r.calls", "r.duration_us_sum", "r.sketch"]
    groups: dict[tuple[Any, ...], list[tuple[int, int, int, bytes]]] = {}
    for *place, status, calls, total, sketch in _fetch(f"SELECT {', '.join(columns)} {source}", params):
        groups.setdefault(tuple(place), []).append((status, calls, total, bytes(sketch)))
    return sorted((_sum_up(by, place, rows) for place, rows in groups.items()), key=lambda one: -one.calls)


def _sum_up(by: Sequence[str], place: tuple[Any, ...], rows: list[tuple[int, int, int, bytes]]) -> Sum:
    return Sum(
        _traits(by, place),
        sum(calls for _, calls, _, _ in rows),
        sum(calls for status, calls, _, _ in rows if status >= ERROR),
        sum(total for _, _, total, _ in rows),
        *sketches.percentiles(sketch for _, _, _, sketch in rows),
    )


def busy_periods(customer_id: str, grain: Grain, since: datetime, until: datetime) -> list[datetime]:
    """The periods in which a customer made calls, oldest first."""
    source, params = _source(Span(grain, since, until, customer_id))
    rows = _fetch(f"SELECT DISTINCT {_column(PERIOD)} {source} ORDER BY 1", params)
    return [start_of(row[0]) for row in rows]


def error_counts(customer_ids: Iterable[str], since: datetime, until: datetime) -> dict[str, int]:
    """How many calls of each customer failed in whole minutes between the two moments; those with none are left out."""
    wanted = sorted(customer_ids)
    span = Span(Grain.MINUTE, since, until)
    source, params = _joined(span)
    marks = ", ".join(["%s"] * len(wanted))
    query = (
        f"SELECT s.customer_id, SUM(r.calls) {source} WHERE s.customer_id IN ({marks}) AND s.status >= %s GROUP BY 1"
    )
    return {customer_id: int(errors) for customer_id, errors in _fetch(query, [*params, *wanted, ERROR])}


def window(at: datetime, length: timedelta) -> tuple[datetime, datetime]:
    """The whole minutes of a length that end with the minute of `at`."""
    end = at.replace(second=0, microsecond=0) + timedelta(minutes=1)
    return end - length, end


def _column(name: str) -> str:
    if name == PERIOD:
        return f"(r.id & {_PERIOD_MASK})"
    if name not in TRAITS:
        raise ValueError(f"calls cannot be told apart by {name!r}")
    return f"s.{name}"


def _traits(by: Sequence[str], row: Sequence[Any]) -> dict[str, Any]:
    return {name: start_of(value) if name == PERIOD else value for name, value in zip(by, row, strict=False)}


def _source(span: Span) -> tuple[str, list[Any]]:
    if span.customer_id is None:
        source, params = _by_start(span)
    else:
        source, params = _joined(span)
        names = sorted(aliases_of(span.customer_id))
        source = f"{source} WHERE s.customer_id IN ({', '.join(['%s'] * len(names))})"
        params = [*params, *names]
    for name, value in span.where.items():
        source += f" AND {_column(name)} = %s"
        params.append(value)
    return source, params


def _joined(span: Span) -> tuple[str, list[Any]]:
    """Each series with its own range of primary keys."""
    first = (span.grain.value << PERIOD_BITS) + span.first_minute
    end = (span.grain.value << PERIOD_BITS) + span.end_minute
    scale = 1 << (PERIOD_BITS + GRAIN_BITS)
    join = f"s.id * {scale} + %s AND r.id < s.id * {scale} + %s"
    return f"FROM usage_series s JOIN usage_rollup r ON r.id >= {join}", [first, end]


def _by_start(span: Span) -> tuple[str, list[Any]]:
    bounds = [datetime.fromtimestamp(minute * 60, UTC) for minute in (span.first_minute, span.end_minute)]
    adapted = [connection.ops.adapt_datetimefield_value(bound) for bound in bounds]
    source = "FROM usage_rollup r JOIN usage_series s ON s.id = r.series_id"
    return f"{source} WHERE r.grain = %s AND r.start >= %s AND r.start < %s", [span.grain.value, *adapted]


def _fetch(query: str, params: Sequence[Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(query, params)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows
