"""The pages of journeys in a real browser: down to the event, a revision published, the customer's own way."""

import pytest
from django.urls import reverse
from playwright.sync_api import expect
from tests.browser import DESKTOP, PHONE, check_page, shot

from posthouse.foundation.jobs import run_until_idle
from posthouse.journeys.models import Journey
from posthouse.keys.tests.conftest import customer, make_key, owner, team_as

__all__ = ["customer", "make_key", "owner", "team_as"]

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture
def house(site, owner, customer, make_key, team_as):
    """A customer with a key that waits for its first call, and somebody of the team."""
    make_key()
    run_until_idle()
    return customer, owner.contact.user, team_as("admin")[0].user


@pytest.mark.parametrize(("theme", "width"), [("light", DESKTOP), ("dark", PHONE)])
def test_from_the_board_to_the_list_to_the_run_to_the_event(browse, house, theme, width):
    _customer, _owner, member = house
    page = browse(reverse("desk-journeys"), user=member, theme=theme, width=width)
    check_page(page)
    shot(page, f"board-{theme}-{width}")
    page.get_by_role("link", name="1 entered").nth(1).click()
    check_page(page)
    page.get_by_role("link", name="Orrery").first.click()
    check_page(page)
    page.locator("ol.path a[href^='/desk/events/']").last.click()
    check_page(page)
    page.get_by_role("link", name="Orrery").click()
    expect(page.get_by_role("heading", name="Journeys").first).to_be_visible()


@pytest.mark.parametrize("javascript", [True, False])
def test_a_revision_is_saved_counted_and_published(browse, house, javascript):
    _customer, _owner, member = house
    browse.expect("status of 422")
    page = browse(reverse("desk-journey-edit", args=["onboarding"]), user=member, javascript=javascript)
    page.locator("input[name='s1-expected']").fill("soon")
    page.get_by_role("button", name="Save a revision").click()
    expect(page.locator("input[name='s1-expected']")).to_have_value("soon")
    expect(page.locator("#problems")).to_be_visible()
    page.locator("input[name='s1-expected']").fill("4 d")
    page.get_by_role("button", name="Save a revision").click()
    page.get_by_role("button", name="Count who would move").click()
    page.get_by_role("button", name="Publish revision 2").click()
    page.get_by_text("Revision 2 is published.").wait_for()
    assert Journey.objects.get(pk="onboarding").body["steps"][1]["expected"] == "P4D"


@pytest.mark.parametrize(("theme", "width"), [("light", DESKTOP), ("dark", PHONE)])
def test_a_customer_reads_its_own_way(browse, house, theme, width):
    customer, owner, _member = house
    page = browse(reverse("portal-journeys", args=[customer.pk]), user=owner, theme=theme, width=width)
    check_page(page)
    shot(page, f"portal-journeys-{theme}-{width}")
    expect(page.locator("li[aria-current=step]").first).to_be_visible()
