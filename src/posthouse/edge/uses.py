"""When keys and tokens were last used, collected in memory and written every few seconds."""

import time
from datetime import UTC, datetime

from posthouse.edge.sql import USE_TABLES, Postgres, Sqlite
from posthouse.edge.writer import Work

EVERY = 3.0
"""Seconds between writes."""
AT_ONCE = 1_000
"""Rows touched by one write."""

KEYS, TOKENS = USE_TABLES


class Uses:
    """Touched by the event loop only."""

    def __init__(self) -> None:
        self.keys: dict[str, float] = {}
        """Unix seconds by key id; whoever lets a key through just now puts it here."""
        self.tokens: dict[str, float] = {}

    def key(self, key_id: str, at: float) -> None:
        """A key was used; moments to come count as now."""
        if at > self.keys.get(key_id, 0.0):
            self.keys[key_id] = min(at, time.time())

    def take(self, dialect: type[Sqlite] | type[Postgres]) -> Work | None:
        """What is to be written next, and forget it; None when there is nothing."""
        tables = ((KEYS, self.keys), (TOKENS, self.tokens))
        uses = {table: _stamped(latest, dialect) for table, latest in tables if latest}
        return Work(uses=uses) if uses else None


def _stamped(latest: dict[str, float], dialect: type[Sqlite] | type[Postgres]) -> dict[str, str]:
    taken = {}
    for row_id in list(latest)[:AT_ONCE]:
        taken[row_id] = dialect.stamp(datetime.fromtimestamp(latest.pop(row_id), UTC))
    return taken
