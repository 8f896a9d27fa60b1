"""A real server on loopback, with the test database behind it."""

import http.client
import json
import threading
import time
from dataclasses import dataclass, field

import pytest
import uvicorn

from posthouse.edge.answers import send_json
from posthouse.edge.app import Edge
from posthouse.keys.actions import create_key
from posthouse.people.actions import add_team_member, make_token
from posthouse.people.models import Customer, User


async def beyond(scope, receive, send):
    """Stands where Django stands: says that it was asked."""
    await send_json(send, json.dumps({"beyond": scope["path"], "method": scope["method"]}).encode())


@dataclass
class Answer:
    """What came back."""

    status: int
    headers: http.client.HTTPMessage
    body: bytes

    @property
    def json(self):
        return json.loads(self.body)


@dataclass
class Served:
    """A running edge and a team token for it."""

    port: int
    token: str = ""
    edge: Edge | None = None
    extra: dict = field(default_factory=dict)

    def ask(self, method, path, body=None, *, token=None, **headers):
        """One request on a connection of its own; dictionaries are sent as JSON."""
        fields = {"Authorization": f"Bearer {self.token if token is None else token}"}
        if isinstance(body, dict | list):
            body = json.dumps(body).encode()
            fields["Content-Type"] = "application/json"
        fields |= {name.replace("_", "-"): value for name, value in headers.items()}
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request(method, path, body, {name: value for name, value in fields.items() if value is not None})
            answer = connection.getresponse()
            return Answer(answer.status, answer.headers, answer.read())
        finally:
            connection.close()

    def post(self, path, body, **headers):
        return self.ask("POST", f"/api/v1/{path}", body, **headers)

    def verify(self, key, **more):
        return self.post("keys/verify", {"key": key, **more}).json


@pytest.fixture
def serve(transactional_db):
    """Start servers in threads; all are ended with the test."""
    running = []

    def start(app):
        config = uvicorn.Config(app, port=0, log_level="error", lifespan="on", timeout_graceful_shutdown=2)
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, daemon=True)
        thread.start()
        running.append((server, thread))
        deadline = time.monotonic() + 10
        while not server.started and time.monotonic() < deadline:
            time.sleep(0.005)
        return server.servers[0].sockets[0].getsockname()[1]

    yield start
    for server, _ in running:
        server.should_exit = True
    for _, thread in running:
        thread.join(10)


@pytest.fixture
def team_member(transactional_db):
    return add_team_member(user=User.objects.create_user("robin@example.com", "pass-word-9"), role="admin")


@pytest.fixture
def edge(serve, team_member):
    """A running edge with a token that may do everything."""
    _, secret = make_token(owner=team_member, name="tests", scopes=["*"])
    app = Edge(beyond)
    return Served(serve(app), secret, app)


@pytest.fixture
def customer(transactional_db):
    return Customer.objects.create(name="Lumen")


@pytest.fixture
def make_key(customer):
    """Make a key of the customer; returns the row and the secret."""

    def make(**fields):
        return create_key(customer_id=customer.pk, name="main", **{"environment": "test"} | fields)

    return make
