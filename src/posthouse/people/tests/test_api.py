"""The HTTP API of customers, contacts, members and invitations."""

import json

import pytest
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from posthouse.people import actions
from posthouse.people.models import Contact, Customer
from posthouse.people.tests.conftest import events_of

API = "/api/v1"


class Program:
    """A program with a token."""

    def __init__(self, secret):
        self.client = Client(headers={"authorization": f"Bearer {secret}"}, raise_request_exception=False)

    def __call__(self, method, path, body=None, raw=None):
        data = raw if raw is not None else json.dumps(body) if body is not None else ""
        return getattr(self.client, method)(API + path, data=data, content_type="application/json")

    def get(self, path, **query):
        return self.client.get(API + path, query)


@pytest.fixture
def program(admin):
    _, secret = actions.make_token(owner=admin.member, name="CRM", scopes=["customers:read", "customers:write"])
    return Program(secret)


def test_a_customer_is_made_found_and_changed(program):
    made = program("post", "/customers", {"name": "Aurora", "external_id": "crm-1", "country": "es"})
    assert made.status_code == 201
    customer = made.json()
    assert customer["country"] == "ES"
    assert program.get(f"/customers/{customer['id']}").json() == customer
    assert program.get("/customers", external_id="crm-1").json()["items"] == [customer]
    assert program.get("/customers", search="auro").json()["items"] == [customer]
    changed = program("patch", f"/customers/{customer['id']}", {"name": "Borealis", "external_id": None})
    assert changed.json() == customer | {"name": "Borealis", "external_id": None}


def test_making_a_customer_can_be_repeated(program):
    body = {"name": "Aurora", "external_id": "crm-1", "attributes": {"plan": "gold"}}
    first = program("post", "/customers", body)
    again = program("post", "/customers", body)
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() == again.json()
    other = program("post", "/customers", body | {"name": "Other"})
    assert other.status_code == 409
    assert other.json()["code"] == "external-id-taken"
    assert other.json()["customer_id"] == first.json()["id"]
    assert events_of(type="customer.created") == ["customer.created"]


def test_pages_hold_every_customer_once(program):
    made = [actions.add_customer(name=str(number)).pk for number in range(7)]
    seen, after = [], ""
    while after is not None:
        page = program.get("/customers", limit=3, after=after).json()
        seen += [row["id"] for row in page["items"]]
        after = page["next"]
    assert seen == sorted(made, reverse=True)


def test_a_contact_is_put_by_its_address(program):
    made = program("put", "/contacts", {"email": "Ada@Example.org", "name": "Ada", "attributes": {"vip": True}})
    assert made.status_code == 201
    again = program("put", "/contacts", {"email": "ada@example.org", "attributes": {"vip": True}})
    assert (again.status_code, again.json()) == (200, made.json())
    changed = program("put", "/contacts", {"email": "ada@example.org", "job_role": "lead", "attributes": {}})
    assert changed.json() == made.json() | {"job_role": "lead", "attributes": {}}
    assert events_of(contact_id=made.json()["id"]) == ["contact.created", "contact.updated"]
    patched = program("patch", f"/contacts/{made.json()['id']}", {"use_case": "Numbers"})
    assert patched.json()["use_case"] == "Numbers"
    assert program.get("/contacts", email="ADA@example.org").json()["items"] == [patched.json()]


def test_memberships_are_put_and_ended(program, customer, owner):
    contact = actions.know_contact(email="ada@example.org", name="Ada")
    path = f"/customers/{customer.pk}/members/{contact.pk}"
    assert program("put", path, {"role": "developer"}).status_code == 201
    assert program("put", path, {"role": "auditor"}).json()["role"] == "auditor"
    listed = program.get(f"/customers/{customer.pk}/members").json()["items"]
    assert [(row["email"], row["role"]) for row in listed] == [
        ("owner@orrery.example", "owner"),
        ("ada@example.org", "auditor"),
    ]
    assert program("delete", path).status_code == 204
    assert program("delete", path).status_code == 404
    last = program("delete", f"/customers/{customer.pk}/members/{owner.contact.pk}")
    assert (last.status_code, last.json()["code"]) == (409, "last-owner")


def test_invitations_are_sent_listed_and_withdrawn(program, customer, mail):
    sent = program("post", f"/customers/{customer.pk}/invitations", {"email": "ada@example.org", "role": "billing"})
    assert sent.status_code == 201
    assert sent.json()["state"] == "open"
    assert len(mail("ada@example.org")) == 1
    assert program.get(f"/customers/{customer.pk}/invitations").json()["items"] == [sent.json()]
    soon = program("post", f"/customers/{customer.pk}/invitations", {"email": "ada@example.org"})
    assert (soon.status_code, soon.json()["code"]) == (409, "just-sent")
    assert program("delete", f"/customers/{customer.pk}/invitations/{sent.json()['id']}").status_code == 204
    assert program.get(f"/customers/{customer.pk}/invitations").json()["items"] == []


@pytest.mark.parametrize(
    "path",
    ["/customers/cus_x", "/contacts/con_x", "/customers/cus_x/members", "/customers/cus_x/invitations"],
)
def test_what_is_not_there_is_a_problem(program, path):
    answer = program.get(path)
    assert answer.status_code == 404
    assert answer.headers["Content-Type"] == "application/problem+json"


def test_an_invitation_of_another_customer_is_not_found(program, customer, outsider):
    elsewhere = outsider.contact.memberships.get().customer
    theirs = actions.invite_member(customer=elsewhere, email="x@example.org")
    assert program("delete", f"/customers/{customer.pk}/invitations/{theirs.pk}").status_code == 404


