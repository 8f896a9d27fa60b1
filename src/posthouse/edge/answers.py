"""Sending answers."""

from collections.abc import Sequence

import msgspec

from posthouse.edge.asgi import Request, Send
from posthouse.foundation.problems import MEDIA_TYPE, Problem

Fields = Sequence[tuple[bytes, bytes]]

JSON = (b"content-type", b"application/json")
_NOT_STORED = (b"cache-control", b"no-store")


async def send_json(send: Send, body: bytes, fields: Fields = ()) -> None:
    """200 with a JSON body."""
    headers = [JSON, (b"content-length", b"%d" % len(body)), *fields]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def send_problem(request: Request, problem: Problem) -> None:
    """The problem as its details object; without the body when the request was a HEAD."""
    body = msgspec.json.encode(problem.body(request.path))
    headers = [
        (b"content-type", MEDIA_TYPE.encode()),
        _NOT_STORED,
        (b"content-length", b"%d" % len(body)),
        *((name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in problem.headers.items()),
    ]
    await request.send({"type": "http.response.start", "status": problem.status, "headers": headers})
    await request.send({"type": "http.response.body", "body": b"" if request.scope["method"] == "HEAD" else body})
