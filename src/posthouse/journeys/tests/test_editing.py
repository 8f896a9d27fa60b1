"""What each kind of edit of a live definition does to those under way, counted before and seen after."""

import pytest

from posthouse.foundation.jobs import registered
from posthouse.journeys import actions, models
from posthouse.journeys.tests.happenings import body
from posthouse.journeys.tests.test_following import announced, runs

pytestmark = [pytest.mark.django_db, pytest.mark.mission("J8.1")]


@pytest.fixture
def edit(walk, consume):
    """Publish an edit, first counting who would move; the worker then does the rest."""

    def publish(steps="abc", **parts):
        revision = actions.add_revision(body(steps, **parts))
        counted = actions.dry_count(revision=revision)
        actions.publish_revision(journey="walk", number=revision.number)
        consume()
        while actions.work_off_replays():
            pass
        consume()
        assert not models.Replay.objects.exclude(state="done").exists()
        return {(move.was, move.becomes): move.people for move in counted.moves}

    return publish


@pytest.fixture
def under_way(walk, log, consume):
    """cus_1 has just begun, cus_2 waits for b, cus_3 for c, cus_4 is through."""
    walk()
    for number, types in enumerate(["", "a", "ab", "abc"], 1):
        log("in.go", 0, f"cus_{number}")
        for hours, step in enumerate(types, 1):
            log(f"x.{step}", hours, f"cus_{number}")
    consume()
    return announced()


def waiting():
    return dict(models.Run.objects.filter(state="open").values_list("subject", "waiting_for"))


def test_a_step_added_before_is_waited_for_by_those_under_way_and_not_by_those_who_are_through(under_way, edit):
    assert edit("zabc") == {("a", "z"): 1, ("b", "z"): 1, ("c", "z"): 1}
    assert waiting() == {"cus_1": "z", "cus_2": "z", "cus_3": "z"}
    assert runs(state="completed") == ["cus_4 completed a,b,c"]
    assert announced() == under_way


def test_a_step_added_that_had_happened_already_counts(under_way, edit, log, consume):
    log("x.z", 5, "cus_3")
    consume()
    edit("zabc")
    assert runs(subject="cus_3") == ["cus_3 open a,b,z"]
    assert announced() == under_way


def test_a_step_added_after_is_waited_for_when_its_turn_comes(under_way, edit):
    assert edit("abcd") == {}
    assert waiting() == {"cus_1": "a", "cus_2": "b", "cus_3": "c"}


def test_who_waits_for_a_step_that_is_gone_leaves_and_the_others_go_on(under_way, edit):
    assert edit("ac") == {("b", "exited"): 1}
    assert runs() == [
        "cus_1 open",
        "cus_2 exited a definition_changed",
        "cus_3 open a",
        "cus_4 completed a,b,c",
    ]
    assert announced() == [*under_way, "exited"]


def test_a_step_that_is_gone_may_have_a_successor_which_what_was_reached_counts_for(under_way, edit, log, consume):
    assert edit("azc", moved={"b": "z"}) == {("b", "z"): 1}
    assert waiting() == {"cus_1": "a", "cus_2": "z", "cus_3": "c"}
    assert runs(subject="cus_3") == ["cus_3 open a,z"]
    log("x.b", 10**5, "cus_2")
    consume()
    assert waiting()["cus_2"] == "z", "what reached the old step counts as long as it was there"
    log("x.z", 10**5 + 1, "cus_2")
    consume()
    assert waiting()["cus_2"] == "c"
    edit("aqc", moved={"z": "q"})
    assert runs(subject="cus_3") == ["cus_3 open a,q"]


def test_changed_conditions_hold_for_the_whole_history_of_those_under_way(under_way, edit):
    a = {"key": "a", "on": [{"event": "x.a", "when": {"field": "event.data.big", "op": "is", "value": True}}]}
    assert edit([a, "b", "c"]) == {("b", "a"): 1, ("c", "a"): 1}
    assert runs(state="open") == ["cus_1 open", "cus_2 open", "cus_3 open b"]
    assert runs(state="completed") == ["cus_4 completed a,b,c"]


def test_a_changed_order_holds_for_the_whole_history_of_those_under_way(under_way, edit):
    assert edit("bac", order="ordered") == {("a", "b"): 1, ("c", "a"): 1}
    assert waiting() == {"cus_1": "b", "cus_2": "b", "cus_3": "a"}


def test_a_shorter_window_ends_those_it_is_over_for_and_a_longer_one_lets_them_be(under_way, edit):
    assert edit(window="P3650D") == {}
    assert edit(window="PT1H") == {("a", "exited"): 1, ("b", "exited"): 1, ("c", "exited"): 1}
    assert runs(state="exited", subject="cus_3") == ["cus_3 exited a window"]


def test_a_changed_subject_ends_all_who_are_under_way(under_way, edit, log, consume):
    assert edit(subject="contact") == {("a", "exited"): 1, ("b", "exited"): 1, ("c", "exited"): 1}
    assert set(models.Run.objects.filter(state="exited").values_list("reason", flat=True)) == {"definition_changed"}
    log("in.go", 9, "cus_1", "con_1")
    consume()
    assert runs(kind="contact") == ["con_1 open"]


def test_a_pinned_run_stays_with_its_revision_until_it_is_let_go(under_way, edit, log, consume):
    pinned = models.Run.objects.get(subject="cus_2")
    actions.pin_run(run_id=pinned.pk, pinned=True)
    assert edit("azc") == {("c", "z"): 1}
    log("x.b", 5, "cus_2")
    consume()
    assert runs(subject="cus_2") == ["cus_2 open a,b"]
    actions.pin_run(run_id=pinned.pk, pinned=False)
    assert runs(subject="cus_2") == ["cus_2 open a"]
    assert models.Run.objects.get(pk=pinned.pk).revision == 2


def test_who_is_through_stays_so_when_replayed_under_a_later_revision(under_way, edit):
    edit("abcd")
    actions.replay_subject(kind="customer", subject="cus_4")
    assert runs(subject="cus_4") == ["cus_4 completed a,b,c"]


def test_those_under_way_follow_at_their_next_event_even_before_the_background_work(under_way, log, consume):
    revision = actions.add_revision(body("zabc"))
    actions.publish_revision(journey="walk", number=revision.number)
    log("x.z", 5, "cus_1")
    consume()
    assert runs(subject="cus_1") == ["cus_1 open z"]


def test_a_new_journey_counts_from_its_publication_and_all_of_history_after_a_backfill(log, consume, walk):
    log("in.go", 0)
    log("x.a", 1)
    consume()
    revision = actions.add_revision(body())
    actions.publish_revision(journey="walk", number=revision.number)
    log("x.b", 2)
    consume()
    actions.replay_subject(kind="customer", subject="cus_1")
    assert runs() == []
    actions.backfill(journey="walk")
    while actions.work_off_replays():
        pass
    assert runs() == ["cus_1 open a,b"]
    assert announced() == []


def test_background_work_is_registered():
    assert {job.name.rpartition(".")[2] for job in registered() if ".journeys." in job.name} >= {
        "close_windows",
        "announce_late",
        "note_trouble",
        "work_off_replays",
    }
