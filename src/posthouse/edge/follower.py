"""Keeps this process's knowledge of keys and team tokens in step with the database, a fifth of a second behind at most.

A thread reads the log of key changes. What is visible is put in force at once; but on PostgreSQL a transaction that
commits late may still show an earlier entry, so the place from which the log is read again moves only over entries
that are settled (see `foundation.appendlog`).
"""

import asyncio
import hmac
import logging
import threading
import time
import zlib
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import msgspec

from posthouse.edge.records import Reader
from posthouse.edge.sql import ChangeRow, Database, SourceRow, UnfitError, UnreachableError
from posthouse.foundation.appendlog import Cursor
from posthouse.foundation.clock import now
from posthouse.intake.queries import Rules
from posthouse_client.decision import KeyStore

logger = logging.getLogger(__name__)

EVERY = 0.2
"""Seconds between looks at the database."""
AT_MOST_EVERY = 0.02
"""Seconds between looks that were asked for."""
KEYS_COUNTED_EVERY = 30.0
"""Seconds between comparisons of the key ids themselves: a key deleted with its customer leaves no entry in the log."""
TOO_OLD = 30.0
"""Seconds after which nothing is decided on what was known last."""

_START = "0-0-0"


@dataclass(frozen=True, slots=True)
class Token:
    """A usable team token."""

    id: str
    scopes: frozenset[str]

    def allows(self, scope: str) -> bool:
        """Whether it carries the scope, as `people.scopes.allows` says."""
        return scope in self.scopes or "*" in self.scopes


@dataclass(frozen=True, slots=True)
class KnownSource:
    """A source of foreign events, as one of its write keys leads to it. `ends_at` is when that key ends."""

    id: str
    dialect: str
    rules: Rules
    rate: int
    off: bool
    ends_at: float | None = None


Publish = Callable[[Sequence[str], str], None]
"""Told, on the event loop, which keys changed and the cursor behind them; also when none did."""


