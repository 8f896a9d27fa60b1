"""What every test may rely on."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager

import hypothesis
import pytest
from django.utils import translation

from posthouse.foundation import appendlog

pytest_plugins = ["tests.browser"]

TRANSACTIONAL = {"transactional_db", "live_server", "site", "django_db_serialized_rollback"}

PATIENCE, LONG_PATIENCE = 300, 1200
"""Seconds after which a test, a slow test, is taken to hang: many times what they take where they take longest."""


SAME_EXAMPLES = bool(os.environ.get("POSTHOUSE_TEST_SAME"))
"""Continuous integration judges a change by the same examples each time; at home every run looks further."""
SLOW_IS_FINE = [hypothesis.HealthCheck.too_slow]
hypothesis.settings.register_profile(
    "house", deadline=None, derandomize=SAME_EXAMPLES, suppress_health_check=SLOW_IS_FINE
)
hypothesis.settings.load_profile("house")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_setup(item: pytest.Item) -> Iterator[None]:
    with _bounded(item):
        return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Iterator[None]:
    with _bounded(item):
        return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item: pytest.Item) -> Iterator[None]:
    with _bounded(item):
        return (yield)


@contextmanager
def _bounded(item: pytest.Item) -> Iterator[None]:
    """Whatever a test waits for, in itself or in what is laid out for it, it fails instead of waiting for ever."""
    patience = LONG_PATIENCE if item.get_closest_marker("slow") else PATIENCE

    def give_up(*_: object) -> None:
        pytest.fail(f"still waiting after {patience} seconds")

    before = signal.signal(signal.SIGALRM, give_up)
    signal.alarm(patience)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


@pytest.fixture(autouse=True)
def _own_rows_are_settled(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """A test wrapped in one transaction never commits, so on PostgreSQL its own rows would never count as settled."""
    marker = request.node.get_closest_marker("django_db")
    commits = (marker and marker.kwargs.get("transaction")) or TRANSACTIONAL & set(request.fixturenames)
    if (marker or "db" in request.fixturenames) and not commits:
        monkeypatch.setattr(appendlog, "OLDEST_RUNNING", "9223372036854775807")


@pytest.fixture(autouse=True)
def _english_again() -> None:
    """A page in Spanish in one test leaves no language behind for the next in the same process."""
    translation.deactivate()
