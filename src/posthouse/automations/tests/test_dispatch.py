"""Celery as dispatcher: whatever happens to messages, everything is done, and once."""

import json
import os
import subprocess
import sys
from contextlib import contextmanager, nullcontext
from datetime import timedelta

import pytest
from tests.children import own_database
from tests.test_kill import POSTGRES, _postgres_database

from posthouse.automations import actions, dispatch
from posthouse.automations.models import Effect, Task
from posthouse.foundation.clock import now

BROKERS = {"rabbitmq": "POSTHOUSE_TEST_RABBITMQ", "redis": "POSTHOUSE_TEST_REDIS"}


class Told(list):
    """Stands where messages would be sent."""

    def __call__(self, what, ids):
        self.append((what, ids))


@pytest.fixture
def told(settings, monkeypatch, db):
    settings.DISPATCHER = "amqp://broker.example/"
    told = Told()
    monkeypatch.setattr(dispatch, "_tell", told)
    return told


@pytest.fixture
def one_run(ada, customer, automation, happen):
    automation(do=[{"id": "t", "do": "task", "title": {"en": "T"}}])
    happen("key.created", contact=ada, customer=customer)


def test_ids_of_due_work_are_told_once_and_again_when_lost(told, one_run, time_machine):
    time_machine.move_to("2099-01-01T09:00:00Z", tick=False)
    Effect.objects.all().delete()
    dispatch.WORK["waits"][0]().update(due_at="2099-01-01T09:00:00Z")
    actions.carry_on()
    actions.carry_on()
    assert [what for what, _ in told] == ["waits"]
    time_machine.shift(dispatch.TELL_AGAIN)
    actions.carry_on()
    assert told[0] == told[1]
    assert Task.objects.count() == 0


def test_a_message_that_comes_twice_or_too_late_does_nothing(told, one_run):
    actions.carry_on()
    (what, ids) = told[0]
    assert [actions.carry_on_with(what, ids) for _ in range(3)] == [1, 0, 0]
    actions.carry_on()
    what, ids = told[1]
    assert [actions.carry_on_with(what, ids) for _ in range(3)] == [1, 0, 0]
    assert Task.objects.count() == 1
    assert actions.carry_on_with("nonsense", [1]) == 0
    assert actions.carry_on_with("effects", ["eff_unknown"]) == 0


def test_when_nobody_listens_the_house_does_it_itself(told, one_run, time_machine):
    time_machine.move_to(now(), tick=False)
    actions.carry_on()
    assert Task.objects.count() == 0
    for _ in range(2):
        time_machine.shift(dispatch.NOBODY_LISTENS + timedelta(seconds=1))
        actions.carry_on()
    assert Task.objects.count() == 1


def test_when_the_broker_is_away_the_house_does_it_itself(settings, one_run, monkeypatch):
    monkeypatch.setattr(dispatch, "_away", dispatch._Away())
    settings.DISPATCHER = "amqp://guest:guest@127.0.0.1:1//"
    while actions.carry_on():
        pass
    assert Task.objects.count() == 1


SEEDING = """
from django.db import transaction
from posthouse.automations import actions
from posthouse.automations.models import Automation, AutomationRun, Wait
from posthouse.foundation.clock import now
body = {"name": {"en": "C"}, "when": {"kind": "event", "event": "a.b"}, "do": [
    {"id": "t", "do": "task", "title": {"en": "T"}}]}
with transaction.atomic():
    revision = actions.save_revision(key="celery", body=body)
    actions.publish_revision(revision=revision)
    actions.switch(automation=Automation.objects.get(pk="celery"), state="on")
    for n in range(RUNS):
        run = AutomationRun.objects.create(
            automation_id="celery", revision=revision, occurrence=str(n), customer_id=f"cus_{n}")
        Wait.objects.create(run=run, since=now(), due_at=now())
"""
TELLING = """
import json, os, time
from posthouse.automations import actions, dispatch, outbox, waits
from posthouse.automations.models import Effect, Task
own = []
dispatch.WORK = {"waits": (waits.due, own.append), "effects": (outbox.due, own.append)}
deadline = time.monotonic() + 150
while Effect.objects.filter(state="done").count() < RUNS and time.monotonic() < deadline:
    if not actions.carry_on():
        time.sleep(0.05)
print(json.dumps({"done": Effect.objects.filter(state="done").count(), "tasks": Task.objects.count(), "own": own}))
"""
RUNS = 120
SETUP = "import django; django.setup()\n"


@contextmanager
def celery_workers(environment, folder):
    """Two processes beside each other, so that they get in each other's way."""
    command = [sys.executable, "-m", "celery", "-A", "posthouse.config.celery", "worker", "-c", "2", "-l", "WARNING"]
    with (folder / "celery.log").open("wb") as log:
        process = subprocess.Popen(command, cwd=folder, env=environment, stdout=log, stderr=log)
        try:
            yield
        finally:
            process.terminate()
            process.wait(60)


@pytest.mark.slow
@pytest.mark.parametrize("broker", BROKERS)
def test_workers_of_celery_do_what_they_are_told_of(broker, tmp_path):
    url = os.environ.get(BROKERS[broker])
    if not url:
        pytest.skip(f"needs {BROKERS[broker]}")
    with _postgres_database() if POSTGRES else nullcontext("") as database:
        environment = own_database(
            database,
            POSTHOUSE_DATA=str(tmp_path),
            POSTHOUSE_DISPATCHER=url,
            POSTHOUSE_SECRET_KEY=str(tmp_path),
            DJANGO_SETTINGS_MODULE="posthouse.config.settings",
        )

        def python(code):
            source = SETUP + code.replace("RUNS", str(RUNS))
            done = subprocess.run(
                [sys.executable, "-c", source], env=environment, text=True, capture_output=True, check=False
            )
            assert done.returncode == 0, done.stderr[-3000:]
            return done.stdout

        python("from django.core.management import call_command; call_command('migrate', verbosity=0)")
        python(SEEDING)
        with celery_workers(environment, tmp_path):
            report = json.loads(python(TELLING).splitlines()[-1])
        assert report == {"done": RUNS, "tasks": RUNS, "own": []}, (tmp_path / "celery.log").read_text()[-3000:]
