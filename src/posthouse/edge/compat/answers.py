"""Answers in forms that the clients of other tools understand."""

from typing import Any

import msgspec

from posthouse.edge.asgi import Request
from posthouse.foundation.problems import Problem

CROSS_ORIGIN = (b"access-control-allow-origin", b"*")
"""Pages of any origin may send: what counts is the write key, and no cookie is looked at."""
_PREFLIGHT = [
    CROSS_ORIGIN,
    (b"access-control-allow-methods", b"POST"),
    (b"access-control-allow-headers", b"authorization, content-type, content-encoding, x-strict-mode"),
    (b"access-control-max-age", b"86400"),
    (b"content-length", b"0"),
]


async def send(request: Request, status: int, body: Any, headers: dict[str, str] | None = None) -> None:
    """A JSON answer."""
    text = msgspec.json.encode(body)
    fields = [
        (b"content-type", b"application/json"),
        (b"cache-control", b"no-store"),
        (b"content-length", b"%d" % len(text)),
        CROSS_ORIGIN,
        *((name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in (headers or {}).items()),
    ]
    await request.send({"type": "http.response.start", "status": status, "headers": fields})
    await request.send({"type": "http.response.body", "body": b"" if request.scope["method"] == "HEAD" else text})


async def refuse(request: Request, problem: Problem) -> None:
    """What went wrong. RudderStack's client sends again for ever what lacks `code`, PostHog's looks for `detail`."""
    sentence = problem.detail or problem.title
    body = {"success": False, "code": problem.code, "message": sentence, "detail": sentence, "error": sentence}
    await send(request, problem.status, body | problem.extra, problem.headers)


async def answer_preflight(request: Request) -> None:
    """What a browser asks before it lets a page send."""
    await request.send({"type": "http.response.start", "status": 204, "headers": _PREFLIGHT})
    await request.send({"type": "http.response.body", "body": b""})
