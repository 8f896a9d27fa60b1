"""The types of an ASGI application, and the few parts of a request that the edge looks at."""

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]


class Request:
    """One HTTP request: its scope, its streams, and the header fields that matter here."""

    __slots__ = ("authorization", "content_type", "encoding", "receive", "scope", "send")

    def __init__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.scope = scope
        self.receive = receive
        self.send = send
        field = dict(scope["headers"]).get
        self.authorization: bytes = field(b"authorization", b"")
        self.content_type: bytes = field(b"content-type", b"")
        self.encoding: bytes = field(b"content-encoding", b"")

    @property
    def length(self) -> bytes:
        """The declared length of the body, as it was written."""
        length: bytes = dict(self.fields).get(b"content-length", b"")
        return length

    @property
    def fields(self) -> list[tuple[bytes, bytes]]:
        """All header fields, names in lower case."""
        fields: list[tuple[bytes, bytes]] = self.scope["headers"]
        return fields

    @property
    def path(self) -> str:
        """The decoded path."""
        path: str = self.scope["path"]
        return path
