"""The list of events that could not be digested, in Chromium."""

import pytest
from django.urls import reverse
from tests.browser import DESKTOP, PHONE, check_page, shot

from posthouse.people.models import User
from posthouse.timeline import actions, events
from posthouse.timeline.models import Parked

pytestmark = [pytest.mark.slow, pytest.mark.browser]


@pytest.fixture
def parked(site, happen, monkeypatch):
    """Two events that one consumer cannot digest and one that waits."""
    monkeypatch.setattr(events, "reactions", {})

    @events.reacts_to("lamp.lit", consumer="lamps")
    def fail(event):
        raise ValueError("the bulb is broken: " + "x" * 300)

    happen("lamp.lit", name="first")
    happen("lamp.lit", name="second")
    happen("lamp.lit", name="other", customer_id="cus_other")
    actions.run_consumers()
    return Parked.objects.earliest("event__position")


@pytest.mark.parametrize(("theme", "width", "language"), [("light", DESKTOP, "en"), ("dark", PHONE, "es")])
def test_they_are_listed_and_one_is_left_out(browse, parked, team_as, theme, width, language):
    member, _ = team_as("support")
    User.objects.filter(pk=member.user_id).update(language=language)
    user = User.objects.get(pk=member.user_id)
    page = browse(reverse("desk-parked"), user=user, theme=theme, width=width, language=language)
    shot(page, f"pages-parked-{theme}")
    check_page(page)
    page.goto(reverse("desk-parked-discard", args=[parked.pk]))
    check_page(page)
    page.fill("[name=reason]", "sent by mistake")
    page.locator("main button.danger").click()
    page.get_by_text("sent by mistake").wait_for()
    shot(page, f"pages-parked-left-out-{theme}")
    check_page(page)
    assert not Parked.objects.filter(pk=parked.pk).exists()
