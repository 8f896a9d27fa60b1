"""Figures and lists that leave the house as CSV or JSON."""

import csv
import io
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from asgiref.sync import sync_to_async
from django.core.handlers.asgi import ASGIRequest
from django.http import Http404, HttpRequest, StreamingHttpResponse

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
TYPES = {"csv": "text/csv; charset=utf-8", "json": "application/json"}


def file_of(
    request: HttpRequest, portions: Iterable[Sequence[Mapping[str, Any]]], *, form: str, name: str
) -> StreamingHttpResponse:
    """Rows as a file, portion by portion; `form` is csv or json. Raises Http404 for another."""
    if form not in TYPES:
        raise Http404
    content = _json(portions) if form == "json" else _csv(portions)
    return StreamingHttpResponse(
        _in_threads(content) if isinstance(request, ASGIRequest) else content,
        content_type=TYPES[form],
        headers={"Content-Disposition": f'attachment; filename="{name}.{form}"', "Cache-Control": "no-store"},
    )


def _csv(portions: Iterable[Sequence[Mapping[str, Any]]]) -> Iterator[bytes]:
    columns: list[str] = []
    for portion in portions:
        if portion and not columns:
            columns = list(portion[0])
            yield _lines([columns])
        yield _lines([[_cell(row.get(name)) for name in columns] for row in portion])


def _lines(rows: Iterable[Sequence[Any]]) -> bytes:
    out = io.StringIO()
    csv.writer(out).writerows(rows)
    return out.getvalue().encode()


def _cell(value: Any) -> Any:
    """A text that a spreadsheet would take for a formula gets an apostrophe before it (OWASP, CSV injection)."""
    plain = _plain(value)
    if isinstance(plain, str) and plain.startswith(FORMULA_STARTS):
        return f"'{plain}"
    return "" if plain is None else json.dumps(plain) if isinstance(plain, list | dict) else plain


def _json(portions: Iterable[Sequence[Mapping[str, Any]]]) -> Iterator[bytes]:
    yield b"["
    first = True
    for portion in portions:
        lines = [
            json.dumps({name: _plain(value) for name, value in row.items()}, ensure_ascii=False) for row in portion
        ]
        if lines:
            yield (("\n" if first else ",\n") + ",\n".join(lines)).encode()
            first = False
    yield b"\n]\n"


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value


async def _in_threads(content: Iterator[bytes]) -> Any:
    """The same for ASGI, whose event loop must not wait for the database."""

    def following() -> bytes | None:
        return next(content, None)

    while (part := await sync_to_async(following)()) is not None:
        yield part
