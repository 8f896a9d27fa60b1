"""A running campaign, the team, and a program with a token."""

import json

import pytest
from django.test import Client

from posthouse.people.actions import add_team_member, make_token
from posthouse.people.models import User
from posthouse.surveys import actions

BACKEND = "allauth.account.auth_backends.AuthenticationBackend"
ADA = "ada@example.org"
WORDS = {
    "en": {
        "subject": "One question",
        "question": "How likely are you to recommend Sunline?",
        "low": "Not at all",
        "high": "Very",
        "comment": {"low": "What went wrong?", "high": "What do you like?"},
        "thanks": {"low": "Sorry to hear that.", "high": "Glad to hear that."},
        "link": {"high": "Tell others"},
    },
    "es": {"subject": "Una pregunta", "question": "¿Recomendaría Sunline?", "thanks": {"high": "Qué bien."}},
}


@pytest.fixture
def make(db):
    """Make a campaign, running unless told otherwise."""

    def made(state="running", **changes):
        fields = {"name": "Quarterly", "metric": "nps", "texts": WORDS, "rest_days_any": 0} | changes
        campaign = actions.make_campaign(**fields)
        return actions.set_state(campaign=campaign, state=state) if state != "draft" else campaign

    return made


@pytest.fixture
def campaign(make):
    return make(links={"high": "https://example.org/tell"})


@pytest.fixture
def ask(db):
    """Ask somebody, Ada unless told otherwise."""

    def asked(campaign, **wish):
        who = {} if "contact_id" in wish else {"email": ADA}
        return actions.ask(campaign=campaign, wish=actions.Wish(**who | wish)).send

    return asked


@pytest.fixture
def member(db):
    """Make a team member of a role."""

    def made(role="engineer"):
        return add_team_member(user=User.objects.create_user(f"{role}@vendor.example", "x"), role=role)

    return made


@pytest.fixture
def desk(member):
    """The browser of an engineer."""
    browser = Client()
    browser.force_login(member().user, backend=BACKEND)
    return browser


@pytest.fixture
def call(member):
    """Ask the HTTP API with every scope of surveys."""
    scopes = ["surveys:read", "surveys:write", "surveys:send"]
    _, secret = make_token(owner=member("admin"), name="t", scopes=scopes)
    client = Client(headers={"authorization": f"Bearer {secret}"})

    def asked(method, path, body=None, **headers):
        text = body if isinstance(body, str | bytes) else json.dumps(body) if body is not None else ""
        return getattr(client, method)(f"/api/v1/{path}", text, content_type="application/json", headers=headers)

    return asked
