"""Events that consumers could not digest: the desk shows them, tries again, or leaves one out with a reason."""

import pytest
from django.urls import reverse

from posthouse.pages.tests.test_desk import text_of
from posthouse.timeline import actions, events
from posthouse.timeline.models import Discarded, Event, Parked


@pytest.fixture
def lamp(monkeypatch, happen):
    """A consumer that fails at events that are broken; `lamp.taken` is what it took in."""
    monkeypatch.setattr(events, "reactions", {})

    class Lamp:
        taken: list[str] = []
        mended = False

    lamp = Lamp()
    lamp.taken = []

    @events.reacts_in_batches("lamp.lit", consumer="lamps")
    def take_in(batch):
        for event in batch:
            if event.data.get("broken") and not lamp.mended:
                raise ValueError("the bulb is broken")
        lamp.taken += [event.data["name"] for event in batch]

    happen("lamp.lit", name="first", broken=True)
    happen("lamp.lit", name="second")
    happen("lamp.lit", name="other", broken=True, customer_id="cus_other")
    actions.run_consumers()
    return lamp


@pytest.fixture
def first(lamp):
    return Parked.objects.earliest("event__position")


def test_they_are_listed_with_the_error_and_what_waits_behind(team_as, lamp):
    _, browser = team_as("auditor")
    page = text_of(browser.get(reverse("desk-parked")))
    assert page.count("the bulb is broken") == 2
    assert "waits behind an earlier one" in page
    assert "Try now" not in page
    assert "3 events could not be digested" in text_of(browser.get(reverse("desk-events")))
    assert "the bulb" not in text_of(browser.get(reverse("desk-parked"), {"consumer": "another"}))


def test_one_is_tried_again_and_those_behind_it_follow(team_as, lamp, first):
    _, browser = team_as("engineer")
    address = reverse("desk-parked-retry", args=[first.pk])
    assert "Nothing took effect" in text_of(browser.post(address, follow=True))
    first.refresh_from_db()
    assert first.attempts == 2
    lamp.mended = True
    assert "2 events took effect" in text_of(browser.post(address, follow=True))
    assert lamp.taken == ["first", "second"]
    assert Parked.objects.count() == 1


def test_all_are_tried_again(team_as, lamp):
    _, browser = team_as("support")
    lamp.mended = True
    assert "3 events took effect" in text_of(browser.post(reverse("desk-parked-retry-all"), follow=True))
    assert "Every event was taken in" in text_of(browser.get(reverse("desk-parked")))


def test_one_is_left_out_with_a_reason_and_those_behind_it_go_on(team_as, customer, lamp, first):
    member, browser = team_as("support")
    address = reverse("desk-parked-discard", args=[first.pk])
    assert "Leave this event out for lamps?" in text_of(browser.get(address))
    assert browser.post(address, {"reason": " "}).status_code == 200
    assert Parked.objects.filter(pk=first.pk).exists()
    page = text_of(browser.post(address, {"reason": "sent by mistake"}, follow=True))
    assert "those behind it go on" in page
    assert "sent by mistake" in page
    actions.run_consumers()
    assert lamp.taken == ["second"]
    row = Discarded.objects.get()
    assert (row.error, row.actor) == ("ValueError: the bulb is broken", f"team:{member.user_id}")
    told = Event.objects.get(type="event.discarded")
    assert (told.customer_id, told.data["reason"], told.data["event_type"]) == (
        customer.pk,
        "sent by mistake",
        "lamp.lit",
    )


def test_what_took_effect_meanwhile_is_not_left_out(lamp, first):
    lamp.mended = True
    actions.retry_now()
    assert actions.discard(parked_id=first.pk, reason="late", actor="") is None
    assert actions.retry_one(parked_id=first.pk) == 0
    assert not Discarded.objects.exists()


@pytest.mark.parametrize("role", ["analyst", "auditor"])
def test_those_who_only_read_change_nothing(team_as, first, role):
    _, browser = team_as(role)
    assert browser.get(reverse("desk-parked")).status_code == 200
    assert browser.post(reverse("desk-parked-retry-all")).status_code == 403
    for name in ("desk-parked-retry", "desk-parked-discard"):
        assert browser.post(reverse(name, args=[first.pk])).status_code == 403


def test_what_is_not_parked_is_not_found(team_as, lamp, owner):
    _, browser = team_as("admin")
    for number in (0, 10**6, 2**70):
        assert browser.post(reverse("desk-parked-retry", args=[number])).status_code == 404
        assert browser.get(reverse("desk-parked-discard", args=[number])).status_code == 404
    assert owner.browser.get(reverse("desk-parked")).status_code == 404
