"""POST /api/v1/keys/verify: may this key make this call? Decided from memory, limits included."""

from time import time
from typing import Annotated

import msgspec
from msgspec import Meta

from posthouse.edge.answers import JSON
from posthouse.edge.asgi import Request
from posthouse.edge.bodies import SMALL_LIMIT, read_rest, require_json
from posthouse.edge.engine import Engine
from posthouse.edge.faces import long_answer
from posthouse.edge.forms import decode
from posthouse_client import keyformat
from posthouse_client.decision import Decision

SCOPE = "keys:verify"


class VerifyIn(msgspec.Struct, gc=False):
    """The question."""

    key: Annotated[str, Meta(max_length=512)]
    cost: Annotated[int, Meta(ge=0, le=1_000_000)] = 1
    scope: Annotated[str, Meta(max_length=200)] | None = None
    ip: Annotated[str, Meta(max_length=64)] | None = None
    route: Annotated[str, Meta(max_length=500)] | None = None
    method: Annotated[str, Meta(max_length=20)] | None = None


_decoder = msgspec.json.Decoder(VerifyIn)


async def verify(engine: Engine, request: Request) -> None:
    """Answer 200 whether the key is good or not; errors are for the caller's own request. `headers` of the answer are
    the fields to send on to whoever presented the key."""
    token = engine.follower.recent_tokens.get(request.authorization)
    if token is None or not token.allows(SCOPE):
        await engine.authorise(request, SCOPE)
    if request.content_type != b"application/json":
        require_json(request)
    message = await request.receive()
    body: bytes = message.get("body", b"")
    if request.encoding or message.get("more_body", True) or len(body) > SMALL_LIMIT:
        body = await read_rest(message, request, engine.room, SMALL_LIMIT)
        engine.room.free += len(body)
    question = decode(_decoder, body)
    decision = engine.follower.store.decide(question.key, cost=question.cost, scope=question.scope, ip=question.ip)
    if decision.code == "key-unknown":
        decision = await _decide_again(engine, question)
    answer = _answer(engine, decision)
    headers = [JSON, (b"content-length", b"%d" % len(answer))]
    await request.send({"type": "http.response.start", "status": 200, "headers": headers})
    await request.send({"type": "http.response.body", "body": answer})


async def _decide_again(engine: Engine, question: VerifyIn) -> Decision:
    """A key never heard of may have been made a moment ago, so the database is read before it is refused."""
    follower = engine.follower
    parsed = keyformat.parse(question.key)
    if parsed is not None and parsed.issuer == engine.options.issuer:
        await follower.catch_up()
    return follower.store.decide(question.key, cost=question.cost, scope=question.scope, ip=question.ip)


def _answer(engine: Engine, decision: Decision) -> bytes:
    record = decision.record
    if decision.valid and record is not None:
        key_id = record.key_id
        engine.uses.keys[key_id] = time()
        face = engine.faces.get(key_id)
        if face is None or face.record is not record:
            face = engine.faces.make(record)
        if face is not None:
            return face.answer(decision.unused)
    return long_answer(decision)
