"""The forms an export may have: portions of rows in, bytes out."""

import csv
import importlib
import io
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from types import ModuleType
from typing import Any

from posthouse.surveys.exporting.rows import PLAIN, words_of

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
Portions = Iterable[list[dict[str, Any]]]


class NoParquet(Exception):
    """The library that writes Parquet is not installed: `pip install 'posthouse[parquet]'`."""


def as_csv(portions: Portions, names: Sequence[str]) -> Iterator[bytes]:
    """A line for each answer; attributes have columns of their own, and no text is one that a spreadsheet computes."""
    yield _lines([[*PLAIN, "answers", *(_cell(f"attributes.{name}") for name in names)]])
    for portion in portions:
        yield _lines(_line(row, names) for row in portion)


def as_lines(portions: Portions, names: Sequence[str] = ()) -> Iterator[bytes]:
    """JSON Lines: an object on each line."""
    for portion in portions:
        yield "".join(f"{_json(row)}\n" for row in portion).encode()


def as_json(portions: Portions, names: Sequence[str] = ()) -> Iterator[bytes]:
    """One JSON array of objects."""
    yield b"["
    first = True
    for portion in portions:
        yield (("\n" if first else ",\n") + ",\n".join(map(_json, portion))).encode()
        first = False
    yield b"\n]\n"


def as_parquet(portions: Portions, names: Sequence[str] = ()) -> Iterator[bytes]:
    """Parquet, a row group for each portion. Raises NoParquet where the library is missing."""
    arrow, parquet = _library("pyarrow"), _library("pyarrow.parquet")
    schema, sink = _schema(arrow), _Sink()
    with parquet.ParquetWriter(sink, schema, compression="zstd") as writer:
        for portion in portions:
            writer.write_table(arrow.Table.from_pylist([_plain_row(row) for row in portion], schema=schema))
            yield sink.taken()
    yield sink.taken()


FORMS: dict[str, tuple[str, Callable[[Portions, Sequence[str]], Iterator[bytes]]]] = {
    "csv": ("text/csv; charset=utf-8", as_csv),
    "jsonl": ("application/jsonl", as_lines),
    "json": ("application/json", as_json),
    "parquet": ("application/vnd.apache.parquet", as_parquet),
}
"""By the ending of the file: its type, and what makes it."""


def has_parquet() -> bool:
    """Whether Parquet can be written here."""
    try:
        _library("pyarrow.parquet")
    except NoParquet:
        return False
    return True


class _Sink(io.RawIOBase):
    """Takes what a writer writes until somebody takes it away; it is never sought in."""

    def __init__(self) -> None:
        super().__init__()
        self._parts: list[bytes] = []
        self._written = 0

    def writable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._written

    def write(self, data: Any) -> int:
        part = bytes(data)
        self._parts.append(part)
        self._written += len(part)
        return len(part)

    def taken(self) -> bytes:
        parts, self._parts = self._parts, []
        return b"".join(parts)


def _library(name: str) -> ModuleType:
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise NoParquet from error


def _schema(arrow: Any) -> Any:
    moment, text = arrow.timestamp("us", tz="UTC"), arrow.string()
    kinds = {"answered_at": moment, "changed_at": moment, "handled_at": moment, "score": arrow.int16()}
    kinds |= {"tags": arrow.list_(text), "assignee": arrow.int64()}
    fields = [(name, kinds.get(name, text)) for name in PLAIN]
    return arrow.schema([*fields, ("answers", text), ("attributes", arrow.map_(text, text))])


def _plain_row(row: dict[str, Any]) -> dict[str, Any]:
    return row | {"answers": _json(row["answers"]), "attributes": list(words_of(row["attributes"]).items())}


def _line(row: dict[str, Any], names: Sequence[str]) -> list[Any]:
    words = words_of(row["attributes"])
    values = [", ".join(row["tags"]) if name == "tags" else row[name] for name in PLAIN]
    answers = _json(row["answers"]) if row["answers"] else ""
    return [_cell(value) for value in [*values, answers, *(words.get(name, "") for name in names)]]


def _cell(value: Any) -> Any:
    """A text that a spreadsheet would take for a formula gets an apostrophe before it (OWASP, CSV injection)."""
    plain = "" if value is None else value.isoformat() if isinstance(value, datetime) else value
    return f"'{plain}" if isinstance(plain, str) and plain.startswith(FORMULA_STARTS) else plain


def _lines(rows: Iterable[Sequence[Any]]) -> bytes:
    out = io.StringIO()
    csv.writer(out).writerows(rows)
    return out.getvalue().encode()


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, default=datetime.isoformat)
