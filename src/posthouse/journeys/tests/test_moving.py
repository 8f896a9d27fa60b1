"""Putting in and out by hand, backfills and their modes, windows and limits in time, and what cannot be taken in."""

from datetime import timedelta

import pytest
import time_machine

from posthouse.journeys import actions, models, queries, work
from posthouse.journeys.tests.happenings import START, body
from posthouse.journeys.tests.test_following import announced, runs
from posthouse.timeline import actions as timeline
from posthouse.timeline.models import Event

pytestmark = [pytest.mark.django_db, pytest.mark.mission("J8.1")]


def done():
    while actions.work_off_replays():
        pass


def test_put_in_and_taken_out_by_hand(walk, consume):
    walk()
    actions.enrol(journey="walk", subject="cus_1", actor="team:1")
    actions.enrol(journey="walk", subject="cus_1", actor="team:1")
    consume()
    assert runs() == ["cus_1 open"]
    actions.exit_run(run=models.Run.objects.get(), reason="mistake")
    consume()
    assert runs() == ["cus_1 exited mistake"]
    actions.enrol(journey="walk", subject="cus_1")
    consume()
    actions.replay_subject(kind="customer", subject="cus_1")
    assert runs() == ["cus_1 exited mistake", "cus_1 open"]
    assert announced() == ["entered", "exited", "entered"]


@pytest.fixture
def unseen(walk, log, consume):
    """Two customers with a history that the engine has passed by."""
    for customer, last in (("cus_1", 3), ("cus_2", 2)):
        for hours, type_ in enumerate(("in.go", "x.a", "x.b", "x.c")[: last + 1]):
            log(type_, hours, customer)
    consume()
    revision = actions.add_revision(body())
    actions.publish_revision(journey="walk", number=revision.number)


def replayed():
    rows = Event.objects.filter(type__startswith="journey.").order_by("occurred_at", "position")
    return [(row.type.removeprefix("journey."), row.data["replayed"]) for row in rows]


def test_a_backfill_of_the_state_alone_announces_nothing(unseen):
    actions.backfill(journey="walk")
    done()
    assert runs() == ["cus_1 completed a,b,c", "cus_2 open a,b"]
    assert replayed() == []


def test_a_backfill_marks_what_is_older_than_a_moment_so_that_nothing_acts_on_it(unseen):
    actions.backfill(journey="walk", mode="after", since=START + timedelta(hours=2, minutes=30))
    done()
    facts = replayed()
    assert facts.count(("step_reached", True)) == 4
    assert [fact for fact in facts if not fact[1]] == [("step_reached", False), ("completed", False)]


def test_a_full_backfill_announces_all_that_was_not_announced_once(unseen):
    for _ in range(2):
        actions.backfill(journey="walk", mode="full")
        done()
    assert replayed() == [
        *[("entered", False)] * 2,
        *[("step_reached", False)] * 5,
        ("completed", False),
    ]


def test_a_dry_run_counts_and_changes_nothing(unseen):
    replay = actions.backfill(journey="walk", mode="full", dry_run=True)
    done()
    replay.refresh_from_db()
    assert (replay.state, replay.done, replay.total) == ("done", 2, 2)
    assert replay.counts == {"changed": 2, "entered": 2, "reached": 5, "completed": 1, "acts": 8}
    assert runs() == []
    assert replayed() == []


def test_a_backfill_goes_on_where_it_was_ended(unseen, monkeypatch):
    monkeypatch.setattr("posthouse.journeys.actions.replaying.PIECE", 1)
    replay = actions.backfill(journey="walk")
    assert actions.work_off_replays() == 1
    replay.refresh_from_db()
    assert (replay.state, replay.cursor, replay.done) == ("running", "cus_1", 1)
    done()
    assert runs() == ["cus_1 completed a,b,c", "cus_2 open a,b"]


def test_a_backfill_that_fails_says_so(unseen, monkeypatch):
    def fail(*_args, **_more):
        raise ValueError("no luck")

    monkeypatch.setattr("posthouse.journeys.actions.replaying.prepare", fail)
    replay = actions.backfill(journey="walk")
    with pytest.raises(ValueError, match="no luck"):
        actions.work_off_replays()
    replay.refresh_from_db()
    assert (replay.state, replay.error) == ("failed", "ValueError: no luck")
    assert actions.work_off_replays() == 0


@pytest.mark.parametrize(("mode", "since"), [("after", None), ("wild", START)])
def test_a_backfill_that_makes_no_sense_is_refused(walk, mode, since):
    walk()
    with pytest.raises(ValueError, match="mode"):
        actions.backfill(journey="walk", mode=mode, since=since)


