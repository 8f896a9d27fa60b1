"""Rows as the database hands them over, without the ORM's objects and converters: for the few paths that must be fast.

Moments come without a zone from SQLite, or as text where `raw` asked for them (the driver's own reading of them takes
longer than all the rest), and JSON as text; `moment` and `json.loads` make of them what the ORM would.
"""

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection, models

AT_ONCE = 2000


def raw(column: str) -> str:
    """SQL that hands a column of time over as it lies in the database, for `moment`."""
    return column if connection.vendor == "postgresql" else f"CAST({column} AS TEXT)"


def moment(value: Any) -> Any:
    """A column of time as an aware datetime; None stays None."""
    if type(value) is str:
        return datetime.fromisoformat(value + "+00:00")
    return value if value is None or value.tzinfo else value.replace(tzinfo=UTC)


def storing() -> Callable[[datetime | None], Any]:
    """What makes of a moment a parameter of plain SQL, for this database: asked for once, where there are many."""
    return _as_it_is if connection.vendor == "postgresql" else _as_text


def stored(at: datetime | None) -> Any:
    """A moment as a parameter of plain SQL."""
    return storing()(at)


def _as_it_is(at: datetime | None) -> Any:
    return at


def _as_text(at: datetime | None) -> str | None:
    if at is None:
        return None
    return (at if at.tzinfo is UTC else at.astimezone(UTC)).isoformat(" ")[:-6]


def fetch(rows: models.QuerySet[Any, Any]) -> Iterator[tuple[Any, ...]]:
    """The rows of `….values_list(…)`, plain."""
    try:
        sql, params = rows.query.sql_with_params()
    except EmptyResultSet:  # a filter that nothing can pass, such as an empty list
        return iter(())
    return select(sql, params)


def select(sql: str, params: Sequence[Any] = ()) -> Iterator[tuple[Any, ...]]:
    """The rows of a query, plain, some at a time."""
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        while some := cursor.fetchmany(AT_ONCE):
            yield from some
