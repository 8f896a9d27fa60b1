"""Lists that leave the house whole, row by row, as CSV or JSON."""

import csv
import io
import json
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import datetime
from typing import Any, TypeVar

from asgiref.sync import sync_to_async
from django.core.handlers.asgi import ASGIRequest
from django.db.models import Model, QuerySet
from django.http import HttpRequest, StreamingHttpResponse

M = TypeVar("M", bound=Model)
Column = Callable[[M], Any]

CHUNK = 500
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


def streamed(
    request: HttpRequest, rows: QuerySet[M, Any], *, columns: dict[str, Column[M]], name: str
) -> StreamingHttpResponse:
    """All rows as `?format=csv` (the default) or `json`; memory does not grow with their number."""
    write, kind = (_json, "json") if request.GET.get("format") == "json" else (_csv, "csv")
    content = write(rows, columns)
    return StreamingHttpResponse(
        _in_threads(content) if isinstance(request, ASGIRequest) else content,
        content_type={"csv": "text/csv; charset=utf-8", "json": "application/json"}[kind],
        headers={"Content-Disposition": f'attachment; filename="{name}.{kind}"', "Cache-Control": "no-store"},
    )


def _chunks(rows: QuerySet[M, Any]) -> Iterator[list[M]]:
    """Keys first, then their rows in portions: no cursor stays open while a slow reader takes its time."""
    keys = list(rows.values_list("pk", flat=True))
    for start in range(0, len(keys), CHUNK):
        portion = keys[start : start + CHUNK]
        found = {row.pk: row for row in rows.filter(pk__in=portion).order_by()}
        yield [found[key] for key in portion if key in found]


def _csv(rows: QuerySet[M, Any], columns: dict[str, Column[M]]) -> Iterator[bytes]:
    yield _line(list(columns))
    for chunk in _chunks(rows):
        yield b"".join(_line([_cell(read(row)) for read in columns.values()]) for row in chunk)


def _line(cells: list[str]) -> bytes:
    out = io.StringIO()
    csv.writer(out).writerow(cells)
    return out.getvalue().encode()


def _cell(value: Any) -> str:
    """As text; a text that a spreadsheet would take for a formula gets an apostrophe before it."""
    if isinstance(value, dict):
        return json.dumps(value, ensure_ascii=False)
    text = "" if value is None else value.isoformat() if isinstance(value, datetime) else str(value)
    return f"'{text}" if isinstance(value, str) and text.startswith(FORMULA_STARTS) else text


def _json(rows: QuerySet[M, Any], columns: dict[str, Column[M]]) -> Iterator[bytes]:
    yield b"["
    first = True
    for chunk in _chunks(rows):
        lines = [json.dumps({name: _plain(read(row)) for name, read in columns.items()}) for row in chunk]
        yield (("\n" if first else ",\n") + ",\n".join(lines)).encode() if lines else b""
        first = False
    yield b"\n]\n"


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value


async def _in_threads(content: Iterator[bytes]) -> AsyncIterator[bytes]:
    """The same for ASGI, whose event loop must not wait for the database."""

    def following() -> bytes | None:
        return next(content, None)

    while (part := await sync_to_async(following)()) is not None:
        yield part
