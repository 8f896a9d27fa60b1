"""The way to the first call: what is known of it, and how an open page learns of it within a second."""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import datetime

from posthouse.foundation.streams import PING, aside, message
from posthouse.pages.bell import Bell
from posthouse.timeline import queries as timeline

TYPES = ["call.first", "call.first_success"]
PING_EVERY = 15.0
PINGS = 60
"""A stream ends after a quarter of an hour; the browser opens the next by itself."""

bell = Bell(TYPES)


@dataclass(frozen=True)
class FirstCall:
    """What is known of a customer's first call: `waiting`, `failed` (it arrived and was refused) or `done`."""

    state: str
    at: datetime | None = None
    call_id: str = ""
    method: str = ""
    route: str = ""
    status: int | None = None


def first_call(customer_id: str) -> FirstCall:
    """How far a customer is with its first call."""
    found = timeline.first_of(customer_id, TYPES)
    event = found.get("call.first_success") or found.get("call.first")
    if event is None:
        return FirstCall("waiting")
    data = event.data
    return FirstCall(
        state="done" if event.type == "call.first_success" or int(data.get("status") or 200) < 400 else "failed",
        at=event.occurred_at,
        call_id=str(data.get("call_id", "")),
        method=str(data.get("method", "")),
        route=str(data.get("route", "")),
        status=data.get("status"),
    )


async def stream(
    customer_id: str, seen: str, render: Callable[[FirstCall], str], still_inside: Callable[[], bool]
) -> AsyncIterator[str]:
    """Server-sent events: the box anew each time its state is another than the one `seen`; the last one is `done`.

    Before each, `still_inside` is asked; when it says no, the stream ends without a word.
    """
    with bell.heard(customer_id) as rung:
        for _ in range(PINGS):
            rung.clear()
            if not await aside(still_inside):
                return
            found = await aside(first_call, customer_id)
            if found.state != seen:
                seen = found.state
                yield message("call", await aside(render, found))
                if seen == "done":
                    return
            else:
                yield PING
            await bell.wait(rung, PING_EVERY)
