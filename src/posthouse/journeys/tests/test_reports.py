"""The report of a journey: a log to be checked by hand, and random ones against plain Python over the raw rows."""

import random
from datetime import timedelta

import pytest
import time_machine
from scipy import stats

from posthouse.foundation import conditions
from posthouse.journeys import models, reports
from posthouse.journeys.tests.happenings import START
from posthouse.people.models import Customer
from posthouse.timeline.models import Event

pytestmark = pytest.mark.django_db
HOUR = 3600.0


def at(hours):
    return START + timedelta(hours=hours)


@pytest.fixture
def by_hand(walk, log, consume):
    """Six customers in the journey go, a (within 4 h), b:

    cus_1 go 0, a 1, b 3    cus_2 go 0, a 2        cus_3 go 1, a 5, b 6
    cus_4 go 2              cus_5 go 2, left at 4  cus_6 go 9 (as of 10 h)
    """
    walk(
        [{"key": "a", "on": [{"event": "x.a"}], "expected": "PT4H"}, "b"],
        exit=[{"on": [{"event": "out.go"}], "reason": "gone"}],
    )
    told = {
        "cus_1": [("in.go", 0), ("x.a", 1), ("x.b", 3)],
        "cus_2": [("in.go", 0), ("x.a", 2)],
        "cus_3": [("in.go", 1), ("x.a", 5), ("x.b", 6)],
        "cus_4": [("in.go", 2)],
        "cus_5": [("in.go", 2), ("out.go", 4)],
        "cus_6": [("in.go", 9)],
    }
    for who, rows in told.items():
        for type_, hours in rows:
            log(type_, hours, who)
    consume()
    with time_machine.travel(at(10), tick=False):
        yield


def test_a_log_that_can_be_checked_by_hand(by_hand):
    told = reports.report("walk")
    assert {name: told[name] for name in ("entered", "open", "completed", "exited", "exits")} == {
        "entered": 6, "open": 3, "completed": 2, "exited": 1, "exits": {"gone": 1},
    }  # fmt: skip
    a, b = told["steps"]
    # a: reached after 1, 2, 4 h; last seen without it after 8 (cus_4), 2 (cus_5, who left) and 1 h (cus_6).
    assert (a["entered"], a["reached"], a["conversion"], a["left"], a["waiting"]) == (6, 3, 0.5, 1, 2)
    # 1 h: 6 at risk, S = 5/6; 2 h: 4 at risk, S = 5/8; 4 h: 2 at risk, S = 5/16.
    assert [(point["seconds"] / HOUR, point["at_risk"], point["waiting"]) for point in a["curve"]] == [
        (1, 6, pytest.approx(5 / 6, abs=1e-6)), (2, 4, 5 / 8), (4, 2, 5 / 16),
    ]  # fmt: skip
    assert a["median_seconds"] == 4 * HOUR
    # Leaving excludes: 1/6, + 5/6·1/4 = 3/8; at 2 h one leaves as well, S = 5/6·2/4 = 5/12; + 5/12·1/2 = 7/12.
    assert [point["got_there"] for point in a["curve"]] == pytest.approx([1 / 6, 3 / 8, 7 / 12], abs=1e-6)
    assert a["stuck"] == {"total": 1, "limit": 1, "slow": 0, "trouble": 0}  # cus_4 waits for 8 h
    # b: after 2 and 1 h; cus_2 waits for 8 h.
    assert (b["entered"], b["reached"], b["waiting"], b["median_seconds"]) == (3, 2, 1, 2 * HOUR)
    assert b["conversion"] == pytest.approx(2 / 3, abs=1e-6)
    assert b["overall"] == pytest.approx(2 / 6, abs=1e-6)
    assert b["expected_seconds"] is None
    assert b["stuck"]["total"] == 0


def test_a_period_is_about_when_runs_were_entered(by_hand):
    told = reports.report("walk", since=at(1), until=at(2))
    assert (told["entered"], told["completed"]) == (1, 1)


