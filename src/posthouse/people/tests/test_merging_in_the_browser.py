"""Merging in Chromium: from the contact's page to the two that have become one, and every page on desktop and phone."""

import pytest
from playwright.sync_api import expect
from tests.browser import DESKTOP, PHONE, check_page, shot

from posthouse.people import actions
from posthouse.people.models import User
from posthouse.people.tests.conftest import PASSWORD

pytestmark = [pytest.mark.slow, pytest.mark.browser]

LOOKS = [("light", DESKTOP, "en"), ("dark", PHONE, "es")]


@pytest.fixture
def pairs(site):
    """Two contacts and two customers that may be the same, and somebody of the team."""
    user = User.objects.create_user("admin@vendor.example", PASSWORD)
    actions.add_team_member(user=user, role="support", name="Ana")
    ada = actions.know_contact(email="ada@example.org", name="Ada Lovelace")
    again = actions.know_contact(email="ada+api@example.org", name="Ada")
    engines = actions.found_customer(name="Analytical Engines", owner=ada)
    twice = actions.found_customer(name="analytical engines", owner=again)
    return user, ada, again, engines, twice


@pytest.mark.parametrize(("theme", "width", "language"), LOOKS)
def test_every_page_is_sound(browse, pairs, theme, width, language):
    user, ada, again, engines, twice = pairs
    User.objects.filter(pk=user.pk).update(language=language)
    page = browse("/desk/", user=user, theme=theme, width=width, language=language)
    for path in (
        f"contacts/{ada.pk}/merge/",
        f"contacts/{ada.pk}/merge/?other=nobody",
        f"contacts/{ada.pk}/merge/{again.pk}/",
        f"customers/{engines.pk}/merge/",
        f"customers/{engines.pk}/merge/{twice.pk}/",
    ):
        page.goto(f"/desk/{path}")
        shot(page, f"people-merge-{path.replace('/', '_')[:60]}-{theme}")
        check_page(page)


@pytest.mark.parametrize("javascript", [True, False])
def test_a_double_is_found_compared_and_merged(browse, pairs, javascript):
    user, ada, again, _engines, _twice = pairs
    page = browse(f"/desk/contacts/{ada.pk}/", user=user, javascript=javascript)
    page.get_by_role("link", name="Merge").click()
    page.get_by_role("link", name="Compare ada+api@example.org").click()
    page.get_by_role("heading", name="Merge Ada into Ada Lovelace?").wait_for()
    page.get_by_role("button", name="Merge").click()
    page.get_by_text("The two are one now").wait_for()
    assert page.url.endswith(f"/desk/contacts/{ada.pk}/")
    expect(page.get_by_text("analytical engines", exact=True)).to_have_count(1)
    page.goto(f"/desk/contacts/{again.pk}/")
    assert page.url.endswith(f"/desk/contacts/{ada.pk}/")
