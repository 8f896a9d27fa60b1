"""Reads CSV and JSON Lines, packed or not, one record at a time, so that a file may be larger than the memory."""

import csv
import gzip
import io
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Literal

import msgspec

LONGEST = 8 * 1024 * 1024
"""Characters of one line, or of one field of CSV."""

Form = Literal["csv", "jsonl"]
ENDINGS: dict[str, Form] = {".csv": "csv", ".tsv": "csv", ".jsonl": "jsonl", ".ndjson": "jsonl", ".json": "jsonl"}


class UnreadableFile(Exception):
    """The file cannot be read, or not any further; the text says where and why."""


@dataclass(slots=True)
class Record:
    """One record: at which line it ends, its fields by name, or what is wrong with it and its text."""

    line: int
    fields: dict[str, Any]
    wrong: str = ""


class Reading:
    """A file being read: its records, and how many bytes of it have been taken."""

    def __init__(self, raw: IO[bytes], text: IO[str], form: Form, delimiter: str) -> None:
        self._raw, self._text, self._form = raw, text, form
        self._table = csv.reader(self._lines(), delimiter=delimiter, strict=True) if form == "csv" else None
        self.header = self._header() if form == "csv" else []

    @property
    def bytes_taken(self) -> int:
        """Of the file as it lies on the disk."""
        return self._raw.tell()

    def records(self) -> Iterator[Record]:
        """All of them, in order. Raises UnreadableFile where it cannot go on."""
        return self._rows() if self._table else self._objects()

    def _header(self) -> list[str]:
        names = next(self._table or iter(()), [])
        if not names:
            raise UnreadableFile("there is no first line that names the columns")
        if twice := {name for name in names if names.count(name) > 1}:
            raise UnreadableFile(f"two columns are called {sorted(twice)[0]!r}")
        return names

    def _rows(self) -> Iterator[Record]:
        table, header, width = self._table, self.header, len(self.header)
        assert table
        while True:
            began = table.line_num
            try:
                values = next(table)
            except StopIteration:
                return
            except csv.Error as error:
                yield Record(table.line_num, {}, f"from line {began + 1} to {table.line_num}: {error}")
                continue
            if not values:
                continue
            wrong = "" if len(values) == width else f"{len(values)} values for {width} columns"
            fields = dict(zip(header, values, strict=False)) if not wrong else {"values": values}
            yield Record(table.line_num, fields, wrong)

    def _objects(self) -> Iterator[Record]:
        decode = msgspec.json.Decoder(dict[str, Any]).decode
        for number, line in enumerate(self._lines(), 1):
            if not line.strip():
                continue
            try:
                yield Record(number, decode(line.encode()))
            except UnicodeEncodeError:
                yield Record(number, {"text": line.strip()}, "this is not UTF-8")
            except (msgspec.MsgspecError, RecursionError) as error:
                yield Record(number, {"text": line.strip()}, f"not a JSON object: {error}")

    def _lines(self) -> Iterator[str]:
        number = 0
        try:
            while line := self._text.readline(LONGEST):
                number += 1
                if len(line) == LONGEST and not line.endswith("\n"):
                    raise UnreadableFile(f"line {number} is longer than {LONGEST} characters")
                yield line
        except (EOFError, gzip.BadGzipFile, zlib.error) as error:
            raise UnreadableFile(f"the packed file is broken after line {number}: {error}") from error


@contextmanager
def opened(path: Path, form: Form | None, delimiter: str) -> Iterator[Reading]:
    """A file ready to be read; the form is told by its name unless given. Raises UnreadableFile."""
    csv.field_size_limit(LONGEST)
    packed = path.suffix == ".gz"
    ending = path.with_suffix("").suffix if packed else path.suffix
    form = form or ENDINGS.get(ending.lower())
    if form is None:
        raise UnreadableFile(f"is {path.name} CSV or JSON Lines? Say so by --format csv or --format jsonl")
    if delimiter == "," and ending.lower() == ".tsv":
        delimiter = "\t"
    try:
        with path.open("rb") as raw:
            unpacked = io.BufferedReader(gzip.GzipFile(fileobj=raw)) if packed else raw
            text = io.TextIOWrapper(
                unpacked, "utf-8-sig", errors="surrogateescape", newline="" if form == "csv" else None
            )
            yield Reading(raw, text, form, delimiter)
    except OSError as error:
        raise UnreadableFile(str(error)) from error
