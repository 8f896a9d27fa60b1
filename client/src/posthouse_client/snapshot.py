"""Keep a KeyStore in step with Posthouse: one snapshot, then every change as it is committed.

A background thread loads `/api/v1/keys/snapshot`, puts it in force at once and follows
`/api/v1/keys/changes` from the snapshot's cursor. Posthouse writes at least once a second; silence for
longer than `dead_after` means the connection is dead, whatever TCP believes. Lost connections are opened
again from the last cursor after a random pause that grows to five seconds; a cursor Posthouse no longer
knows (410) leads to a new snapshot. Every line carries a key's full state, so a line applied twice does
no harm.
"""

import base64
import json
import logging
import random
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from ipaddress import ip_network
from typing import Any
from urllib.parse import quote

from posthouse_client import forking
from posthouse_client.config import Settings
from posthouse_client.decision import KeyRecord, KeyStore
from posthouse_client.limits import Limit
from posthouse_client.transport import FAILURES, Connection, UnexpectedAnswer

FIRST_PAUSE = 0.1
LONGEST_PAUSE = 5.0

SNAPSHOT_SILENCE = 30.0
"""Seconds a snapshot may pause: it is read from the database, and there are no pings in it."""

log = logging.getLogger("posthouse_client")

_random = random.SystemRandom()
"""Forked children must not pause for the same times."""


class BadLine(Exception):
    """Posthouse wrote something this version does not understand."""


class SnapshotNeeded(Exception):
    """Following on is not possible from here: the cursor is gone or a pepper is not known."""


@dataclass(frozen=True, slots=True)
class SyncStatus:
    """How the keys of this process stand. `silent_for`: seconds since Posthouse was last heard."""

    loaded: bool
    silent_for: float
    keys: int
    snapshots: int
    last_error: str | None


class KeySync:
    """Feeds one store from Posthouse in a thread of its own, started on demand in each process."""

    _thread: threading.Thread | None
    _connection: Connection
    _reader: "_RecordReader"

    def __init__(self, store: KeyStore, settings: Settings) -> None:
        self.store = store
        self._settings = settings
        self._cursor: str | None = None
        self._snapshots = 0
        self._last_error: str | None = None
        self._heard_at = float("-inf")
        self._make_anew()
        forking.register(self)

    def start(self) -> None:
        """Start the thread, also after a close. Safe to call any number of times."""
        if self._stop.is_set():
            self._make_anew()
        self.ensure()

    def ensure(self) -> None:
        """Start the thread unless it runs already or was closed; costs nothing when it runs."""
        if self._thread is not None:
            return
        with self._starting:
            if self._thread is None and not self._stop.is_set():
                self._started_at = time.monotonic()
                self._thread = threading.Thread(target=self._run, name="posthouse-keys", daemon=True)
                self._thread.start()

    def close(self) -> None:
        """Stop following; what is known stays in the store."""
        self._stop.set()
        self._connection.abort()

    @property
    def loaded(self) -> bool:
        """Whether this process has loaded a snapshot."""
        return self._loaded.is_set()

    @property
    def silent_for(self) -> float:
        """Seconds since Posthouse was last heard; infinite before the first snapshot."""
        return time.monotonic() - self._heard_at

    def wait_loaded(self) -> bool:
        """Start, and block until there is a snapshot, at most until `start_wait` after the start.

        Whoever asks later than that does not wait. Returns whether there is a snapshot.
        """
        self.ensure()
        return self._loaded.wait(max(0.0, self._started_at + self._settings.start_wait - time.monotonic()))

    def status(self) -> SyncStatus:
        """For health pages and logs."""
        return SyncStatus(self.loaded, self.silent_for, len(self.store), self._snapshots, self._last_error)

    def after_fork(self) -> None:
        """Follow with a thread and a connection of the child's own.

        What the parent knew is kept for the policy, but counts as not loaded: a worker that was forked
        long ago must not let through at its first request what has been revoked since.
        """
        self._make_anew()

    def _make_anew(self) -> None:
        self._starting = threading.Lock()
        self._stop = threading.Event()
        self._loaded = threading.Event()
        self._started_at = float("inf")
        self._cursor = None
        self._thread = None
        settings = self._settings
        self._connection = Connection(settings.url, settings.token, settings.timeout)

    def _run(self) -> None:
        stop, connection = self._stop, self._connection
        failures = 0
        while not stop.is_set():
            heard_before = self._heard_at
            try:
                if self._cursor is None:
                    self._load(connection)
                self._follow(connection)
                self._last_error = "the stream of changes ended"
            except SnapshotNeeded:
                self._cursor = None
            except (*FAILURES, UnexpectedAnswer, BadLine) as error:
                if not stop.is_set():
                    self._note(error, failures)
            failures = 0 if self._heard_at > heard_before else failures + 1
            stop.wait(_pause(failures))

    def _load(self, connection: Connection) -> None:
        """Put a new snapshot in force and remember the cursor from which to follow."""
        with closing(connection.lines("/api/v1/keys/snapshot", SNAPSHOT_SILENCE)) as lines:
            peppers, cursor = _start(_read(next(lines, b"{}")))
            reader = _RecordReader(frozenset(peppers))
            records = _records(lines, reader)
        self.store.replace(records, peppers)
        self._reader = reader
        self._cursor = cursor
        self._snapshots += 1
        self._heard()
        self._loaded.set()
        log.info("posthouse: %d keys loaded", len(records))

    def _follow(self, connection: Connection) -> None:
        """Apply changes as they come, until the answer ends."""
        try:
            path = f"/api/v1/keys/changes?cursor={quote(self._cursor or '', safe='')}"
            for line in connection.lines(path, self._settings.dead_after):
                members = _read(line)
                kind = members.get("type")
                if kind == "key":
                    self._apply(members)
                elif kind == "gone":
                    self.store.gone(_text(members, "key_id"))
                elif kind == "ping":
                    self._cursor = _text(members, "cursor")
                self._heard()
        except UnexpectedAnswer as error:
            if error.status == 410:
                raise SnapshotNeeded from error
            raise

    def _apply(self, members: dict[str, Any]) -> None:
        """Put a key's new state in force; one that cannot be read is no longer let through."""
        if not self._reader.knows_peppers(members):
            raise SnapshotNeeded
        record = self._reader.record(members)
        if record is None:
            self.store.gone(_text(members, "key_id"))
        else:
            self.store.upsert(record)

    def _heard(self) -> None:
        self._heard_at = time.monotonic()
        self._last_error = None

    def _note(self, error: Exception, failures: int) -> None:
        """Remember what went wrong; log it when it begins, not at every attempt."""
        self._last_error = f"{type(error).__name__}: {error}"
        if failures == 0 and not self._stop.is_set():
            log.warning("posthouse: keys are not being followed (%s); trying again", self._last_error)


