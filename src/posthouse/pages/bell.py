"""Rings in open streams when an event of some types is recorded."""

import asyncio
import contextlib
from contextlib import AbstractContextManager

from posthouse.foundation.appendlog import Cursor
from posthouse.foundation.streams import LOOK_EVERY, Lookout, aside
from posthouse.timeline import queries as timeline


class Bell:
    """Looks at the log while anybody listens, and wakes those whose customer has something new."""

    def __init__(self, types: list[str]) -> None:
        self._types = types
        self._lookout = Lookout[asyncio.Event](self._look)

    def heard(self, customer_id: str) -> AbstractContextManager[asyncio.Event]:
        """An event that is set whenever something of the types happened to the customer. Look once after entering."""
        return self._lookout.listening(asyncio.Event(), customer_id)

    async def wait(self, rung: asyncio.Event, seconds: float) -> None:
        """Until it rings, or until the time is over."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(rung.wait(), seconds)

    async def _look(self, listeners: dict[asyncio.Event, str]) -> None:
        cursor = await aside(timeline.end)
        for rung in list(listeners):
            rung.set()
        while listeners:
            await asyncio.sleep(LOOK_EVERY)
            cursor, customers = await aside(self._news, cursor)
            for rung, customer_id in list(listeners.items()):
                if customer_id in customers:
                    rung.set()

    def _news(self, cursor: Cursor) -> tuple[Cursor, set[str]]:
        rows = list(timeline.after(cursor, types=self._types)[:1000])
        return (rows[-1].cursor if rows else cursor), {row.customer_id for row in rows}
