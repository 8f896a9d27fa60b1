"""Ids, cursors, problems and jobs."""

import re
import threading
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from posthouse.foundation import clock, jobs
from posthouse.foundation.appendlog import Cursor
from posthouse.foundation.ids import new_id
from posthouse.foundation.problems import Problem


def test_an_id_is_readable_and_sorts_by_time(time_machine):
    time_machine.move_to("2026-01-01T00:00:00Z", tick=False)
    early = new_id("cus")
    time_machine.move_to("2026-01-01T00:00:01Z", tick=False)
    late = new_id("cus")
    assert re.fullmatch(r"cus_[0-9a-hjkmnp-tv-z]{26}", early)
    assert early < late


def test_the_past_can_be_brought_in():
    then = datetime(2026, 3, 1, 12, tzinfo=UTC)
    with clock.at(then):
        assert clock.now() == then
        early = new_id("cus")
    assert clock.now() > then
    assert early < new_id("cus")
    with pytest.raises(ValueError, match="time zone"), clock.at(datetime(2026, 3, 1)):  # noqa: DTZ001
        pass


def test_ids_do_not_repeat():
    assert len({new_id("x") for _ in range(10_000)}) == 10_000


@given(st.integers(0, 2**63 - 1), st.integers(0, 2**63 - 1))
def test_a_cursor_reads_what_it_wrote(tx, position):
    assert Cursor.parse(str(Cursor(tx, position))) == Cursor(tx, position)


@given(st.text(max_size=60))
def test_text_that_is_no_cursor_is_a_value_error(text):
    try:
        cursor = Cursor.parse(text)
    except ValueError:
        return
    assert re.fullmatch(r"\d+-\d+", text)
    assert cursor.tx >= 0


def test_a_problem_has_the_members_of_rfc_9457():
    problem = Problem(status=409, code="event-conflict", title="Conflict", detail="Why.", extra={"id": "e1"})
    assert problem.body("/api/v1/events") == {
        "type": "/docs/problems/event-conflict",
        "title": "Conflict",
        "status": 409,
        "code": "event-conflict",
        "detail": "Why.",
        "instance": "/api/v1/events",
        "id": "e1",
    }


@pytest.fixture
def no_jobs(monkeypatch):
    monkeypatch.setattr(jobs, "_jobs", {})


@pytest.mark.django_db
def test_a_failing_job_does_not_hold_the_others_up(no_jobs, caplog):
    stop = threading.Event()
    runs = []

    @jobs.every(60)
    def breaks():
        raise ValueError("broken")

    @jobs.every(0)
    def works():
        runs.append(1)
        if len(runs) == 3:
            stop.set()
        return 0

    jobs.run_forever(stop, tick=0.001)
    assert len(runs) == 3
    assert "broken" in caplog.text


@pytest.mark.django_db
def test_a_lane_runs_its_own_jobs_only(no_jobs):
    stop = threading.Event()
    runs = []

    @jobs.every(0)
    def a_long_one():
        runs.append("main")
        return 1

    @jobs.every(0, lane=jobs.MAIL)
    def a_letter():
        runs.append("mail")
        if len(runs) == 3:
            stop.set()
        return 1

    jobs.run_forever(stop, tick=0.001, lanes=[jobs.MAIL])
    assert runs == ["mail"] * 3


def test_jobs_that_never_rest_are_noticed(no_jobs):
    @jobs.every(1)
    def restless():
        return 1

    with pytest.raises(RuntimeError, match="never came to rest"):
        jobs.run_until_idle(limit=5)