def test_a_window_ends_in_time_and_a_late_event_from_within_it_still_counts(walk, log, consume):
    walk("ab", window="PT5H")
    log("in.go", 0)
    consume()
    with time_machine.travel(START + timedelta(hours=5), tick=False):
        assert actions.close_windows() == 0
    with time_machine.travel(START + timedelta(hours=6), tick=False):
        assert actions.close_windows() == 1
        assert actions.close_windows() == 0
    assert runs() == ["cus_1 exited window"]
    log("x.a", 4)
    log("x.b", 5)
    consume()
    assert runs() == ["cus_1 completed a,b"]
    assert announced() == ["entered", "exited", "step_reached a", "step_reached b", "completed"]


def test_who_waits_past_the_limit_is_announced_once_per_step(walk, log, consume):
    walk([{"key": "a", "on": [{"event": "x.a"}], "expected": "P1D"}, {"key": "b", "on": [{"event": "x.b"}]}])
    log("in.go", 0)
    log("in.go", 20, "cus_2")
    consume()
    with time_machine.travel(START + timedelta(hours=24), tick=False):
        assert (actions.announce_late(), actions.announce_late()) == (1, 0)
    run = models.Run.objects.get(subject="cus_1")
    assert (run.stuck, run.stuck_at) == ("limit", START + timedelta(hours=24))
    log("x.a", 30)
    consume()
    run.refresh_from_db()
    assert (run.stuck, run.stuck_at) == ("", None)
    assert announced() == ["entered", "entered", "stuck a", "step_reached a"]


def test_who_is_slower_than_most_is_announced(walk, log, consume):
    walk("ab")
    log("in.go", 0)
    log("in.go", 20, "cus_2")
    consume()
    with time_machine.travel(START + timedelta(hours=24), tick=False):
        assert actions.announce_slow("walk", "a", timedelta(hours=10)) == 1
    assert Event.objects.get(type="journey.stuck").data["kind"] == "slow"


def test_a_poison_event_holds_up_its_own_customer_and_is_shown_until_it_is_mended(walk, log, consume, monkeypatch):
    walk()
    log("in.go", 0)
    log("in.go", 0, "cus_2")
    consume()
    real = work.advance

    def poisoned(rules, runs, event):
        if event.data.get("poison"):
            raise ValueError("cannot be digested")
        return real(rules, runs, event)

    monkeypatch.setattr(work, "advance", poisoned)
    log("x.a", 1, data={"poison": True})
    log("x.b", 2)
    log("x.a", 2, "cus_2")
    consume()
    assert runs() == ["cus_1 open", "cus_2 open a"]
    assert [row.error for row in queries.undigested()] == ["ValueError: cannot be digested", ""]
    assert actions.note_trouble() == 1
    assert models.Run.objects.get(subject="cus_1").trouble == "an event waits: ValueError: cannot be digested"
    assert Event.objects.get(type="journey.stuck").data["kind"] == "engine"
    monkeypatch.setattr(work, "advance", real)
    timeline.retry_now(consumer="journeys")
    actions.note_trouble()
    assert runs() == ["cus_1 open a,b", "cus_2 open a"]
    assert models.Run.objects.get(subject="cus_1").trouble == ""


def test_a_definition_that_enters_on_everything_is_stopped_and_shown(walk, log, consume, monkeypatch):
    monkeypatch.setattr("posthouse.journeys.fold.MOST_RUNS", 5)
    monkeypatch.setattr("posthouse.journeys.store.MOST_RUNS", 5)
    walk(again="parallel")
    for hours in range(8):
        log("in.go", hours)
    consume()
    assert models.Run.objects.count() == 5
    assert models.Run.objects.exclude(trouble="").get().occurrence == 5


def test_a_journey_that_is_off_rests_and_catches_up(walk, log, consume):
    walk()
    actions.switch(journey="walk", live=False)
    log("in.go", 0)
    consume()
    assert runs() == []
    actions.switch(journey="walk", live=True)
    done()
    assert runs() == ["cus_1 open"]


def test_two_contacts_made_one_share_runs_and_what_they_did_before_joining(walk, log, consume):
    walk(subject="contact")
    log("in.go", 0, "", "con_1")
    log("x.a", 1, "", "con_1")
    log("in.go", 0, "", "con_2")
    log("x.b", 1, "", "con_2")
    consume()
    before = announced()
    timeline.alias(alias="con_2", canonical="con_1", kind="contact")
    consume()
    assert runs() == ["con_1 open a,b"]
    assert announced() == before
