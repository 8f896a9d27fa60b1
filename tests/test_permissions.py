"""Every page for every role, every route of the HTTP API with and without its scope; from the code's own tables."""

import re

import pytest
from django.test import Client

from posthouse.config.permissions import page_rules, route_rules
from posthouse.people import actions, models
from posthouse.people.models import Role, TeamRole

PAGES = page_rules()
ROUTES = route_rules()
ARGUMENT = re.compile(r"<(?:(?P<kind>\w+):)?(?P<name>\w+)>|\(\?P<\w+>.*?\)(?=[/$-])")
BACKEND = "allauth.account.auth_backends.AuthenticationBackend"


@pytest.fixture
def house(db):
    """One customer with a member in each role, another customer with an owner, and a team with each role."""
    members = {}
    for role in Role:
        user = models.User.objects.create_user(f"{role}@one.example.org", "x")
        members[str(role)] = actions.open_account(user=user)
    customer = actions.found_customer(name="One", owner=members["owner"])
    for role in (Role.DEVELOPER, Role.BILLING, Role.AUDITOR):
        actions.join_customer(customer=customer, contact=members[role], role=role)
    stranger = models.User.objects.create_user("owner@other.example.org", "x")
    other = actions.found_customer(name="Other", owner=actions.open_account(user=stranger))
    team = {}
    for role in TeamRole:
        user = models.User.objects.create_user(f"{role}@vendor.example.org", "x")
        team[str(role)] = actions.add_team_member(user=user, role=role)
    return {"customer": customer, "other": other, "members": members, "stranger": stranger, "team": team}


def address_of(pattern: str, customer_id: str) -> str:
    """A real address made from a URL pattern; objects other than the customer are named by ids that do not exist."""

    def fill(found: re.Match[str]) -> str:
        if found["name"] == "customer_id":
            return customer_id
        return "1" if found["kind"] == "int" else "zz"

    return ARGUMENT.sub(fill, pattern.replace("^", "").replace("$", ""))


def status(user, address: str) -> int:
    """What this person is answered at an address, by GET or, where only that is allowed, by POST."""
    client = Client(raise_request_exception=False)
    if user:
        client.force_login(user, backend=BACKEND)
    response = client.get(address)
    if response.status_code == 405:
        response = client.post(address)
    return response.status_code


CUSTOMER_PAGES = [(address, rule) for address, rule in PAGES if rule.audience == "customer"]
TEAM_PAGES = [(address, rule) for address, rule in PAGES if rule.audience == "team"]
SIGNED_IN_PAGES = [address for address, rule in PAGES if rule.audience == "signed-in"]


def test_the_tables_are_not_empty():
    assert len(CUSTOMER_PAGES) > 5
    assert len(TEAM_PAGES) > 5
    assert len(ROUTES) > 5


@pytest.mark.parametrize(("pattern", "rule"), CUSTOMER_PAGES, ids=[address for address, _ in CUSTOMER_PAGES])
def test_a_customers_page(house, pattern, rule):
    own = address_of(pattern, house["customer"].pk)
    assert status(None, own) == 302
    assert status(house["stranger"], own) == 404
    assert status(house["team"]["admin"].user, own) == 404
    for role, contact in house["members"].items():
        assert (status(contact.user, own) == 403) == (role not in rule.roles), role
        assert status(contact.user, address_of(pattern, house["other"].pk)) == 404


@pytest.mark.parametrize(("pattern", "rule"), TEAM_PAGES, ids=[address for address, _ in TEAM_PAGES])
def test_a_page_of_the_desk(house, pattern, rule):
    address = address_of(pattern, house["customer"].pk)
    assert status(None, address) == 302
    assert status(house["stranger"], address) == 404
    for role, member in house["team"].items():
        answer = status(member.user, address)
        assert (answer == 403) == (role not in rule.roles), role
        assert answer < 500


@pytest.mark.parametrize("pattern", SIGNED_IN_PAGES)
def test_a_page_for_the_signed_in(house, pattern):
    address = address_of(pattern, house["customer"].pk)
    assert status(None, address) == 302
    assert status(house["stranger"], address) < 500


def ask(method: str, address: str, token: str | None) -> int:
    """What a program is answered; every refusal is a problem."""
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    client = Client(raise_request_exception=False)
    body = {} if method == "GET" else {"data": "{}", "content_type": "application/json"}
    answer = getattr(client, method.lower())(address, headers=headers, **body)
    if answer.status_code >= 400:
        assert answer.headers["Content-Type"].startswith("application/problem+json")
    return answer.status_code


@pytest.mark.parametrize(("method", "pattern", "scope"), ROUTES, ids=[f"{m} {a}" for m, a, _ in ROUTES])
def test_a_route_needs_its_scope(house, method, pattern, scope):
    address = re.sub(r"{(?:\w+:)?(\w+)}", "zz", re.sub(r"{int:\w+}", "999999", pattern))
    owner = house["team"]["admin"]
    elsewhere = "timeline:read" if scope != "timeline:read" else "keys:read"
    _, wrong = actions.make_token(owner=owner, name="wrong", scopes=[elsewhere])
    _, right = actions.make_token(owner=owner, name="right", scopes=[scope])
    assert ask(method, address, None) == 401
    assert ask(method, address, "nonsense") == 401
    assert ask(method, address, wrong) == 403
    assert ask(method, address, right) not in {401, 403, 500}
