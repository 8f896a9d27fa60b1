"""Every SQL statement of the edge, for both databases, on connections of its own.

The columns are those of the Django models; `tests/test_sql.py` compares them. One object is used by one thread.
Moments are text, written as Django writes them (SQLite) or as PostgreSQL reads them without loss.
"""

import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Protocol

import psycopg

from posthouse.foundation.appendlog import OLDEST_RUNNING, Cursor

EVENT_COLUMNS = (
    "source",
    "id",
    "type",
    "version",
    "customer_id",
    "contact_id",
    "actor",
    "occurred_at",
    "sent_at",
    "received_at",
    "digest",
    "data",
)
CALL_COLUMNS = (
    "id",
    "at",
    "customer_id",
    "key_id",
    "environment",
    "method",
    "route",
    "path",
    "status",
    "duration_us",
    "request_id",
    "version",
    "sdk",
    "user_agent",
    "error_code",
    "ip",
    "details",
    "received_at",
)
REJECT_COLUMNS = ("id", "source_id", "received_at", "sent_at", "digest", "reason", "detail", "item", "cut")
EVENT_TABLE, CALL_TABLE, REJECT_TABLE = "timeline_event", "usage_call", "intake_rejected"
USE_TABLES = ("keys_key", "people_teamtoken")

EventRow = tuple[Any, ...]
"""Values in the order of EVENT_COLUMNS; moments as text, `data` as JSON text."""
CallRow = tuple[Any, ...]
"""Values in the order of CALL_COLUMNS, likewise."""
RejectRow = tuple[Any, ...]
"""Values in the order of REJECT_COLUMNS, likewise."""
EventId = tuple[str, str]
"""Source and id."""

SECRETS_REMEMBERED = 30 * 86_400.0
"""Seconds for which a secret that has ended still leads to its key, so that the caller hears `key-expired`."""

_KEYS = """SELECT k.id, k.customer_id, k.environment, k.scopes{text}, k.limits{text}, k.networks{text},
 {expires_at}, k.revoked_at IS NOT NULL, s.digest, {ends_at}, s.pepper_id
 FROM keys_key k LEFT JOIN keys_secret s ON s.key_id = k.id"""
_TOKENS = """SELECT t.id, t.digest, t.scopes{text} FROM people_teamtoken t
 JOIN people_teammember m ON m.id = t.owner_id JOIN people_user u ON u.id = m.user_id
 WHERE t.revoked_at IS NULL AND u.is_active AND (t.expires_at IS NULL OR t.expires_at > {mark})"""

_SOURCES = """SELECT id, dialect, write_key, old_key, {ends_at}, prefix, names{text}, rate, off_at IS NOT NULL
 FROM intake_source"""


class UnreachableError(Exception):
    """The database does not answer, or not now; the same may work later."""


class UnfitError(Exception):
    """The database refuses a value."""


@dataclass(frozen=True, slots=True)
class ChangeRow:
    """One entry of the key change log."""

    cursor: Cursor
    key_id: str
    at: str
    settled: bool


@dataclass(frozen=True, slots=True)
class KeyRow:
    """One secret of one key (or a key without any); JSON columns as text, moments as Unix seconds."""

    id: str
    customer_id: str
    environment: str
    scopes: str
    limits: str
    networks: str
    expires_at: float | None
    revoked: bool
    digest: bytes | None
    ends_at: float | None
    pepper_id: str | None


@dataclass(frozen=True, slots=True)
class SourceRow:
    """One source of foreign events; `names` as JSON text."""

    id: str
    dialect: str
    write_key: str
    old_key: str
    old_key_ends_at: float | None
    prefix: str
    names: str
    rate: int
    off: bool


@dataclass(slots=True)
class Tally:
    """What came from a source, to be added to its counts; `seen` is the moment, as text."""

    seen: str
    accepted: int = 0
    duplicates: int = 0
    rejected: int = 0


