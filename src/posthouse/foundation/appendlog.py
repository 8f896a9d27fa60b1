"""Append-only tables read by position, without skipping a row whose transaction commits late.

Positions are handed out when a row is inserted, not when it becomes visible: on PostgreSQL a transaction held open
can show a lower position after a reader has passed it. Every row therefore carries the id of its transaction
(`tx`, 0 on SQLite, where there is one writer and positions are commit order), rows are read in the order
(tx, position), and only rows of transactions older than the oldest one still running are handed out. Later rows
always sort after them, so a reader that remembers the last pair it saw misses nothing.
"""

from dataclasses import dataclass
from typing import Any, Self, TypeVar

from django.db import connection, migrations, models
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.models import F, lookups
from django.db.models.expressions import Expression, RawSQL
from django.db.models.fields.tuple_lookups import Tuple, TupleGreaterThan
from django.db.models.sql.compiler import SQLCompiler

M = TypeVar("M", bound=models.Model)

OLDEST_RUNNING = "pg_snapshot_xmin(pg_current_snapshot())::text::bigint"


class CurrentTransaction(Expression):
    """The id of the running transaction on PostgreSQL, 0 on SQLite."""

    output_field = models.BigIntegerField()
    allowed_default = True

    def as_sql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper) -> tuple[str, tuple[str | int, ...]]:
        """On PostgreSQL xid8, which does not wrap around, as bigint; elsewhere a constant."""
        return ("(pg_current_xact_id()::text::bigint)" if connection.vendor == "postgresql" else "0"), ()


@dataclass(frozen=True, order=True)
class Cursor:
    """A place in a log: everything up to and including (tx, position) has been read."""

    tx: int = 0
    position: int = 0

    def __str__(self) -> str:
        return f"{self.tx}-{self.position}"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read what `str()` wrote. Raises ValueError when the text is not a cursor."""
        tx, _, position = text.partition("-")
        if not (tx.isascii() and tx.isdigit() and position.isascii() and position.isdigit() and len(text) < 42):
            raise ValueError(f"not a cursor: {text[:60]!r}")
        return cls(int(tx), int(position))


class LogQuerySet(models.QuerySet[M]):
    """Reading in log order."""

    def after(self, cursor: Cursor) -> Self:
        """Rows behind the cursor, in log order, settled or not."""
        if connection.vendor == "postgresql":
            place = TupleGreaterThan(Tuple(F("tx"), F("position")), (cursor.tx, cursor.position))
            return self.filter(place).order_by("tx", "position")
        return self.filter(position__gt=cursor.position).order_by("position")

    def settled(self) -> Self:
        """Only rows that no transaction still running can sort before."""
        if connection.vendor == "postgresql":
            return self.filter(lookups.LessThan(F("tx"), RawSQL(OLDEST_RUNNING, ())))  # noqa: S611  a constant
        return self


class LogRow(models.Model):
    """Base of append-only tables."""

    position = models.BigAutoField(primary_key=True)
    tx = models.BigIntegerField(db_default=CurrentTransaction(), editable=False)

    class Meta:
        abstract = True

    @property
    def cursor(self) -> Cursor:
        """The place of this row."""
        return Cursor(self.tx, self.position)


def index_log_order(table: str) -> migrations.RunPython:
    """Migration step: on PostgreSQL, the index in which the log is read. SQLite reads by position, its primary key."""

    def forwards(apps: Any, editor: BaseDatabaseSchemaEditor) -> None:
        if editor.connection.vendor == "postgresql":
            editor.execute(f"CREATE INDEX IF NOT EXISTS {table}_log_order ON {table} (tx, position)")

    return migrations.RunPython(forwards, migrations.RunPython.noop)
