"""What the edge's routes share while the process runs: writer, follower, who listens, and bounds."""

import asyncio
import logging
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from posthouse.edge import problems
from posthouse.edge.asgi import Request
from posthouse.edge.bodies import Room
from posthouse.edge.faces import Faces
from posthouse.edge.feed import Feed
from posthouse.edge.follower import TOO_OLD, Follower, Token
from posthouse.edge.pace import Pace
from posthouse.edge.records import Reader
from posthouse.edge.sql import UnreachableError, open_database, stamp_for
from posthouse.edge.uses import EVERY, Uses
from posthouse.edge.writer import Outcome, QueueFullError, Work, Writer

logger = logging.getLogger(__name__)

AT_ONCE = 1_000
"""Requests answered at the same time; more are told to come back."""
WAIT_SECONDS = 15.0
"""A request waits this long for its rows to be on disk."""


@dataclass(frozen=True, kw_only=True)
class Options:
    """What the edge must be told. `database` is a Django settings entry."""

    database: Mapping[str, Any]
    issuer: str
    peppers: Mapping[str, bytes]
    default_limits: Mapping[str, Sequence[Sequence[Any]]]


class Engine:
    """Made on the event loop it serves."""

    def __init__(self, options: Options) -> None:
        self.options = options
        self.loop = asyncio.get_running_loop()
        self.dialect = stamp_for(options.database)
        self.room = Room()
        self.uses = Uses()
        self.pace = Pace()
        self.faces = Faces()
        self.feed = Feed()
        self.writer = Writer(open_database(options.database), self.loop)
        self.follower = Follower(
            open_database(options.database),
            Reader(options.default_limits),
            options.peppers,
            self.loop,
            self.feed.publish,
        )
        self.reading = ThreadPoolExecutor(1, thread_name_prefix="edge-reader")
        """For questions to the database that single requests have, on `reader`."""
        self.reader = open_database(options.database)
        self._tasks: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        """Load keys and tokens, then begin to follow and to write."""
        await self._load()
        self.follower.start()
        self.writer.start()
        self._tasks = [self.loop.create_task(self._flush_uses()), self.loop.create_task(self.room.sweep())]

    async def stop(self) -> None:
        """End the streams, write what is left, and end."""
        self.feed.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._submit_uses()
        await asyncio.to_thread(self.writer.stop)
        await asyncio.to_thread(self.follower.stop)
        self.reading.submit(self.reader.close)
        self.reading.shutdown()

    async def authorise(self, request: Request, scope: str) -> Token:
        """The caller's token. Raises 401, 403 or 503 problems."""
        token = self.follower.recent_tokens.get(request.authorization) or await self._find_token(request)
        if token is None:
            raise problems.token_invalid()
        if not token.allows(scope):
            raise problems.scope_missing(scope)
        return token

    async def _find_token(self, request: Request) -> Token | None:
        """One that was made a moment ago is found too. Raises a 503 problem when the database is out of reach."""
        secret = _bearer(request.authorization)
        token = self.follower.token(secret)
        if token is None and secret.isascii():
            await self.follower.catch_up()
            token = self.follower.token(secret)
        if self.follower.age > TOO_OLD:
            raise problems.verifier_unavailable()
        if token is not None:
            self.follower.recent_tokens[request.authorization] = token
            self.uses.tokens[token.id] = time.time()
        return token

    async def store(self, work: Work) -> list[Outcome]:
        """Have rows written; returns when they are on disk. Raises 503 problems."""
        try:
            async with asyncio.timeout(WAIT_SECONDS):
                return await self.writer.submit(work)
        except QueueFullError:
            raise problems.overloaded() from None
        except (UnreachableError, TimeoutError):
            raise problems.unavailable(
                "What was sent may not have been stored. Send it again with the same ids; nothing counts twice."
            ) from None

    async def _load(self) -> None:
        """Wait for the database, as it may be starting too."""
        for pause in (0.1, 0.3, 1.0, 3.0):
            try:
                return await asyncio.to_thread(self.follower.load)
            except UnreachableError as error:
                logger.warning("the edge cannot read the database yet: %s", error)
                await asyncio.sleep(pause)
        return await asyncio.to_thread(self.follower.load)

    async def _flush_uses(self) -> None:
        while True:
            await asyncio.sleep(EVERY)
            self._submit_uses()

    def _submit_uses(self) -> None:
        work = self.uses.take(self.dialect)
        if work is None:
            return
        with suppress(QueueFullError):
            self.writer.submit(work).add_done_callback(_note_failure)


def _note_failure(done: "asyncio.Future[list[Outcome]]") -> None:
    if not done.cancelled() and done.exception() is not None:
        logger.warning("last uses were not noted: %s", done.exception())


def _bearer(authorization: bytes) -> bytes:
    """The secret of `Authorization: Bearer …`. Raises a 401 problem when there is none."""
    scheme, _, secret = authorization.partition(b" ")
    secret = secret.strip()
    if scheme.lower() != b"bearer" or not 20 <= len(secret) <= 60:
        raise problems.token_invalid()
    return secret
