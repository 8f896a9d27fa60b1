"""ASGI middleware: for Starlette, FastAPI and anything else that speaks ASGI 3 under asyncio."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from typing import Any

from posthouse_client import exchange as shared
from posthouse_client import routes
from posthouse_client.client import Client
from posthouse_client.config import Settings
from posthouse_client.exchange import Captured, Exchange, Peek
from posthouse_client.redaction import RawExchange

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

POLICY_VIOLATION = 1008
"""WebSocket close code (RFC 6455, section 7.4.1) for a refused connection."""

log = logging.getLogger("posthouse_client")


class PosthouseMiddleware:
    """Verifies the key of every request, applies its limits, and reports the call.

    The caller is in `scope["posthouse"]` (`request.scope["posthouse"]`), a
    `posthouse_client.client.Caller`. Websockets are verified when they connect. Without `client` one is
    made from the environment.

    The functions are given the ASGI scope. `scope_of`: the scope a request needs, None for none; it runs
    before routing. `cost_of`: how many calls it counts as. `route_of`: the route template, after the
    answer. `version_of`: the API version, for the record. A mistake in the last two is logged and the
    default taken; one in the first two is an error of the request, which is not let through.
    """

    def __init__(
        self,
        app: App,
        client: Client | None = None,
        *,
        scope_of: Callable[[Scope], str | None] | None = None,
        cost_of: Callable[[Scope], int] | None = None,
        route_of: Callable[[Scope], str | None] | None = None,
        version_of: Callable[[Scope], str | None] | None = None,
    ) -> None:
        self.app = app
        self.client = client or Client(Settings.from_env())
        self.scope_of = scope_of
        self.cost_of = cost_of
        self.route_of = route_of
        self.version_of = version_of
        settings = self.client.settings
        self._public = shared.PublicPaths(settings.public_paths)
        self._names = _Names(settings)
        self._routes = routes.RouteTable()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one connection."""
        kind = scope["type"]
        if kind == "lifespan":
            await self._lifespan(scope, receive, send)
        elif kind not in ("http", "websocket") or scope["path"] in self._public:
            await self.app(scope, receive, send)
        else:
            found = self._names.find(scope["headers"])
            if found.preflight and scope.get("method") == "OPTIONS":
                await self.app(scope, receive, send)
            else:
                await self._serve(dict(scope), receive, send, found)

    async def _serve(self, scope: Scope, receive: Receive, send: Send, found: "_Found") -> None:
        client = self.client
        if not client.ready:
            await asyncio.to_thread(client.wait_ready)
        exchange = self._exchange(scope, found)
        decision = shared.admit(
            exchange,
            client,
            self.scope_of(scope) if self.scope_of else None,
            self.cost_of(scope) if self.cost_of else 1,
        )
        if not decision.valid:
            await self._refuse(scope, receive, send, exchange)
            return
        scope["posthouse"] = exchange.caller()
        await _Watch(self, scope, receive, send, exchange, found.content_type).run()

    def _exchange(self, scope: Scope, found: "_Found") -> Exchange:
        settings = self.client.settings
        peer = scope.get("client")
        exchange = Exchange(
            scope.get("method", "GET"),
            scope["path"],
            shared.key_from(found.key, found.authorization),
            shared.request_id_from(found.request_id),
            shared.ip_from(peer[0] if peer else None, found.forwarded_for, settings.forwarded_hops),
            found.user_agent,
            shared.sdk_from(found.sdk, found.user_agent),
            found.version,
        )
        if self.version_of is not None:
            exchange.version = _guarded(self.version_of, scope)
        return exchange

    async def _refuse(self, scope: Scope, receive: Receive, send: Send, exchange: Exchange) -> None:
        """Answer with problem details; a websocket gets them too where the server can send them."""
        status, fields, body = shared.refusal(exchange, self.client.settings)
        prefix = "http"
        if scope["type"] == "websocket":
            await receive()
            prefix = "websocket.http"
        try:
            if prefix == "http" or "websocket.http.response" in (scope.get("extensions") or {}):
                await send({"type": f"{prefix}.response.start", "status": status, "headers": _encoded(fields)})
                await send({"type": f"{prefix}.response.body", "body": body})
            else:
                code = exchange.decision.code
                await send({"type": "websocket.close", "code": POLICY_VIOLATION, "reason": code})
        finally:
            shared.report(exchange, self.client, status, self.route(scope, routed=False))

    def route(self, scope: Scope, routed: bool = True) -> str:
        """The template of the route that takes, or would take, a request; never the path itself."""
        if self.route_of is not None:
            found = _guarded(self.route_of, scope)
            if found:
                return found
        try:
            found = routes.of_scope(scope) if routed else self._routes.find(self.app, scope)
        except Exception:
            log.exception("posthouse: the route of a request could not be found")
            found = None
        return found or shared.UNMATCHED

    async def _lifespan(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Begin before the application starts, and deliver the last calls after it has stopped."""

        async def receive_and_begin() -> Message:
            message = await receive()
            if message["type"] == "lifespan.startup":
                self.client.start()
                await asyncio.to_thread(self.client.wait_ready)
            return message

        async def end_and_send(message: Message) -> None:
            if message["type"].startswith("lifespan.shutdown."):
                await asyncio.to_thread(self.client.close)
            await send(message)

        await self.app(scope, receive_and_begin, end_and_send)


class _Watch:
    """Watches one admitted connection until its answer is complete, and reports it once."""

    __slots__ = (
        "_done",
        "_exchange",
        "_peek",
        "_receive",
        "_received",
        "_scope",
        "_send",
        "_sent",
        "_status",
        "_types",
        "_wrap",
    )

    def __init__(
        self,
        wrap: PosthouseMiddleware,
        scope: Scope,
        receive: Receive,
        send: Send,
        exchange: Exchange,
        content_type: str,
    ) -> None:
        self._wrap = wrap
        self._scope = scope
        self._receive = receive
        self._send = send
        self._exchange = exchange
        self._status = 0
        self._done = False
        self._peek: Peek | None = None
        self._received: Captured | None = None
        self._sent: Captured | None = None
        self._types = [content_type, ""]

    async def run(self) -> None:
        receive = self._receive
        if self._wrap.client.settings.record_bodies and self._scope["type"] == "http":
            self._received, self._sent = Captured(), Captured()
            receive = self._capturing_receive
        try:
            await self._wrap.app(self._scope, receive, self._watching_send)
        except Exception:
            self._exchange.error_code = self._exchange.error_code or "exception"
            self._finish(self._status or 500)
            raise
        finally:
            self._finish(self._status or shared.CLIENT_GONE)

    async def _capturing_receive(self) -> Message:
        message = await self._receive()
        if message["type"] == "http.request" and self._received is not None:
            self._received.add(message.get("body", b""))
        return message

    async def _watching_send(self, message: Message) -> None:
        kind = message["type"]
        if kind == "http.response.start" or kind == "websocket.accept":
            message = self._started(message)
            await self._send(message)
        elif kind == "http.response.body":
            body = message.get("body", b"")
            if self._peek is not None:
                self._peek.add(body)
            if self._sent is not None:
                self._sent.add(body)
            await self._send(message)
            if not message.get("more_body", False):
                self._finish(self._status)
        else:
            if kind == "websocket.close" and not self._status:
                self._status = 403
            elif kind == "websocket.http.response.start":
                self._status = message["status"]
            await self._send(message)

    def _started(self, message: Message) -> Message:
        """Note the status and add the limits and the request id to the answer's header."""
        self._status = status = message.get("status", 101)
        fields = list(message.get("headers") or ())
        if status >= 400 or self._sent is not None:
            given = {name.lower(): value.decode("latin-1") for name, value in fields}
            self._types[1] = given.get(b"content-type", "")
            if status >= 400:
                named = given.get(self._wrap.client.settings.error_code_header.lower().encode())
                self._exchange.error_code = shared.clean_code(named)
                if self._exchange.error_code is None:
                    self._peek = Peek(self._types[1])
        fields += _encoded(shared.answer_fields(self._exchange))
        return {**message, "headers": fields}

    def _finish(self, status: int) -> None:
        if self._done:
            return
        self._done = True
        exchange, wrap = self._exchange, self._wrap
        if self._peek is not None:
            exchange.error_code = self._peek.code() or exchange.error_code
        if self._received is not None and self._sent is not None:
            exchange.raw = RawExchange(
                [(name.decode("latin-1"), value.decode("latin-1")) for name, value in self._scope["headers"]],
                self._types[0],
                bytes(self._received.content),
                self._received.length,
                self._types[1],
                bytes(self._sent.content),
                self._sent.length,
                self._scope.get("query_string", b"").decode("latin-1"),
            )
        shared.report(exchange, wrap.client, status, wrap.route(self._scope))


class _Found:
    """The request headers the middleware looks at."""

    __slots__ = (
        "authorization",
        "content_type",
        "forwarded_for",
        "key",
        "preflight",
        "request_id",
        "sdk",
        "user_agent",
        "version",
    )

    def __init__(self) -> None:
        self.key: str | None = None
        self.authorization: str | None = None
        self.request_id: str | None = None
        self.user_agent: str | None = None
        self.sdk: str | None = None
        self.version: str | None = None
        self.forwarded_for: str | None = None
        self.preflight: str | None = None
        self.content_type = ""


class _Names:
    """Finds the wanted headers in one pass; the last of a repeated one counts."""

    def __init__(self, settings: Settings) -> None:
        self._wanted = {
            b"user-agent": "user_agent",
            b"x-forwarded-for": "forwarded_for",
            b"access-control-request-method": "preflight",
            b"content-type": "content_type",
            settings.request_id_header.lower().encode(): "request_id",
            settings.sdk_header.lower().encode(): "sdk",
            settings.version_header.lower().encode(): "version",
            settings.key_header.lower().encode(): "key",
        }
        if settings.accept_bearer:
            self._wanted[b"authorization"] = "authorization"

    def find(self, headers: Iterable[tuple[bytes, bytes]]) -> _Found:
        found = _Found()
        wanted = self._wanted
        for name, value in headers:
            attribute = wanted.get(name)
            if attribute is not None:
                setattr(found, attribute, value.decode("latin-1"))
        return found


def _encoded(fields: Iterable[tuple[str, str]]) -> list[tuple[bytes, bytes]]:
    return [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in fields]


def _guarded(function: Callable[[Scope], str | None], scope: Scope) -> str | None:
    """Ask the vendor's function; the record of a call is not worth failing the call."""
    try:
        return function(scope)
    except Exception:
        log.exception("posthouse: %r failed", function)
        return None