class Database(Protocol):
    """What the edge asks of a database. Every method may raise UnreachableError, those that write also UnfitError."""

    def begin(self) -> None:
        """Start a writing transaction."""

    def commit(self) -> None:
        """Make it durable."""

    def rollback(self) -> None:
        """Undo it; never raises."""

    def close(self) -> None:
        """End the connection; the next use opens another."""

    def insert_events(self, rows: Sequence[EventRow]) -> set[EventId] | None:
        """Insert rows of distinct ids, skipping ids already there; which went in, None meaning all."""

    def event_digests(self, ids: Iterable[EventId]) -> dict[EventId, bytes]:
        """The digests of events that are there."""

    def insert_calls(self, rows: Sequence[CallRow]) -> set[str] | None:
        """Insert rows of distinct ids, skipping ids already there; which went in, None meaning all."""

    def insert_rejects(self, rows: Sequence[RejectRow]) -> int:
        """Insert rejected items, skipping those already there; how many went in."""

    def count_for_source(self, source_id: str, tally: Tally) -> None:
        """Add to the counts of a source."""

    def contacts(self, emails: Sequence[str]) -> dict[str, str]:
        """Contact ids by address, for those that are known."""

    def note_uses(self, table: str, moments: Mapping[str, str]) -> None:
        """Set `last_used_at` of rows to later moments."""

    def newest_settled_change(self) -> ChangeRow | None:
        """The last entry of the change log that no running transaction can come before."""

    def changes_after(self, cursor: Cursor) -> list[ChangeRow]:
        """Entries behind a cursor that are visible now, in log order; the settled ones come first."""

    def change_at(self, cursor: Cursor) -> ChangeRow | None:
        """The entry at exactly this place."""

    def keys(self, ids: Sequence[str] | None = None) -> list[KeyRow]:
        """Keys with their secrets, grouped by key: those with the ids, or all."""

    def key_ids(self) -> set[str]:
        """The ids of all keys there are."""

    def tokens(self, moment: datetime) -> list[tuple[str, bytes, str]]:
        """Id, digest and scopes (JSON) of all usable team tokens."""

    def sources(self) -> list[SourceRow]:
        """All sources of foreign events, those that are switched off too."""


def open_database(settings: Mapping[str, Any]) -> Database:
    """A connection of our own to the database of a Django settings entry; opened at its first use."""
    if settings["ENGINE"].endswith("sqlite3"):
        return Sqlite(str(settings["NAME"]), settings.get("OPTIONS", {}))
    if settings["ENGINE"].endswith("postgresql"):
        return Postgres(settings)
    raise ValueError(f"the edge cannot write to {settings['ENGINE']}")


def stamp_for(settings: Mapping[str, Any]) -> "type[Sqlite] | type[Postgres]":
    """The class that knows how the database writes moments."""
    return Sqlite if settings["ENGINE"].endswith("sqlite3") else Postgres


def _insert(table: str, columns: Sequence[str], rows: int, conflict: str) -> str:
    row = f"({', '.join('?' * len(columns))})"
    values = ", ".join([row] * rows)
    return f"INSERT INTO {table} ({', '.join(columns)}) VALUES {values} ON CONFLICT ({conflict}) DO NOTHING"  # noqa: S608  constants of this module


