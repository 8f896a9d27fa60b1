"""From a stored call to its milestone on the timeline: within a second, with the worker's own loop."""

import threading
import time

import pytest
from django.db import connections

from posthouse.foundation import jobs
from posthouse.timeline.models import Event
from posthouse.usage import actions
from posthouse.usage.tests.conftest import make_call

pytestmark = [pytest.mark.django_db(transaction=True)]


@pytest.fixture
def worker():
    """All jobs, as `posthouse worker` runs them."""
    stop = threading.Event()

    def work():
        jobs.run_forever(stop)
        connections.close_all()

    thread = threading.Thread(target=work)
    thread.start()
    yield
    stop.set()
    thread.join()


@pytest.mark.mission("J3.2")
def test_a_first_call_is_on_the_timeline_within_a_second(worker, db):
    time.sleep(0.5)
    actions.store_calls([make_call()])
    stored = time.monotonic()
    while not Event.objects.filter(type="call.first").exists():
        assert time.monotonic() - stored < 1, "a second has passed"
        time.sleep(0.02)
