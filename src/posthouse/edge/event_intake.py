"""POST /api/v1/events: what happened elsewhere, put on the timeline; on disk before the answer."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

import msgspec

from posthouse.edge import cloudevents, problems
from posthouse.edge.answers import send_json
from posthouse.edge.asgi import Request
from posthouse.edge.bodies import media_type_of, read_batch, require_json
from posthouse.edge.engine import Engine
from posthouse.edge.eventform import MOST, EventIn
from posthouse.edge.follower import Token
from posthouse.edge.forms import UNREADABLE, Batch, decode, may_have_nul, read_items
from posthouse.edge.sql import EventRow
from posthouse.edge.writer import Outcome, Work
from posthouse.foundation.clock import now
from posthouse.foundation.storable import has_nul, store
from posthouse.intake import queries as intake
from posthouse.timeline.actions import digest_of
from posthouse.timeline.events import catalogue

SCOPE = "events:write"
OWN_SOURCE = "posthouse"
"""What the house itself announces (`timeline.models.INTERNAL_SOURCE`); nobody else may."""
RESERVED = ("token:", intake.SOURCE_PREFIX)
"""Sources with these beginnings tell who sent something, so nobody names them himself."""
EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)
AHEAD = timedelta(days=1)
"""A caller's clock may be ahead by this much; anything later is a mistake."""

Errors = list[dict[str, str]]


class EventsIn(msgspec.Struct, gc=False):
    """A batch."""

    events: Annotated[list[EventIn], msgspec.Meta(max_length=MOST)]


class RawEventsIn(msgspec.Struct, gc=False):
    """A batch whose items are looked at one by one; or a single event, which has no such member."""

    events: Annotated[list[msgspec.Raw], msgspec.Meta(max_length=MOST)] | None = None


_batch = msgspec.json.Decoder(EventsIn)
_raw_batch = msgspec.json.Decoder(RawEventsIn)
_item = msgspec.json.Decoder(EventIn)


@dataclass(slots=True)
class Intake:
    """One request's events on their way: those fit to be stored, and what is wrong with the others."""

    batch: Batch
    single: bool = False
    rows: list[EventRow] = field(default_factory=list)
    places: list[int] = field(default_factory=list)
    emails: dict[int, str] = field(default_factory=dict)


async def take_events(engine: Engine, request: Request) -> None:
    """Take in one event or a batch, in our own JSON or as CloudEvents 1.0."""
    token = await engine.authorise(request, SCOPE)
    intake_of = _reader_of(request)
    body = await read_batch(request, engine.room)
    try:
        intake = intake_of(body)
        _prepare(engine, token, intake, may_have_nul(body))
        if intake.single and intake.batch.rejected:
            raise problems.invalid(intake.batch.rejected[0])
        outcomes = await engine.store(Work(events=intake.rows, emails=intake.emails)) if intake.rows else []
    finally:
        engine.room.free += len(body)
    if intake.single and outcomes[0] is Outcome.CONFLICT:
        raise problems.event_conflict(intake.rows[0][0], intake.rows[0][1])
    await send_json(request.send, _answer(intake, outcomes))


def _reader_of(request: Request) -> Any:
    """Which of the four forms the body has, by its declared type. Raises 415."""
    media_type, charset = media_type_of(request)
    if charset not in ("", "utf-8", "us-ascii"):
        raise problems.unsupported_media("Text must be UTF-8.")
    if media_type == cloudevents.STRUCTURED:
        return _read_structured
    if media_type == cloudevents.BATCH:
        return _read_cloud_batch
    if cloudevents.is_binary(request.fields):
        return lambda body: _read_binary(request, media_type, body)
    require_json(request)
    return _read_own


def _read_own(body: bytes) -> Intake:
    try:
        return Intake(Batch(list(enumerate(_batch.decode(body).events)), {}))
    except (msgspec.ValidationError, *UNREADABLE):
        raws = decode(_raw_batch, body).events
    if raws is not None:
        return Intake(read_items(_item, raws))
    return Intake(Batch([(0, decode(_item, body))], {}), single=True)


def _read_structured(body: bytes) -> Intake:
    return Intake(cloudevents.read_one(body), single=True)


def _read_cloud_batch(body: bytes) -> Intake:
    return Intake(cloudevents.read_many(body))


