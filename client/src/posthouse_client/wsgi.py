"""WSGI middleware: for Flask and anything else that speaks WSGI (PEP 3333)."""

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping
from http.client import responses
from typing import Any

from posthouse_client import exchange as shared
from posthouse_client.client import Client
from posthouse_client.config import Settings
from posthouse_client.exchange import Captured, Exchange, Peek
from posthouse_client.redaction import RawExchange

Environ = dict[str, Any]
StartResponse = Callable[..., Callable[[bytes], object]]
App = Callable[[Environ, StartResponse], Iterable[bytes]]

CALLER = "posthouse"
"""Where the caller is in the environ."""

ROUTE = "posthouse.route"
"""Where a framework's hook leaves the route template in the environ."""

log = logging.getLogger("posthouse_client")


class PosthouseMiddleware:
    """Verifies the key of every request, applies its limits, and reports the call.

    The caller is in `environ["posthouse"]`, a `posthouse_client.client.Caller`. WSGI knows no routes:
    Flask's are found with `posthouse_client.flask.protect(app)`, others with `route_of`, or by leaving the
    template in `environ["posthouse.route"]`. Without `client` one is made from the environment.

    The functions are given the environ. `scope_of`: the scope a request needs, None for none; it runs
    before routing. `cost_of`: how many calls it counts as. `route_of`: the route template, after the
    answer, or after a refusal. `version_of`: the API version, for the record. A mistake in the last two is
    logged and the default taken; one in the first two is an error of the request, which is not let through.
    """

    def __init__(
        self,
        app: App,
        client: Client | None = None,
        *,
        scope_of: Callable[[Environ], str | None] | None = None,
        cost_of: Callable[[Environ], int] | None = None,
        route_of: Callable[[Environ], str | None] | None = None,
        version_of: Callable[[Environ], str | None] | None = None,
    ) -> None:
        self.app = app
        self.client = client or Client(Settings.from_env())
        self.scope_of = scope_of
        self.cost_of = cost_of
        self.route_of = route_of
        self.version_of = version_of
        self._public = shared.PublicPaths(self.client.settings.public_paths)
        self._reader = EnvironReader(self.client.settings)

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        """Handle one request."""
        path = _path(environ)
        if path in self._public or _is_preflight(environ):
            return self.app(environ, start_response)
        if not self.client.ready:
            self.client.wait_ready()
        exchange = self._reader.exchange(environ, path)
        if self.version_of is not None:
            exchange.version = guarded(self.version_of, environ)
        decision = shared.admit(
            exchange,
            self.client,
            self.scope_of(environ) if self.scope_of else None,
            self.cost_of(environ) if self.cost_of else 1,
        )
        if not decision.valid:
            return self._refuse(environ, start_response, exchange)
        environ[CALLER] = exchange.caller()
        return _Watch(self, environ, start_response, exchange)

    def route(self, environ: Environ) -> str:
        """The template of the route that took, or would take, a request; never the path itself."""
        found = environ.get(ROUTE)
        if not found and self.route_of is not None:
            found = guarded(self.route_of, environ)
        return found if isinstance(found, str) and found else shared.UNMATCHED

    def _refuse(self, environ: Environ, start_response: StartResponse, exchange: Exchange) -> Iterable[bytes]:
        status, fields, body = shared.refusal(exchange, self.client.settings)
        start_response(f"{status} {responses[status]}", fields)
        shared.report(exchange, self.client, status, self.route(environ))
        return [] if exchange.method == "HEAD" else [body]


