"""Reading a request's body: bounded in size and time, on the wire and after decompression."""

import asyncio
import zlib
from collections.abc import Mapping
from typing import Any

from posthouse.edge import problems
from posthouse.edge.asgi import Message, Request

MIB = 1024 * 1024
WIRE_LIMIT = MIB
"""Compressed bytes of one batch."""
PLAIN_LIMIT = 8 * MIB
"""Bytes of one batch as JSON."""
SMALL_LIMIT = 16 * 1024
"""Bytes of a request that is not a batch."""
SECONDS = 20.0
"""Within this a body must have arrived."""
BUDGET = 96 * MIB
"""Bytes of bodies being read or waiting to be stored, all requests together."""

GZIP = {b"gzip": 31, b"x-gzip": 31}
"""Content codings and how zlib calls them."""
ZLIB = GZIP | {b"deflate": 15}

_STEP = 64 * 1024
_ANYTHING_JSON = (b"", b"application/json")


NEVER = 1 << 60
"""The beat of a task whose body is complete: it is late no more."""


class Room:
    """The requests under way, and how much memory their bodies take. Touched by the event loop only.

    A timer for each request would cost as much as verifying a key, so one sweep a second looks after all of them.
    """

    def __init__(self) -> None:
        self.free = BUDGET
        self.loop = asyncio.get_running_loop()
        self.beat = 0
        self.running: dict[asyncio.Task[Any] | None, int] = {}
        """By task that answers a request: the beat at which it began."""
        self._late: set[asyncio.Task[Any] | None] = set()

    async def sweep(self) -> None:
        """Once a second, for ever: give up on bodies that do not arrive."""
        while True:
            await asyncio.sleep(1)
            self.beat += 1
            for task, since in list(self.running.items()):
                if self.beat - since > SECONDS and task is not None:
                    self._late.add(task)
                    task.cancel()

    def was_late(self, task: "asyncio.Task[Any] | None") -> bool:
        """Whether it was cancelled by `sweep`, and by nobody else."""
        if task is None or task not in self._late:
            return False
        self._late.discard(task)
        return task.uncancel() == 0


async def read_batch(
    request: Request, room: Room, codings: Mapping[bytes, int] = GZIP, wire_limit: int = WIRE_LIMIT
) -> bytes:
    """The whole body of a batch, decompressed. Raises 400, 413, 415 or 503 problems; the sweep makes 408 of slow ones.

    The room it takes is the caller's to give back: `room.free += len(body)`.
    """
    _refuse_declared(request, wire_limit if request.encoding else PLAIN_LIMIT, room)
    body = await read_rest(await request.receive(), request, room, PLAIN_LIMIT, codings, wire_limit)
    room.running[asyncio.current_task(room.loop)] = NEVER
    return body


async def read_rest(
    message: Message,
    request: Request,
    room: Room,
    limit: int,
    codings: Mapping[bytes, int] = GZIP,
    wire_limit: int = WIRE_LIMIT,
) -> bytes:
    """The whole body, of which `message` has the first part; otherwise as `read_batch`."""
    inflater = _inflater_for(request, codings) if request.encoding else None
    body: bytes = message.get("body", b"")
    if inflater is None and not message.get("more_body", True) and len(body) <= min(limit, room.free):
        room.free -= len(body)
        return body
    return await _gather(message, request, min(limit, wire_limit) if inflater else limit, limit, inflater, room)


def _inflater_for(request: Request, codings: Mapping[bytes, int]) -> "_Inflater | None":
    coding = request.encoding.strip().lower()
    if coding in (b"", b"identity"):
        return None
    if coding in codings:
        return _Inflater(codings[coding])
    known = [name.decode() for name in codings if not name.startswith(b"x-")]
    raise problems.unsupported_media(
        f"Content-Encoding may be {' or '.join(known)}, or left out.",
        {"Accept-Encoding": ", ".join([*known, "identity"])},
    )


