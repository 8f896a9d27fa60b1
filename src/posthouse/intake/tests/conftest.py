"""The team, a source, and items that were rejected."""

import pytest
from django.test import Client

from posthouse.foundation.clock import now
from posthouse.intake import actions
from posthouse.intake.models import Rejected, digest_of_item
from posthouse.people.actions import add_team_member, make_token
from posthouse.people.models import User

BACKEND = "allauth.account.auth_backends.AuthenticationBackend"


@pytest.fixture
def member(db):
    """Make a team member of a role."""

    def make(role):
        return add_team_member(user=User.objects.create_user(f"{role}@vendor.example", "x"), role=role)

    return make


@pytest.fixture
def desk(member):
    """The browser of an engineer."""
    return signed_in(member("engineer"))


def signed_in(member):
    browser = Client()
    browser.force_login(member.user, backend=BACKEND)
    return browser


@pytest.fixture
def ask(member):
    """Ask the HTTP API with every scope of sources."""
    _, secret = make_token(owner=member("admin"), name="t", scopes=["sources:read", "sources:write"])
    client = Client(headers={"authorization": f"Bearer {secret}"})

    def call(method, path, body=None):
        return getattr(client, method)(f"/api/v1/{path}", body, content_type="application/json")

    return call


@pytest.fixture
def source(db):
    return actions.make_source(name="Website", dialect="segment")


@pytest.fixture
def reject(source):
    """Make a rejected item of the source."""

    def make(item, reason="no-person", at=None, **fields):
        return Rejected.objects.create(
            source=source,
            received_at=at or now(),
            digest=digest_of_item(f"{item}{fields}{at}".encode(), reason),
            reason=reason,
            item=item,
            **fields,
        )

    return make
