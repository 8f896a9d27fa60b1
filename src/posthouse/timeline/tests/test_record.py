"""Events are recorded with the change they announce, and each takes effect once."""

import pytest
from django.db import transaction

from posthouse.timeline import actions, events, models
from posthouse.timeline.tests.lamps import LampLit


@pytest.mark.django_db(transaction=True)
def test_recording_outside_a_transaction_is_refused():
    with pytest.raises(RuntimeError, match="in the transaction"):
        actions.record(LampLit(watts=3))


@pytest.mark.django_db(transaction=True)
def test_a_change_that_is_rolled_back_takes_its_announcement_with_it():
    with transaction.atomic():
        actions.record(LampLit(watts=3))
        transaction.set_rollback(True)
    assert not models.Event.objects.exists()


@pytest.mark.django_db
def test_the_same_event_id_is_recorded_once():
    first = actions.record(LampLit(watts=3), event_id="lamp-1")
    again = actions.record(LampLit(watts=3), event_id="lamp-1")
    assert first.pk == again.pk
    assert first.data == {"watts": 3}


@pytest.fixture
def seen(monkeypatch):
    monkeypatch.setattr(events, "reactions", {})
    got = []

    @events.reacts_to("lamp.lit", consumer="tester")
    def note(event):
        if event.data["watts"] == 13:
            raise ValueError("unlucky")
        got.append((event.customer_id, event.data["watts"]))

    return got


@pytest.mark.django_db
def test_a_consumer_sees_each_event_once_in_order(seen):
    for watts in range(5):
        actions.record(LampLit(customer_id="cus_a", watts=watts))
    actions.run_consumers()
    actions.run_consumers()
    assert seen == [("cus_a", watts) for watts in range(5)]


@pytest.mark.django_db
def test_a_failing_event_holds_up_its_own_customer_only(seen, monkeypatch):
    actions.record(LampLit(customer_id="cus_a", watts=13))
    actions.record(LampLit(customer_id="cus_a", watts=14))
    actions.record(LampLit(customer_id="cus_b", watts=15))
    actions.run_consumers()
    assert seen == [("cus_b", 15)]
    parked = models.Parked.objects.order_by("pk")
    assert [row.attempts for row in parked] == [1, 0]
    assert "unlucky" in parked[0].error

    monkeypatch.setitem(
        events.reactions["tester"], "lamp.lit", [lambda event: seen.append(("later", event.data["watts"]))]
    )
    assert actions.retry_now() == 2
    assert seen == [("cus_b", 15), ("later", 13), ("later", 14)]
    assert not models.Parked.objects.exists()


@pytest.mark.django_db
def test_many_events_are_recorded_at_once_in_order_and_those_already_there_left_out():
    lamps = [
        events.ToRecord(event=LampLit(customer_id="cus_a", watts=watts), event_id=f"lamp-{watts}")
        for watts in range(1200)
    ]
    actions.record_many(lamps[:3])
    actions.record_many(lamps)
    found = list(models.Event.objects.order_by("position").values_list("id", "data", "source"))
    assert found == [(f"lamp-{watts}", {"watts": watts}, "posthouse") for watts in range(1200)]


@pytest.mark.django_db
def test_among_many_each_needs_an_id_of_its_own():
    with pytest.raises(ValueError, match="needs an event_id"):
        actions.record_many([events.ToRecord(event=LampLit(watts=3), event_id="")])


@pytest.mark.django_db(transaction=True)
def test_many_outside_a_transaction_are_refused():
    with pytest.raises(RuntimeError, match="in the transaction"):
        actions.record_many([events.ToRecord(event=LampLit(watts=3), event_id="lamp")])
