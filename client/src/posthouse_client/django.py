"""Django: a middleware class of Django's own kind, for WSGI and ASGI alike.

    MIDDLEWARE = ["posthouse_client.django.PosthouseMiddleware", ...]
    POSTHOUSE = {"url": "https://developers.example.com", "token": "..."}

Without the setting `POSTHOUSE` the environment is read. The caller is `request.posthouse`.
"""

import asyncio
import functools
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import ClassVar, cast

from asgiref.sync import iscoroutinefunction, markcoroutinefunction
from django.conf import settings as django_settings
from django.http import HttpRequest, HttpResponse, UnreadablePostError
from django.http.response import HttpResponseBase
from django.urls import Resolver404, resolve

from posthouse_client import exchange as shared
from posthouse_client.client import Client
from posthouse_client.config import Settings
from posthouse_client.exchange import Captured, Exchange, Peek
from posthouse_client.redaction import READ_LIMIT, RawExchange
from posthouse_client.wsgi import EnvironReader, guarded, header_fields

FAILED = "posthouse.exception"

GetResponse = Callable[[HttpRequest], HttpResponseBase] | Callable[[HttpRequest], Awaitable[HttpResponseBase]]


@functools.cache
def shared_client() -> Client:
    """The one client of this process, from `settings.POSTHOUSE` or the environment."""
    given = getattr(django_settings, "POSTHOUSE", None)
    return Client(Settings(**given) if given else Settings.from_env())


class PosthouseMiddleware:
    """Verifies the key of every request, applies its limits, and reports the call.

    Put it first, so that what other middleware answers is reported too. A subclass may say more, with
    static methods given the request: `scope_of`, the scope it needs, None for none, asked before routing;
    `cost_of`, how many calls it counts as; `version_of`, the API version for the record; and with
    `make_client`, which client to use. A streamed answer is timed until it begins.
    """

    sync_capable = True
    async_capable = True

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response
        self.client = self.make_client()
        self._public = shared.PublicPaths(self.client.settings.public_paths)
        self._reader = EnvironReader(self.client.settings)
        self._is_async = iscoroutinefunction(get_response)
        if self._is_async:
            markcoroutinefunction(self)

    def make_client(self) -> Client:
        """The client to use."""
        return shared_client()

    scope_of: ClassVar[Callable[[HttpRequest], str | None] | None] = None
    cost_of: ClassVar[Callable[[HttpRequest], int] | None] = None
    version_of: ClassVar[Callable[[HttpRequest], str | None] | None] = None

    def __call__(self, request: HttpRequest) -> HttpResponseBase | Awaitable[HttpResponseBase]:
        """Handle one request."""
        if self._is_async:
            return self._call_async(request)
        if self._is_open(request):
            return self._ask(request)
        if not self.client.ready:
            self.client.wait_ready()
        exchange, refused = self._admit(request)
        return refused or self._finish(request, self._ask(request), exchange)

    async def _call_async(self, request: HttpRequest) -> HttpResponseBase:
        ask = cast(Callable[[HttpRequest], Awaitable[HttpResponseBase]], self.get_response)
        if self._is_open(request):
            return await ask(request)
        if not self.client.ready:
            await asyncio.to_thread(self.client.wait_ready)
        exchange, refused = self._admit(request)
        if refused is not None:
            return refused
        try:
            return self._finish(request, await ask(request), exchange)
        except asyncio.CancelledError:
            shared.report(exchange, self.client, shared.CLIENT_GONE, route_of(request))
            raise

    def process_exception(self, request: HttpRequest, exception: Exception) -> None:
        """Note that a view failed; Django makes the answer."""
        request.META[FAILED] = type(exception).__name__

    def _ask(self, request: HttpRequest) -> HttpResponseBase:
        return cast(Callable[[HttpRequest], HttpResponseBase], self.get_response)(request)

    def _is_open(self, request: HttpRequest) -> bool:
        """Whether a request needs no key: a public path, or a browser's preflight, which carries none."""
        return request.path in self._public or (
            request.method == "OPTIONS" and "HTTP_ACCESS_CONTROL_REQUEST_METHOD" in request.META
        )

    def _admit(self, request: HttpRequest) -> tuple[Exchange, HttpResponse | None]:
        exchange = self._reader.exchange(request.META, request.path)
        kind = type(self)
        if kind.version_of is not None:
            exchange.version = guarded(kind.version_of, request)
        scope = kind.scope_of(request) if kind.scope_of is not None else None
        cost = kind.cost_of(request) if kind.cost_of is not None else 1
        decision = shared.admit(exchange, self.client, scope, cost)
        if decision.valid:
            request.posthouse = exchange.caller()  # type: ignore[attr-defined]  # Django's way to add to a request
            if self.client.settings.record_bodies:
                _keep_body(request, exchange)
            return exchange, None
        status, fields, body = shared.refusal(exchange, self.client.settings)
        response = HttpResponse(body, status=status, headers=dict(fields))
        shared.report(exchange, self.client, status, route_of(request))
        return exchange, response

    def _finish(self, request: HttpRequest, response: HttpResponseBase, exchange: Exchange) -> HttpResponseBase:
        """Add the limits and the request id to an answer and report the call."""
        for name, value in shared.answer_fields(exchange):
            response.headers[name] = value
        content = b"" if response.streaming else cast(HttpResponse, response).content
        kind = response.headers.get("Content-Type", "")
        if response.status_code >= 400:
            named = response.headers.get(self.client.settings.error_code_header)
            exchange.error_code = shared.clean_code(named) or _peeked(kind, content)
            if exchange.error_code is None and FAILED in request.META:
                exchange.error_code = "exception"
        if exchange.raw is not None:
            sent = Captured()
            sent.add(content)
            exchange.raw.response, exchange.raw.response_length = bytes(sent.content), sent.length
            exchange.raw.response_type = kind
        shared.report(exchange, self.client, response.status_code, route_of(request))
        return response


def route_of(request: HttpRequest) -> str:
    """The template of the route that took, or would take, a request, as in the URLconf."""
    match = request.resolver_match
    if match is None:
        try:
            match = resolve(request.path_info)
        except Resolver404:
            return shared.UNMATCHED
    return "/" + match.route.removeprefix("^").removesuffix("$").lstrip("/")


def _peeked(kind: str, content: bytes) -> str | None:
    peek = Peek(kind)
    peek.add(content)
    return peek.code()


def _keep_body(request: HttpRequest, exchange: Exchange) -> None:
    """Keep the request's body if it is short enough to be read whole; Django then serves it from memory."""
    length = int(request.META.get("CONTENT_LENGTH") or 0)
    exchange.raw = RawExchange(header_fields(request.META), request.META.get("CONTENT_TYPE") or "", b"", length)
    exchange.raw.query = request.META.get("QUERY_STRING") or ""
    if 0 < length <= READ_LIMIT:
        with suppress(UnreadablePostError):
            exchange.raw.request = request.body
