"""What a browser or curl does not show: websockets, disconnects, the life of a server, the vendor's own hooks."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import pytest

from posthouse_client.asgi import Message, PosthouseMiddleware, Receive, Scope, Send
from posthouse_client.client import Client
from posthouse_client.testing import FakePosthouse

Served = Callable[[Scope, Receive, Send], Awaitable[None]]


@pytest.fixture
def client(posthouse: FakePosthouse) -> Iterator[Client]:
    """A client that has its keys."""
    one = Client(posthouse.settings(flush_interval=0.01, start_wait=1.0))
    one.wait_ready()
    yield one
    one.close()


def a_scope(kind: str = "http", key: str | None = None, path: str = "/sun/1", **changes: Any) -> dict[str, Any]:
    """A connection's scope as a server makes it."""
    headers = [(b"authorization", f"Bearer {key}".encode())] if key else []
    return {
        "type": kind,
        "method": "GET",
        "path": path,
        "headers": headers,
        "client": ("192.0.2.1", 1),
        **changes,
    }


def drive(app: Served, scope: Scope, *messages: Message) -> list[Message]:
    """Run an application over a scope; returns what it sent."""
    waiting = list(messages)
    sent: list[Message] = []

    async def receive() -> Message:
        if waiting:
            return waiting.pop(0)
        await asyncio.sleep(3600)
        raise AssertionError

    async def send(message: Message) -> None:
        sent.append(message)

    asyncio.run(asyncio.wait_for(app(scope, receive, send), 5))
    return sent


async def hello(scope: Scope, receive: Receive, send: Send) -> None:
    """A plain answer that shows who called."""
    caller = scope["posthouse"]
    body = json.dumps([caller.customer_id, caller.verified, sorted(caller.scopes), caller.has_scope("read")])
    await send({"type": "http.response.start", "status": 200, "headers": [(b"x-own", b"1")]})
    await send({"type": "http.response.body", "body": body.encode()})


def test_the_caller_is_on_the_scope_and_the_servers_scope_is_left_alone(
    posthouse: FakePosthouse, client: Client
) -> None:
    key = posthouse.issue(scopes=["read"])
    scope = a_scope(key=key)
    wait_known(client, key)
    start, body = drive(PosthouseMiddleware(hello, client), scope)
    assert json.loads(body["body"]) == ["cus_1", True, ["read"], True]
    assert "posthouse" not in scope
    assert (b"x-own", b"1") in start["headers"]


def test_a_route_may_need_a_scope_and_cost_more(posthouse: FakePosthouse, client: Client) -> None:
    key = posthouse.issue(scopes=["read"], limits=[["daily", 10, 86400.0]])
    wait_known(client, key)
    app = PosthouseMiddleware(
        hello,
        client,
        scope_of=lambda scope: "write" if scope["path"] == "/write" else "read",
        cost_of=lambda scope: 4,
        route_of=lambda scope: "/by/hand",
        version_of=lambda scope: "v9",
    )
    start, body = drive(app, a_scope(key=key, path="/write"))
    assert (start["status"], json.loads(body["body"])["code"]) == (403, "scope-missing")
    statuses = [drive(app, a_scope(key=key, path="/read"))[0]["status"] for _ in range(3)]
    assert statuses == [200, 200, 429]
    assert {call["route"] for call in posthouse.wait_for_calls(4)} == {"/by/hand"}
    assert {call["version"] for call in posthouse.calls.values()} == {"v9"}


