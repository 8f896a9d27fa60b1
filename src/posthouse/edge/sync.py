"""GET /api/v1/keys/snapshot and /changes: all keys once, then every change as it happens, as lines of JSON."""

import asyncio
import base64
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from urllib.parse import parse_qs

import msgspec

from posthouse.edge import problems
from posthouse.edge.asgi import Request
from posthouse.edge.bodies import NEVER
from posthouse.edge.engine import Engine
from posthouse.edge.feed import MOST, Listener
from posthouse.edge.follower import changed_since
from posthouse.edge.sql import UnfitError, UnreachableError
from posthouse.foundation.problems import Problem

SCOPE = "keys:sync"
PIECE = 64 * 1024
"""Bytes sent at a time."""
BEAT = 0.5
"""Seconds between signs of life; clients are promised one per second."""
STALE = 1.0
"""When the database was not read for so long, signs of life stop: they would promise what is not so."""
SLOW = 20.0
"""Seconds in which a client must take what was sent."""

_FIELDS = [
    (b"content-type", b"application/x-ndjson"),
    (b"cache-control", b"no-store"),
    (b"x-accel-buffering", b"no"),
]


async def snapshot(engine: Engine, request: Request) -> None:
    """All keys as they are now, between a first line with the cursor and a last line with their number."""
    await engine.authorise(request, SCOPE)
    follower = engine.follower
    engine.room.running[asyncio.current_task()] = NEVER
    await follower.catch_up()
    if follower.age > STALE:
        raise problems.verifier_unavailable()
    start = {
        "type": "start",
        "cursor": follower.cursor,
        "peppers": {name: base64.b64encode(pepper).decode() for name, pepper in engine.options.peppers.items()},
        "issuer": engine.options.issuer,
        "at": time.time(),
    }
    lines = list(follower.lines.values())
    await request.send({"type": "http.response.start", "status": 200, "headers": _FIELDS})
    await _send(request, _line(start))
    for first in range(0, len(lines), 200):
        await _send(request, b"".join(lines[first : first + 200]))
    await _send(request, _line({"type": "end", "count": len(lines)}), more=False)


async def changes(engine: Engine, request: Request) -> None:
    """Every change behind the cursor, without end; a sign of life at least once a second."""
    await engine.authorise(request, SCOPE)
    cursor = parse_qs(request.scope["query_string"].decode("latin-1")).get("cursor", [""])[0]
    if len(engine.feed) >= MOST or engine.feed.closing:
        raise problems.overloaded()
    engine.room.running.pop(asyncio.current_task(), None)
    listener = engine.feed.join()
    try:
        await _catch_up(engine, listener, cursor)
        await request.send({"type": "http.response.start", "status": 200, "headers": _FIELDS})
        async with _ends_with_client(request, listener):
            with suppress(TimeoutError, Problem):
                await _stream(engine, request, listener)
        with suppress(TimeoutError):
            await _send(request, b"", more=False)
    finally:
        engine.feed.leave(listener)


async def _catch_up(engine: Engine, listener: Listener, cursor: str) -> None:
    """Put what changed behind the cursor before the listener. Raises 410 when the cursor is not of this log."""
    try:
        changed = await engine.loop.run_in_executor(engine.reading, changed_since, engine.reader, cursor)
    except (UnreachableError, UnfitError):
        raise problems.verifier_unavailable() from None
    if changed is None:
        raise problems.cursor_gone()
    await engine.follower.catch_up()
    listener.pending.update(dict.fromkeys(changed))
    listener.woken.set()


async def _stream(engine: Engine, request: Request, listener: Listener) -> None:
    """Send what is pending whenever there is something, and the cursor behind it. Raises TimeoutError for a slow client
    and Problem once the token is no longer good."""
    while not listener.closed:
        with suppress(TimeoutError):
            async with asyncio.timeout(BEAT):
                await listener.woken.wait()
        await engine.authorise(request, SCOPE)
        listener.woken.clear()
        pending, listener.pending = listener.pending, {}
        cursor = engine.feed.cursor or engine.follower.cursor
        lines = engine.follower.lines
        for key_id in pending:
            await _send(request, lines.get(key_id) or _line({"type": "gone", "key_id": key_id}))
        if engine.follower.age < STALE:
            await _send(request, _line({"type": "ping", "cursor": cursor, "at": time.time()}))


@asynccontextmanager
async def _ends_with_client(request: Request, listener: Listener) -> AsyncIterator[None]:
    """Close the listener when the client goes away."""

    async def watch() -> None:
        while (await request.receive())["type"] != "http.disconnect":
            pass
        listener.close()

    watching = asyncio.create_task(watch())
    try:
        yield
    finally:
        watching.cancel()
        with suppress(asyncio.CancelledError):
            await watching


async def _send(request: Request, body: bytes, *, more: bool = True) -> None:
    async with asyncio.timeout(SLOW):
        await request.send({"type": "http.response.body", "body": body, "more_body": more})


def _line(members: dict[str, object]) -> bytes:
    return msgspec.json.encode(members) + b"\n"
