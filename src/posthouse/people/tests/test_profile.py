"""Finishing to set up, the profile, the language, and changing between customers."""

import pytest
from django.conf import settings

from posthouse.people import actions
from posthouse.people.models import Customer
from posthouse.people.tests.conftest import events_of, sign_up

PROFILE = {
    "name": "Olga",
    "job_role": "lead",
    "use_case": "An orrery",
    "language": "en",
    "time_zone": "Europe/Madrid",
}


@pytest.mark.mission("J2.2")
def test_the_profile_is_completed_once(owner):
    owner.browser.post("/profile/", PROFILE)
    owner.browser.post("/profile/", PROFILE | {"use_case": "Two orreries"})
    assert events_of(type="profile.completed") == ["profile.completed"]
    assert owner.user.time_zone == "Europe/Madrid"


def test_an_incomplete_profile_is_saved_and_not_announced_as_complete(owner):
    assert owner.browser.post("/profile/", PROFILE | {"use_case": ""}).status_code == 302
    assert events_of(type="profile.completed") == []


def test_a_change_of_language_shows_at_once(owner):
    page = owner.browser.post("/profile/", PROFILE | {"language": "es"}, follow=True).content.decode()
    assert '<html lang="es"' in page
    assert "Tu perfil está guardado." in page


def test_the_switch_at_the_foot_of_a_page_goes_into_the_profile(owner):
    owner.browser.post("/profile/", PROFILE)
    owner.browser.post("/design/language/", {"language": "es", "next": "/profile/"})
    assert owner.user.language == "es"
    assert '<html lang="es"' in owner.browser.get("/profile/").content.decode()
    assert settings.LANGUAGE_COOKIE_NAME in owner.browser.cookies


@pytest.mark.parametrize(
    "wrong",
    [
        {"language": "xx"},
        {"time_zone": "Mars/Olympus"},
        {"job_role": "king"},
        {"name": ""},
        {"use_case": "x" * 2001},
        {"use_case": "a\x00b"},
    ],
)
def test_what_was_typed_stays_when_something_is_wrong(owner, wrong):
    page = owner.browser.post("/profile/", PROFILE | {"use_case": "A planetarium"} | wrong)
    assert page.status_code == 200
    assert "form-errors" in page.content.decode()
    if "use_case" not in wrong:
        assert "A planetarium" in page.content.decode()
    assert events_of(type="contact.updated") == []


def test_setting_up_asks_for_everything_and_founds_one_customer(owner):
    missing = owner.browser.post("/welcome/", PROFILE | {"organisation": ""})
    assert "Please fill this in." in missing.content.decode()
    assert not Customer.objects.exists()
    owner.browser.post("/welcome/", PROFILE | {"organisation": "Orrery"})
    assert owner.browser.post("/welcome/", PROFILE | {"organisation": "Again"}).headers["Location"] == "/"
    assert Customer.objects.get().name == "Orrery"


def test_members_with_a_profile_are_not_asked_to_set_up(customer, owner):
    assert "organisation" not in owner.browser.get("/welcome/").context["form"].fields
    owner.browser.post("/welcome/", PROFILE)
    assert owner.browser.get("/welcome/").headers["Location"] == "/"


def test_the_team_is_not_asked_to_set_up(admin):
    assert admin.browser.get("/welcome/").headers["Location"] == "/"


def test_people_of_several_customers_change_between_them(customer, owner, outsider):
    second = actions.found_customer(name="Second", owner=owner.contact)
    page = owner.browser.get("/customers/").content.decode()
    assert "Orrery" in page
    assert "Second" in page
    owner.browser.post(f"/customers/{second.pk}/switch/")
    assert owner.browser.session["customer_id"] == second.pk
    owner.browser.get(f"/c/{customer.pk}/people/")
    assert owner.browser.session["customer_id"] == customer.pk
    assert outsider.browser.post(f"/customers/{second.pk}/switch/").status_code == 404


def test_a_second_customer_is_founded_by_name(customer, owner):
    assert owner.browser.post("/customers/", {"name": "Planetarium"}).status_code == 302
    assert [row.customer.name for row in owner.contact.memberships.order_by("created_at")] == ["Orrery", "Planetarium"]
    assert owner.browser.post("/customers/", {"name": ""}).status_code == 200


def test_the_first_channel_of_a_visit_counts(visitor):
    visitor.get("/accounts/login/?ref=friend%00%0a<script>")
    assert visitor.session["channel"] == "friendscript"
    visitor.get("/accounts/login/?utm_source=advert")
    assert visitor.session["channel"] == "friendscript"


def test_the_number_of_queries_does_not_grow_with_customers(owner, django_assert_max_num_queries):
    for number in range(5):
        actions.found_customer(name=f"Number {number}", owner=owner.contact)
    with django_assert_max_num_queries(8):
        owner.browser.get("/customers/")


def test_a_login_without_contact_gets_one(db):
    person = sign_up("solo@example.org")
    person.contact.delete()
    assert person.browser.get("/profile/").status_code == 200
