"""Hearing that the process is told to end while streams are open.

A server waits for open answers before it tells its application to shut down, and a stream of changes never ends by
itself: without this, Ctrl-C would hang for as long as a client follows the keys.
"""

import asyncio
import signal
import threading
from collections.abc import Callable
from types import FrameType

SIGNALS = (signal.SIGINT, signal.SIGTERM)


def when_told_to_end(loop: asyncio.AbstractEventLoop, act: Callable[[], None]) -> None:
    """Call `act` on the loop at the first signal to end, then do what would have been done anyway."""
    if threading.current_thread() is not threading.main_thread():
        return
    for number in SIGNALS:
        former = signal.getsignal(number)
        if callable(former):
            signal.signal(number, _chained(former, loop, act))


def _chained(
    former: Callable[[int, FrameType | None], object], loop: asyncio.AbstractEventLoop, act: Callable[[], None]
) -> Callable[[int, FrameType | None], None]:
    def handle(number: int, frame: FrameType | None) -> None:
        if not loop.is_closed():
            loop.call_soon_threadsafe(act)
        former(number, frame)

    return handle
