"""Comments as they come in, for open pages of the desk. A stream ends by itself after a while."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field

from posthouse.foundation.appendlog import Cursor
from posthouse.foundation.streams import LOOK_EVERY, PING, Lookout, aside, message
from posthouse.surveys.models import Response
from posthouse.timeline import queries as timeline

TYPES = ["survey.responded", "survey.response_changed"]
LOOKED_AT = 1000
KEPT_WAITING = 200
"""Answers that wait for one slow reader; beyond that the oldest are left out."""
PING_EVERY = 10.0
PAUSE_AFTER_SECONDS = 600.0
PAUSE_AFTER_COMMENTS = 500


@dataclass(eq=False)
class Reader:
    """An open page: ids that wait for it, and whether the log is being looked at for it."""

    waiting: asyncio.Queue[str] = field(default_factory=lambda: asyncio.Queue(KEPT_WAITING))
    heard: asyncio.Event = field(default_factory=asyncio.Event)


async def _look(listeners: dict[Reader, str]) -> None:
    """Reads the log behind its end, and hands everybody the ids of its campaign's new and changed answers."""
    cursor = await aside(timeline.end)
    while listeners:
        for reader in list(listeners):
            reader.heard.set()
        await asyncio.sleep(LOOK_EVERY)
        cursor, news = await aside(_news, cursor)
        for campaign_id, response_id in news:
            for reader, topic in list(listeners.items()):
                if topic == campaign_id:
                    _put(reader.waiting, response_id)


def _put(queue: asyncio.Queue[str], response_id: str) -> None:
    if queue.full():
        queue.get_nowait()
    queue.put_nowait(response_id)


def _news(cursor: Cursor) -> tuple[Cursor, list[tuple[str, str]]]:
    rows = list(timeline.after(cursor, types=TYPES)[:LOOKED_AT])
    news = [(row.data["campaign_id"], row.data["response_id"]) for row in rows]
    return (rows[-1].cursor if rows else cursor), news


tail = Lookout[Reader](_look)


async def stream(
    campaign_id: str,
    find: Callable[[str], Response | None],
    row: Callable[[Response, bool], str],
    said: tuple[Callable[[], str], Callable[[], str]],
    still_inside: Callable[[], bool],
    seen: set[str],
) -> AsyncIterator[str]:
    """Server-sent events: `following`, a `comment` for each new or changed answer that `find` gives, at last `paused`.

    `said` are the words for the first and the last. From `following` on nothing is missed.

    `row` is told whether the page has an older form of the answer: those `seen` when it was opened, and those since.
    Every few seconds `still_inside` is asked; when it says no, the stream ends without a word.
    """
    loop = asyncio.get_running_loop()
    end, ask_at, shown = loop.time() + PAUSE_AFTER_SECONDS, loop.time() + PING_EVERY, 0
    with tail.listening(Reader(), campaign_id) as reader:
        await reader.heard.wait()  # so that nothing is missed from the first byte on
        yield PING
        yield message("following", said[0]())
        while shown < PAUSE_AFTER_COMMENTS and loop.time() < end:
            if loop.time() >= ask_at:
                if not await aside(still_inside):
                    return
                ask_at = loop.time() + PING_EVERY
            try:
                response_id = await asyncio.wait_for(reader.waiting.get(), PING_EVERY)
            except TimeoutError:
                yield PING
                continue
            found = await aside(find, response_id)
            if found is not None:
                shown += 1
                yield message("comment", await aside(row, found, response_id in seen))
                seen.add(response_id)
    yield message("paused", await aside(said[1]))
