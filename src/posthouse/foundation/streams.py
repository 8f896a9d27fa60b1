"""Server-sent events for open pages: one look at a log for all streams of a process, not one for each."""

import asyncio
import contextlib
import logging
from collections.abc import Callable, Coroutine, Iterator
from typing import Any, Generic, ParamSpec, TypeVar
from weakref import WeakKeyDictionary

from asgiref.sync import sync_to_async
from django.db import close_old_connections

logger = logging.getLogger(__name__)

LOOK_EVERY = 0.4
"""Seconds between two looks at a log: what happens is on an open page well within a second."""
PING = ":\n\n"
"""A comment, so that a connection nobody reads any more is noticed."""

P = ParamSpec("P")
R = TypeVar("R")
Listener = TypeVar("Listener")


class Lookout(Generic[Listener]):
    """Keeps who listens to what, and runs `look` once for each event loop while anybody does.

    `look` is given the listeners, each with its topic, and ends when there are none left. One that fails, as when the
    database is away for a moment, is logged and begun again.
    """

    def __init__(self, look: Callable[[dict[Listener, str]], Coroutine[Any, Any, None]]) -> None:
        self._look = look
        self._listeners: WeakKeyDictionary[asyncio.AbstractEventLoop, dict[Listener, str]] = WeakKeyDictionary()
        self._tasks: WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Task[None]] = WeakKeyDictionary()

    @contextlib.contextmanager
    def listening(self, listener: Listener, topic: str) -> Iterator[Listener]:
        """This one listens as long as the block lasts."""
        loop = asyncio.get_running_loop()
        listeners = self._listeners.setdefault(loop, {})
        listeners[listener] = topic
        task = self._tasks.get(loop)
        if task is None or task.done():
            self._tasks[loop] = loop.create_task(self._keep_looking(listeners))
        try:
            yield listener
        finally:
            del listeners[listener]

    async def _keep_looking(self, listeners: dict[Listener, str]) -> None:
        while listeners:
            try:
                await self._look(listeners)
            except Exception:
                logger.exception("a look at the log failed; trying again")
                await asyncio.sleep(LOOK_EVERY)


async def aside(act: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    """Run what touches the database in a thread of the loop's own pool, and leave no old connection behind."""

    def run() -> R:
        close_old_connections()
        try:
            return act(*args, **kwargs)
        finally:
            close_old_connections()

    return await sync_to_async(run, thread_sensitive=False)()


def message(name: str, text: str) -> str:
    """One server-sent event (WHATWG HTML, section 9.2)."""
    lines = "".join(f"data: {line}\n" for line in text.splitlines() or [""])
    return f"event: {name}\n{lines}\n"
