"""The desk: customers, contacts, team, tokens, settings."""

import csv
import io
import json
from datetime import timedelta

import pytest
import time_machine
from asgiref.sync import sync_to_async
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connections
from django.test import Client

from posthouse.foundation.clock import now
from posthouse.people import actions, queries
from posthouse.people.models import Contact, Customer, TeamMember, TeamToken, User
from posthouse.people.tests.conftest import PASSWORD, events_of, link_in
from posthouse.people.token_auth import find_token
from posthouse.vendor.models import Vendor

PNG = b"\x89PNG\r\n\x1a\n" + b"\x00" * 40


@pytest.fixture
def several(db):
    """Three customers of different ages, countries and channels."""
    made = []
    for number, (name, country, channel) in enumerate(
        [("Aurora", "ES", "newsletter"), ("Borealis", "DE", "search"), ("Corona", "ES", "")]
    ):
        with time_machine.travel(now() - timedelta(days=30 * (3 - number))):
            made.append(actions.add_customer(name=name, country=country, channel=channel, external_id=f"crm-{number}"))
    return made


def names(page):
    return [row.name for row in page.context["page"]]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", ["Corona", "Borealis", "Aurora"]),
        ("sort=name", ["Aurora", "Borealis", "Corona"]),
        ("sort=nonsense", ["Corona", "Borealis", "Aurora"]),
        ("q=bor", ["Borealis"]),
        ("q=crm-2", ["Corona"]),
        ("q=member@aurora", ["Aurora"]),
        ("country=ES", ["Corona", "Aurora"]),
        ("country=ZZ", ["Corona", "Borealis", "Aurora"]),
        ("channel=search", ["Borealis"]),
        ("q=%00", ["Corona", "Borealis", "Aurora"]),
        ("page=99", ["Corona", "Borealis", "Aurora"]),
        ("q=nothing-like-it", []),
    ],
)
def test_customers_are_found(admin, several, query, expected):
    member = actions.know_contact(email="member@aurora.example")
    actions.join_customer(customer=several[0], contact=member)
    assert names(admin.browser.get(f"/desk/customers/?{query}")) == expected


def test_customers_are_found_by_id_and_by_date(admin, several):
    assert names(admin.browser.get(f"/desk/customers/?q={several[1].pk}")) == ["Borealis"]
    since = (now() - timedelta(days=45)).date().isoformat()
    assert names(admin.browser.get(f"/desk/customers/?created_from={since}")) == ["Corona"]


def test_the_export_has_every_row_that_fits(admin, several):
    actions.add_customer(name="=HYPERLINK(1)", attributes={"plan": "trial"})
    body = b"".join(admin.browser.get("/desk/customers/export/?sort=name").streaming_content).decode()
    rows = list(csv.DictReader(io.StringIO(body)))
    assert [row["name"] for row in rows] == ["'=HYPERLINK(1)", "Aurora", "Borealis", "Corona"]
    assert json.loads(rows[0]["attributes"]) == {"plan": "trial"}
    as_json = b"".join(admin.browser.get("/desk/customers/export/?format=json&country=ES").streaming_content)
    assert [row["name"] for row in json.loads(as_json)] == ["Corona", "Aurora"]


async def test_the_export_streams_under_asgi_too(async_client, transactional_db):
    def prepare():
        user = User.objects.create_user("admin@vendor.example", PASSWORD)
        actions.add_team_member(user=user, role="admin")
        for number in range(3):
            actions.add_customer(name=f"Number {number}")
        return user

    user = await sync_to_async(prepare)()
    await async_client.aforce_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
    answer = await async_client.get("/desk/customers/export/?format=json")
    body = b"".join([part async for part in answer.streaming_content])
    await sync_to_async(connections.close_all)()
    assert len(json.loads(body)) == 3


def test_an_empty_export_is_well_formed(admin):
    assert json.loads(b"".join(admin.browser.get("/desk/customers/export/?format=json").streaming_content)) == []


