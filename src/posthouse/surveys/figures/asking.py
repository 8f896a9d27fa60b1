"""Answers a question about a campaign from its columns, and from the rows where a day has changed since."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any, NamedTuple

import psycopg
from django.db import connection

from posthouse.surveys.figures.columns import GAP, SCORE, Day, unpacked
from posthouse.surveys.figures.counting import Counted, Question, Span, count
from posthouse.surveys.figures.summing import days_of_rows, rows_of
from posthouse.surveys.models import DayColumn, TouchedDay

MOST_ROWS = 3000
"""So many rows of touched days are read themselves; beyond, their columns stand for them, some seconds old."""
MOST_LOOSE_ROWS = 100_000
SQL = """
SELECT day, name, body FROM {table}
WHERE campaign_id = %s AND kind = %s AND name IN ({names}) AND day BETWEEN %s AND %s
"""


class TooManyValues(ValueError):
    """A trait has so many different values that it is not kept in columns, and there are too many rows to read."""


class Answered(NamedTuple):
    """What was counted, and since when rows have changed that are not in it yet (None: it is exact)."""

    counted: Counted
    behind_since: datetime | None


def ask(campaign: str, kind: str, question: Question) -> Answered:
    """Count. Raises TooManyValues for a filter on such as ids, over more answers than can be read one by one."""
    reach = question.reach
    touched, behind_since = _touched(campaign, kind, reach)
    stored = _stored(campaign, kind, question, reach)
    live = touched | {number for number, day in stored.items() if _is_loose(day, question.traits)}
    if len(live) > len(touched):
        _check_number(campaign, kind, live)
    kept = (day for number, day in sorted(stored.items()) if number not in live)
    read = (day for span in _spans(sorted(live)) for day in days_of_rows(campaign, kind, *span))
    return Answered(count(question, _both(kept, read)), behind_since)


def _both(kept: Iterator[Day], read: Iterator[Day]) -> Iterator[Day]:
    yield from kept
    yield from read


def _touched(campaign: str, kind: str, reach: Span) -> tuple[set[int], datetime | None]:
    """The days to read from rows; or none of them, when these are too many, and since when they wait."""
    notes = TouchedDay.objects.filter(campaign=campaign, kind=kind, day__range=reach)
    found = dict(notes.order_by("-at").values_list("day", "at"))
    rows = 0
    for span in _spans(sorted(found)):
        rows += rows_of(campaign, kind, *span).order_by()[: MOST_ROWS + 1].count()
        if rows > MOST_ROWS:
            return set(), min(found.values())
    return set(found), None


def _stored(campaign: str, kind: str, question: Question, reach: Span) -> dict[int, Day]:
    names = [SCORE, *([GAP] if question.latest else []), *sorted(question.traits)]
    sql = SQL.format(table=DayColumn._meta.db_table, names=", ".join(["%s"] * len(names)))  # noqa: SLF001  a public API
    bodies: dict[int, dict[str, bytes]] = {}
    for day, name, body in _fetched(sql, [campaign, kind, *names, *reach]):
        bodies.setdefault(day, {})[name] = body
    return {day: unpacked(day, parts) for day, parts in bodies.items() if SCORE in parts}


def _fetched(sql: str, values: list[Any]) -> list[Any]:
    """The rows; from PostgreSQL in binary form, where Django's own cursor has every byte written as two digits."""
    if connection.vendor == "postgresql":
        connection.ensure_connection()
        binary = psycopg.Cursor(connection.connection)
        binary.format = psycopg.pq.Format.BINARY
        # Django's wrapper around it, so that the query is counted and logged like any other.
        with connection._prepare_cursor(binary) as cursor:  # type: ignore[attr-defined]  # noqa: SLF001
            cursor.execute(sql, values)
            return list(cursor.fetchall())
    with connection.cursor() as plain:
        plain.execute(sql, values)
        return list(plain.fetchall())


def _is_loose(day: Day, traits: frozenset[str]) -> bool:
    """Whether a trait that is asked for may be there although there is no column."""
    missing = traits - day.traits.keys()
    return bool(missing) and (day.loose is None or not missing.isdisjoint(day.loose))


def _check_number(campaign: str, kind: str, live: set[int]) -> None:
    rows = sum(rows_of(campaign, kind, *span).order_by()[:MOST_LOOSE_ROWS].count() for span in _spans(sorted(live)))
    if rows >= MOST_LOOSE_ROWS:
        raise TooManyValues


def _spans(days: list[int]) -> Iterator[Span]:
    """Days as spans without gaps."""
    start: int | None = None
    for number, day in enumerate(days):
        start = day if start is None else start
        if number + 1 == len(days) or days[number + 1] != day + 1:
            yield Span(start, day)
            start = None