def test_as_of_an_earlier_moment_later_things_have_not_happened(by_hand):
    told = reports.report("walk", as_of=at(3))
    assert (told["entered"], told["open"], told["completed"], told["exited"], told["exits"]) == (5, 4, 1, 0, {})
    a, b = told["steps"]
    assert (a["entered"], a["reached"], a["left"], a["waiting"]) == (5, 2, 0, 3)
    assert (b["entered"], b["reached"], b["waiting"]) == (2, 1, 1)


def test_only_those_for_whom_a_condition_holds(by_hand):
    for number in range(1, 7):
        Customer.objects.create(
            pk=f"cus_{number}", name="C", country="ES" if number < 3 else "FR", attributes={"n": number}
        )
    spain = reports.report("walk", where={"field": "customer.country", "op": "is", "value": "ES"})
    large = reports.report("walk", where={"field": "customer.attributes.n", "op": "gte", "value": 4})
    assert (spain["entered"], spain["completed"]) == (2, 1)
    assert (large["entered"], large["exited"]) == (3, 1)


def test_conditions_that_cannot_be_asked_are_refused(by_hand):
    with pytest.raises(conditions.Invalid):
        reports.report("walk", where={"field": "customer.country", "op": "resembles", "value": "ES"})
    with pytest.raises(conditions.Unqueryable):
        reports.report("walk", where={"happened": "x.a"})


def test_a_long_curve_is_told_at_some_of_its_times(by_hand):
    whole, some = (reports.report("walk", points=points)["steps"][0]["curve"] for points in (0, 2))
    assert some == [whole[0], whole[-1]]


def test_the_text_says_the_same(by_hand):
    text = reports.as_text(reports.report("walk"))
    assert "6 entered: 3 under way, 2 completed, 1 left (gone 1)" in text
    (a,) = [line.split() for line in text.splitlines() if line.startswith("a ")]
    assert a[:6] == ["a", "6", "3", "50.0%", "4", "h"]


@pytest.mark.parametrize("seed", range(4))
def test_the_figures_are_those_of_plain_python_over_the_raw_rows(seed, walk, log, consume):
    """A funnel in its order: entered, then each step after the one before it; Kaplan-Meier by scipy."""
    walk("abc", order="ordered")
    source = random.Random(seed)
    for number in range(60):
        hour = source.randrange(50)
        log("in.go", hour, f"cus_{number}")
        for _ in range(source.randrange(8)):
            log(f"x.{source.choice('abc')}", source.randrange(120), f"cus_{number}")
    consume()
    lives = {}
    for who, type_, moment in (
        Event.objects.filter(type__regex=r"^(in|x)\.")
        .order_by("occurred_at", "position")
        .values_list("customer_id", "type", "occurred_at")
    ):
        lives.setdefault(who, []).append((type_, moment))
    reached = []
    for life in lives.values():
        # Within a moment the entry comes first, then the steps in their order.
        life.sort(key=lambda pair: (pair[1], ["in.go", "x.a", "x.b", "x.c"].index(pair[0])))
        wanted = iter(["in.go", "x.a", "x.b", "x.c"])
        marks, want = [], next(wanted)
        for type_, moment in life:
            if type_ == want:
                marks.append(moment)
                want = next(wanted, None)
        reached.append(marks)
    with time_machine.travel(at(200), tick=False):
        told = reports.report("walk", points=0)
    assert told["entered"] == len(reached) == models.Run.objects.count()
    for place, step in enumerate(told["steps"], 1):
        took = [(marks[place] - marks[place - 1]).total_seconds() for marks in reached if len(marks) > place]
        waits = [(at(200) - marks[-1]).total_seconds() for marks in reached if len(marks) == place]
        assert (step["entered"], step["reached"]) == (len(took) + len(waits), len(took))
        curve = stats.ecdf(stats.CensoredData(uncensored=took, right=waits)).sf
        assert [point["waiting"] for point in step["curve"]] == pytest.approx(
            [float(curve.evaluate(time)) for time in sorted(set(took))], abs=1e-6
        )
