"""What the middleware adds to a request: a small ASGI application with and without it, in one run.

Prints one JSON object. Times are nanoseconds: the median request of the bare application, that of the
protected one, and their difference. The two are called in turn, in process and without a server, so that
noise hits both; a small Posthouse over a socket takes the reports at the same time, as in life. The
application answers a short JSON text; the request has the headers of an ordinary SDK, the key two limits.
"""

import asyncio
import json
import platform
import statistics
import sys
import time
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from posthouse_client.asgi import PosthouseMiddleware
from posthouse_client.client import Client
from posthouse_client.testing import FakePosthouse

REQUESTS = 20_000
PAUSE_EVERY = 200
"""The reporter's thread gets its turn after so many requests, outside of what is timed."""

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[MutableMapping[str, Any], Receive, Send], Awaitable[None]]

BODY = b'{"rise":"06:12:41","set":"20:48:03"}'


async def bare(scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
    """The vendor's API."""
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"application/json")]})
    await send({"type": "http.response.body", "body": BODY})


async def compare(key: str, client: Client) -> dict[str, float]:
    """Time both, request by request in turn."""
    protected = PosthouseMiddleware(bare, client, route_of=lambda scope: "/v1/sun/{place}")
    times: dict[str, list[int]] = {"bare": [], "protected": []}
    apps: list[tuple[str, App]] = [("bare", bare), ("protected", protected)]
    for number in range(REQUESTS):
        for name, app in apps:
            scope = a_scope(key)
            began = time.perf_counter_ns()
            await app(scope, receive, send)
            times[name].append(time.perf_counter_ns() - began)
        if number % PAUSE_EVERY == 0:
            await asyncio.sleep(0.02)
    without, with_it = (statistics.median(times[name]) for name in ("bare", "protected"))
    return {"bare_ns": without, "protected_ns": with_it, "added_ns": with_it - without}


def a_scope(key: str) -> dict[str, Any]:
    """One request as uvicorn hands it over."""
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "server": ("127.0.0.1", 8000),
        "client": ("127.0.0.1", 50000),
        "scheme": "http",
        "method": "GET",
        "root_path": "",
        "path": "/v1/sun/madrid",
        "raw_path": b"/v1/sun/madrid",
        "query_string": b"date=2026-11-22",
        "headers": [
            (b"host", b"api.example.com"),
            (b"user-agent", b"sunline-python/1.2.0 python/3.11"),
            (b"accept", b"application/json"),
            (b"accept-encoding", b"gzip, deflate"),
            (b"authorization", b"Bearer " + key.encode()),
            (b"x-api-version", b"2026-01"),
        ],
    }


async def receive() -> Message:
    """An empty request."""
    return {"type": "http.request", "body": b"", "more_body": False}


async def send(message: Message) -> None:
    """A server that is never busy."""


def main() -> None:
    """Measure and print."""
    with FakePosthouse() as posthouse:
        key = posthouse.issue(limits=[["burst", 1_000_000, 1.0], ["daily", 1_000_000_000, 86400.0]])
        client = Client(posthouse.settings(max_queue=100_000))
        if not client.wait_ready():
            raise SystemExit("the keys could not be loaded")
        figures = {name: round(value) for name, value in asyncio.run(compare(key, client)).items()}
        client.close()
        reported = {"requests": REQUESTS, "reported": len(posthouse.calls)}
    machine = {"python": sys.version.split()[0], "machine": platform.machine()}
    sys.stdout.write(json.dumps(figures | reported | machine) + "\n")


if __name__ == "__main__":
    main()