CUSTOMER = {"name": "Delta", "external_id": "crm-9", "country": "FR", "channel": "", "attributes": '{"plan": "gold"}'}


def test_a_customer_is_made_and_changed_by_hand(admin):
    made = admin.browser.post("/desk/customers/new/", CUSTOMER)
    customer = Customer.objects.get()
    assert made.headers["Location"] == f"/desk/customers/{customer.pk}/"
    assert customer.attributes == {"plan": "gold"}
    admin.browser.post(f"/desk/customers/{customer.pk}/edit/", CUSTOMER | {"name": "Delta Works"})
    customer.refresh_from_db()
    assert customer.name == "Delta Works"
    assert events_of(customer_id=customer.pk) == ["customer.created", "customer.updated"]


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": ""},
        {"country": "XX"},
        {"external_id": "crm-1"},
        {"attributes": "{"},
        {"attributes": "[]"},
        {"attributes": '{"a": NaN}'},
        {"attributes": '{"a": "\\ud800"}'},
        {"attributes": '{"a": "\\u0000"}'},
        {"attributes": '{"a": ' * 50 + "1" + "}" * 50},
        {"attributes": json.dumps({"a": "x" * 20_000})},
        {"attributes": "[" * 100_000},
        {"attributes": '{"a": ' + "9" * 5000 + "}"},
    ],
)
def test_a_wrong_customer_keeps_what_was_typed(admin, several, wrong):
    page = admin.browser.post("/desk/customers/new/", CUSTOMER | {"channel": "by phone"} | wrong)
    assert page.status_code == 200
    assert "form-errors" in page.content.decode()
    assert "by phone" in page.content.decode()
    assert Customer.objects.count() == 3


def test_a_contact_is_made_changed_and_shown_with_its_events(admin):
    given = {
        "email": "Ada@Example.org",
        "name": "Ada",
        "job_role": "lead",
        "use_case": "",
        "attributes": '{"vip": true}',
    }
    made = admin.browser.post("/desk/contacts/new/", given)
    contact = Contact.objects.get()
    assert made.headers["Location"] == f"/desk/contacts/{contact.pk}/"
    admin.browser.post(f"/desk/contacts/{contact.pk}/edit/", given | {"attributes": "{}"})
    page = admin.browser.get(f"/desk/contacts/{contact.pk}/").content.decode()
    assert "contact.updated" in page
    assert "Admin" in page
    again = admin.browser.post("/desk/contacts/new/", given)
    assert "already" in again.content.decode()


def test_contacts_are_found(admin, owner, mate):
    actions.know_contact(email="loginless@example.org")
    found = admin.browser.get("/desk/contacts/?login=no").context["page"]
    assert [row.email for row in found] == ["loginless@example.org"]
    found = admin.browser.get("/desk/contacts/?q=mateo&sort=email").context["page"]
    assert [row.email for row in found] == ["mate@orrery.example"]
    body = b"".join(admin.browser.get("/desk/contacts/export/").streaming_content).decode()
    assert "loginless@example.org" in body


@pytest.mark.parametrize("role", ["auditor", "analyst"])
def test_readers_read_and_change_nothing(team_as, several, role):
    reader = team_as(role)
    assert reader.browser.get("/desk/customers/").status_code == 200
    assert "New customer" not in reader.browser.get("/desk/customers/").content.decode()
    assert reader.browser.post("/desk/customers/new/", CUSTOMER).status_code == 403
    assert reader.browser.post(f"/desk/customers/{several[0].pk}/edit/", CUSTOMER).status_code == 403
    assert reader.browser.post("/desk/contacts/new/", {}).status_code == 403


