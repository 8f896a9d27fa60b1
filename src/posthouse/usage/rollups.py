"""Sums calls up per minute, hour and day."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Any, NamedTuple, TypeVar

from django.db import connection

from posthouse.usage import sketches
from posthouse.usage.models import Grain, Series, Traits, rollup_id

T = TypeVar("T")

CHUNK = 900
"""Values in one IN (…): below what every SQLite allows."""


class Seen(NamedTuple):
    """What of a call the roll-ups and milestones look at."""

    position: int
    tx: int
    id: str
    at: datetime
    duration_us: int
    customer_id: str
    key_id: str
    environment: str
    method: str
    route: str
    status: int
    version: str

    @property
    def traits(self) -> Traits:
        """What it has in common with others."""
        return Traits._make(self[5:])


def add(calls: Iterable[Seen]) -> None:
    """Add calls to the roll-ups of their minute, hour and day. Only one process may do this at a time."""
    by_traits: dict[tuple[Any, ...], dict[int, list[int]]] = {}
    for call in calls:
        minutes = by_traits.setdefault(call[5:], {})
        minutes.setdefault(int(call.at.timestamp()) // 60, []).append(call.duration_us)
    series = _series_of([Traits._make(traits) for traits in by_traits])
    sums: dict[tuple[int, int, int], list[int]] = {}
    for traits, minutes in by_traits.items():
        for minute, durations in minutes.items():
            for grain, length in _LENGTHS:
                sums.setdefault((series[traits], grain, minute - minute % length), []).extend(durations)
    _write(sums)


_LENGTHS = [(grain.value, grain.minutes) for grain in Grain]


def _series_of(wanted: list[Traits]) -> dict[tuple[Any, ...], int]:
    """The series of each combination of traits, made where it is new."""
    prints = {traits.fingerprint(): traits for traits in wanted}
    found = _known_series(prints)
    missing = [fingerprint for fingerprint in prints if fingerprint not in found]
    if missing:
        with connection.cursor() as cursor:
            cursor.executemany(_NEW_SERIES, [(fingerprint, *prints[fingerprint]) for fingerprint in missing])
        found |= _known_series(missing)
    return {prints[fingerprint]: series for fingerprint, series in found.items()}


_NEW_SERIES = f"""
INSERT INTO usage_series (fingerprint, {", ".join(Traits._fields)}) VALUES (%s, %s, %s, %s, %s, %s, %s, %s)
"""  # noqa: S608  made of our own words


def _known_series(prints: Iterable[bytes]) -> dict[bytes, int]:
    return {
        bytes(fingerprint): series
        for chunk in chunks(list(prints))
        for series, fingerprint in Series.objects.filter(fingerprint__in=chunk).values_list("pk", "fingerprint")
    }


_UPSERT = """
INSERT INTO usage_rollup (id, series_id, grain, start, calls, duration_us_sum, sketch)
{rows}
ON CONFLICT (id) DO UPDATE SET
    calls = excluded.calls, duration_us_sum = excluded.duration_us_sum, sketch = excluded.sketch
"""
_ONE_ROW = "VALUES (%s, %s, %s, %s, %s, %s, %s)"
_COLUMNS = """SELECT * FROM unnest(
    %s::bigint[], %s::bigint[], %s::smallint[], %s::timestamptz[], %s::bigint[], %s::bigint[], %s::bytea[])"""


def _write(sums: dict[tuple[int, int, int], list[int]]) -> None:
    places = sorted((rollup_id(*place), *place) for place in sums)
    known = _known_rollups([place[0] for place in places])
    starts = {minute: _start(minute) for minute in {place[3] for place in places}}
    rows = []
    for row_id, series, grain, minute in places:
        durations = sums[series, grain, minute]
        calls, total, sketch = known.get(row_id, (0, 0, b""))
        merged = sketches.add(sketch, durations)
        rows.append((row_id, series, grain, starts[minute], calls + len(durations), total + sum(durations), merged))
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(_UPSERT.format(rows=_COLUMNS), [list(column) for column in zip(*rows, strict=True)])
        else:
            cursor.executemany(_UPSERT.format(rows=_ONE_ROW), rows)


def _known_rollups(ids: list[int]) -> dict[int, tuple[int, int, bytes]]:
    known = {}
    with connection.cursor() as cursor:
        for chunk in chunks(ids):
            marks = ", ".join(["%s"] * len(chunk))
            query = f"SELECT id, calls, duration_us_sum, sketch FROM usage_rollup WHERE id IN ({marks})"  # noqa: S608  marks
            cursor.execute(query, chunk)
            known.update({row_id: (calls, total, bytes(sketch)) for row_id, calls, total, sketch in cursor.fetchall()})
    return known


def _start(minute: int) -> Any:
    """A moment as the database driver wants it in SQL written by hand."""
    return connection.ops.adapt_datetimefield_value(datetime.fromtimestamp(minute * 60, UTC))


def chunks(values: list[T]) -> Iterator[list[T]]:
    """The values in lists of bearable length."""
    for begin in range(0, len(values), CHUNK):
        yield values[begin : begin + CHUNK]
