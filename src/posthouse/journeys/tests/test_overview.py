"""The board: what the summary says is what the runs one by one say, whatever has been touched, for every period."""

import random
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
import time_machine

from posthouse.foundation import conditions
from posthouse.journeys import (
    actions,
    cells,
    crowds,
    figures,
    freshness,
    models,
    overview,
    standing,
    statistics,
    summaries,
)
from posthouse.journeys.overview import Filters, Period
from posthouse.journeys.tests.happenings import body
from posthouse.people.actions import update_customer
from posthouse.people.models import Customer
from posthouse.timeline import actions as timeline

pytestmark = pytest.mark.django_db
T0 = datetime(2026, 1, 20, tzinfo=UTC)
NOW = datetime(2026, 4, 3, 15, 30, tzinfo=UTC)
PLANS, CHANNELS, COUNTRIES = ("free", "pro", ""), ("search", "referral"), ("ES", "FR", "DE")
STEPS = [
    {"key": "a", "on": [{"event": "x.a"}], "expected": "P5D"},
    {"key": "side", "on": [{"event": "x.side"}], "required": False},
    {"key": "b", "on": [{"event": "x.b"}], "expected": "P30D"},
]


def _live(key, **parts):
    made = body(STEPS, **parts) | {"key": key, "lane": len(key)}
    row = models.Journey(key=key, lane=len(key), state="live", number=1, body=made)
    row.save()
    return row


def _runs(journey, number, seed, days=70, window=False):
    """Random runs; every fourth left, those with both required steps are completed."""
    source = random.Random(seed)
    runs, marks = [], []
    stages = standing.stages_of(journey.body)
    for n in range(number):
        entered = T0 + timedelta(seconds=source.uniform(0, days * 86_400))
        reached, at = {}, entered
        for key in ("a", "side", "b"):
            after = at + timedelta(seconds=source.lognormvariate(10, 2))
            if after > NOW or source.random() < 0.3:
                if key != "side":
                    break
                continue
            reached[key] = at = after
        done = "b" in reached
        left = not done and source.random() < 0.25
        ended = reached["b"] if done else min(at + timedelta(hours=source.uniform(1, 300)), NOW) if left else None
        waits = next((key for key in ("a", "b") if key not in reached), "") if ended is None else ""
        expected = next((stage.expected for stage in stages if stage.key == waits), None)
        run = models.Run(
            id=f"run_{journey.key}_{n}", journey=journey, kind="customer", subject=f"cus_{n}", entered_at=entered,
            event_id="e", position=n, state="completed" if done else "exited" if left else "open", ended_at=ended,
            reason="gone" if left else "", revision=1, waiting_for=waits, since=at if waits else None,
            late_at=at + timedelta(seconds=expected) if expected else None,
            window_at=entered + timedelta(days=20) if window else None,
            trouble="broken" if waits and source.random() < 0.05 else "",
        )  # fmt: skip
        runs.append(run)
        marks += [
            models.Reached(run=run, step=key, at=moment, event_id="e", position=n, revision=1)
            for key, moment in reached.items()
        ]
    models.Run.objects.bulk_create(runs)
    models.Reached.objects.bulk_create(marks)


@pytest.fixture
def house(db):
    models.Journey.objects.all().delete()
    source = random.Random(0)
    Customer.objects.bulk_create(
        Customer(
            pk=f"cus_{n}",
            name=f"C{n}",
            attributes={"plan": source.choice(PLANS), "size": n % 7},
            channel=source.choice(CHANNELS),
            country=source.choice(COUNTRIES),
        )
        for n in range(300)
    )
    walk, path = _live("walk"), _live("path_two")
    _runs(walk, 300, 1)
    _runs(path, 200, 2, window=True)
    with time_machine.travel(NOW, tick=False):
        summaries.touch_all()
        while summaries.refresh():
            pass
        yield walk, path


def exact(journey, period, filters, at=NOW):
    """The slow way: every run and every step of it from the tables."""
    kind = journey.body.get("subject", "customer")
    runs = crowds.of_traits(crowds.entered(journey.pk, period.since, period.until), kind, filters.traits)
    loaded = crowds.load(crowds.of_those(runs, kind, filters.where), standing.stages_of(journey.body))
    return figures.of_crowd(journey.body, loaded.crowd, at)


