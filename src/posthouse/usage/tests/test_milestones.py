"""What calls mean is put on the timeline: once each, with the time of the call."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from posthouse.keys.models import Key
from posthouse.people.models import Customer
from posthouse.timeline.models import Event
from posthouse.usage import actions
from posthouse.usage.models import CustomerState

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
SECOND, MINUTE, HOUR, DAY = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


def announced(*types, customer_id="cus_1"):
    rows = Event.objects.filter(customer_id=customer_id).order_by("position")
    return [row for row in rows if row.type in types] if types else [row.type for row in rows]


@pytest.mark.mission("J3.2")
def test_each_first_is_announced_once_with_the_time_of_the_call(called):
    called({"status": 401, "at": NOON}, {"status": 200, "at": NOON + SECOND})
    called({"environment": "live", "status": 500, "at": NOON + MINUTE})
    called({"environment": "live", "status": 200, "at": NOON + HOUR})
    called({"environment": "live", "status": 503, "at": NOON + HOUR})
    found = {row.type: row.occurred_at for row in announced("call.first", "call.failed_first", "call.first_success")}
    assert found == {"call.first": NOON, "call.failed_first": NOON, "call.first_success": NOON + SECOND}
    live = {row.type: row.occurred_at for row in announced("call.first_live", "call.first_live_success")}
    assert live == {"call.first_live": NOON + MINUTE, "call.first_live_success": NOON + HOUR}
    assert len(announced()) == 5


@pytest.mark.mission("J3.2")
def test_the_time_to_the_first_call_is_measured(called, ada, ada_key):
    Customer.objects.filter(pk=ada.customer_id).update(created_at=NOON)
    Key.objects.filter(pk=ada_key.pk).update(created_at=NOON + MINUTE)
    called(customer_id=ada.customer_id, key_id=ada_key.pk, at=NOON + 5 * MINUTE)
    [event] = announced("call.first", customer_id=ada.customer_id)
    assert event.data["seconds_since_customer"] == 300
    assert event.data["seconds_since_key"] == 240
    assert event.data["call_id"].startswith("call_")


def test_calls_of_nobody_announce_nothing_but_are_counted(called):
    called(customer_id="", key_id="", status=401)
    assert not Event.objects.exists()
    assert not CustomerState.objects.exists()


def test_an_error_spike_begins_and_ends(called):
    called(*({"at": NOON - DAY + n * MINUTE, "status": 404 if n % 50 == 0 else 200} for n in range(100)))
    called(*({"at": NOON + n * SECOND, "status": 500 if n % 2 else 200, "route": "/moon"} for n in range(30)))
    called(at=NOON + MINUTE, status=500)
    [spike] = announced("error.spike")
    assert (spike.data["calls"], spike.data["errors"]) == (30, 15)
    assert spike.data["usual_share"] == 0.02
    assert (spike.data["route"], spike.data["status"]) == ("GET /moon", 500)
    assert spike.occurred_at == NOON + 29 * SECOND

    called(*({"at": NOON + 20 * MINUTE + n * SECOND} for n in range(5)))
    [ended] = announced("error.spike_ended")
    assert ended.data["seconds"] == pytest.approx(20 * 60 - 25, abs=10)
    called(*({"at": NOON + HOUR + n * SECOND, "status": 500} for n in range(30)))
    assert len(announced("error.spike")) == 2


@pytest.mark.parametrize(
    ("calls", "errors", "spike"), [(19, 19, False), (20, 5, True), (20, 4, False), (400, 99, False), (400, 100, True)]
)
def test_a_spike_needs_twenty_calls_and_a_quarter_of_errors(called, calls, errors, spike):
    called(*({"at": NOON, "status": 500 if n < errors else 200} for n in range(calls)))
    assert bool(announced("error.spike")) == spike


@pytest.mark.parametrize(("usual_errors", "spike"), [(10, True), (20, False), (60, False)])
def test_a_spike_is_three_times_the_usual_share(called, usual_errors, spike):
    called(*({"at": NOON - DAY + n * HOUR / 5, "status": 404 if n < usual_errors else 200} for n in range(100)))
    Event.objects.all().delete()
    CustomerState.objects.update(spike_since=None)
    called(*({"at": NOON + n * SECOND, "status": 500 if n % 5 < 2 else 200} for n in range(50)))
    assert bool(announced("error.spike")) == spike


def test_nine_of_ten_failing_is_a_spike_for_anybody(called):
    called(*({"at": NOON - DAY + n * HOUR / 5, "status": 404 if n % 2 else 200} for n in range(100)))
    called(*({"at": NOON + n * SECOND, "status": 500} for n in range(50)))
    assert [row.data["share"] for row in announced("error.spike")][-1] == 1


def test_a_spike_ends_when_no_more_calls_come(called):
    called(*({"at": NOON + n * SECOND, "status": 500} for n in range(30)))
    with time_machine.travel(NOON + 5 * MINUTE, tick=False):
        assert actions.announce_silence() == 0
    with time_machine.travel(NOON + 30 * MINUTE, tick=False):
        assert actions.announce_silence() == 1
        assert actions.announce_silence() == 0
    assert len(announced("error.spike_ended")) == 1


def silence(at):
    with time_machine.travel(at, tick=False):
        actions.announce_silence()
    return announced("traffic.gone_quiet")


def test_a_regular_caller_that_stops_has_gone_quiet_after_a_day_and_resumes(called):
    called(*({"at": NOON - n * 6 * HOUR} for n in range(30)))
    assert silence(NOON + 20 * HOUR) == []
    assert silence(NOON + 29 * HOUR) == []
    [event] = silence(NOON + 31 * HOUR)
    assert silence(NOON + 90 * HOUR) == [event]
    assert event.occurred_at == NOON + 30 * HOUR
    assert event.data["usual_gap_seconds"] == 6 * 3600

    called(at=NOON - DAY)
    assert announced("traffic.resumed") == []
    called(at=NOON + 100 * HOUR)
    [resumed] = announced("traffic.resumed")
    assert resumed.data["quiet_seconds"] == 100 * 3600
    assert CustomerState.objects.get().quiet_since is None


def test_a_daily_caller_may_be_silent_for_five_days(called):
    called(*({"at": NOON - n * DAY} for n in range(10)))
    assert silence(NOON + 4 * DAY) == []
    assert len(silence(NOON + 5 * DAY + MINUTE)) == 1


def test_who_never_called_regularly_cannot_go_quiet(called):
    called({"at": NOON - HOUR}, {"at": NOON - MINUTE}, {"at": NOON - DAY})
    assert silence(NOON + 30 * DAY) == []
    assert CustomerState.objects.get().quiet_check_at is None
