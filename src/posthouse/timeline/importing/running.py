"""Puts a file into the log: batch by batch, each with the place that was reached, so that a killed import goes on."""

import json
from collections.abc import Callable, Iterable, Iterator
from collections.abc import Mapping as Mapped
from datetime import datetime
from hashlib import blake2b
from itertools import islice
from pathlib import Path
from typing import IO, Any

from django.db import connection, transaction

from posthouse.foundation.clock import now
from posthouse.timeline import models
from posthouse.timeline.importing import files, mapping
from posthouse.timeline.importing.files import Record
from posthouse.timeline.importing.mapping import Found, Mapping, Unfit

BATCH = 2_000
"""Records in one transaction."""
HEAD = 64 * 1024
ACTOR = "import"
COLUMNS = (
    "source",
    "id",
    "type",
    "version",
    "customer_id",
    "contact_id",
    "actor",
    "occurred_at",
    "received_at",
    "digest",
    "data",
)

Counts = models.Import
Pair = tuple[Record, Found]
Rejected = tuple[Record, str]
ContactsOf = Callable[[Iterable[str]], Mapped[str, str]]
"""The ids of those contacts that are known, by address."""


def run(
    path: Path,
    *,
    source: str,
    mapped: Mapping,
    rejected: Path,
    contacts_of: ContactsOf = lambda emails: {},
    form: files.Form | None = None,
    delimiter: str = ",",
    tell: Callable[[models.Import, int], None] = lambda counts, taken: None,
) -> models.Import:
    """Record every event of a file under `source`; returns how many records were new, there already, or refused.

    An event is known by its source and id, or a hash of its record, so doing it again adds nothing. What is refused
    is written to `rejected` with the reason. An import that was killed goes on after the last batch that was kept,
    when it is started again in the same way. `tell` hears of each batch, with the bytes taken from the file so far.
    Raises UnreadableFile and BadMapping.
    """
    mapping.source_is_free(source)
    with files.opened(path, form, delimiter) as reading:
        if reading.header:
            mapped.check(reading.header)
        counts = _begun(path, source, mapped)
        records = reading.records()
        for _record in islice(records, counts.records):
            pass
        with _rejects(rejected, counts) as lines:
            for batch in _batches(records):
                _take_in(counts, batch, source, mapped, contacts_of, lines)
                tell(counts, reading.bytes_taken)
            _finish(counts)
    return counts


def _batches(records: Iterator[Record]) -> Iterator[list[Record]]:
    while batch := list(islice(records, BATCH)):
        yield batch


def _begun(path: Path, source: str, mapped: Mapping) -> models.Import:
    """What was reached before with this file, source and mapping; anew when it came to its end, or never began."""
    with path.open("rb") as file:
        head = file.read(HEAD)
    state = path.stat()
    said = [source, mapped.columns, mapped.constants, str(mapped.zone), state.st_size, state.st_mtime_ns]
    key = blake2b(json.dumps(said, sort_keys=True).encode() + head, digest_size=16).hexdigest()
    counts = models.Import.objects.filter(key=key, finished_at=None).first()
    return counts or models.Import.objects.create(key=key, source=source, name=path.name[:200])


class Rejects:
    """The file of what was refused, made when there is something to write, cut back to what the last batch kept."""

    def __init__(self, path: Path, kept: int) -> None:
        self._path, self._kept = path, kept
        self._file: IO[bytes] | None = None

    def write(self, rows: list[Rejected]) -> int:
        """Add rows; returns how long the file is now, safe on the disk."""
        if not rows:
            return self._kept
        if self._file is None:
            self._file = self._path.open("r+b" if self._kept and self._path.exists() else "wb")
            self._file.truncate(self._kept)
        self._file.seek(0, 2)
        for record, reason in rows:
            line = json.dumps({"line": record.line, "reason": reason, "record": record.fields}, default=str)
            self._file.write(line.encode() + b"\n")
        self._file.flush()
        self._kept = self._file.tell()
        return self._kept

    def __enter__(self) -> "Rejects":
        return self

    def __exit__(self, *_error: object) -> None:
        if self._file:
            self._file.close()


def _rejects(path: Path, counts: models.Import) -> Rejects:
    return Rejects(path, counts.rejected_bytes)


def _take_in(
    counts: models.Import,
    batch: list[Record],
    source: str,
    mapped: Mapping,
    contacts_of: ContactsOf,
    lines: Rejects,
) -> None:
    found, refused = _understood(batch, mapped)
    emails = {one.email for _record, one in found if one.email}
    known = contacts_of(emails) if emails else {}
    with transaction.atomic():
        _hold(counts)
        new = _insert(source, [one for _record, one in found], known)
        clashes = _clashes(source, found) if new < len(found) else []
        counts.records += len(batch)
        counts.new += new
        counts.known += len(found) - new - len(clashes)
        counts.rejected += len(refused) + len(clashes)
        counts.rejected_bytes = lines.write([*refused, *clashes])
        counts.moved_at = now()
        counts.save()


def _understood(batch: list[Record], mapped: Mapping) -> tuple[list[Pair], list[Rejected]]:
    found: list[Pair] = []
    refused: list[Rejected] = []
    latest = mapping.latest_moment()
    for record in batch:
        try:
            found.append((record, mapped.event(record, latest)))
        except Unfit as unfit:
            refused.append((record, str(unfit)))
    return found, refused


def _hold(counts: models.Import) -> None:
    """Raises UnreadableFile when another process is at this import."""
    there = models.Import.objects.select_for_update().get(pk=counts.pk)
    if there.records != counts.records:
        raise files.UnreadableFile("another process is importing this file")


def _insert(source: str, found: list[Found], known: Mapped[str, str]) -> int:
    """Add what is not there; returns how many were added."""
    stamp = _stamp if connection.vendor == "sqlite" else _as_it_is
    received = stamp(now())
    rows = [
        (
            source,
            one.id,
            one.type,
            1,
            one.customer_id,
            one.contact_id or known.get(one.email, ""),
            ACTOR,
            stamp(one.occurred_at),
            received,
            one.digest,
            one.data,
        )
        for one in found
    ]
    if not rows:
        return 0
    marks = ", ".join(["%s"] * len(COLUMNS))
    tx = "0" if connection.vendor == "sqlite" else "DEFAULT"
    with connection.cursor() as cursor:
        cursor.executemany(
            f"INSERT INTO timeline_event ({', '.join(COLUMNS)}, tx) VALUES ({marks}, {tx}) ON CONFLICT DO NOTHING",  # noqa: S608
            rows,
        )
        return int(cursor.rowcount)


def _stamp(moment: datetime) -> Any:
    """A moment of UTC as Django writes it for SQLite."""
    return str(moment.replace(tzinfo=None))


def _as_it_is(moment: datetime) -> Any:
    return moment


def _clashes(source: str, found: list[Pair]) -> list[Rejected]:
    """Records whose id was taken by an event that says something else."""
    rows = models.Event.objects.filter(source=source, id__in=[one.id for _record, one in found])
    digests = {id_: bytes(digest) for id_, digest in rows.values_list("id", "digest")}
    reason = "its source and id are taken by an event that says something else"
    return [(record, reason) for record, one in found if digests[one.id] != one.digest]


def _finish(counts: models.Import) -> None:
    counts.finished_at = now()
    counts.save()