def agree(one, other):
    """The summary's figures against those of the runs: counts equal, times within 1 %."""
    assert (one.entered, one.open, one.completed, one.exited) == (
        other.entered,
        other.open,
        other.completed,
        other.exited,
    )
    for ours, theirs in zip(one.steps, other.steps, strict=True):
        for name in ("key", "entered", "reached", "left", "waiting", "expected"):
            assert getattr(ours, name) == getattr(theirs, name), (ours.key, name)
        assert (ours.stuck.limit, ours.stuck.trouble) == (theirs.stuck.limit, theirs.stuck.trouble)
        assert abs(ours.stuck.slow - theirs.stuck.slow) <= 2
        assert ours.curve.people == theirs.curve.people
        for share in (0.1, 0.25, 0.5):
            quick, slow = ours.curve.time_by_which(share), theirs.curve.time_by_which(share)
            # Rounding can swap a step with a censoring next to it, which moves the share by one person.
            near = [theirs.curve.time_by_which(share + change) for change in (-0.02, 0.02)]
            low = (near[0] or 0) * 0.985
            high = (near[1] or float("inf")) * 1.015
            assert low <= (float("inf") if quick is None else quick) <= max(high, (slow or 0) * 1.015)


PERIODS = [
    Period(),
    Period(since=T0 + timedelta(days=3)),
    Period(until=T0 + timedelta(days=50)),
    Period(T0 + timedelta(days=12), T0 + timedelta(days=40)),
    Period(T0 + timedelta(days=2), T0 + timedelta(days=5)),
    Period(datetime(2026, 2, 1, tzinfo=UTC), datetime(2026, 3, 1, tzinfo=UTC)),
]


@pytest.mark.parametrize("period", PERIODS, ids=str)
@pytest.mark.parametrize(
    "filters", [Filters(), Filters(plan="pro"), Filters(channel="search"), Filters(country="ES")], ids=str
)
def test_the_summary_says_what_the_runs_say(house, period, filters):
    assert not models.Touched.objects.exists()
    board = overview.board(period, filters)
    assert board.behind_since is None
    assert [one.key for one in board.journeys] == ["walk", "path_two"]
    for journey, one in zip(house, board.journeys, strict=True):
        assert one.entered > 0
        agree(one, exact(journey, period, filters))


@pytest.mark.parametrize("most", [0, 10**6])
def test_what_is_touched_is_read_from_the_runs_or_said_to_be_behind(house, most, monkeypatch):
    monkeypatch.setattr(freshness, "MOST_LIVE", most)
    walk, _path = house
    run = models.Run.objects.filter(journey=walk, state="open", waiting_for="a").order_by("entered_at")[3]
    models.Reached.objects.create(run=run, step="a", at=NOW, event_id="e", position=1, revision=1)
    run.waiting_for, run.since, run.late_at = "b", NOW, None
    run.save()
    summaries.touch_runs(models.Run.objects.filter(pk=run.pk))
    for period in PERIODS[:2]:
        board = overview.board(period)
        if most:
            assert board.behind_since is None
            agree(board.journeys[0], exact(walk, period, Filters()))
        else:
            assert board.behind_since == NOW
            assert board.journeys[0].steps[0].reached == exact(walk, period, Filters()).steps[0].reached - 1
    while summaries.refresh():
        pass
    agree(overview.board(Period()).journeys[0], exact(walk, Period(), Filters()))


def test_time_passes_without_anything_being_summed_up_anew(house):
    later = NOW + timedelta(days=200)
    with time_machine.travel(later, tick=False):
        board = overview.board(Period())
    for journey, one in zip(house, board.journeys, strict=True):
        agree(one, exact(journey, Period(), Filters(), later))


def test_two_traits_or_a_condition_are_answered_from_the_runs(house):
    both = overview.board(Period(), Filters(plan="pro", country="ES"))
    same = {
        "all": [
            {"field": "customer.plan", "op": "is", "value": "pro"},
            {"field": "customer.country", "op": "is", "value": "ES"},
        ]
    }
    told = overview.board(Period(), Filters(where=same))
    assert [one.entered for one in both.journeys] == [one.entered for one in told.journeys]
    assert 0 < both.journeys[0].entered < 300
    small = overview.board(Period(), Filters(where={"field": "customer.attributes.size", "op": "is", "value": 3}))
    assert small.journeys[0].entered == Customer.objects.filter(attributes__size=3).count()


def test_conditions_on_others_hold_for_nobody_and_unknown_ones_are_refused(house):
    assert (
        overview.board(Period(), Filters(where={"field": "contact.channel", "op": "is", "value": "x"}))
        .journeys[0]
        .entered
        == 0
    )
    with pytest.raises(conditions.Unqueryable):
        overview.board(Period(), Filters(where={"happened": "call.first"}))


def test_a_customer_that_changes_its_plan_is_counted_there(house):
    customer = Customer.objects.filter(attributes__plan="free").first()
    before = overview.board(Period(), Filters(plan="pro")).journeys[0].entered
    customer.attributes["plan"] = "pro"
    customer.save()
    summaries.touch_subjects("customer", {customer.pk})
    while summaries.refresh():
        pass
    assert overview.board(Period(), Filters(plan="pro")).journeys[0].entered == before + 1