class _RecordReader:
    """Turns lines into records; equal lists of limits become one object, as most keys share a plan."""

    def __init__(self, peppers: frozenset[str]) -> None:
        self._peppers = peppers
        self._limits: dict[tuple[Limit, ...], tuple[Limit, ...]] = {}

    def knows_peppers(self, members: dict[str, Any]) -> bool:
        """Whether the snapshot had the pepper of every secret of a key."""
        secrets = members.get("secrets")
        return not isinstance(secrets, list) or {str(secret[-1]) for secret in secrets if secret} <= self._peppers

    def record(self, members: dict[str, Any]) -> KeyRecord | None:
        """The record of a line of type key; None, and a log entry, when it cannot be read.

        One key that this version does not understand must not keep all others from being followed.
        """
        try:
            limits = tuple(Limit(name, quota, window) for name, quota, window in members["limits"])
            return KeyRecord(
                key_id=_text(members, "key_id"),
                customer_id=_text(members, "customer_id"),
                environment=_text(members, "environment"),
                scopes=frozenset(members["scopes"]),
                expires_at=members["expires_at"],
                revoked=bool(members["revoked"]),
                suspended=bool(members["suspended"]),
                limits=self._limits.setdefault(limits, limits),
                networks=tuple(ip_network(network) for network in members["networks"]),
                secrets=tuple((bytes.fromhex(digest), ends_at) for digest, ends_at, _ in members["secrets"]),
            )
        except (KeyError, TypeError, ValueError, BadLine):
            log.exception("posthouse: key %s cannot be read and is refused", members.get("key_id"))
            return None


def _records(lines: Iterator[bytes], reader: _RecordReader) -> list[KeyRecord]:
    """All keys of a snapshot. Raises BadLine unless it is whole: its last line counts the keys."""
    records: list[KeyRecord] = []
    for count, line in enumerate(lines):
        members = _read(line)
        if members.get("type") == "end":
            if members.get("count") != count:
                raise BadLine(f"the snapshot holds {count} keys, not {members.get('count')}")
            return records
        record = reader.record(members)
        if record is not None:
            records.append(record)
    raise BadLine("the snapshot broke off")


def _start(members: dict[str, Any]) -> tuple[dict[str, bytes], str]:
    """The peppers and the cursor of a snapshot's first line. Raises BadLine."""
    if members.get("type") != "start":
        raise BadLine("a snapshot begins with a line of type start")
    try:
        peppers = {name: base64.b64decode(text, validate=True) for name, text in members["peppers"].items()}
    except (KeyError, AttributeError, TypeError, ValueError) as error:
        raise BadLine("the peppers cannot be read") from error
    return peppers, _text(members, "cursor")


def _read(line: bytes) -> dict[str, Any]:
    try:
        members = json.loads(line)
    except ValueError as error:
        raise BadLine("a line is not JSON") from error
    if not isinstance(members, dict):
        raise BadLine("a line is not an object")
    return members


def _text(members: dict[str, Any], name: str) -> str:
    value = members.get(name)
    if not isinstance(value, str):
        raise BadLine(f"{name} is missing")
    return value


def _pause(failures: int) -> float:
    """Seconds before the next attempt: random, so that many processes do not come back together."""
    longest = min(LONGEST_PAUSE, FIRST_PAUSE * 2.0 ** min(failures, 10))
    return _random.uniform(longest / 2, longest)
