"""One thread that writes what the requests hand over: many requests to a transaction, answered when it is on disk."""

import asyncio
import logging
import queue
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any

from posthouse.edge.sql import CallRow, Database, EventId, EventRow, RejectRow, Tally, UnfitError, UnreachableError

logger = logging.getLogger(__name__)

ROWS_PER_TRANSACTION = 4_000
"""Other processes write to the same SQLite file: no transaction of ours holds it for long."""
ROWS_WAITING = 40_000
"""More than this are refused with 503, so that memory stays bounded."""
GIVE_UP_SECONDS = 12.0
"""Requests waiting while the database does not answer are refused after this; less than a client's usual timeout."""
BREATH = 0.1
"""After a transaction the writer stays away for this share of its length, so that others get the SQLite lock too."""

_SOURCE, _ID, _CONTACT, _DIGEST = 0, 1, 5, 10


class Outcome(IntEnum):
    """What became of one row."""

    ACCEPTED = 0
    DUPLICATE = 1
    CONFLICT = 2
    REFUSED = 3


class QueueFullError(Exception):
    """The queue is full."""


@dataclass(slots=True)
class Work:
    """The rows of one request and the future that waits for their outcomes."""

    events: Sequence[EventRow] = ()
    calls: Sequence[CallRow] = ()
    emails: Mapping[int, str] = field(default_factory=dict)
    """By index of an event that names its contact by address only: the address."""
    uses: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """By table: row ids and the moments of their last use."""
    rejects: Sequence[RejectRow] = ()
    source: str = ""
    """The id of the source of foreign events that all of it came from; its counts are kept in the same transaction."""
    seen: str = ""
    """When it came, as text; given with `source`."""
    outcomes: "asyncio.Future[list[Outcome]] | None" = None

    def __len__(self) -> int:
        return len(self.events) + len(self.calls) + len(self.rejects) + 1


class Writer:
    """The queue and its thread. `submit` belongs to one event loop; everything else may be called from anywhere."""

    def __init__(self, database: Database, loop: asyncio.AbstractEventLoop) -> None:
        self._database = database
        self._loop = loop
        self._queue: queue.SimpleQueue[Work | None] = queue.SimpleQueue()
        self._waiting = 0
        self._thread = threading.Thread(target=self._run, name="edge-writer", daemon=True)

    def start(self) -> None:
        """Begin to write."""
        self._thread.start()

    def stop(self) -> None:
        """Write what was handed over, then end. Blocks."""
        self._queue.put(None)
        self._thread.join(GIVE_UP_SECONDS)

    def submit(self, work: Work) -> "asyncio.Future[list[Outcome]]":
        """Hand rows over. The future gives the outcome of each row, in order, once all of them are on disk.

        It raises UnreachableError when the database did not answer in time: then the rows may or may not be there, and
        sending them again is safe. Raises QueueFullError at once when too much is waiting.
        """
        if self._waiting + len(work) > ROWS_WAITING and self._waiting:
            raise QueueFullError
        self._waiting += len(work)
        work.outcomes = self._loop.create_future()
        self._queue.put(work)
        return work.outcomes

    def _run(self) -> None:
        going = True
        while going:
            batch, going = self._next_batch()
            if not batch:
                continue
            began = time.monotonic()
            results = _Attempt(self._database, batch).outcomes()
            self._tell(batch, results)
            time.sleep(min(0.05, (time.monotonic() - began) * BREATH))
        self._database.close()

    def _next_batch(self) -> tuple[list[Work], bool]:
        """Wait for work, then take what else is waiting, up to the bound; False when it was told to stop."""
        batch: list[Work] = []
        rows = 0
        work = self._queue.get()
        while work is not None:
            batch.append(work)
            rows += len(work)
            if rows >= ROWS_PER_TRANSACTION:
                return batch, True
            try:
                work = self._queue.get_nowait()
            except queue.Empty:
                return batch, True
        return batch, False

    def _tell(self, batch: list[Work], results: "list[list[Outcome] | Exception]") -> None:
        try:
            self._loop.call_soon_threadsafe(self._resolve, batch, results)
        except RuntimeError:
            logger.debug("the event loop ended before %d requests were answered", len(batch))

    def _resolve(self, batch: list[Work], results: "list[list[Outcome] | Exception]") -> None:
        for work, result in zip(batch, results, strict=True):
            self._waiting -= len(work)
            waiter = work.outcomes
            if waiter is None or waiter.done():
                continue
            if isinstance(result, Exception):
                waiter.set_exception(result)
            else:
                waiter.set_result(result)


