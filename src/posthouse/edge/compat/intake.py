"""Taking in what the clients of other tools send: on disk before the answer, and what is unfit kept for the team."""

import asyncio
import base64
import binascii
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from posthouse.edge import problems
from posthouse.edge.asgi import Request
from posthouse.edge.bodies import PLAIN_LIMIT, ZLIB, read_batch
from posthouse.edge.compat.parcels import Parcel, read_item
from posthouse.edge.engine import Engine
from posthouse.edge.follower import TOO_OLD, KnownSource
from posthouse.edge.sql import EventRow, RejectRow
from posthouse.edge.writer import Outcome, Work
from posthouse.foundation.clock import now
from posthouse.foundation.ids import new_id
from posthouse.foundation.problems import Problem
from posthouse.intake.queries import ITEM_CHARACTERS, Envelope, Misfit, check, digest_of_item, event_source, translate
from posthouse.timeline.actions import digest_of

BREATH = 500
"""Items after which other requests get their turn."""
DETAIL = 300
SHOWN = 100
"""Rejected items that an answer tells of."""

Reader = Callable[[Request, bytes], Parcel]


@dataclass(slots=True)
class Rejection:
    """An item that is not taken in."""

    index: int
    reason: str
    detail: str
    event_id: str = ""


@dataclass(slots=True)
class Delivery:
    """One request on its way: rows to store with the items they came from, and what is wrong with the others."""

    source: KnownSource
    parcel: Parcel
    envelope: Envelope
    rows: list[EventRow] = field(default_factory=list)
    places: list[int] = field(default_factory=list)
    rejected: list[Rejection] = field(default_factory=list)
    outcomes: list[Outcome] = field(default_factory=list)

    def reject(self, index: int, misfit: Misfit, event_id: str = "") -> None:
        """Note that an item is not taken in."""
        self.rejected.append(Rejection(index, misfit.reason, misfit.detail[:DETAIL], event_id))


async def deliver(engine: Engine, request: Request, dialects: frozenset[str], read: Reader) -> Delivery:
    """Read a request and store what it brings. Raises problems."""
    known = await _source(engine, _key_of(request.authorization), dialects)
    body = await read_batch(request, engine.room, ZLIB, PLAIN_LIMIT)
    try:
        parcel = await _read(engine, request, known, read, body)
        source = known or await _source(engine, parcel.key, dialects)
        if source is None:
            raise unknown_key()
        _slow_down(engine, source, len(parcel.raws))
        delivery = Delivery(source, parcel, Envelope(now(), parcel.sent_at))
        await _prepare(engine, delivery)
        await _store(engine, delivery)
        return delivery
    finally:
        engine.room.free += len(body)


async def _source(engine: Engine, key: str, dialects: frozenset[str]) -> KnownSource | None:
    """The source that a write key leads to, also one made a moment ago; None when there is none.

    Raises 401 problems for a source that is switched off or of another dialect, and 503 when the database is away.
    """
    if not key:
        return None
    source = engine.follower.source(key)
    if source is None:
        await engine.follower.catch_up()
        source = engine.follower.source(key)
    if engine.follower.age > TOO_OLD:
        raise problems.unavailable("Write keys cannot be checked at the moment. Send the same again.")
    if source is not None and source.off:
        raise _unauthorised("source-off", "This source is switched off. It can be switched on in the desk.")
    if source is not None and source.dialect not in dialects:
        raise _unauthorised("write-key-elsewhere", f"This write key belongs to a source for {source.dialect}.")
    return source


def _key_of(authorization: bytes) -> str:
    """The write key in `Authorization`: the user of Basic, or Bearer. Empty when there is none."""
    scheme, _, given = authorization.partition(b" ")
    try:
        if scheme.lower() == b"basic":
            return base64.b64decode(given.strip(), validate=True).decode().partition(":")[0][:200]
        return given.strip().decode()[:200] if scheme.lower() == b"bearer" else ""
    except (binascii.Error, ValueError):
        return ""


async def _read(engine: Engine, request: Request, known: KnownSource | None, read: Reader, body: bytes) -> Parcel:
    """Raises a 400 problem for a body that cannot be read; where the sender is known, the team sees it too."""
    try:
        return read(request, body)
    except Problem as problem:
        if known is not None:
            lost = Delivery(known, Parcel([body], None, ""), Envelope(now()))
            lost.reject(0, Misfit("not-json", problem.detail))
            await _store(engine, lost)
        raise Problem(
            status=400, code=problem.code, title=problem.title, detail=problem.detail, extra=problem.extra
        ) from None


