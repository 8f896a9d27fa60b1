"""Sunline on a free port of this machine, and a caller that speaks real HTTP to it."""

import json
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
import urllib3
import uvicorn
from starlette.types import ASGIApp

from sunline.app import create_app
from sunline.settings import Settings


@dataclass(frozen=True, slots=True)
class Answer:
    """One HTTP answer."""

    status: int
    headers: urllib3.HTTPHeaderDict
    body: bytes

    @property
    def json(self) -> Any:
        """The body as JSON."""
        return json.loads(self.body)


@dataclass(frozen=True, slots=True)
class Caller:
    """Calls one server; paths begin with a slash."""

    url: str
    pool: urllib3.PoolManager = field(default_factory=lambda: urllib3.PoolManager(retries=False, timeout=10))

    def get(self, path: str, /, **query: object) -> Answer:
        """GET with the query written by urllib3; a trailing underscore keeps `from` out of Python's way."""
        fields = {name.rstrip("_"): str(value) for name, value in query.items()}
        return self.request("GET", path, fields=fields or None)

    def post_json(self, path: str, content: object) -> Answer:
        """POST of a JSON body."""
        return self.request("POST", path, body=json.dumps(content), headers={"Content-Type": "application/json"})

    def request(self, method: str, path: str, **options: Any) -> Answer:
        """Any request."""
        answer = self.pool.request(method, self.url + path, **options)
        return Answer(answer.status, answer.headers, answer.data)


@pytest.fixture(scope="session")
def sunline() -> Iterator[Caller]:
    """Sunline without Posthouse, so without keys."""
    listener = socket.create_server(("127.0.0.1", 0))
    url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    with _served(create_app(Settings(base_url=url)), listener):
        yield Caller(url)


@pytest.fixture
def serve() -> Callable[[ASGIApp], AbstractContextManager[str]]:
    """Serves any ASGI application on a free port while its context lasts; gives its address."""
    return _serve_anywhere


@pytest.fixture
def caller_for() -> type[Caller]:
    """Makes a caller for an address."""
    return Caller


@contextmanager
def _serve_anywhere(app: ASGIApp) -> Iterator[str]:
    listener = socket.create_server(("127.0.0.1", 0))
    with _served(app, listener):
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"


@contextmanager
def _served(app: ASGIApp, listener: socket.socket) -> Iterator[None]:
    server = uvicorn.Server(uvicorn.Config(app, log_level="critical", access_log=False))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    yield
    server.should_exit = True
    thread.join(timeout=10)
