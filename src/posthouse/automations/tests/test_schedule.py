"""Automations that come round, and automations tried on the past."""

from datetime import UTC, datetime, timedelta

import pytest

from posthouse.automations import actions, queries
from posthouse.automations.definition import InvalidDefinition
from posthouse.automations.models import AutomationRun, Occasion
from posthouse.automations.tests.conftest import MAIL
from posthouse.foundation.clock import now
from posthouse.messages.models import Message
from posthouse.people.models import Contact, Membership, User

pytestmark = pytest.mark.django_db
WEEKLY = {"kind": "schedule", "time": "09:00", "days": ["mon"], "zone": "contact"}


@pytest.fixture(autouse=True)
def sunday(time_machine):
    time_machine.move_to("2026-11-22T12:00:00Z", tick=False)


@pytest.fixture
def grace(customer):
    user = User.objects.create_user("grace@example.com", time_zone="America/New_York")
    contact = Contact.objects.create(email="grace@example.com", name="Grace", user=user)
    Membership.objects.create(contact=contact, customer=customer)
    return contact


@pytest.fixture
def linus(db):
    return Contact.objects.create(email="linus@example.com", name="Linus")


def to():
    return sorted(Message.objects.values_list("to", flat=True))


def test_everybody_gets_it_in_the_morning_of_their_own_zone(ada, grace, linus, automation, settle, time_machine):
    automation(when=WEEKLY, again="every_time")
    assert set(Occasion.objects.values_list("zone", flat=True)) == {"Europe/Madrid", "America/New_York", "UTC"}
    for moment, expected in (
        ("2026-11-23T07:59:59Z", []),
        ("2026-11-23T08:00:01Z", [ada.email]),
        ("2026-11-23T09:00:01Z", [ada.email, linus.email]),
        ("2026-11-23T14:00:01Z", [ada.email, grace.email, linus.email]),
        ("2026-11-29T20:00:01Z", [ada.email, grace.email, linus.email]),
        ("2026-11-30T08:00:01Z", [ada.email, ada.email, grace.email, linus.email]),
    ):
        time_machine.move_to(moment, tick=False)
        settle()
        assert to() == expected


def test_only_those_whom_it_fits_and_only_once(ada, grace, automation, settle, time_machine):
    whom = {"field": "contact.name", "op": "starts_with", "value": "G"}
    automation(when={**WEEKLY, "zone": "Europe/Madrid", "whom": whom})
    for day in (23, 30):
        time_machine.move_to(f"2026-11-{day}T08:30:00Z", tick=False)
        settle()
    assert to() == [grace.email]


def test_a_new_time_replaces_the_old_one(ada, automation, settle, time_machine):
    automation(when=WEEKLY)
    automation(when={**WEEKLY, "time": "18:00"})
    time_machine.move_to("2026-11-23T12:00:00Z", tick=False)
    settle()
    assert to() == []
    actions.switch(automation=queries.one("hello"), state="off")
    assert not Occasion.objects.exists()


def test_after_a_long_outage_the_missed_occasion_is_left_out(ada, automation, settle, time_machine):
    automation(when=WEEKLY)
    time_machine.move_to("2026-11-25T12:00:00Z", tick=False)
    settle()
    assert to() == []
    assert Occasion.objects.get(zone="Europe/Madrid").next_at.isoformat() == "2026-11-30T08:00:00+00:00"


BODY = {"name": {"en": "T"}, "when": {"kind": "event", "event": "key.created"}, "do": [MAIL]}
MONTH = datetime(2026, 10, 23, tzinfo=UTC)


def test_it_would_have_fired_so_often_for_these(ada, customer, grace, happen):
    for days, contact, environment in ((20, ada, "live"), (10, ada, "live"), (5, grace, "live"), (3, grace, "test")):
        moment = now() - timedelta(days=days)
        happen("key.created", contact=contact, customer=customer, at=moment, received=moment, environment=environment)
    body = {**BODY, "again": "every_time", "if": {"field": "event.data.environment", "op": "is", "value": "live"}}
    trial = queries.try_on_past(body, since=MONTH)
    assert (trial.seen, trial.fired, trial.passed_over, trial.complete) == (4, 3, {"if": 1}, True)
    assert [(fired.contact_id, fired.customer_id) for fired in trial.examples] == [
        (grace.pk, customer.pk),
        (ada.pk, customer.pk),
        (ada.pk, customer.pk),
    ]
    assert queries.try_on_past({**body, "again": "once"}, since=MONTH).passed_over == {"if": 1, "again": 1}
    assert queries.try_on_past(body, since=now() - timedelta(days=6)).fired == 1
    assert not AutomationRun.objects.exists()
    assert not Message.objects.exists()


def test_since_without_is_tried_with_what_the_log_says(ada, customer, grace, happen):
    moment = now() - timedelta(days=20)
    for contact in (ada, grace):
        happen("key.created", contact=contact, at=moment, received=moment)
    happen("call.first", contact=grace, at=moment + timedelta(days=1), received=moment + timedelta(days=1))
    happen("key.created", contact=ada, at=now() - timedelta(hours=1))
    body = {**BODY, "again": "every_time"}
    body["when"] = {"kind": "since", "event": "key.created", "without": "call.first", "for": "P3D"}
    trial = queries.try_on_past(body, since=MONTH)
    assert (trial.fired, trial.passed_over) == (1, {"happened": 1, "not_over": 1})
    assert trial.examples[0].contact_id == ada.pk


def test_history_brought_in_would_have_begun_nothing(ada, happen):
    happen("key.created", contact=ada, at=now() - timedelta(days=20))
    assert queries.try_on_past(BODY, since=MONTH).passed_over == {"late": 1}


def test_a_schedule_is_tried_on_its_days(ada, grace, linus):
    whom = {"field": "customer.plan", "op": "is", "value": "pro"}
    body = {**BODY, "when": {**WEEKLY, "whom": whom}, "again": "every_time"}
    trial = queries.try_on_past(body, since=MONTH)
    assert (trial.fired, trial.passed_over) == (8, {"if": 4}), "two of three fit, on four Mondays"


def test_a_broken_body_is_refused():
    with pytest.raises(InvalidDefinition):
        queries.try_on_past({"do": 1}, since=MONTH)