@pytest.mark.parametrize("role", ["support", "engineer", "analyst", "auditor"])
def test_only_admins_manage_team_tokens_and_settings(team_as, role):
    member = team_as(role)
    assert member.browser.get("/desk/team/").status_code == 200
    for path in ("/desk/team/add/", "/desk/team/1/role/", "/desk/team/1/remove/", "/desk/team/tokens/new/"):
        assert member.browser.post(path, {}).status_code == 403
    assert member.browser.get("/desk/settings/").status_code == 403


def test_customers_do_not_see_the_desk(owner, customer):
    for path in ("customers/", "customers/export/", "contacts/", "team/", "team/tokens/", "settings/"):
        assert owner.browser.get(f"/desk/{path}").status_code == 404


def test_a_colleague_without_login_chooses_a_password_and_is_in(admin, mail):
    admin.browser.post("/desk/team/add/", {"email": "New@vendor.example", "name": "Nia", "role": "support"})
    browser = Client()
    page = browser.get(link_in(mail("new@vendor.example")[0]))
    chosen = browser.post(page.headers["Location"], {"password1": PASSWORD, "password2": PASSWORD})
    assert chosen.status_code == 302
    assert browser.get("/desk/customers/").status_code == 200
    assert events_of(type="team.member_added") == ["team.member_added"] * 2


def test_a_colleague_with_a_login_is_added_as_is(admin, owner, mail):
    admin.browser.post("/desk/team/add/", {"email": "owner@orrery.example", "name": "", "role": "engineer"})
    assert owner.browser.get("/desk/customers/").status_code == 200
    assert "password/reset" not in mail("owner@orrery.example")[0].text
    again = admin.browser.post("/desk/team/add/", {"email": "owner@orrery.example", "name": "", "role": "engineer"})
    assert "in the team already" in again.content.decode()


def test_the_last_admin_stays(admin, team_as):
    other = team_as("support")
    own, others = (f"/desk/team/{colleague.member.user_id}" for colleague in (admin, other))
    admin.browser.post(f"{own}/role/", {"role": "support"})
    admin.browser.post(f"{own}/remove/")
    assert TeamMember.objects.get(pk=admin.member.pk).role == "admin"
    admin.browser.post(f"{others}/role/", {"role": "admin"})
    admin.browser.post(f"{own}/remove/")
    assert admin.browser.get("/desk/team/").status_code == 404
    assert events_of(type="team.member_removed") == ["team.member_removed"]


TOKEN = {"name": "API server", "scopes": ["keys:sync", "calls:write"], "expires_on": ""}


def test_a_token_is_shown_once_and_works_until_it_is_revoked(admin):
    page = admin.browser.post("/desk/team/tokens/new/", TOKEN)
    token = TeamToken.objects.get()
    secret = page.context["secret"]
    assert secret in page.content.decode().replace("&#x27;", "'")
    assert page.headers["Cache-Control"].find("no-store") >= 0
    assert find_token(secret) == token
    listed = admin.browser.get("/desk/team/tokens/").content.decode()
    assert secret not in listed
    assert token.hint in listed
    assert "Revoke" in admin.browser.get(f"/desk/team/tokens/{token.pk}/revoke/").content.decode()
    admin.browser.post(f"/desk/team/tokens/{token.pk}/revoke/")
    assert find_token(secret) is None
    assert events_of(type="team.token_revoked") == ["team.token_revoked"]


def test_a_token_lasts_until_the_end_of_its_last_day(admin):
    day = (now() + timedelta(days=2)).date()
    secret = admin.browser.post("/desk/team/tokens/new/", TOKEN | {"expires_on": day.isoformat()}).context["secret"]
    assert find_token(secret)
    with time_machine.travel(now() + timedelta(days=3)):
        assert find_token(secret) is None
    passed = admin.browser.post("/desk/team/tokens/new/", TOKEN | {"expires_on": "2020-01-01"})
    assert "This day has passed." in passed.content.decode()
    never = admin.browser.post("/desk/team/tokens/new/", TOKEN | {"expires_on": "9999-12-31"})
    assert "Choose a day within ten years from now" in never.content.decode()


