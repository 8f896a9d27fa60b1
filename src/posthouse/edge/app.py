"""Raw ASGI: routes that must be fast are answered here, everything else goes on to Django."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from django.conf import settings
from django.db import connections

from posthouse.edge import problems
from posthouse.edge.answers import send_problem
from posthouse.edge.asgi import App, Receive, Request, Scope, Send
from posthouse.edge.calls import take_calls
from posthouse.edge.compat import answers
from posthouse.edge.compat import routes as compat
from posthouse.edge.ending import when_told_to_end
from posthouse.edge.engine import AT_ONCE, Engine, Options
from posthouse.edge.event_intake import take_events
from posthouse.edge.sync import changes, snapshot
from posthouse.edge.verify import verify
from posthouse.foundation.credentials import peppers
from posthouse.foundation.problems import Problem

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Route:
    """Who answers which method; `others` are the methods that Django answers at the same address."""

    method: str
    answer: Callable[[Engine, Request], Awaitable[None]]
    others: frozenset[str] = frozenset()
    refuse: Callable[[Request, Problem], Awaitable[None]] = send_problem
    preflight: Callable[[Request], Awaitable[None]] | None = None
    """Answers OPTIONS, for addresses to which pages of other origins may send."""

    @property
    def allowed(self) -> str:
        """For the Allow field."""
        return ", ".join(sorted({self.method, *self.others}))


READ = frozenset({"GET", "HEAD", "OPTIONS"})

ROUTES = {
    "/api/v1/keys/verify": Route("POST", verify),
    "/api/v1/keys/snapshot": Route("GET", snapshot),
    "/api/v1/keys/changes": Route("GET", changes),
    "/api/v1/calls": Route("POST", take_calls, READ),
    "/api/v1/events": Route("POST", take_events, READ),
} | {
    address: Route("POST", answer, refuse=answers.refuse, preflight=answers.answer_preflight)
    for address, answer in compat.ADDRESSES.items()
}
NOWHERE = Route("", compat.nothing_here, refuse=answers.refuse)


def route_to(scope: Scope) -> Route | None:
    """Who answers a connection; None for what goes on to Django."""
    if scope["type"] != "http":
        return None
    path: str = scope["path"]
    is_lost = path.startswith(compat.PREFIX) and not path.startswith(compat.BEYOND)
    found = ROUTES.get(path) or (NOWHERE if is_lost else None)
    return None if found is None or scope["method"] in found.others else found


class Edge:
    """Answers the fast routes, hands the rest to `beyond`."""

    def __init__(self, beyond: App, options: Callable[[], Options] | None = None) -> None:
        """`options` is asked when the server starts; left out, Django's settings say everything."""
        self._beyond = beyond
        self._options = options or options_of_django
        self._engine: Engine | None = None
        self._starting: asyncio.Lock | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One ASGI connection."""
        route = route_to(scope)
        if route is None:
            await self._pass_on(scope, receive, send)
            return
        request = Request(scope, receive, send)
        if route.preflight is not None and scope["method"] == "OPTIONS":
            await route.preflight(request)
            return
        try:
            engine = self._engine or await self._start()
            if route.method not in ("", scope["method"]):
                raise problems.method_not_allowed(route.allowed)
            room = engine.room
            if len(room.running) >= AT_ONCE:
                raise problems.overloaded()
            task = asyncio.current_task(room.loop)
            room.running[task] = room.beat
            try:
                await route.answer(engine, request)
            except asyncio.CancelledError:
                if not room.was_late(task):
                    raise
                raise problems.too_slow() from None
            finally:
                room.running.pop(task, None)
        except Problem as problem:
            await route.refuse(request, problem)
        except Exception:
            logger.exception("the edge failed at %s", request.path)
            await route.refuse(request, problems.internal())

    async def _pass_on(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._live(receive, send)
        else:
            await self._beyond(scope, receive, send)

    async def _start(self) -> Engine:
        """Made at the first request when the server did not announce its start."""
        if self._starting is None:
            self._starting = asyncio.Lock()
        async with self._starting:
            if self._engine is None:
                engine = Engine(self._options())
                await engine.start()
                self._engine = engine
        return self._engine

    async def _live(self, receive: Receive, send: Send) -> None:
        await receive()
        try:
            engine = await self._start()
        except Exception as error:
            logger.exception("the edge cannot start")
            await send({"type": "lifespan.startup.failed", "message": str(error)})
            return
        when_told_to_end(engine.loop, engine.feed.close)
        await send({"type": "lifespan.startup.complete"})
        await receive()
        if self._engine is not None:
            await self._engine.stop()
            self._engine = None
        await send({"type": "lifespan.shutdown.complete"})


def options_of_django() -> Options:
    """What Django's settings say, with the database it really uses (tests use another than the settings name)."""
    return Options(
        database=connections["default"].settings_dict,
        issuer=settings.ISSUER,
        peppers=peppers(),
        default_limits=settings.DEFAULT_LIMITS,
    )