def _refuse_declared(request: Request, limit: int, room: Room) -> None:
    """Say no before reading when the declared length says enough."""
    if not request.length:
        return
    if not request.length.isdigit():
        raise problems.bad_request("Content-Length is not a number.")
    declared = int(request.length[:20])
    if declared > limit:
        raise _above(limit)
    if declared > room.free:
        raise problems.overloaded()


async def _gather(
    message: Message, request: Request, wire_limit: int, limit: int, inflater: "_Inflater | None", room: Room
) -> bytes:
    more = _goes_on(message)
    parts: list[bytes] = []
    wire = plain = 0
    try:
        while True:
            part: bytes = message.get("body", b"")
            wire += len(part)
            if wire > wire_limit:
                raise _above(wire_limit)
            if inflater is not None and part:
                part = inflater.feed(part, limit - plain)
            plain += len(part)
            room.free -= len(part)
            if room.free < 0:
                raise problems.overloaded()
            parts.append(part)
            if not more:
                break
            message = await request.receive()
            more = _goes_on(message)
        if inflater is not None and not inflater.done:
            raise problems.bad_request("The compressed body is cut short.")
    except BaseException:
        room.free += plain
        raise
    return parts[0] if len(parts) == 1 else b"".join(parts)


def _goes_on(message: Message) -> bool:
    if message["type"] == "http.disconnect":
        raise problems.bad_request("The connection ended before the request did.")
    return bool(message.get("more_body", False))


class _Inflater:
    """Gzip, possibly of several members, or zlib's own form, giving up as soon as too much comes out."""

    def __init__(self, wbits: int) -> None:
        self._wbits = wbits
        self._stream = zlib.decompressobj(wbits=wbits)
        self._began = False

    @property
    def done(self) -> bool:
        """Whether the last member is complete."""
        return self._began and self._stream.eof

    def feed(self, data: bytes, room: int) -> bytes:
        """What comes out of the next piece. Raises 413 when it is more than `room`, 400 when it is not gzip."""
        out = bytearray()
        if self._stream.eof:
            self._stream = zlib.decompressobj(wbits=self._wbits)
        while True:
            step = min(_STEP, room - len(out) + 1)
            piece = self._inflate(data, step)
            out += piece
            if len(out) > room:
                raise _above(PLAIN_LIMIT)
            data = self._stream.unused_data if self._stream.eof else self._stream.unconsumed_tail
            if not data and (self._stream.eof or len(piece) < step):
                return bytes(out)
            if self._stream.eof:
                self._stream = zlib.decompressobj(wbits=self._wbits)

    def _inflate(self, data: bytes, most: int) -> bytes:
        self._began = True
        try:
            return self._stream.decompress(data, most)
        except zlib.error:
            raise problems.bad_request("The body is not compressed as it says, or is damaged.") from None


def _above(limit: int) -> Exception:
    return problems.too_large(
        f"At most {limit} bytes are taken at once; compressed bodies may have {PLAIN_LIMIT} bytes when unpacked."
    )


def require_json(request: Request) -> None:
    """Raise 415 unless the body is declared as JSON in UTF-8, or not declared at all."""
    media_type, charset = media_type_of(request)
    if media_type not in _ANYTHING_JSON or charset not in ("", "utf-8", "us-ascii"):
        raise problems.unsupported_media(
            "Send JSON: Content-Type: application/json.", {"Accept-Post": "application/json"}
        )


def media_type_of(request: Request) -> tuple[bytes, str]:
    """The media type and the charset of the body, lower case; empty when not given."""
    value = request.content_type
    if value == b"application/json":
        return value, ""
    media_type, _, rest = value.partition(b";")
    charset = ""
    for parameter in rest.decode("latin-1").lower().split(";"):
        name, _, given = parameter.strip().partition("=")
        if name == "charset":
            charset = given.strip('" ')
    return media_type.strip().lower(), charset