@pytest.mark.parametrize("wrong", [{"scopes": []}, {"scopes": ["fly"]}, {"name": ""}, {"expires_on": "soon"}])
def test_a_wrong_token_is_not_made(admin, wrong):
    assert "form-errors" in admin.browser.post("/desk/team/tokens/new/", TOKEN | wrong).content.decode()
    assert not TeamToken.objects.exists()


SETTINGS = {
    "name": "Sunline",
    "accent": "#aa5500",
    "api_base_url": "https://api.sunline.example/v1",
    "support_email": "help@sunline.example",
    "default_language": "es",
    "time_zone": "Atlantic/Canary",
}


def test_the_settings_are_changed(admin):
    picture = SimpleUploadedFile("logo.png", PNG, content_type="image/png")
    assert admin.browser.post("/desk/settings/", SETTINGS | {"logo_file": picture}).status_code == 302
    row = Vendor.objects.get()
    assert row.logo.startswith("data:image/png;base64,")
    assert (row.name, row.accent, row.default_language) == ("Sunline", "#aa5500", "es")
    admin.browser.post("/desk/settings/", SETTINGS)
    assert Vendor.objects.get().logo, "saving without a picture keeps it"
    admin.browser.post("/desk/settings/", SETTINGS | {"remove_logo": "on"})
    assert Vendor.objects.get().logo == ""


@pytest.mark.parametrize(
    "wrong",
    [
        {"accent": "red"},
        {"api_base_url": "javascript:alert(1)"},
        {"support_email": "nobody"},
        {"default_language": "xx"},
        {"time_zone": "Mars/Olympus"},
        {"name": ""},
        {"logo_file": b"GIF89a"},
        {"logo_file": b"<html><script>alert(1)</script>"},
        {"logo_file": PNG + b"\x00" * 70_000},
    ],
)
def test_wrong_settings_keep_what_was_typed(admin, wrong):
    if "logo_file" in wrong:
        wrong = {"logo_file": SimpleUploadedFile("logo.png", wrong["logo_file"])}
    page = admin.browser.post("/desk/settings/", SETTINGS | wrong)
    assert page.status_code == 200
    assert "form-errors" in page.content.decode()
    assert not Vendor.objects.exists()


@pytest.mark.parametrize("path", ["/desk/customers/", "/desk/contacts/", "/desk/team/", "/desk/team/tokens/"])
def test_the_number_of_queries_does_not_grow_with_the_list(admin, customer, path, django_assert_max_num_queries):
    for number in range(12):
        contact = actions.know_contact(email=f"{number}@example.org")
        actions.join_customer(customer=actions.add_customer(name=str(number)), contact=contact)
        actions.make_token(owner=admin.member, name=str(number), scopes=["keys:sync"])
        user = User.objects.create_user(f"{number}@vendor.example")
        actions.add_team_member(user=user)
    with django_assert_max_num_queries(11):  # the vendor's row, remembered for seconds, is one of them
        admin.browser.get(path)


@pytest.mark.parametrize("path", ["customers/", "customers/new/", "contacts/", "team/", "team/tokens/", "settings/"])
def test_the_desk_speaks_spanish(admin, path):
    actions.speak_language(user=admin.member.user, language="es")
    assert '<html lang="es"' in admin.browser.get(f"/desk/{path}").content.decode()


def test_a_number_that_no_id_can_have_is_nobody(admin):
    assert admin.browser.get(f"/desk/team/{'9' * 30}/remove/").status_code == 404


def test_the_command_line_makes_the_first_admin(db):
    member = actions.add_team_member_by_email(email="First@vendor.example", role="admin", password=PASSWORD)
    browser = Client()
    browser.post("/accounts/login/", {"login": "first@vendor.example", "password": PASSWORD})
    assert browser.get("/desk/team/").status_code == 200
    assert queries.team_size() == 1
    assert member.role == "admin"