class Sqlite:
    """SQLite in WAL mode; a commit is on disk when it returns (synchronous=FULL).

    Rows are inserted many to a statement: the interpreter's lock is let go once for the whole statement, where
    `executemany` lets it go for every row and has to wait for the event loop to hand it back each time.
    """

    CHUNKS = (256, 32, 4, 1)
    """Rows per statement; few sizes, so that prepared statements are used again."""
    BUSY_SECONDS = 5.0

    def __init__(self, path: str, options: Mapping[str, Any]) -> None:
        self._path = path
        self._uri = bool(options.get("uri"))
        self._pragmas = options.get("init_command", "")
        self._open: sqlite3.Connection | None = None
        self._inserts = {
            (table, size): _insert(table, columns, size, conflict)
            for table, columns, conflict in (
                (EVENT_TABLE, EVENT_COLUMNS, "source, id"),
                (CALL_TABLE, CALL_COLUMNS, "id"),
                (REJECT_TABLE, REJECT_COLUMNS, "source_id, digest"),
            )
            for size in self.CHUNKS
        }

    @staticmethod
    def stamp(moment: datetime) -> str:
        """As Django writes an aware moment: naive text in UTC."""
        return moment.astimezone(UTC).replace(tzinfo=None).isoformat(" ")

    def begin(self) -> None:
        """Take the write lock now, waiting for it, instead of failing in the middle."""
        self._run("BEGIN IMMEDIATE")

    def commit(self) -> None:
        """Make it durable."""
        self._run("COMMIT")

    def rollback(self) -> None:
        """Undo it; never raises."""
        if self._open is not None and self._open.in_transaction:
            with suppress(sqlite3.Error):
                self._open.execute("ROLLBACK")

    def close(self) -> None:
        """End the connection."""
        if self._open is not None:
            self._open.close()
            self._open = None

    def insert_events(self, rows: Sequence[EventRow]) -> set[EventId] | None:
        """See Database."""
        before = self._newest(EVENT_TABLE)
        if self._insert_all(EVENT_TABLE, rows) == len(rows):
            return None
        return set(self._run(f"SELECT source, id FROM {EVENT_TABLE} WHERE position > ?", before))  # noqa: S608

    def insert_calls(self, rows: Sequence[CallRow]) -> set[str] | None:
        """See Database."""
        before = self._newest(CALL_TABLE)
        if self._insert_all(CALL_TABLE, rows) == len(rows):
            return None
        return {row[0] for row in self._run(f"SELECT id FROM {CALL_TABLE} WHERE position > ?", before)}  # noqa: S608

    def insert_rejects(self, rows: Sequence[RejectRow]) -> int:
        """See Database."""
        return self._insert_all(REJECT_TABLE, rows)

    def count_for_source(self, source_id: str, tally: Tally) -> None:
        """See Database."""
        self._run(
            "UPDATE intake_source SET accepted = accepted + ?, duplicates = duplicates + ?, rejected = rejected + ?,"
            " last_seen_at = max(coalesce(last_seen_at, ''), ?) WHERE id = ?",
            tally.accepted,
            tally.duplicates,
            tally.rejected,
            tally.seen,
            source_id,
        )

    def event_digests(self, ids: Iterable[EventId]) -> dict[EventId, bytes]:
        """See Database."""
        found: dict[EventId, bytes] = {}
        for source, event_id in ids:
            for row in self._run("SELECT digest FROM timeline_event WHERE source = ? AND id = ?", source, event_id):
                found[source, event_id] = row[0]
        return found

    def contacts(self, emails: Sequence[str]) -> dict[str, str]:
        """See Database."""
        found: dict[str, str] = {}
        for email in emails:
            found.update(self._run("SELECT email, id FROM people_contact WHERE email = ?", email))
        return found

    def note_uses(self, table: str, moments: Mapping[str, str]) -> None:
        """See Database."""
        later = f"UPDATE {table} SET last_used_at = ?1 WHERE id = ?2 AND (last_used_at IS NULL OR last_used_at < ?1)"  # noqa: S608
        for row_id, moment in moments.items():
            self._run(later, moment, row_id)

    def newest_settled_change(self) -> ChangeRow | None:
        """See Database; with one writer, positions are commit order."""
        rows = self._run("SELECT tx, position, key_id, at FROM keys_change ORDER BY position DESC LIMIT 1")
        return _change(rows[0]) if rows else None

    def changes_after(self, cursor: Cursor) -> list[ChangeRow]:
        """See Database."""
        rows = self._run(
            "SELECT tx, position, key_id, at FROM keys_change WHERE position > ? ORDER BY position", cursor.position
        )
        return [_change(row) for row in rows]

    def change_at(self, cursor: Cursor) -> ChangeRow | None:
        """See Database."""
        rows = self._run("SELECT tx, position, key_id, at FROM keys_change WHERE position = ?", cursor.position)
        return _change(rows[0]) if rows else None

    def keys(self, ids: Sequence[str] | None = None) -> list[KeyRow]:
        """See Database."""
        base = _KEYS.format(text="", expires_at="k.expires_at", ends_at="s.ends_at")
        if ids is None:
            return self._key_rows(f"{base} ORDER BY k.id, s.created_at")
        rows: list[KeyRow] = []
        for key_id in ids:
            rows += self._key_rows(f"{base} WHERE k.id = ? ORDER BY s.created_at", key_id)
        return rows

    def key_ids(self) -> set[str]:
        """See Database."""
        return {row[0] for row in self._run("SELECT id FROM keys_key")}

    def tokens(self, moment: datetime) -> list[tuple[str, bytes, str]]:
        """See Database."""
        return self._run(_TOKENS.format(text="", mark="?"), self.stamp(moment))

    def sources(self) -> list[SourceRow]:
        """See Database."""
        rows = self._run(_SOURCES.format(text="", ends_at="old_key_ends_at"))
        return [SourceRow(*(*row[:4], _unix(row[4]), *row[5:8], bool(row[8]))) for row in rows]

    def _key_rows(self, statement: str, *values: Any) -> list[KeyRow]:
        return [
            _key_row((*row[:6], _unix(row[6]), bool(row[7]), row[8], _unix(row[9]), row[10]))
            for row in self._run(statement, *values)
        ]

    def _newest(self, table: str) -> int:
        newest: int = self._run(f"SELECT coalesce(max(position), 0) FROM {table}")[0][0]  # noqa: S608
        return newest

    def _insert_all(self, table: str, rows: Sequence[tuple[Any, ...]]) -> int:
        """Insert in chunks; how many rows went in."""
        done = inserted = 0
        for size in self.CHUNKS:
            while len(rows) - done >= size:
                values = [value for row in rows[done : done + size] for value in row]
                inserted += self._execute(self._inserts[table, size], values).rowcount
                done += size
        return inserted

    def _run(self, statement: str, *values: Any) -> list[Any]:
        return self._execute(statement, values).fetchall()

    def _execute(self, statement: str, values: Sequence[Any]) -> sqlite3.Cursor:
        try:
            return self._connection().execute(statement, values)
        except sqlite3.OperationalError as error:
            raise UnreachableError(str(error)) from error
        except (sqlite3.Error, OverflowError, UnicodeError) as error:
            raise UnfitError(str(error)) from error

    def _connection(self) -> sqlite3.Connection:
        if self._open is None:
            made = sqlite3.connect(
                self._path,
                timeout=self.BUSY_SECONDS,
                isolation_level=None,
                check_same_thread=False,
                cached_statements=64,
                uri=self._uri,
            )
            made.executescript(self._pragmas)
            made.execute("PRAGMA synchronous=FULL")
            made.execute("PRAGMA foreign_keys=ON")
            self._open = made
        return self._open


