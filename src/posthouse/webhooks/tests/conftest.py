"""A receiver on loopback, a program with a token, an engineer's browser."""

import json

import pytest
from django.test import Client

from posthouse.automations.tests.receiver import receiving
from posthouse.foundation.clock import now
from posthouse.people.actions import add_team_member, make_token
from posthouse.people.models import User
from posthouse.webhooks import actions

BACKEND = "allauth.account.auth_backends.AuthenticationBackend"
BOTH = ["survey.response.created", "survey.response.updated"]


@pytest.fixture
def receiver(settings):
    settings.WEBHOOK_PRIVATE = True
    with receiving() as server:
        yield server


@pytest.fixture
def subscribe(db, receiver):
    """Subscribe the receiver, to responses unless told otherwise."""

    def made(*events, **more):
        return actions.subscribe(**{"url": receiver.url, "events_": events or BOTH} | more)

    return made


@pytest.fixture
def settle():
    """Deliver what is due until nothing is under way."""

    def settled():
        for _ in range(200):
            if not actions.carry_on():
                return
        raise AssertionError("deliveries never came to rest")

    return settled


@pytest.fixture
def told(receiver):
    """The bodies that arrived, in the order of their arrival."""
    return lambda: [json.loads(body) for _path, _headers, body in receiver.calls]


@pytest.fixture
def member(db):
    """Make a team member of a role."""

    def made(role="engineer", language=""):
        user = User.objects.create_user(f"{role}@vendor.example", "x", language=language)
        return add_team_member(user=user, role=role)

    return made


@pytest.fixture
def desk(member):
    """The browser of an engineer."""
    browser = Client()
    browser.force_login(member().user, backend=BACKEND)
    return browser


@pytest.fixture
def call(member):
    """Ask the HTTP API, with the scopes of webhooks and of all their data unless others are named."""
    owner = member("admin")

    def asked(method, path, body=None, scopes=("webhooks:read", "webhooks:write", "surveys:read", "customers:read")):
        _, secret = make_token(owner=owner, name="t", scopes=list(scopes))
        client = Client(headers={"authorization": f"Bearer {secret}"})
        text = body if isinstance(body, str | bytes) else json.dumps(body) if body is not None else ""
        return getattr(client, method)(f"/api/v1/{path}", text, content_type="application/json")

    return asked


@pytest.fixture
def publish(db):
    """Tell of a response, as surveys do, without one."""

    def told(event_id="evt_1", **more):
        fields = {"event_id": event_id, "at": now(), "data": lambda: {"n": event_id}} | more
        return actions.publish("survey.response.created", **fields)

    return told
