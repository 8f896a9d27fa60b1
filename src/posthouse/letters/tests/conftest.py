"""The people of the keys' tests, and letters in their hands."""

import pytest

from posthouse.keys.tests import conftest as keys
from posthouse.keys.tests.conftest import customer, outsider, owner
from posthouse.messages import actions

__all__ = ["customer", "outsider", "owner"]

members = keys.member_as
team = keys.team_as

ADA = "ada@example.org"


@pytest.fixture
def letter(db):
    """A letter to somebody."""

    def letter(**more):
        fields = {"template_key": "messages/test_mail", "email": ADA, "category": "surveys"}
        return actions.send_letter(**fields | {"context": {"name": "Ada", "link": "https://x.example/"}} | more).message

    return letter


@pytest.fixture
def member_as(members):
    """The browser of a member in a role."""
    return lambda role: members(role).browser


@pytest.fixture
def team_as(team):
    """The browser of one of the vendor's people."""
    return lambda role: team(role)[1]
