"""The page of results in a browser: wide and light in English, narrow and dark in Spanish."""

from datetime import timedelta

import pytest
from playwright.sync_api import expect
from tests.browser import DESKTOP, PHONE, check_page, shot

from posthouse.foundation.clock import now
from posthouse.people import actions as people
from posthouse.people.models import TeamRole, User
from posthouse.surveys import actions
from posthouse.surveys.models import Response

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture
def results(transactional_db):
    """Where two months of answers are shown, and somebody who may see it."""
    words = {"en": {"subject": "One question", "question": "How likely?"}}
    campaign = actions.make_campaign(name="Quarterly", metric="nps", texts=words)
    for number in range(120):
        Response.objects.create(
            campaign=campaign,
            score=(10, 9, 8, 3, 10)[number % 5],
            comment="The documents are good, the limits are hard to find. " * (number % 3),
            attributes={"plan": ("pro", "free", "team")[number % 3], "country": "ES"},
            created_at=now() - timedelta(hours=12 * number),
        )
    user = User.objects.create_user("admin@vendor.example.org", "x")
    people.add_team_member(user=user, role=TeamRole.ADMIN)
    return f"/desk/surveys/{campaign.pk}/figures/", user


@pytest.mark.mission("S8")
@pytest.mark.parametrize(("theme", "width", "language"), [("light", DESKTOP, "en"), ("dark", PHONE, "es")])
def test_results_are_readable_everywhere(browse, site, results, theme, width, language):
    address, user = results
    User.objects.filter(pk=user.pk).update(language=language)
    page = browse(f"{address}?by=attributes.plan", user=user, theme=theme, width=width, language=language)
    expect(page.locator("table.list").first).to_be_visible()
    expect(page.get_by_text("The documents are good").first).to_be_visible()
    shot(page, f"survey-results-{theme}-{width}")
    check_page(page)
    page.locator("#c-search").fill("nothing like this")
    page.locator("#c-search").press("Enter")
    page.wait_for_url("**search=nothing*")
    expect(page.locator("#f-by")).to_have_value("attributes.plan")