def test_a_mistake_in_a_recording_hook_is_logged_only(
    posthouse: FakePosthouse, client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(scope: Scope) -> str:
        raise KeyError(scope["path"])

    key = posthouse.issue()
    wait_known(client, key)
    app = PosthouseMiddleware(hello, client, route_of=broken, version_of=broken)
    assert drive(app, a_scope(key=key))[0]["status"] == 200
    assert posthouse.wait_for_calls(1)[0]["route"] == "unmatched"
    assert "broken" in caplog.text


def test_a_mistake_in_a_deciding_hook_lets_nothing_through(posthouse: FakePosthouse, client: Client) -> None:
    def broken(scope: Scope) -> str:
        raise KeyError(scope["path"])

    key = posthouse.issue()
    with pytest.raises(KeyError):
        drive(PosthouseMiddleware(hello, client, scope_of=broken), a_scope(key=key))


def test_an_exception_is_reported_and_raised(posthouse: FakePosthouse, client: Client) -> None:
    async def crash(scope: Scope, receive: Receive, send: Send) -> None:
        raise RuntimeError("crash")

    key = posthouse.issue()
    wait_known(client, key)
    with pytest.raises(RuntimeError, match="crash"):
        drive(PosthouseMiddleware(crash, client), a_scope(key=key))
    (call,) = posthouse.wait_for_calls(1)
    assert (call["status"], call["error_code"]) == (500, "exception")


def test_a_client_that_leaves_before_the_answer_is_499(posthouse: FakePosthouse, client: Client) -> None:
    async def waits(scope: Scope, receive: Receive, send: Send) -> None:
        while (await receive())["type"] != "http.disconnect":
            pass

    async def cancelled(scope: Scope, receive: Receive, send: Send) -> None:
        raise asyncio.CancelledError

    key = posthouse.issue()
    wait_known(client, key)
    drive(PosthouseMiddleware(waits, client), a_scope(key=key), {"type": "http.disconnect"})
    with pytest.raises(asyncio.CancelledError):
        drive(PosthouseMiddleware(cancelled, client), a_scope(key=key))
    assert [call["status"] for call in posthouse.wait_for_calls(2)] == [499, 499]


def test_a_client_that_leaves_during_the_answer_keeps_its_status(posthouse: FakePosthouse, client: Client) -> None:
    async def half(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 206, "headers": []})
        await send({"type": "http.response.body", "body": b"x", "more_body": True})
        await receive()

    key = posthouse.issue()
    wait_known(client, key)
    drive(PosthouseMiddleware(half, client), a_scope(key=key), {"type": "http.disconnect"})
    assert posthouse.wait_for_calls(1)[0]["status"] == 206


def test_work_after_the_answer_does_not_count_and_is_reported_once(posthouse: FakePosthouse, client: Client) -> None:
    async def slow_after(scope: Scope, receive: Receive, send: Send) -> None:
        await hello(scope, receive, send)
        await asyncio.sleep(0.2)

    key = posthouse.issue()
    wait_known(client, key)
    drive(PosthouseMiddleware(slow_after, client), a_scope(key=key))
    (call,) = posthouse.wait_for_calls(1)
    assert call["duration_us"] < 150_000
    assert len(posthouse.calls) == 1


async def socket(scope: Scope, receive: Receive, send: Send) -> None:
    """Accepts and closes."""
    await receive()
    await send({"type": "websocket.accept"})
    await send({"type": "websocket.close"})


def test_a_websocket_is_verified_when_it_connects(posthouse: FakePosthouse, client: Client) -> None:
    key = posthouse.issue(limits=[["burst", 5, 60.0]])
    wait_known(client, key)
    app = PosthouseMiddleware(socket, client)
    accept, close = drive(app, a_scope("websocket", key), {"type": "websocket.connect"})
    assert dict(accept["headers"])[b"ratelimit"].startswith(b'"burst";r=')
    assert close["type"] == "websocket.close"
    assert posthouse.wait_for_calls(1)[0]["status"] == 101

    (refused,) = drive(app, a_scope("websocket"), {"type": "websocket.connect"})
    assert (refused["type"], refused["code"], refused["reason"]) == ("websocket.close", 1008, "key-missing")

    extended = a_scope("websocket", extensions={"websocket.http.response": {}})
    start, body = drive(app, extended, {"type": "websocket.connect"})
    assert (start["type"], start["status"]) == ("websocket.http.response.start", 401)
    assert json.loads(body["body"])["code"] == "key-missing"
    assert [call["status"] for call in posthouse.wait_for_calls(3)] == [101, 401, 401]


