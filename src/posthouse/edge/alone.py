"""The edge as a process of its own, without pages: `posthouse edge`."""

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "posthouse.config.settings")

import django

django.setup()

from posthouse.edge import problems  # noqa: E402  needs Django set up
from posthouse.edge.answers import send_problem  # noqa: E402
from posthouse.edge.app import Edge  # noqa: E402
from posthouse.edge.asgi import Receive, Request, Scope, Send  # noqa: E402


async def nothing_beyond(scope: Scope, receive: Receive, send: Send) -> None:
    """404 for every other address."""
    if scope["type"] == "http":
        await send_problem(Request(scope, receive, send), problems.not_found())
    elif scope["type"] == "websocket":
        await send({"type": "websocket.close", "code": 1000})


application = Edge(nothing_beyond)