class _Attempt:
    """Writing one batch: together if possible; otherwise request by request, so that one cannot spoil another."""

    def __init__(self, database: Database, batch: list[Work]) -> None:
        self._database = database
        self._batch = batch
        self._deadline = time.monotonic() + GIVE_UP_SECONDS

    def outcomes(self) -> "list[list[Outcome] | Exception]":
        try:
            return list(self._durably(lambda: _write(self._database, self._batch)))
        except UnreachableError as error:
            return [error] * len(self._batch)
        except UnfitError:
            return [self._alone(work) for work in self._batch]
        except Exception as error:
            logger.exception("a batch of %d requests could not be written", len(self._batch))
            self._database.close()
            return [error] * len(self._batch)

    def _alone(self, work: Work) -> "list[Outcome] | Exception":
        try:
            return self._durably(lambda: _write(self._database, [work]))[0]
        except UnreachableError as error:
            return error
        except UnfitError:
            return self._row_by_row(work)

    def _row_by_row(self, work: Work) -> "list[Outcome] | Exception":
        """The rows that the database takes are stored, the others are refused."""
        outcomes: list[Outcome] = []
        for number, single in enumerate(_split(work)):
            try:
                outcomes += self._durably(lambda single=single: _write(self._database, [single]))[0]  # type: ignore[misc]  # bound now
            except UnfitError as error:
                logger.warning("a row was refused by the database (%d of %d): %s", number, len(work), error)
                outcomes += [Outcome.REFUSED] * (len(single.events) + len(single.calls))
            except UnreachableError as error:
                return error
        return outcomes

    def _durably(self, write: Callable[[], list[list[Outcome]]]) -> list[list[Outcome]]:
        """Run a transaction; again while the database does not answer and there is time."""
        pause = 0.02
        while True:
            try:
                self._database.begin()
                outcomes = write()
                self._database.commit()
                return outcomes
            except UnreachableError as error:
                self._database.rollback()
                if time.monotonic() + pause > self._deadline:
                    raise
                logger.warning("writing again after: %s", error)
                time.sleep(pause)
                pause = min(1.0, pause * 2)
            except BaseException:
                self._database.rollback()
                raise


def _write(database: Database, batch: list[Work]) -> list[list[Outcome]]:
    """Everything of a batch, within a transaction that is open."""
    events = _write_events(database, batch)
    calls = _write_calls(database, batch)
    for work in batch:
        for table, moments in work.uses.items():
            database.note_uses(table, moments)
    outcomes = [[next(events) for _ in work.events] + [next(calls) for _ in work.calls] for work in batch]
    _write_for_sources(database, batch, outcomes)
    return outcomes


def _write_for_sources(database: Database, batch: list[Work], outcomes: list[list[Outcome]]) -> None:
    """Rejected items, and the counts of the sources; in the order of their ids, so that processes cannot block."""
    tallies: dict[str, Tally] = {}
    for work, found in zip(batch, outcomes, strict=True):
        if not work.source:
            continue
        tally = tallies.setdefault(work.source, Tally(work.seen))
        tally.seen = max(tally.seen, work.seen)
        tally.accepted += found.count(Outcome.ACCEPTED)
        tally.duplicates += found.count(Outcome.DUPLICATE)
        tally.rejected += database.insert_rejects(work.rejects) if work.rejects else 0
    for source_id in sorted(tallies):
        database.count_for_source(source_id, tallies[source_id])


def _write_events(database: Database, batch: list[Work]) -> Any:
    rows = _with_contacts(database, batch)
    if not rows:
        return iter(())
    firsts: dict[EventId, EventRow] = {}
    for row in rows:
        firsts.setdefault((row[_SOURCE], row[_ID]), row)
    inserted = database.insert_events(list(firsts.values()))
    if inserted is None and len(firsts) == len(rows):
        return iter([Outcome.ACCEPTED] * len(rows))
    return iter(_event_outcomes(database, rows, firsts, inserted))


def _event_outcomes(
    database: Database, rows: list[EventRow], firsts: dict[EventId, EventRow], inserted: set[EventId] | None
) -> list[Outcome]:
    """The first row of an id that went in is accepted; others are compared with what is stored under that id."""
    new = firsts.keys() if inserted is None else inserted
    older = [event_id for event_id in firsts if event_id not in new]
    stored = database.event_digests(older) if older else {}
    outcomes = []
    for row in rows:
        event_id = (row[_SOURCE], row[_ID])
        if event_id in new and firsts[event_id] is row:
            outcomes.append(Outcome.ACCEPTED)
            continue
        digest = firsts[event_id][_DIGEST] if event_id in new else stored.get(event_id)
        outcomes.append(Outcome.DUPLICATE if digest == row[_DIGEST] else Outcome.CONFLICT)
    return outcomes


def _with_contacts(database: Database, batch: list[Work]) -> list[EventRow]:
    """All event rows, with the contact's id where only an address was given and it is known."""
    emails = sorted({email for work in batch for email in work.emails.values()})
    known = database.contacts(emails) if emails else {}
    rows: list[EventRow] = []
    for work in batch:
        if not work.emails:
            rows += work.events
            continue
        for index, row in enumerate(work.events):
            contact_id = known.get(work.emails.get(index, ""), "")
            rows.append((*row[:_CONTACT], contact_id, *row[_CONTACT + 1 :]) if contact_id else row)
    return rows


def _write_calls(database: Database, batch: list[Work]) -> Any:
    rows = [row for work in batch for row in work.calls]
    if not rows:
        return iter(())
    firsts: dict[str, CallRow] = {}
    for row in rows:
        firsts.setdefault(row[0], row)
    new = database.insert_calls(list(firsts.values()))
    if new is None and len(firsts) == len(rows):
        return iter([Outcome.ACCEPTED] * len(rows))
    inserted = firsts.keys() if new is None else new
    return iter(
        [Outcome.ACCEPTED if row[0] in inserted and firsts[row[0]] is row else Outcome.DUPLICATE for row in rows]
    )


def _split(work: Work) -> list[Work]:
    """One piece of work per row."""
    singles = [
        Work(
            events=[row],
            emails={0: work.emails[index]} if index in work.emails else {},
            source=work.source,
            seen=work.seen,
        )
        for index, row in enumerate(work.events)
    ]
    rejects = [Work(rejects=[row], source=work.source, seen=work.seen) for row in work.rejects]
    return singles + [Work(calls=[row]) for row in work.calls] + rejects
