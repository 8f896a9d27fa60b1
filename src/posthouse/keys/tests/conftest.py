"""A customer with people in every role, one from elsewhere, and the vendor's team."""

from dataclasses import dataclass

import pytest
from django.test import Client

from posthouse.keys import actions, models
from posthouse.people import actions as people
from posthouse.people.models import Contact, Customer, TeamMember, User


@dataclass
class Person:
    """Somebody with a login, and the browser they use."""

    contact: Contact
    browser: Client


def sign_up(email: str) -> Person:
    """A new login with its contact, signed in."""
    user = User.objects.create_user(email, "correct horse battery")
    browser = Client()
    browser.force_login(user)
    return Person(people.open_account(user=user), browser)


@pytest.fixture
def owner(db):
    return sign_up("owner@orrery.example")


@pytest.fixture
def customer(owner):
    return people.found_customer(name="Orrery", owner=owner.contact)


@pytest.fixture
def member_as(customer):
    """A member of the customer in a role."""

    def join(role: str) -> Person:
        person = sign_up(f"{role}@orrery.example")
        people.join_customer(customer=customer, contact=person.contact, role=role)
        return person

    return join


@pytest.fixture
def outsider(db):
    """The owner of another customer."""
    person = sign_up("owner@elsewhere.example")
    people.found_customer(name="Elsewhere", owner=person.contact)
    return person


@pytest.fixture
def team_as(db):
    """One of the vendor's people in a role: the member and a signed-in browser."""

    def join(role: str) -> tuple[TeamMember, Client]:
        user = User.objects.create_user(f"{role}@vendor.example", "correct horse battery")
        browser = Client()
        browser.force_login(user)
        return people.add_team_member(user=user, role=role, name=role.title()), browser

    return join


@pytest.fixture
def make_key(customer: Customer):
    """A key of the customer and its secret."""

    def make(environment: str = "test", **fields: object) -> tuple[models.Key, str]:
        return actions.create_key(customer_id=customer.pk, environment=environment, **({"name": "Website"} | fields))

    return make


@pytest.fixture
def api(team_as):
    """A client of the HTTP API with a token that may do everything with keys."""
    member, _ = team_as("admin")
    _, secret = people.make_token(owner=member, name="script", scopes=["keys:read", "keys:write"])
    return Client(headers={"authorization": f"Bearer {secret}"})
