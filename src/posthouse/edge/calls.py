"""POST /api/v1/calls: the calls made to the vendor's API, in batches, on disk before the answer."""

import time
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from posthouse.edge.answers import send_json
from posthouse.edge.asgi import Request
from posthouse.edge.bodies import read_batch, require_json
from posthouse.edge.engine import Engine
from posthouse.edge.forms import UNREADABLE, Batch, decode, may_have_nul, read_items
from posthouse.edge.sql import CallRow
from posthouse.edge.writer import Outcome, Work
from posthouse.foundation.clock import now
from posthouse.foundation.storable import has_nul

SCOPE = "calls:write"
MOST = 1_000
"""Calls in a batch."""
DETAILS_LIMIT = 256 * 1024
"""Bytes of headers and bodies of one call, as JSON."""
EARLIEST = datetime(2000, 1, 1, tzinfo=UTC).timestamp()
AHEAD = 86_400.0
"""A caller's clock may be ahead by this many seconds; anything later is a mistake."""


class CallIn(msgspec.Struct, gc=False):
    """One call. What is merely shown (path, user agent …) may be longer than its column and is cut."""

    id: Annotated[str, Meta(min_length=1, max_length=64)]
    at: float
    method: Annotated[str, Meta(min_length=1, max_length=10)]
    route: Annotated[str, Meta(max_length=200)]
    status: Annotated[int, Meta(ge=0, le=999)]
    duration_us: Annotated[int, Meta(ge=0, le=2_147_483_647)]
    key_id: Annotated[str, Meta(max_length=40)] | None = None
    environment: Literal["test", "live", ""] | None = None
    path: Annotated[str, Meta(max_length=16_384)] | None = None
    request_id: Annotated[str, Meta(max_length=1_000)] | None = None
    version: Annotated[str, Meta(max_length=1_000)] | None = None
    sdk: Annotated[str, Meta(max_length=1_000)] | None = None
    user_agent: Annotated[str, Meta(max_length=16_384)] | None = None
    error_code: Annotated[str, Meta(max_length=1_000)] | None = None
    ip: Annotated[str, Meta(max_length=45)] | None = None
    request_headers: dict[str, str] | None = None
    request_body: str | None = None
    response_body: str | None = None


class CallsIn(msgspec.Struct, gc=False):
    """A batch."""

    calls: Annotated[list[CallIn], Meta(max_length=MOST)]


class RawCallsIn(msgspec.Struct, gc=False):
    """A batch whose items are looked at one by one."""

    calls: Annotated[list[msgspec.Raw], Meta(max_length=MOST)]


_batch = msgspec.json.Decoder(CallsIn)
_raw_batch = msgspec.json.Decoder(RawCallsIn)
_item = msgspec.json.Decoder(CallIn)


async def take_calls(engine: Engine, request: Request) -> None:
    """Take in a batch; an item that is not of the right form is rejected, the others are stored."""
    await engine.authorise(request, SCOPE)
    require_json(request)
    body = await read_batch(request, engine.room)
    try:
        batch = _read(body)
        await _know_keys(engine, batch)
        rows = _rows(engine, batch, may_have_nul(body))
        outcomes = await engine.store(Work(calls=[row for _, row in rows])) if rows else []
    finally:
        engine.room.free += len(body)
    for (index, _), outcome in zip(rows, outcomes, strict=True):
        if outcome is Outcome.REFUSED:
            batch.rejected[index] = [{"path": "", "message": "The database cannot store this call."}]
    await send_json(request.send, _answer(outcomes, batch.rejected))


def _read(body: bytes) -> Batch:
    try:
        return Batch(list(enumerate(_batch.decode(body).calls)), {})
    except (msgspec.ValidationError, *UNREADABLE):
        return read_items(_item, decode(_raw_batch, body).calls)


async def _know_keys(engine: Engine, batch: Batch) -> None:
    """A key this process has not heard of may have been made a moment ago."""
    known = engine.follower.lines
    if any(call.key_id and call.key_id not in known for _, call in batch.items):
        await engine.follower.catch_up()


def _rows(engine: Engine, batch: Batch, nul: bool) -> list[tuple[int, CallRow]]:
    received = engine.dialect.stamp(now())
    latest = time.time() + AHEAD
    rows = []
    for index, call in batch.items:
        wrong = _wrong(call, latest, nul)
        if wrong:
            batch.rejected[index] = wrong
        else:
            rows.append((index, _row(engine, call, received)))
    return rows


def _wrong(call: CallIn, latest: float, nul: bool) -> list[dict[str, str]]:
    if not EARLIEST <= call.at <= latest:
        return [{"path": "at", "message": "Expected Unix seconds, not before the year 2000 and not in the future"}]
    if nul and has_nul(msgspec.structs.asdict(call)):
        return [{"path": "", "message": "NUL characters cannot be stored"}]
    if _details_size(call) > DETAILS_LIMIT:
        return [{"path": "request_body", "message": f"Headers and bodies have more than {DETAILS_LIMIT} characters"}]
    return []


def _details_size(call: CallIn) -> int:
    size = len(call.request_body or "") + len(call.response_body or "")
    if call.request_headers:
        size += sum(len(name) + len(value) for name, value in call.request_headers.items())
    return size


def _row(engine: Engine, call: CallIn, received: str) -> CallRow:
    record = engine.follower.store.get(call.key_id) if call.key_id else None
    if record is not None:
        engine.uses.key(record.key_id, call.at)
    return (
        call.id,
        engine.dialect.stamp(datetime.fromtimestamp(call.at, UTC)),
        record.customer_id if record else "",
        call.key_id or "",
        record.environment if record else call.environment or "",
        call.method,
        call.route,
        (call.path or "")[:500],
        call.status,
        call.duration_us,
        (call.request_id or "")[:80],
        (call.version or "")[:40],
        (call.sdk or "")[:80],
        (call.user_agent or "")[:200],
        (call.error_code or "")[:80],
        call.ip or "",
        _details(call),
        received,
    )


def _details(call: CallIn) -> str | None:
    """Headers and bodies as JSON text; None when the vendor does not record them."""
    shown: dict[str, Any] = {
        name: value
        for name, value in (
            ("request_headers", call.request_headers),
            ("request_body", call.request_body),
            ("response_body", call.response_body),
        )
        if value is not None
    }
    return msgspec.json.encode(shown).decode() if shown else None


def _answer(outcomes: list[Outcome], rejected: dict[int, list[dict[str, str]]]) -> bytes:
    return msgspec.json.encode(
        {
            "accepted": outcomes.count(Outcome.ACCEPTED),
            "duplicates": outcomes.count(Outcome.DUPLICATE),
            "rejected": [{"index": index, "errors": errors} for index, errors in sorted(rejected.items())],
        }
    )