class Follower:
    """The thread, and what it knows: `store`, `lines` and the tokens."""

    def __init__(
        self,
        database: Database,
        reader: Reader,
        peppers: Mapping[str, bytes],
        loop: asyncio.AbstractEventLoop,
        publish: Publish,
    ) -> None:
        self.store = KeyStore(peppers)
        self.lines: dict[str, bytes] = {}
        """By key id: its line in the snapshot."""
        self.cursor = _START
        """Everything up to here is in `lines`."""
        self._database = database
        self._reader = reader
        self._peppers = peppers
        self._loop = loop
        self._publish = publish
        self._place = Cursor()
        self._applied_ahead: set[Cursor] = set()
        self.recent_tokens: dict[bytes, Token] = {}
        """By Authorization field as sent: tokens found since the last look, so not every request hashes its own."""
        self._tokens: dict[bytes, Token] = {}
        self._sources: dict[str, KnownSource] = {}
        self._source_rows: list[SourceRow] = []
        self._synced_at = 0.0
        self._counted_at = 0.0
        self._asked: deque[asyncio.Future[None]] = deque()
        self._wake = threading.Event()
        self._ending = False
        self._thread = threading.Thread(target=self._run, name="edge-follower", daemon=True)

    def load(self) -> None:
        """Read everything once, before the first request. Raises UnreachableError."""
        newest = self._database.newest_settled_change()
        if newest is not None:
            self._place, self.cursor = newest.cursor, cursor_of(newest)
        self._take_in(self._reader.read(self._database.keys()))
        self._read_tokens()
        self._read_sources()
        self._synced_at = self._counted_at = time.monotonic()

    def start(self) -> None:
        """Begin to follow."""
        self._thread.start()

    def stop(self) -> None:
        """End. Blocks for a moment."""
        self._ending = True
        self._wake.set()
        self._thread.join(5)

    @property
    def age(self) -> float:
        """Seconds since the database was last read."""
        return time.monotonic() - self._synced_at

    def token(self, text: bytes) -> Token | None:
        """The usable token with this secret, as known now."""
        for pepper in self._peppers.values():
            found = self._tokens.get(hmac.digest(pepper, text, "sha256"))
            if found is not None:
                return found
        return None

    def source(self, write_key: str) -> KnownSource | None:
        """The source with this write key, as known now; None for a key that has ended."""
        found = self._sources.get(write_key)
        ended = found is not None and found.ends_at is not None and found.ends_at <= now().timestamp()
        return None if ended else found

    async def catch_up(self) -> None:
        """Return once the database was read by a look that began after this call; at once when it is out of reach.

        Makes what was just created usable: the caller looks here first, and asks for this when it finds nothing.
        """
        if self.age > 1:
            return
        asked: asyncio.Future[None] = self._loop.create_future()
        self._asked.append(asked)
        self._wake.set()
        await asyncio.wait([asked], timeout=1)

    def _run(self) -> None:
        while not self._ending:
            self._wake.wait(EVERY)
            self._wake.clear()
            asked = [self._asked.popleft() for _ in range(len(self._asked))]
            began = time.monotonic()
            self._look()
            self._answer(asked)
            time.sleep(max(0.0, AT_MOST_EVERY - (time.monotonic() - began)))
        self._database.close()

    def _look(self) -> None:
        self.recent_tokens = {}
        try:
            changed = self._follow() + self._forget_deleted()
            self._read_tokens()
            self._read_sources()
        except (UnreachableError, UnfitError) as error:
            logger.warning("keys and tokens are not being followed: %s", error)
            return
        except Exception:
            logger.exception("keys and tokens are not being followed")
            return
        self._synced_at = time.monotonic()
        self._on_loop(self._publish, changed, self.cursor)

    def _answer(self, asked: "list[asyncio.Future[None]]") -> None:
        if asked:
            self._on_loop(_release, asked)

    def _on_loop(self, function: Callable[..., None], *values: Any) -> None:
        try:
            self._loop.call_soon_threadsafe(function, *values)
        except RuntimeError:
            self._ending = True

    def _follow(self) -> list[str]:
        """Put in force what the log shows and was not put in force before; the ids of keys that changed."""
        rows = self._database.changes_after(self._place)
        fresh = [row for row in rows if row.cursor not in self._applied_ahead]
        changed = list(dict.fromkeys(row.key_id for row in fresh))
        if changed:
            self._read_again(changed)
        settled = [row for row in rows if row.settled]
        self._applied_ahead = {row.cursor for row in rows[len(settled) :]}
        if settled:
            self._place, self.cursor = settled[-1].cursor, cursor_of(settled[-1])
        return changed

    def _read_again(self, key_ids: list[str]) -> None:
        found = self._reader.read(self._database.keys(key_ids))
        present = {known.record.key_id for known in found}
        for known in found:
            self.lines[known.record.key_id] = known.line
            self.store.upsert(known.record)
        for key_id in key_ids:
            if key_id not in present:
                self._forget(key_id)

    def _forget_deleted(self) -> list[str]:
        """Forget keys whose rows are gone."""
        if time.monotonic() - self._counted_at < KEYS_COUNTED_EVERY:
            return []
        gone = self.lines.keys() - self._database.key_ids()
        for key_id in gone:
            self._forget(key_id)
        self._counted_at = time.monotonic()
        return list(gone)

    def _forget(self, key_id: str) -> None:
        self.lines.pop(key_id, None)
        self.store.gone(key_id)

    def _take_in(self, found: "list[Any]") -> None:
        self.lines = {known.record.key_id: known.line for known in found}
        self.store.replace([known.record for known in found], self._peppers)

    def _read_tokens(self) -> None:
        self._tokens = {
            digest: Token(token_id, frozenset(msgspec.json.decode(scopes, type=list[str])))
            for token_id, digest, scopes in self._database.tokens(now())
        }
        self.recent_tokens = {}

    def _read_sources(self) -> None:
        rows = self._database.sources()
        if rows != self._source_rows:
            self._sources = dict(_write_keys(rows))
            self._source_rows = rows


def _write_keys(rows: list[SourceRow]) -> Iterator[tuple[str, KnownSource]]:
    """Each write key with its source. Found by a dictionary: 160 random bits cannot be felt out by timing."""
    for row in rows:
        rules = Rules(names=msgspec.json.decode(row.names, type=dict[str, str]), prefix=row.prefix)
        known = KnownSource(row.id, row.dialect, rules, row.rate, row.off)
        if row.old_key:
            yield row.old_key, replace(known, ends_at=row.old_key_ends_at)
        yield row.write_key, known


def cursor_of(change: ChangeRow) -> str:
    """A place in the log as callers see it, with a check that the log there is still the same one."""
    check = zlib.crc32(f"{change.key_id} {change.at}".encode())
    return f"{change.cursor}-{check:x}"


def changed_since(database: Database, cursor: str) -> list[str] | None:
    """The ids of keys changed behind a cursor; None when the cursor is not of this log."""
    place, _, check = cursor.rpartition("-")
    try:
        parsed = Cursor.parse(place)
    except ValueError:
        return None
    if cursor != _START:
        found = database.change_at(parsed)
        if found is None or cursor_of(found) != f"{parsed}-{check}":
            return None
    return list(dict.fromkeys(row.key_id for row in database.changes_after(parsed)))


def _release(asked: "list[asyncio.Future[None]]") -> None:
    for future in asked:
        if not future.done():
            future.set_result(None)