def _read_binary(request: Request, media_type: bytes, body: bytes) -> Intake:
    return Intake(cloudevents.read_binary(request.fields, media_type, body), single=True)


def _prepare(engine: Engine, token: Token, intake: Intake, nul: bool) -> None:
    """Check each event and make its row."""
    received = now()
    moment = engine.dialect.stamp(received)
    latest = received + AHEAD
    source_by_default = f"token:{token.id}"
    for index, event in intake.batch.items:
        source = event.source or source_by_default
        wrong = _wrong(event, source, source_by_default, latest)
        text = b"" if wrong else _encoded(event, wrong)
        if nul and not wrong and has_nul(msgspec.structs.asdict(event)):
            wrong.append({"path": "", "message": "NUL characters cannot be stored"})
        if wrong:
            intake.batch.rejected[index] = wrong
            continue
        if event.email and not event.contact_id:
            intake.emails[len(intake.rows)] = event.email.strip().lower()
        intake.places.append(index)
        intake.rows.append(_row(engine, event, source, source_by_default, moment, text.decode()))


def _wrong(event: EventIn, source: str, own: str, latest: datetime) -> Errors:
    """What the form alone cannot say."""
    errors: Errors = []
    if source == OWN_SOURCE or (source.startswith(RESERVED) and source != own):
        errors.append({"path": "source", "message": "This source is reserved"})
    if event.type in catalogue:
        errors.append({"path": "type", "message": "Only the house itself announces this; choose another name"})
    if not event.type.isprintable() or not event.id.isprintable() or not source.isprintable():
        errors.append({"path": "", "message": "Type, source and id are printable characters"})
    for name, moment in (("occurred_at", event.occurred_at), ("sent_at", event.sent_at)):
        if moment is not None and not EARLIEST <= moment <= latest:
            errors.append({"path": name, "message": "Expected a moment since 1970 that is not in the future"})
    return errors


def _encoded(event: EventIn, errors: Errors) -> bytes:
    """The data as JSON; what is wrong with it is added to the errors."""
    if event.email:
        event.data = {"email": event.email, **event.data}
    stored = store(event.data)
    if stored.fault:
        errors.append({"path": "data", "message": stored.why})
    return stored.text


def _row(engine: Engine, event: EventIn, source: str, actor: str, received: str, data: str) -> EventRow:
    """In the order of sql.EVENT_COLUMNS. The digest tells what was sent, so it leaves the contact's id alone that
    is looked up by address: the address may become known between two sendings."""
    customer_id, contact_id = event.customer_id or "", event.contact_id or ""
    stamp = engine.dialect.stamp
    return (
        source,
        event.id,
        event.type,
        1,
        customer_id,
        contact_id,
        actor,
        stamp(event.occurred_at) if event.occurred_at else received,
        stamp(event.sent_at) if event.sent_at else None,
        received,
        digest_of(event.type, customer_id, contact_id, event.data),
        data,
    )


_STATUS = {
    Outcome.ACCEPTED: "accepted",
    Outcome.DUPLICATE: "duplicate",
    Outcome.CONFLICT: "conflict",
    Outcome.REFUSED: "rejected",
}


def _answer(intake: Intake, outcomes: list[Outcome]) -> bytes:
    results: list[dict[str, Any]] = []
    conflicts: list[dict[str, Any]] = []
    rejected = intake.batch.rejected
    for index, row, outcome in zip(intake.places, intake.rows, outcomes, strict=True):
        results.append({"index": index, "status": _STATUS[outcome], "event_id": row[1]})
        if outcome is Outcome.CONFLICT:
            conflicts.append({"index": index, "source": row[0], "id": row[1]})
        elif outcome is Outcome.REFUSED:
            rejected[index] = [{"path": "", "message": "The database cannot store this event"}]
    never_sent = rejected.keys() - set(intake.places)
    results += [{"index": index, "status": "rejected", "event_id": None} for index in never_sent]
    results.sort(key=lambda result: result["index"])
    return msgspec.json.encode(
        {
            "accepted": outcomes.count(Outcome.ACCEPTED),
            "duplicates": outcomes.count(Outcome.DUPLICATE),
            "conflicts": conflicts,
            "rejected": [{"index": index, "errors": errors} for index, errors in sorted(rejected.items())],
            "results": results,
        }
    )
