"""What lies ahead of a campaign and trying its rules out, in a browser: wide and light, narrow and dark."""

import pytest
from playwright.sync_api import expect
from tests.browser import DESKTOP, PHONE, check_page, shot

from posthouse.messages import actions as messages
from posthouse.people import actions as people
from posthouse.people.models import Contact, TeamRole, User
from posthouse.surveys import actions

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture
def coming_round(transactional_db):
    """A campaign that comes round, eighty contacts some of whom do not want it, and somebody who may see it."""
    for number in range(80):
        Contact.objects.create(email=f"person{number}@example.org")
    for number in range(0, 80, 9):
        known = messages.addressee(f"person{number}@example.org")
        messages.unsubscribe(addressee=known, category="surveys", how="desk")
    words = {"en": {"subject": "One question", "question": "How likely?"}}
    frequency = {"every": 1, "unit": "month", "quiet_from": "21:00", "quiet_to": "08:00", "daily_cap": 5}
    campaign = actions.make_campaign(name="Quarterly", metric="nps", texts=words, frequency=frequency)
    user = User.objects.create_user("admin@vendor.example.org", "x")
    people.add_team_member(user=user, role=TeamRole.ADMIN)
    return f"/desk/surveys/{campaign.pk}", user


@pytest.mark.mission("S4")
@pytest.mark.parametrize(("theme", "width", "language"), [("light", DESKTOP, "en"), ("dark", PHONE, "es")])
def test_rules_are_tried_and_read_everywhere(browse, site, coming_round, theme, width, language):
    address, user = coming_round
    User.objects.filter(pk=user.pk).update(language=language)
    page = browse(f"{address}/schedule/", user=user, theme=theme, width=width, language=language)
    shot(page, f"survey-schedule-{theme}-{width}")
    check_page(page)
    page.locator(f"a[href$='{address}/try/']").click()
    page.wait_for_url("**/try/")
    page.locator("#id_frequency-daily_cap").fill("2")
    page.locator("form.form button.primary").click()
    page.wait_for_url("**?trial=*")
    expect(page.locator("#id_frequency-daily_cap")).to_have_value("2")
    expect(page.locator("#whom")).to_be_visible()
    shot(page, f"survey-try-{theme}-{width}")
    check_page(page)
