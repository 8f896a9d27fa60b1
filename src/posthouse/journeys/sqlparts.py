"""Parts of SQL that SQLite and PostgreSQL say differently: moments as numbers, days of a zone."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from django.db import connection
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import BigIntegerField, Func, QuerySet
from django.db.models.sql.compiler import SQLCompiler

DAY = 86_400
EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
"""Before this the offset of a zone is taken to be what it was then."""


class Micros(Func):
    """A moment as whole microseconds since 1970, exactly."""

    output_field = BigIntegerField()
    template = "(EXTRACT(EPOCH FROM %(expressions)s) * 1000000)::bigint"

    def as_sqlite(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **extra: Any) -> Any:
        """SQLite holds moments as text, `2026-01-31 23:59:59` with or without six digits behind a point."""
        sql, params = compiler.compile(self.source_expressions[0])
        text = f"(CAST(strftime('%%s', {sql}) AS INTEGER) * 1000000 + CAST(substr({sql}, 21, 6) AS INTEGER))"
        return text, (*params, *params)


class Seconds(Func):
    """A moment as whole seconds since 1970, rounded down."""

    output_field = BigIntegerField()
    template = "FLOOR(EXTRACT(EPOCH FROM %(expressions)s))::bigint"

    def as_sqlite(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **extra: Any) -> Any:
        """As text, see Micros."""
        return self.as_sql(compiler, connection, template="CAST(strftime('%%%%s', %(expressions)s) AS INTEGER)")


def inner(rows: QuerySet[Any]) -> tuple[str, tuple[Any, ...]]:
    """A query as SQL that may stand in brackets, and its parameters."""
    sql, params = rows.query.sql_with_params()
    return sql, tuple(params)


def fetch(sql: str, params: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
    """All rows of a statement."""
    with connection.cursor() as cursor:
        cursor.execute(sql, list(params))
        return list(cursor.fetchall())


def local(expression: str, zone: ZoneInfo, until: datetime) -> str:
    """Seconds since 1970 as a clock on the wall of that zone would count them, up to a moment."""
    changes = _changes(zone, until.date())
    if len(changes) == 1:
        return f"({expression} + {changes[0][1]})"
    # Newest first: most of what is asked for is recent.
    cases = " ".join(f"WHEN {expression} >= {at} THEN {offset}" for at, offset in reversed(changes[1:]))
    return f"({expression} + CASE {cases} ELSE {changes[0][1]} END)"


@lru_cache(32)
def _changes(zone: ZoneInfo, until: date) -> tuple[tuple[int, int], ...]:
    """From which second on which offset holds."""
    found = [(0, _offset(zone, EARLIEST))]
    day = EARLIEST
    while day.date() < until + timedelta(days=2):
        after = day + timedelta(days=1)
        if _offset(zone, after) != found[-1][1]:
            found.append((_turn(zone, day, after), _offset(zone, after)))
        day = after
    return tuple(found)


def _turn(zone: ZoneInfo, early: datetime, late: datetime) -> int:
    """The second within that span from which the later offset holds."""
    low, high = int(early.timestamp()), int(late.timestamp())
    wanted = _offset(zone, late)
    while high - low > 1:
        middle = (low + high) // 2
        if _offset(zone, datetime.fromtimestamp(middle, UTC)) == wanted:
            high = middle
        else:
            low = middle
    return high


def _offset(zone: ZoneInfo, at: datetime) -> int:
    offset = at.astimezone(zone).utcoffset()
    return int(offset.total_seconds()) if offset is not None else 0


def month_of(seconds: str) -> str:
    """The number of the month (year · 12 + month - 1) of seconds since 1970."""
    if connection.vendor == "sqlite":
        # %% because every statement here is run with parameters.
        year, month = (f"CAST(strftime('%%{part}', {seconds}, 'unixepoch') AS INTEGER)" for part in "Ym")
    else:
        year, month = (
            f"EXTRACT({part} FROM to_timestamp({seconds}) AT TIME ZONE 'UTC')::bigint" for part in ("YEAR", "MONTH")
        )
    return f"({year} * 12 + {month} - 1)"