def _key_row(row: Sequence[Any]) -> KeyRow:
    digest = None if row[8] is None else bytes(row[8])
    return KeyRow(row[0], row[1], row[2], row[3], row[4], row[5], row[6], row[7], digest, row[9], row[10])


def _change(row: Sequence[Any]) -> ChangeRow:
    settled = bool(row[4]) if len(row) > 4 else True
    return ChangeRow(Cursor(row[0], row[1]), row[2], str(row[3]), settled)


def _unix(text: str | None) -> float | None:
    return None if text is None else datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()


@dataclass(frozen=True, slots=True)
class _Staging:
    """Rows come by COPY into a table of the connection, and from there into the real one.

    Measured against one `INSERT … SELECT FROM unnest(…)`, `json_to_recordset` and `executemany`: this takes the
    least time on both sides (22 µs a row of timeline_event where `executemany` takes 35 µs and unnest 48 µs).
    """

    table: str
    columns: tuple[str, ...]
    conflict: str

    @property
    def make(self) -> str:
        """Emptied by every commit, in place."""
        return (
            f"CREATE TEMP TABLE IF NOT EXISTS edge_{self.table} ON COMMIT DELETE ROWS"  # noqa: S608  constants of this module
            f" AS SELECT {', '.join(self.columns)} FROM {self.table} WITH NO DATA"
        )

    @property
    def fill(self) -> str:
        """How the rows come in."""
        return f"COPY edge_{self.table} ({', '.join(self.columns)}) FROM STDIN"

    @property
    def insert(self) -> str:
        """Into the real table, in the order in which they came."""
        columns = ", ".join(self.columns)
        return (
            f"INSERT INTO {self.table} ({columns}) SELECT {columns} FROM edge_{self.table}"  # noqa: S608
            f" ON CONFLICT ({self.conflict}) DO NOTHING"
        )

    @property
    def inserted(self) -> str:
        """Which of them went in: they carry the id of this transaction."""
        return (
            f"SELECT {self.conflict} FROM {self.table} JOIN edge_{self.table} USING ({self.conflict})"  # noqa: S608
            f" WHERE tx = pg_current_xact_id()::text::bigint"
        )