def _slow_down(engine: Engine, source: KnownSource, items: int) -> None:
    """Raises a 429 problem when the source sends faster than it may."""
    seconds = engine.pace.wait(source.id, items, source.rate)
    if seconds:
        raise Problem(
            status=429,
            code="too-fast",
            title="Too fast",
            detail=f"This source may send {source.rate} items a second. Send the same again in {seconds} s.",
            headers={"Retry-After": str(seconds)},
        )


async def _prepare(engine: Engine, delivery: Delivery) -> None:
    """Turn items into rows."""
    stamp = engine.dialect.stamp
    received = stamp(delivery.envelope.received_at)
    sent = stamp(delivery.parcel.sent_at) if delivery.parcel.sent_at else None
    for index, raw in enumerate(delivery.parcel.raws):
        if index % BREATH == BREATH - 1:
            await asyncio.sleep(0)
        item: dict[str, Any] = {}
        try:
            item = read_item(raw)
            rows = list(_rows(engine, delivery, item, raw, sent, received))
        except Misfit as misfit:
            delivery.reject(index, misfit, str(item.get("uuid") or item.get("messageId") or ""))
            continue
        delivery.rows += rows
        delivery.places += [index] * len(rows)


def _rows(
    engine: Engine, delivery: Delivery, item: dict[str, Any], raw: bytes, sent: str | None, received: str
) -> Iterator[EventRow]:
    """In the order of sql.EVENT_COLUMNS. The digest leaves the times out, which differ when an item is sent again."""
    source = delivery.source
    by = event_source(source.id)
    for told in translate(source.dialect, item, raw, source.rules):
        occurred = engine.dialect.stamp(told.occurred_at(delivery.envelope))
        text = check(told, raw)
        digest = digest_of(told.type, told.customer_id, told.contact_id, told.data)
        yield (
            by,
            told.id,
            told.type,
            1,
            told.customer_id,
            told.contact_id,
            by,
            occurred,
            sent,
            received,
            digest,
            text,
        )


async def _store(engine: Engine, delivery: Delivery) -> None:
    """Write everything; then, as only the database knows of them, the items that it did not take."""
    work = Work(
        events=delivery.rows,
        rejects=[_reject_row(engine, delivery, one) for one in delivery.rejected],
        source=delivery.source.id,
        seen=engine.dialect.stamp(delivery.envelope.received_at),
    )
    delivery.outcomes = await engine.store(work)
    late = list(_refused(delivery))
    if late:
        delivery.rejected += late
        rows = [_reject_row(engine, delivery, one) for one in late]
        await engine.store(Work(rejects=rows, source=work.source, seen=work.seen))


def _refused(delivery: Delivery) -> Iterator[Rejection]:
    for place, row, outcome in zip(delivery.places, delivery.rows, delivery.outcomes, strict=True):
        if outcome is Outcome.CONFLICT:
            yield Rejection(place, "conflict", row[1], row[1])
        elif outcome is Outcome.REFUSED:
            yield Rejection(place, "refused", "", row[1])


def _reject_row(engine: Engine, delivery: Delivery, one: Rejection) -> RejectRow:
    """In the order of sql.REJECT_COLUMNS."""
    raw = delivery.parcel.raws[one.index]
    text = raw[: 4 * ITEM_CHARACTERS].decode("utf-8", "replace").replace("\x00", "�")
    sent = delivery.parcel.sent_at
    return (
        new_id("rej"),
        delivery.source.id,
        engine.dialect.stamp(delivery.envelope.received_at),
        engine.dialect.stamp(sent) if sent else None,
        digest_of_item(raw, one.reason),
        one.reason,
        one.detail.replace("\x00", "�").encode("utf-8", "replace").decode(),
        text[:ITEM_CHARACTERS],
        len(text) > ITEM_CHARACTERS or len(raw) > 4 * ITEM_CHARACTERS,
    )


def strict_refusal(delivery: Delivery) -> Problem:
    """400 for callers that wish to hear of unfit items at once; the others are stored."""
    errors = [{"index": one.index, "reason": one.reason, "message": one.detail} for one in delivery.rejected[:SHOWN]]
    stored = len(delivery.parcel.raws) - len({one.index for one in delivery.rejected})
    return Problem(
        status=400,
        code="items-rejected",
        title="Items were rejected",
        detail=f"{len(delivery.rejected)} of {len(delivery.parcel.raws)} items were rejected, {stored} are stored.",
        extra={"rejected": errors},
    )


def is_strict(request: Request) -> bool:
    """Whether the caller asked for errors instead of a list on the desk."""
    return dict(request.fields).get(b"x-strict-mode", b"").strip().lower() in (b"1", b"true")


def unknown_key() -> Problem:
    """401: no write key, or none of ours."""
    return _unauthorised("write-key-unknown", "No source has this write key. It stands in the desk under Sources.")


def _unauthorised(code: str, detail: str) -> Problem:
    return Problem(status=401, code=code, title="Write key not accepted", detail=detail)