GOOD = {"name": "Aurora"}


@pytest.mark.parametrize(
    "body",
    [
        {},
        [],
        "text",
        None,
        {"name": ""},
        {"name": 1},
        {"name": None},
        {"name": "x" * 121},
        {"name": "a\x00b"},
        {"name": "\ud800"},
        {"name": "see https://evil.example"},
        GOOD | {"unknown": 1},
        GOOD | {"country": "XX"},
        GOOD | {"country": "Spain"},
        GOOD | {"external_id": ""},
        GOOD | {"external_id": "\x00"},
        GOOD | {"channel": "\udfff"},
        GOOD | {"attributes": []},
        GOOD | {"attributes": {"a\x00": 1}},
        GOOD | {"attributes": {"a": "\ud800"}},
        GOOD | {"attributes": {"a": {"b": {"c": {"d": {"e": {"f": {"g": {}}}}}}}}},
        GOOD | {"attributes": {"a": "x" * 20_000}},
        GOOD | {"attributes": {"a": 10**30}},
        GOOD | {"attributes": {"a": float("nan")}},
        GOOD | {"attributes": {"a": float("inf")}},
    ],
)
def test_bad_customers_are_refused(program, body):
    answer = program("post", "/customers", raw=json.dumps(body))
    assert answer.status_code in {400, 422}
    assert answer.headers["Content-Type"] == "application/problem+json"
    answer.json()
    assert not Customer.objects.exists()


@pytest.mark.parametrize(
    "raw", ["", "{", b"\xff\xfe", b'{"name": "\xff"}', '{"name": ' + "9" * 5000 + "}", "[" * 100_000]
)
def test_unreadable_bodies_are_refused(program, raw):
    answer = program("post", "/customers", raw=raw)
    assert answer.status_code in {400, 422}
    assert answer.headers["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize(
    "body",
    [
        {"email": "nobody"},
        {"email": "a\x00@example.org"},
        {"email": f"{'x' * 65}@example.org"},
        {"email": "a@b.example", "job_role": "king"},
        {"email": "a@b.example", "name": None},
        {"email": "a@b.example", "user": 1},
        {"email": "two@b.example, three@b.example"},
        {"email": "new\nline@b.example"},
    ],
)
def test_bad_contacts_are_refused(program, body):
    assert program("put", "/contacts", body).status_code == 422
    assert not Contact.objects.exists()


@pytest.mark.parametrize(
    "query",
    [
        "/customers?search=%00",
        "/customers?limit=0",
        "/customers?limit=9999",
        "/customers?after=%00",
        "/customers?after=../..",
        "/customers?external_id=%00",
        "/customers?channel=%00",
        "/customers?country=%00%00",
        "/contacts?search=a%00b",
        "/contacts?email=%00",
        "/customers/%00",
        "/contacts/a%00b",
        f"/customers/{'x' * 60}",
    ],
)
def test_bad_questions_are_refused(program, query):
    answer = program.client.get(API + query)
    assert answer.status_code in {404, 422}
    assert answer.headers["Content-Type"] == "application/problem+json"


def test_reading_does_not_allow_writing(admin, customer):
    _, secret = actions.make_token(owner=admin.member, name="reader", scopes=["customers:read"])
    reader = Program(secret)
    assert reader.get("/customers").status_code == 200
    refused = reader("post", "/customers", GOOD)
    assert (refused.status_code, refused.json()["code"]) == (403, "scope-missing")


def test_the_number_of_queries_does_not_grow_with_the_page(program, django_assert_max_num_queries):
    for number in range(20):
        actions.join_customer(
            customer=actions.add_customer(name=str(number)), contact=actions.know_contact(email=f"{number}@example.org")
        )
    with django_assert_max_num_queries(3):
        program.get("/customers", limit=20)
    with django_assert_max_num_queries(3):
        program.get("/contacts", limit=20)


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(codec=None)),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(st.characters(codec=None)), inner, max_size=3),
    max_leaves=8,
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(name=st.text(st.characters(codec=None)) | anything, attributes=anything, channel=anything)
def test_nothing_that_is_sent_breaks_the_house(program, name, attributes, channel):
    body = json.dumps({"name": name, "attributes": attributes, "channel": channel})
    answer = program("post", "/customers", raw=body)
    assert answer.status_code in {201, 400, 422}
    if answer.status_code == 201:
        assert program.get(f"/customers/{answer.json()['id']}").json() == answer.json()


@pytest.mark.mission("S10")
def test_contacts_are_found_by_attribute_and_by_when_they_became_known(program, time_machine):
    time_machine.move_to("2026-05-04T12:00:00Z", tick=False)
    people = {"a": {"plan": "pro", "seats": 5}, "b": {"plan": "free", "seats": 5.0}, "c": {"beta": True}}
    for name, attributes in people.items():
        assert (
            program("put", "/contacts", {"email": f"{name}@example.org", "attributes": attributes}).status_code == 201
        )
        time_machine.shift(3600)

    def found(query):
        return sorted(one["email"][0] for one in program("get", f"/contacts?{query}").json()["items"])

    assert found("attribute=plan=pro") == ["a"]
    assert found("attribute=seats=5") == ["a", "b"]
    assert found("attribute=seats=5&attribute=plan=free") == ["b"]
    assert found("attribute=beta=true") == ["c"]
    assert found("attribute=plan=") == ["c"]
    assert found("since=2026-05-04T13:00:00Z&until=2026-05-04T14:00:00Z") == ["b"]
    assert program("get", "/contacts?attribute=plan").status_code == 422