class Postgres:
    """PostgreSQL; a commit is on disk when it returns (synchronous_commit=on). A lost connection is made anew."""

    _EVENTS = _Staging(EVENT_TABLE, EVENT_COLUMNS, "source, id")
    _CALLS = _Staging(CALL_TABLE, CALL_COLUMNS, "id")
    _REJECTS = _Staging(REJECT_TABLE, REJECT_COLUMNS, "source_id, digest")
    _CHANGES = f"SELECT tx, position, key_id, at::text, tx < {OLDEST_RUNNING} FROM keys_change"  # noqa: S608

    def __init__(self, settings: Mapping[str, Any]) -> None:
        given = {
            "dbname": settings["NAME"],
            "user": settings.get("USER"),
            "password": settings.get("PASSWORD"),
            "host": settings.get("HOST"),
            "port": settings.get("PORT"),
        }
        self._parameters = {name: value for name, value in given.items() if value} | {
            name: value for name, value in settings.get("OPTIONS", {}).items() if isinstance(value, str)
        }
        self._open: psycopg.Connection[Any] | None = None

    @staticmethod
    def stamp(moment: datetime) -> str:
        """Text that PostgreSQL reads as exactly this moment."""
        return moment.isoformat(" ")

    def begin(self) -> None:
        """Start a transaction; READ COMMITTED, so that a look after a skipped insert sees what it collided with."""
        self._run("BEGIN ISOLATION LEVEL READ COMMITTED")

    def commit(self) -> None:
        """Make it durable."""
        self._run("COMMIT")

    def rollback(self) -> None:
        """Undo it; never raises."""
        if self._open is not None:
            with suppress(psycopg.Error):
                self._open.rollback()

    def close(self) -> None:
        """End the connection."""
        if self._open is not None:
            with suppress(psycopg.Error):
                self._open.close()
            self._open = None

    def insert_events(self, rows: Sequence[EventRow]) -> set[EventId] | None:
        """See Database."""
        inserted = self._stage(self._EVENTS, rows)
        return None if inserted is None else {(row[0], row[1]) for row in inserted}

    def insert_calls(self, rows: Sequence[CallRow]) -> set[str] | None:
        """See Database."""
        inserted = self._stage(self._CALLS, rows)
        return None if inserted is None else {row[0] for row in inserted}

    def insert_rejects(self, rows: Sequence[RejectRow]) -> int:
        """See Database. Few, and the table has no transaction ids to tell by which ones went in."""
        self._run(self._REJECTS.make)
        with _told_apart(self), self._connection().cursor() as cursor:
            with cursor.copy(self._REJECTS.fill) as copy:
                for row in rows:
                    copy.write_row(row)
            return cursor.execute(self._REJECTS.insert).rowcount

    def count_for_source(self, source_id: str, tally: Tally) -> None:
        """See Database."""
        self._run(
            "UPDATE intake_source SET accepted = accepted + %s, duplicates = duplicates + %s,"
            " rejected = rejected + %s, last_seen_at = greatest(last_seen_at, %s::timestamptz) WHERE id = %s",
            tally.accepted,
            tally.duplicates,
            tally.rejected,
            tally.seen,
            source_id,
        )

    def event_digests(self, ids: Iterable[EventId]) -> dict[EventId, bytes]:
        """See Database."""
        sources, event_ids = _by_column(list(ids))
        rows = self._run(
            "SELECT source, id, digest FROM timeline_event"
            " WHERE (source, id) IN (SELECT * FROM unnest(%s::text[], %s::text[]))",
            sources,
            event_ids,
        )
        return {(row[0], row[1]): bytes(row[2]) for row in rows}

    def contacts(self, emails: Sequence[str]) -> dict[str, str]:
        """See Database."""
        return dict(self._run("SELECT email, id FROM people_contact WHERE email = ANY(%s)", list(emails)))

    def note_uses(self, table: str, moments: Mapping[str, str]) -> None:
        """See Database. Rows are taken in the order of their ids, so that two processes cannot lock each other out."""
        self._run(
            f"UPDATE {table} SET last_used_at = given.moment FROM ("  # noqa: S608
            f" SELECT held.id, new.moment FROM unnest(%s::text[], %s::timestamptz[]) AS new(id, moment)"
            f" JOIN {table} held USING (id) WHERE held.last_used_at IS NULL OR held.last_used_at < new.moment"
            f" ORDER BY held.id FOR UPDATE OF held) AS given WHERE {table}.id = given.id RETURNING 1",
            list(moments),
            list(moments.values()),
        )

    def newest_settled_change(self) -> ChangeRow | None:
        """See Database."""
        rows = self._run(f"{self._CHANGES} WHERE tx < {OLDEST_RUNNING} ORDER BY tx DESC, position DESC LIMIT 1")
        return _change(rows[0]) if rows else None

    def changes_after(self, cursor: Cursor) -> list[ChangeRow]:
        """See Database."""
        rows = self._run(
            f"{self._CHANGES} WHERE (tx, position) > (%s, %s) ORDER BY tx, position", cursor.tx, cursor.position
        )
        return [_change(row) for row in rows]

    def change_at(self, cursor: Cursor) -> ChangeRow | None:
        """See Database."""
        rows = self._run(f"{self._CHANGES} WHERE tx = %s AND position = %s", cursor.tx, cursor.position)
        return _change(rows[0]) if rows else None

    def keys(self, ids: Sequence[str] | None = None) -> list[KeyRow]:
        """See Database."""
        base = _KEYS.format(
            text="::text",
            expires_at="extract(epoch from k.expires_at)::float8",
            ends_at="extract(epoch from s.ends_at)::float8",
        )
        order = "ORDER BY k.id, s.created_at"
        rows = (
            self._run(f"{base} {order}")
            if ids is None
            else self._run(f"{base} WHERE k.id = ANY(%s) {order}", list(ids))
        )
        return [_key_row(row) for row in rows]

    def key_ids(self) -> set[str]:
        """See Database."""
        return {row[0] for row in self._run("SELECT id FROM keys_key")}

    def tokens(self, moment: datetime) -> list[tuple[str, bytes, str]]:
        """See Database."""
        rows = self._run(_TOKENS.format(text="::text", mark="%s"), moment)
        return [(row[0], bytes(row[1]), row[2]) for row in rows]

    def sources(self) -> list[SourceRow]:
        """See Database."""
        ends_at = "extract(epoch from old_key_ends_at)::float8"
        return [SourceRow(*row) for row in self._run(_SOURCES.format(text="::text", ends_at=ends_at))]

    def _stage(self, staging: _Staging, rows: Sequence[tuple[Any, ...]]) -> list[Any] | None:
        """Insert rows; the ids of those that went in, None when all did."""
        self._run(staging.make)
        with _told_apart(self), self._connection().cursor() as cursor:
            with cursor.copy(staging.fill) as copy:
                for row in rows:
                    copy.write_row(row)
            if cursor.execute(staging.insert).rowcount == len(rows):
                return None
        return self._run(staging.inserted)

    def _run(self, statement: str, *values: Any) -> list[Any]:
        with _told_apart(self):
            cursor = self._connection().execute(statement, values)
            return cursor.fetchall() if cursor.description else []

    def forget_if_lost(self) -> None:
        """Let the next use open another connection if this one broke."""
        if self._open is not None and (self._open.broken or self._open.closed):
            self.close()

    def _connection(self) -> psycopg.Connection[Any]:
        if self._open is None:
            made: psycopg.Connection[Any] = psycopg.connect(**self._parameters, autocommit=True, connect_timeout=5)
            made.execute("SET synchronous_commit = on; SET timezone = 'UTC'; SET lock_timeout = '5s'")
            self._open = made
        return self._open


@contextmanager
def _told_apart(database: Postgres) -> Iterator[None]:
    """What the database will never take, and what it may take later."""
    try:
        yield
    except (psycopg.OperationalError, psycopg.ProgrammingError, psycopg.InternalError) as error:
        database.forget_if_lost()
        raise UnreachableError(str(error)) from error
    except (psycopg.Error, OverflowError, UnicodeError) as error:
        raise UnfitError(str(error)) from error


def _by_column(rows: Sequence[tuple[Any, ...]]) -> list[list[Any]]:
    return [list(column) for column in zip(*rows, strict=True)]
