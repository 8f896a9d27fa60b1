"""Calls as they come in, for open pages.

A stream ends by itself after a while: a page that nobody looks at any more costs nothing.
"""

import asyncio
from collections.abc import AsyncIterator, Callable

from posthouse.foundation.appendlog import Cursor
from posthouse.foundation.streams import LOOK_EVERY, PING, Lookout, aside, message
from posthouse.usage.models import Call
from posthouse.usage.queries import CallFilter

LOOKED_AT = 2000
"""Calls taken in at one look; when more than that come in between, the tail lags and says nothing false."""
KEPT_WAITING = 200
"""Calls that wait for one slow reader; beyond that the oldest are left out."""
PING_EVERY = 10.0
PAUSE_AFTER_SECONDS = 600.0
PAUSE_AFTER_CALLS = 500

Queue = asyncio.Queue[Call]


async def _look(listeners: dict[Queue, str]) -> None:
    """Reads the log of calls behind its end, and hands everybody the calls of its customer."""
    cursor = await aside(_end_of_log)
    while listeners:
        await asyncio.sleep(LOOK_EVERY)
        cursor, calls = await aside(_news, cursor, set(listeners.values()))
        for call in calls:
            for queue, customer_id in list(listeners.items()):
                if customer_id == call.customer_id:
                    _put(queue, call)


def _put(queue: Queue, call: Call) -> None:
    if queue.full():
        queue.get_nowait()
    queue.put_nowait(call)


def _end_of_log() -> Cursor:
    last = Call.objects.settled().order_by("-tx", "-position").only("tx", "position").first()
    return last.cursor if last else Cursor()


def _news(cursor: Cursor, customer_ids: set[str]) -> tuple[Cursor, list[Call]]:
    rows = Call.objects.after(cursor).settled().values_list("tx", "position", "customer_id")
    places = list(rows[:LOOKED_AT])
    if not places:
        return cursor, []
    wanted = [position for _, position, customer_id in places if customer_id in customer_ids]
    calls = list(Call.objects.filter(pk__in=wanted).defer("details").order_by("position")) if wanted else []
    return Cursor(*places[-1][:2]), calls


tail = Lookout[Queue](_look)


async def stream(
    customer_id: str,
    which: CallFilter,
    row: Callable[[Call], str],
    paused: Callable[[], str],
    still_inside: Callable[[], bool],
) -> AsyncIterator[str]:
    """Server-sent events: `call` for each new call that fits, and at last `paused`.

    Every few seconds `still_inside` is asked; when it says no, the stream ends without a word.
    """
    loop = asyncio.get_running_loop()
    end = loop.time() + PAUSE_AFTER_SECONDS
    ask_at = loop.time() + PING_EVERY
    shown = 0
    with tail.listening(Queue(KEPT_WAITING), customer_id) as queue:
        yield PING
        while shown < PAUSE_AFTER_CALLS and loop.time() < end:
            if loop.time() >= ask_at:
                if not await aside(still_inside):
                    return
                ask_at = loop.time() + PING_EVERY
            try:
                call = await asyncio.wait_for(queue.get(), PING_EVERY)
            except TimeoutError:
                yield PING
                continue
            if which.fits(call):
                shown += 1
                yield message("call", row(call))
    yield message("paused", paused())
