"""kill -9 of the worker at any moment: no call is lost, none counts twice, no milestone is told twice."""

import random
import signal
import subprocess
import sys
import time
from collections import Counter
from datetime import timedelta

import pytest
from tests.children import same_database

from posthouse.foundation.clock import now
from posthouse.timeline.models import Event
from posthouse.usage import actions, figures
from posthouse.usage.figures import Span
from posthouse.usage.models import Call, Grain, RollupCheckpoint
from posthouse.usage.tests.conftest import make_call

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]
CALLS, CUSTOMERS, KILLS = 6000, 40, 8
WORK = """
import django
django.setup()
from posthouse.usage import actions
print("ready", flush=True)
while True:
    actions.take_in_calls(batch=61)
    print("a batch", flush=True)
"""


@pytest.fixture
def worker():
    """Starts another process that takes in calls of this test's database."""
    started = []

    def start():
        started.append(_start())
        return started[-1]

    yield start
    for process in started:
        kill(process)


def kill(process):
    process.send_signal(signal.SIGKILL)
    process.wait()
    process.stdout.close()


def _start():
    environment = same_database()
    process = subprocess.Popen([sys.executable, "-c", WORK], env=environment, stdout=subprocess.PIPE)
    process.stdout.readline()
    return process


def _position():
    return (RollupCheckpoint.objects.first() or RollupCheckpoint()).position


def test_killed_again_and_again(worker):
    source = random.Random(5)
    calls = [
        make_call(
            customer_id=f"cus_{source.randrange(CUSTOMERS)}",
            status=source.choice((200, 200, 404)),
            duration_us=source.randrange(1, 90_000),
            ago=timedelta(minutes=source.randrange(300)),
        )
        for _ in range(CALLS)
    ]
    actions.store_calls(calls[: CALLS // 2])
    before = Call.objects.earliest("position").position - 1
    half_done = 0
    for number in range(KILLS):
        process = worker()
        for _ in range(source.randrange(1, 6)):
            process.stdout.readline()
        time.sleep(source.uniform(0, 0.01))
        kill(process)
        half_done += before < _position() < before + CALLS
        if number == KILLS // 2:
            actions.store_calls(calls[CALLS // 2 :])
    while actions.take_in_calls():
        pass
    assert half_done, "the worker was never killed in the middle"

    for grain in Grain:
        rows = figures.percentiles(Span(grain, now() - timedelta(days=2), now()), by=("customer_id", "status"))
        counted = {(row.customer_id, row.status): (row.calls, row.duration_us_sum) for row in rows}
        times = Counter()
        for call in calls:
            times[call.customer_id, call.status] += call.duration_us
        expected = Counter((call.customer_id, call.status) for call in calls)
        assert counted == {place: (expected[place], times[place]) for place in expected}
    firsts = Counter(Event.objects.filter(type__startswith="call.").values_list("type", flat=True))
    assert firsts == {"call.first": CUSTOMERS, "call.first_success": CUSTOMERS, "call.failed_first": CUSTOMERS}
