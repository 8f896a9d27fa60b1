"""On PostgreSQL nobody waits in a circle: the wait is held before its run, and the run before its effects."""

import threading
import time

import pytest
from django.db import DatabaseError, connection, connections, transaction

from posthouse.automations import actions, outbox, runs, waits
from posthouse.automations.models import AutomationRun, Effect, Wait

pytestmark = [
    pytest.mark.postgres,
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif("connection.vendor != 'postgresql'", reason="needs POSTHOUSE_TEST_POSTGRES"),
]
WAIT = {"id": "w", "do": "wait", "for": "P1D"}
TASK = {"id": "t", "do": "task", "title": {"en": "T"}}


@pytest.fixture
def run(ada, customer, automation, happen, settle):
    automation(do=[WAIT, TASK], stop_if={"field": "customer.plan", "op": "is", "value": "free"})
    happen("key.created", contact=ada, customer=customer)
    settle()
    return AutomationRun.objects.get()


class Other:
    """Somebody who does something at the same time, in a connection of its own."""

    def __init__(self, act):
        self._act, self.answer, self.pid = act, None, 0
        self._thread = threading.Thread(target=self._work)

    def _work(self):
        try:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_backend_pid()")
                self.pid = cursor.fetchone()[0]
            self.answer = self._act()
        except DatabaseError as error:
            self.answer = error
        finally:
            connections.close_all()

    def start_and_wait_for_us(self):
        """Returns once it waits for a lock of ours."""
        self._thread.start()
        until = time.monotonic() + 60
        while time.monotonic() < until:
            with connection.cursor() as cursor:
                cursor.execute("SELECT cardinality(pg_blocking_pids(%s))", [self.pid])
                if self.pid and cursor.fetchone()[0]:
                    return self
            time.sleep(0.01)
        raise AssertionError("it never waited")

    def end(self):
        """What it answered."""
        self._thread.join(60)
        return self.answer


def test_ending_a_run_by_hand_while_an_event_ends_it(run):
    with transaction.atomic():
        list(Wait.objects.select_for_update(no_key=True).filter(run=run))
        other = Other(lambda: actions.cancel_run(run=run, actor="team:1")).start_and_wait_for_us()
        assert runs.stop_now(run.pk, "stop_if")
    assert other.end() is False
    run.refresh_from_db()
    assert (run.state, run.reason) == ("stopped", "stop_if")


def test_an_event_ends_a_run_while_it_is_ended_by_hand(run):
    def stop():
        with transaction.atomic():
            return runs.stop_now(run.pk, "stop_if")

    with transaction.atomic():
        list(Wait.objects.select_for_update(no_key=True).filter(run=run))
        other = Other(stop).start_and_wait_for_us()
        assert actions.cancel_run(run=run, actor="team:1")
    assert other.end() is False
    run.refresh_from_db()
    assert (run.state, run.reason) == ("stopped", "by_hand")


def test_switching_off_while_a_run_goes_on(run):
    Wait.objects.update(due_at=run.started_at)
    with transaction.atomic():
        found = list(waits._locked(waits.due()))
        other = Other(lambda: actions.switch(automation=run.automation, state="off").state).start_and_wait_for_us()
        waits._end(found)
    assert other.end() == "off"
    assert Effect.objects.get().state == "skipped"


def test_an_effect_that_is_not_to_be_done_does_not_wait_for_who_ends_its_run(run, customer):
    Wait.objects.update(due_at=run.started_at)
    waits.end_due_waits()
    customer.attributes = {"plan": "free"}
    customer.save()
    Wait.objects.create(run=run, since=run.started_at, due_at=run.started_at)
    AutomationRun.objects.update(state="open")
    other = Other(outbox.perform_due)
    with transaction.atomic():
        assert runs.locked(run.pk) is not None
        other._thread.start()
        assert other.end() == 1
    assert Effect.objects.get().answer == {"reason": "stop_if"}
    run.refresh_from_db()
    assert run.state == "open", "its next step finds the same"
