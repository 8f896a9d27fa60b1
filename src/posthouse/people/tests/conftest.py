"""A customer with an owner and a team-mate, an outsider, the vendor's team, and a reader of mail."""

import re
from dataclasses import dataclass

import pytest
from django.test import Client

from posthouse.messages.models import Message
from posthouse.people import actions
from posthouse.people.models import Contact, Customer, TeamMember, User
from posthouse.timeline.models import Event

PASSWORD = "correct horse battery"
LINK = re.compile(r"https?://[^/\s]+(/\S+)")


@dataclass
class Person:
    """Somebody with a login, and the browser they use."""

    contact: Contact
    browser: Client

    @property
    def user(self) -> User:
        return User.objects.get(pk=self.contact.user_id)


def sign_up(email: str, name: str = "") -> Person:
    """A new confirmed login with its contact, signed in."""
    user = User.objects.create_user(email, PASSWORD)
    user.emailaddress_set.create(email=email, verified=True, primary=True)
    browser = Client()
    browser.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
    return Person(actions.open_account(user=user, name=name), browser)


@pytest.fixture
def owner(db):
    return sign_up("owner@orrery.example", "Olga Owner")


@pytest.fixture
def customer(owner) -> Customer:
    return actions.found_customer(name="Orrery", owner=owner.contact)


@pytest.fixture
def mate(customer):
    """A developer of the same customer."""
    person = sign_up("mate@orrery.example", "Mateo Mate")
    actions.join_customer(customer=customer, contact=person.contact, role="developer")
    return person


@pytest.fixture
def outsider(db):
    """The owner of another customer."""
    person = sign_up("owner@elsewhere.example", "Otto Outsider")
    actions.found_customer(name="Elsewhere", owner=person.contact)
    return person


@dataclass
class Colleague:
    """One of the vendor's people, and the browser they use."""

    member: TeamMember
    browser: Client


@pytest.fixture
def team_as(db):
    """One of the vendor's people in a role."""

    def join(role: str) -> Colleague:
        user = User.objects.create_user(f"{role}@vendor.example", PASSWORD)
        user.emailaddress_set.create(email=user.email, verified=True, primary=True)
        browser = Client()
        browser.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
        return Colleague(actions.add_team_member(user=user, role=role, name=role.title()), browser)

    return join


@pytest.fixture
def admin(team_as):
    return team_as("admin")


@pytest.fixture
def visitor(db):
    """A browser nobody has signed in with."""
    return Client()


@pytest.fixture
def mail(db):
    """The mails to an address, oldest first."""

    def to(address: str) -> list[Message]:
        return list(Message.objects.filter(to=address).order_by("created_at", "pk"))

    return to


def link_in(message: Message) -> str:
    """The path of the first link of a mail."""
    found = LINK.search(message.text)
    assert found, message.text
    return found[1]


def events_of(**filters) -> list[str]:
    """The types of events in the order of the log."""
    return list(Event.objects.filter(**filters).order_by("position").values_list("type", flat=True))