def test_a_day_whose_runs_are_gone_is_gone_from_its_month(house):
    walk, _path = house
    runs = models.Run.objects.filter(journey=walk, entered_at__lt=T0 + timedelta(days=1))
    summaries.touch_runs(runs)
    models.Reached.objects.filter(run__in=runs).delete()
    runs.delete()
    while summaries.refresh():
        pass
    agree(overview.board(Period()).journeys[0], exact(walk, Period(), Filters()))


def test_after_other_steps_are_published_old_sums_do_not_count(house):
    walk, _path = house
    walk.body["steps"] = [walk.body["steps"][0], walk.body["steps"][2]]
    walk.save()
    board = overview.board(Period())
    assert board.behind_since == NOW
    assert board.journeys[0].entered == 0
    while summaries.refresh():
        pass
    board = overview.board(Period())
    assert board.behind_since is None
    agree(board.journeys[0], exact(walk, Period(), Filters()))


def test_a_note_that_comes_in_while_summing_up_is_kept(house, monkeypatch):
    summaries.touch([("walk", summaries.day_of(T0))])
    real = summaries._of_days

    def meanwhile(*args):
        summaries.touch([("walk", summaries.day_of(T0))])
        return real(*args)

    monkeypatch.setattr(summaries, "_of_days", meanwhile)
    summaries.refresh()
    assert models.Touched.objects.count() == 1


def test_sums_made_from_an_older_reading_do_not_replace_newer_ones(house):
    with time_machine.travel(NOW + timedelta(minutes=1), tick=False):
        summaries.touch([("walk", summaries.day_of(T0 + timedelta(days=5)))])
        summaries.refresh()
    made = models.Summary.objects.filter(journey="walk", first=summaries.day_of(T0 + timedelta(days=5)), facet="")
    newest = made.get().made_at
    summaries.touch([("walk", summaries.day_of(T0 + timedelta(days=5)))])
    summaries.refresh()
    assert made.get().made_at == newest


def test_those_who_are_slow_are_announced_and_the_board_counts_the_same(house):
    assert sum(step.stuck.slow for one in overview.board(Period()).journeys for step in one.steps) == 0
    announced = actions.announce_all_slow()
    while summaries.refresh():
        pass
    for journey, one in zip(house, overview.board(Period()).journeys, strict=True):
        late = models.Run.objects.filter(
            journey=journey, state="open", stuck="slow", late_at__lte=NOW
        ) | models.Run.objects.filter(journey=journey, stuck="slow").exclude(trouble="")
        announced -= one.steps[0].stuck.slow + one.steps[2].stuck.slow + late.count()
        agree(one, exact(journey, Period(), Filters()))
    assert announced == 0


def test_a_period_is_in_whole_days():
    period = Period(T0 + timedelta(hours=5), T0 + timedelta(days=2, seconds=1))
    assert (period.since, period.until) == (T0, T0 + timedelta(days=3))
    assert Period(T0, T0 + timedelta(days=2)).until == T0 + timedelta(days=2)


def test_two_groups_are_compared_as_on_the_runs(house):
    walk, _path = house
    one, other = (
        overview.board(Period(), Filters(country=country), keys=["walk"]).journeys[0] for country in ("ES", "FR")
    )
    ours = overview.compare(one.steps[0], other.steps[0])
    crowds_ = [exact(walk, Period(), Filters(country=country)).steps[0].tally for country in ("ES", "FR")]
    theirs = statistics.log_rank(*((t.took.times, np.concatenate([t.left.times, t.waiting.ages])) for t in crowds_))
    assert ours.p_value == pytest.approx(theirs.p_value, abs=0.05)
    assert ours.observed == theirs.observed


def test_the_engine_notes_what_it_changes(walk, log, consume):
    walk("ab")
    log("in.go", 1)
    log("x.a", 30)
    consume()
    assert set(models.Touched.objects.values_list("journey", "day")) == {
        ("walk", summaries.day_of(models.Run.objects.get().entered_at))
    }


def test_news_of_people_have_their_days_summed_up_anew(house):
    with time_machine.travel(NOW, tick=False):
        update_customer(customer=Customer.objects.get(pk="cus_1"), actor="", country="IT")
    while timeline.run_consumer("journeys_summary"):
        pass
    assert models.Touched.objects.filter(journey="walk").count() == 1


def test_times_are_within_one_percent_of_what_stands_for_them():
    seconds = np.geomspace(1.01, 3e8, 5000)
    told = cells.TIMES[cells.bin_of(seconds)]
    assert np.abs(told / seconds - 1).max() < 0.0101
    assert cells.TIMES[cells.bin_of(np.array([0.0, 0.5]))].tolist() == [0, 0]


def test_an_empty_house_has_an_empty_board(db):
    models.Journey.objects.all().delete()
    assert overview.board(Period()).journeys == ()
    _live("walk")
    (one,) = overview.board(Period()).journeys
    assert (one.entered, one.steps[0].median, one.steps[0].conversion, one.stuck) == (0, None, None, 0)
    assert figures.slow_after(one.steps[0].curve) is None
