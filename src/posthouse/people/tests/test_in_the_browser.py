"""People's pages in Chromium: the way from the sign-up page to a customer, and every page on desktop and phone."""

import pytest
from tests.browser import DESKTOP, PHONE, check_page

from posthouse.people import actions
from posthouse.people.models import Customer, TeamMember, User
from posthouse.people.tests.conftest import PASSWORD, link_in, sign_up

pytestmark = [pytest.mark.slow, pytest.mark.browser]

WORDS = {
    "en": {"check": "Look at your mail", "confirm": "Yes, confirm it", "welcome": "Finish setting up"},
    "es": {"check": "Mira tu correo", "confirm": "Sí, confirmarla", "welcome": "Termina la configuración"},
}


@pytest.mark.mission("J2.1")
@pytest.mark.mission("J2.2")
@pytest.mark.parametrize(("language", "width"), [("en", DESKTOP), ("es", PHONE)])
def test_from_the_sign_up_page_to_a_customer(browse, mail, language, width):
    words = WORDS[language]
    page = browse("/accounts/signup/?ref=friend", language=language, width=width)
    check_page(page)
    page.fill("[name=name]", "Ada")
    page.fill("[name=email]", "ada@example.org")
    page.fill("[name=password1]", PASSWORD)
    page.click("main button")
    page.get_by_role("heading", name=words["check"]).wait_for()
    check_page(page)
    page.goto(link_in(mail("ada@example.org")[0]))
    check_page(page)
    page.get_by_role("button", name=words["confirm"]).click()
    page.get_by_role("heading", name=words["welcome"]).wait_for()
    check_page(page)
    zone = page.evaluate("Intl.DateTimeFormat().resolvedOptions().timeZone")
    assert page.input_value("[name=time_zone]") == zone
    page.fill("[name=organisation]", "Analytical Engines")
    page.select_option("[name=job_role]", "developer")
    page.fill("[name=use_case]", "Bernoulli numbers")
    with page.expect_navigation():
        page.click("main form.form button")
    assert Customer.objects.get().channel == "friend"
    assert User.objects.get().language == language


def test_signing_up_works_without_javascript(browse, mail):
    page = browse("/accounts/signup/", javascript=False)
    page.fill("[name=name]", "Ada")
    page.fill("[name=email]", "ada@example.org")
    page.fill("[name=password1]", PASSWORD)
    page.click("main button")
    page.goto(link_in(mail("ada@example.org")[0]))
    page.click("main button")
    page.get_by_role("heading", name="Finish setting up").wait_for()


@pytest.mark.parametrize("width", [DESKTOP, PHONE])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_portals_pages_are_sound(browse, width, theme):
    person = sign_up("owner@orrery.example", "Olga Owner")
    customer = actions.found_customer(name="Orrery", owner=person.contact)
    actions.invite_member(
        customer=customer, email="a-rather-long-address-for-a-phone@orrery.example", by=person.contact
    )
    page = browse(f"/c/{customer.pk}/people/", user=person.user, width=width, theme=theme)
    check_page(page)
    for path in (f"/c/{customer.pk}/people/leave/", "/profile/", "/customers/", "/accounts/password/change/"):
        page.goto(path)
        check_page(page)


@pytest.mark.parametrize("width", [DESKTOP, PHONE])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_desks_pages_are_sound(browse, width, theme):
    user = User.objects.create_user("admin@vendor.example", PASSWORD)
    admin = actions.add_team_member(user=user, role="admin", name="Ana")
    actions.invite_team_member(email="sam@vendor.example")
    contact = actions.know_contact(email="ada@example.org", name="Ada", attributes={"plan": "gold"})
    customer = actions.found_customer(name="A customer with a rather long name", owner=contact, country="ES")
    token, _ = actions.make_token(owner=admin, name="API server", scopes=["keys:sync", "calls:write"])
    page = browse("/desk/customers/", user=user, width=width, theme=theme)
    check_page(page)
    sam = TeamMember.objects.get(user__email="sam@vendor.example")
    for path in (
        "customers/?q=nothing",
        "customers/new/",
        f"customers/{customer.pk}/edit/",
        "contacts/",
        f"contacts/{contact.pk}/",
        f"contacts/{contact.pk}/edit/",
        "team/",
        f"team/{sam.user_id}/remove/",
        "team/tokens/",
        "team/tokens/new/",
        f"team/tokens/{token.pk}/revoke/",
        "settings/",
    ):
        page.goto(f"/desk/{path}")
        check_page(page)


def test_a_new_token_can_be_copied_from_the_page(browse):
    user = User.objects.create_user("admin@vendor.example", PASSWORD)
    actions.add_team_member(user=user, role="admin")
    page = browse("/desk/team/tokens/new/", user=user)
    page.fill("[name=name]", "API server")
    page.check("[name=scopes][value='keys:sync']")
    page.get_by_role("button", name="Make the token").click()
    page.get_by_role("heading", name="Copy the token now").wait_for()
    assert "_team_" in page.inner_text("main pre")
    check_page(page)
