"""Checklists tick themselves from events, and from nothing else."""

from datetime import timedelta

import pytest
from django.urls import reverse

from posthouse.foundation.clock import now
from posthouse.keys import actions as keys
from posthouse.messages.models import Message
from posthouse.pages import actions, models, queries
from posthouse.timeline import actions as timeline
from posthouse.timeline.models import Event

pytestmark = pytest.mark.django_db


def ticked(steps):
    return [step.name for step in steps if step.at]


def started(customer, person):
    return queries.getting_started(customer.pk, person.contact.pk)


@pytest.mark.mission("J2.4")
def test_each_step_ticks_with_its_own_event_and_time(owner, customer, happen):
    assert ticked(started(customer, owner)) == ["account"]
    whose = {"customer_id": "", "contact_id": owner.contact.pk}
    happen("email.confirmed", **whose)
    happen("profile.completed", **whose)
    assert ticked(started(customer, owner)) == ["account", "confirmed", "profile"]
    moment = now() - timedelta(minutes=5)
    happen("key.created", environment="test", at=moment)
    happen("key.created", environment="test")
    steps = {step.name: step for step in started(customer, owner)}
    assert steps["test_key"].at == moment
    assert steps["live_key"].at is None
    assert [step.name for step in steps.values() if step.is_next] == ["first_call"]
    for type_, data in (
        ("call.first", {}),
        ("error.examined", {}),
        ("key.created", {"environment": "live"}),
        ("call.first_live", {}),
    ):
        happen(type_, **data)
    steps = started(customer, owner)
    assert ticked(steps) == [step.name for step in steps]
    assert not any(step.is_next for step in steps)


def test_rows_without_events_tick_nothing(owner, customer, make_key):
    make_key()
    Event.objects.filter(type="key.created").delete()
    assert "test_key" not in ticked(started(customer, owner))


def test_events_of_other_customers_and_their_people_tick_nothing(owner, customer, outsider, happen):
    elsewhere = outsider.contact.memberships.get().customer_id
    happen("call.first", customer_id=elsewhere)
    happen("profile.completed", customer_id="", contact_id=outsider.contact.pk)
    assert ticked(started(customer, owner)) == ["account"]


@pytest.mark.mission("J4.1")
def test_going_live_is_announced_once_when_the_last_point_is_done(owner, customer, happen, team_as):
    team_as("admin")
    team_as("support")

    def completed():
        timeline.run_consumers()
        return Event.objects.filter(type="golive.completed").count()

    keys.create_key(customer_id=customer.pk, name="Shop", environment="live")
    actions.note_error_examined(customer_id=customer.pk, call_id="call_1", error_code="date-invalid")
    actions.confirm_limits(customer_id=customer.pk)
    actions.set_incident_contact(customer_id=customer.pk, email="ops@orrery.example")
    assert completed() == 0
    happen("call.first_live")
    assert completed() == 1
    happen("call.first_live")
    actions.set_incident_contact(customer_id=customer.pk, email="night@orrery.example")
    actions.confirm_limits(customer_id=customer.pk)
    assert completed() == 1
    assert [message.to for message in Message.objects.all()] == ["admin@vendor.example"]
    message = Message.objects.get()
    assert "Orrery" in message.subject
    assert reverse("desk-customer", args=[customer.pk]) in message.text
    assert queries.incident_email(customer.pk) == "night@orrery.example"
    assert Event.objects.filter(type="golive.confirmed").count() == 2


def test_the_points_confirmed_by_hand_are_confirmed_on_the_page(owner, customer):
    browser = owner.browser
    page = reverse("portal-golive", args=[customer.pk])
    assert "10 per second" not in browser.get(page).content.decode()
    assert "50 per second" in browser.get(page).content.decode()
    browser.post(reverse("portal-golive-limits", args=[customer.pk]))
    wrong = browser.post(reverse("portal-golive-incidents", args=[customer.pk]), {"email": "nobody"})
    assert wrong.status_code == 422
    assert 'value="nobody"' in wrong.content.decode()
    browser.post(reverse("portal-golive-incidents", args=[customer.pk]), {"email": "ops@orrery.example"})
    row = models.GoLive.objects.get(pk=customer.pk)
    assert row.limits_known_at
    assert row.incident_email == "ops@orrery.example"
    assert "ops@orrery.example" in browser.get(page).content.decode()


@pytest.mark.parametrize("role", ["billing", "auditor"])
def test_those_who_only_read_confirm_nothing(member_as, customer, role):
    browser = member_as(role).browser
    assert browser.get(reverse("portal-golive", args=[customer.pk])).status_code == 200
    for name in ("portal-golive-limits", "portal-golive-incidents", "portal-first-key"):
        assert browser.post(reverse(name, args=[customer.pk])).status_code == 403


def test_an_error_examined_twice_is_announced_once(customer):
    for number in range(2):
        actions.note_error_examined(customer_id=customer.pk, call_id=f"call_{number}", error_code="x")
    assert [event.data["call_id"] for event in Event.objects.filter(type="error.examined")] == ["call_0"]


def test_the_usual_wait_is_the_median_of_real_ones(happen, monkeypatch):
    moment = now() - timedelta(days=1)
    for number, minutes in enumerate([2, 4, 6, 8, 100]):
        assert queries._median_minutes() is None
        happen("key.created", customer_id=f"cus_{number}", environment="test", at=moment)
        happen("call.first", customer_id=f"cus_{number}", at=moment + timedelta(minutes=minutes))
    assert queries._median_minutes() == 6
