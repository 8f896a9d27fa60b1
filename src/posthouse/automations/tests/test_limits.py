"""Caps, quiet hours, validity, spreading, and people who do not want mail."""

from datetime import time, timedelta

import pytest

from posthouse.automations import actions, waits
from posthouse.automations.models import Decision, Effect
from posthouse.automations.tests.conftest import MAIL
from posthouse.foundation.clock import now
from posthouse.messages import actions as messages
from posthouse.messages.models import Message

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def monday(time_machine):
    time_machine.move_to("2026-11-23T09:00:00Z", tick=False)


def states():
    return sorted(Effect.objects.values_list("state", flat=True))


def last_word():
    return Decision.objects.exclude(effect=None).order_by("-pk").first()


@pytest.mark.mission("S4")
def test_the_cap_holds_across_all_automations(ada, customer, automation, happen, settle, time_machine):
    actions.change_settings(cap_most=2, cap_days=7, spread_minutes=0)
    for name in ("one", "two", "three"):
        automation(name, do=[{**MAIL, "valid_for": "P30D"}])
    happen("key.created", contact=ada, customer=customer)
    settle()
    assert states() == ["done", "done", "held"]
    assert last_word().data["had"] == 2
    time_machine.shift(timedelta(days=7))
    settle()
    assert states() == ["done", "done", "held"]
    time_machine.shift(timedelta(seconds=2))
    settle()
    assert states() == ["done", "done", "done"]
    assert Message.objects.count() == 3


def test_what_the_cap_holds_beyond_its_validity_is_dropped_at_once(ada, customer, automation, happen, settle):
    actions.change_settings(cap_most=1)
    automation("one")
    automation("two", do=[{**MAIL, "valid_for": "P3D"}])
    happen("key.created", contact=ada, customer=customer)
    settle()
    assert states() == ["done", "expired"]
    assert last_word().what == "expired"


def test_transactional_mail_knows_neither_cap_nor_quiet_hours(ada, customer, automation, happen, settle, time_machine):
    time_machine.move_to("2026-11-23T23:00:00Z", tick=False)
    actions.change_settings(cap_most=1, quiet_from=time(21), quiet_to=time(8))
    for name in ("one", "two", "three"):
        automation(name, do=[{**MAIL, "transactional": True}])
    happen("key.created", contact=ada, customer=customer)
    settle()
    assert states() == ["done"] * 3


def test_quiet_hours_are_those_of_the_contacts_zone(ada, customer, automation, happen, settle, time_machine):
    ada.user.time_zone = "America/New_York"
    ada.user.save()
    actions.change_settings(quiet_from=time(21), quiet_to=time(8), spread_minutes=10)
    automation()
    happen("key.created", contact=ada, customer=customer)
    settle()
    effect = Effect.objects.get()
    assert effect.state == "held"
    assert timedelta(hours=4) <= effect.due_at - now() < timedelta(hours=4, minutes=10)
    assert (last_word().what, last_word().data["zone"]) == ("quiet", "America/New_York")
    time_machine.move_to(effect.due_at, tick=False)
    settle()
    assert states() == ["done"]


@pytest.mark.parametrize(
    ("person", "theirs", "expected"),
    [("", "Asia/Tokyo", "held"), ("", "", "done"), ("", "Mars/Base", "done"), ("Europe/Madrid", "Asia/Tokyo", "done")],
)
def test_the_zone_comes_from_the_person_the_customer_or_the_vendor(
    ada, customer, automation, happen, settle, time_machine, person, theirs, expected
):
    time_machine.move_to("2026-11-23T15:00:00Z", tick=False)
    ada.user.time_zone = person
    ada.user.save()
    customer.attributes = {"time_zone": theirs}
    customer.save()
    actions.change_settings(quiet_from=time(21), quiet_to=time(8))
    automation()
    happen("key.created", contact=ada, customer=customer)
    settle()
    assert states() == [expected]


def test_what_comes_late_after_an_outage_is_spread_and_then_sent(
    ada, customer, automation, happen, settle, time_machine
):
    automation(do=[{"id": "w", "do": "wait", "for": "P1D"}, MAIL])
    happen("key.created", contact=ada, customer=customer)
    settle()
    time_machine.shift(timedelta(days=1))
    waits.end_due_waits()
    time_machine.shift(timedelta(hours=5))
    settle()
    effect = Effect.objects.get()
    assert (effect.state, last_word().what) == ("held", "spread")
    assert now() <= effect.due_at < now() + timedelta(minutes=15)
    time_machine.shift(timedelta(hours=5))
    settle()
    assert states() == ["done"], "spread once, not for ever"


def test_after_its_validity_nothing_is_sent(ada, customer, automation, happen, settle, time_machine):
    automation(do=[{**MAIL, "valid_for": "PT1H"}])
    happen("key.created", contact=ada, customer=customer)
    waits.end_due_waits()
    time_machine.shift(timedelta(hours=2))
    settle()
    assert states() == ["expired"]
    assert not Message.objects.exists()


def test_who_does_not_want_mail_gets_none_and_the_cap_is_not_used_up(ada, customer, automation, happen, settle):
    messages.suppress(addressee=messages.addressee(ada.email), reason="manual", how="desk")
    automation()
    happen("key.created", contact=ada, customer=customer)
    settle()
    effect = Effect.objects.get()
    assert (effect.state, effect.answer) == ("skipped", {"reason": "suppressed"})
    assert not Message.objects.exists()


def test_quiet_hours_need_both_ends(db):
    with pytest.raises(Exception, match="beginning and an end"):
        actions.change_settings(quiet_from=time(21))