class EnvironReader:
    """Reads what the record of a call needs from a WSGI environ, or from Django's `request.META`."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._key = _variable(settings.key_header)
        self._request_id = _variable(settings.request_id_header)
        self._sdk = _variable(settings.sdk_header)
        self._version = _variable(settings.version_header)

    def exchange(self, environ: Mapping[str, Any], path: str) -> Exchange:
        """The exchange a request begins."""
        get = environ.get
        settings = self._settings
        user_agent = get("HTTP_USER_AGENT")
        authorization = get("HTTP_AUTHORIZATION") if settings.accept_bearer else None
        return Exchange(
            environ["REQUEST_METHOD"],
            path,
            shared.key_from(get(self._key), authorization),
            shared.request_id_from(get(self._request_id)),
            shared.ip_from(get("REMOTE_ADDR"), get("HTTP_X_FORWARDED_FOR"), settings.forwarded_hops),
            user_agent,
            shared.sdk_from(get(self._sdk), user_agent),
            get(self._version),
        )


class _Watch:
    """The answer of an admitted request on its way out; reports the call when it is closed."""

    def __init__(
        self, wrap: PosthouseMiddleware, environ: Environ, start_response: StartResponse, exchange: Exchange
    ) -> None:
        self._wrap = wrap
        self._environ = environ
        self._start_response = start_response
        self._exchange = exchange
        self._status = 0
        self._content_type = ""
        self._peek: Peek | None = None
        self._received: Captured | None = None
        self._sent: Captured | None = None
        self._done = False
        if wrap.client.settings.record_bodies:
            self._received, self._sent = Captured(), Captured()
            if "wsgi.input" in environ:
                environ["wsgi.input"] = _Input(environ["wsgi.input"], self._received)
        try:
            self._answer = wrap.app(environ, self._starting)
            self._parts = iter(self._answer)
        except Exception:
            self._failed()
            raise

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        try:
            part = next(self._parts)
        except StopIteration:
            raise
        except Exception:
            self._failed()
            raise
        self._note(part)
        return part

    def close(self) -> None:
        """Called by the server when the answer is complete or the client has gone."""
        try:
            close = getattr(self._answer, "close", None)
            if close is not None:
                close()
        finally:
            self._finish(self._status or shared.CLIENT_GONE)

    def _starting(self, status: str, fields: list[tuple[str, str]], exc_info: Any = None) -> Callable[[bytes], object]:
        """Note the status and add the limits and the request id to the answer's header."""
        self._status = int(status[:3])
        self._peek = None
        if self._status >= 400 or self._sent is not None:
            given = {name.lower(): value for name, value in fields}
            self._content_type = given.get("content-type", "")
            if self._status >= 400:
                named = given.get(self._wrap.client.settings.error_code_header.lower())
                self._exchange.error_code = shared.clean_code(named)
                if self._exchange.error_code is None:
                    self._peek = Peek(self._content_type)
        fields = [*fields, *shared.answer_fields(self._exchange)]
        write = self._start_response(status, fields, exc_info) if exc_info else self._start_response(status, fields)

        def noting_write(part: bytes) -> object:
            self._note(part)
            return write(part)

        return noting_write

    def _note(self, part: bytes) -> None:
        if self._peek is not None:
            self._peek.add(part)
        if self._sent is not None:
            self._sent.add(part)

    def _failed(self) -> None:
        self._exchange.error_code = self._exchange.error_code or "exception"
        self._finish(self._status if self._status >= 400 else 500)

    def _finish(self, status: int) -> None:
        if self._done:
            return
        self._done = True
        exchange = self._exchange
        if self._peek is not None:
            exchange.error_code = self._peek.code() or exchange.error_code
        if self._received is not None and self._sent is not None:
            exchange.raw = RawExchange(
                header_fields(self._environ),
                self._environ.get("CONTENT_TYPE") or "",
                bytes(self._received.content),
                self._received.length,
                self._content_type,
                bytes(self._sent.content),
                self._sent.length,
                self._environ.get("QUERY_STRING") or "",
            )
        shared.report(exchange, self._wrap.client, status, self._wrap.route(self._environ))


class _Input:
    """`wsgi.input` that keeps the start of what the application reads."""

    def __init__(self, source: Any, captured: Captured) -> None:
        self._source = source
        self._captured = captured

    def read(self, *arguments: Any) -> bytes:
        """As the input's own."""
        return self._kept(self._source.read(*arguments))

    def readinto(self, buffer: Any) -> int | None:
        """As the input's own, or by way of `read` where it has none; werkzeug asks for this one."""
        own = getattr(self._source, "readinto", None)
        if own is None:
            part = self.read(len(buffer))
            buffer[: len(part)] = part
            return len(part)
        count: int | None = own(buffer)
        self._captured.add(bytes(buffer[: count or 0]))
        return count

    def readline(self, *arguments: Any) -> bytes:
        """As the input's own."""
        return self._kept(self._source.readline(*arguments))

    def readlines(self, *arguments: Any) -> list[bytes]:
        """As the input's own."""
        return [self._kept(line) for line in self._source.readlines(*arguments)]

    def __iter__(self) -> Iterator[bytes]:
        for line in self._source:
            yield self._kept(line)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._source, name)

    def _kept(self, part: bytes) -> bytes:
        self._captured.add(part)
        return part


def header_fields(environ: Mapping[str, Any]) -> list[tuple[str, str]]:
    """The request's header fields, their names in lower case."""
    fields = [
        (name[5:].lower().replace("_", "-"), str(value)) for name, value in environ.items() if name.startswith("HTTP_")
    ]
    content = [name for name in ("CONTENT_TYPE", "CONTENT_LENGTH") if environ.get(name)]
    return fields + [(name.lower().replace("_", "-"), str(environ[name])) for name in content]


def guarded(function: Callable[[Any], str | None], request: Any) -> str | None:
    """Ask the vendor's function; the record of a call is not worth failing the call."""
    try:
        return function(request)
    except Exception:
        log.exception("posthouse: %r failed", function)
        return None


def _path(environ: Environ) -> str:
    """The path as text: PEP 3333 hands over bytes dressed as Latin-1."""
    raw = (environ.get("SCRIPT_NAME", "") + environ.get("PATH_INFO", "")) or "/"
    return raw if raw.isascii() else raw.encode("latin-1").decode(errors="replace")


def _is_preflight(environ: Environ) -> bool:
    """A browser asks whether it may call at all, and sends no key with that."""
    return environ["REQUEST_METHOD"] == "OPTIONS" and "HTTP_ACCESS_CONTROL_REQUEST_METHOD" in environ


def _variable(header: str) -> str:
    return "HTTP_" + header.upper().replace("-", "_")