def test_the_life_of_a_server(posthouse: FakePosthouse) -> None:
    key = posthouse.issue()
    client = Client(posthouse.settings(flush_interval=60.0))
    ready: list[bool] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "lifespan":
            await hello(scope, receive, send)
            return
        await receive()
        ready.append(client.ready)
        await send({"type": "lifespan.startup.complete"})
        await PosthouseMiddleware(hello, client)(a_scope(key=key), receive, lambda message: asyncio.sleep(0))
        await receive()
        await send({"type": "lifespan.shutdown.complete"})

    sent = drive(
        PosthouseMiddleware(app, client),
        {"type": "lifespan"},
        {"type": "lifespan.startup"},
        {"type": "lifespan.shutdown"},
    )
    assert [message["type"] for message in sent] == ["lifespan.startup.complete", "lifespan.shutdown.complete"]
    assert ready == [True]
    assert len(posthouse.calls) == 1


def test_unknown_kinds_of_connection_pass(client: Client) -> None:
    seen: list[str] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        seen.append(scope["type"])

    drive(PosthouseMiddleware(app, client), {"type": "something.new"})
    assert seen == ["something.new"]


def test_while_posthouse_is_away_the_policy_holds(posthouse: FakePosthouse) -> None:
    key = posthouse.issue()
    posthouse.stop()
    refusing = Client(posthouse.settings(start_wait=0.05, shutdown_timeout=0.1))
    start, body = drive(PosthouseMiddleware(hello, refusing), a_scope(key=key))
    assert (start["status"], json.loads(body["body"])["code"]) == (503, "verifier-unavailable")
    assert dict(start["headers"])[b"retry-after"] == b"5"

    allowing = Client(posthouse.settings(start_wait=0.0, on_unreachable="allow", shutdown_timeout=0.1))
    start, body = drive(PosthouseMiddleware(hello, allowing), a_scope(key=key))
    assert (start["status"], json.loads(body["body"])) == (200, [None, False, [], False])
    for client in (refusing, allowing):
        client.close()


@pytest.mark.parametrize("value", [b"Bearer \xff\xfe", b"Bearer " + b"x" * 100_000, b"\x00", b"Bearer \xc3\xb1"])
def test_hostile_headers_are_refused_politely(client: Client, value: bytes) -> None:
    scope = a_scope(headers=[(b"authorization", value), (b"x-request-id", value), (b"user-agent", value)])
    start, body = drive(PosthouseMiddleware(hello, client), scope)
    assert start["status"] == 401
    assert json.loads(body["body"])["code"] in {"key-malformed", "key-missing"}


def test_what_others_wrote_is_reported_so_that_it_can_be_stored(posthouse: FakePosthouse, client: Client) -> None:
    key = posthouse.issue()
    wait_known(client, key)
    scope = a_scope(key=key, path="/\0\ud800" + "x" * 5000, method="BREW" * 10)
    scope["headers"] += [(b"user-agent", b"\xff" * 5000), (b"x-api-version", b"v" * 5000)]
    drive(PosthouseMiddleware(hello, client), scope)
    (call,) = posthouse.wait_for_calls(1)
    assert call["path"].startswith("/\N{REPLACEMENT CHARACTER}?x")
    assert (len(call["path"]), len(call["user_agent"]), len(call["version"])) == (1024, 200, 40)
    assert call["method"] == "BREWBREWBR"


def wait_known(client: Client, key: str) -> None:
    """Wait until a new key has come to the client."""
    for _ in range(300):
        if client.verify(key, cost=0).code != "key-unknown":
            return
        asyncio.run(asyncio.sleep(0.01))
    raise TimeoutError
