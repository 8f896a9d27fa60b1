"""Who follows the keys of this process: each listener has a set of keys it still has to be told of."""

import asyncio
from collections.abc import Sequence

MOST = 1_000
"""Listeners at a time."""


class Listener:
    """One stream. Keys that change again before they were sent are sent once, in their latest state."""

    def __init__(self) -> None:
        self.pending: dict[str, None] = {}
        self.woken = asyncio.Event()
        self.closed = False

    def close(self) -> None:
        """End the stream soon."""
        self.closed = True
        self.woken.set()


class Feed:
    """All listeners. Touched by the event loop only."""

    def __init__(self) -> None:
        self.cursor = ""
        """Everything up to here was published; empty until the first look at the log."""
        self.closing = False
        self._listeners: set[Listener] = set()

    def __len__(self) -> int:
        return len(self._listeners)

    def publish(self, key_ids: Sequence[str], cursor: str) -> None:
        """Tell every listener which keys changed."""
        self.cursor = cursor
        if not key_ids:
            return
        for listener in self._listeners:
            listener.pending.update(dict.fromkeys(key_ids))
            listener.woken.set()

    def join(self) -> Listener:
        """A new listener; it hears of everything published from now on."""
        listener = Listener()
        self._listeners.add(listener)
        return listener

    def leave(self, listener: Listener) -> None:
        """Forget a listener."""
        self._listeners.discard(listener)

    def close(self) -> None:
        """End all streams, and those that still come."""
        self.closing = True
        for listener in self._listeners:
            listener.close()
