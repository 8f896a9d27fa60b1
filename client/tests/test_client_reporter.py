"""Calls are delivered in batches, again with the same ids after a failure, and never cost the API anything."""

import logging
import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from posthouse_client.redaction import RawExchange, Redactor
from posthouse_client.reporter import DROPPED_HEADER, Call, Reporter
from posthouse_client.testing import FakePosthouse


def a_call(number: int = 0, **members: Any) -> Call:
    """A call of a known key."""
    return {
        "key_id": "key_1",
        "method": "GET",
        "route": "/sun",
        "status": 200,
        "duration_us": number,
        **members,
    }


def until(condition: Callable[[], bool]) -> None:
    """Wait for what another thread does."""
    began = time.monotonic()
    while not condition():
        assert time.monotonic() - began < 5.0
        time.sleep(0.005)


@contextmanager
def a_reporter(posthouse: FakePosthouse, **changes: Any) -> Iterator[Reporter]:
    """A quick reporter that is closed afterwards."""
    reporter = Reporter(posthouse.settings(**{"flush_interval": 0.02, "timeout": 0.5, **changes}))
    try:
        yield reporter
    finally:
        reporter.close(0.5)


def test_calls_arrive_once_each_and_in_few_batches(posthouse: FakePosthouse) -> None:
    with a_reporter(posthouse) as reporter:
        for number in range(1200):
            assert reporter.record(a_call(number))
        calls = posthouse.wait_for_calls(1200)
        assert [call["duration_us"] for call in calls] == list(range(1200))
        assert len(posthouse.batches) < 20
        assert max(len(batch) for batch in posthouse.batches) <= 500
        assert posthouse.duplicates == 0


def test_a_connection_closed_while_it_was_idle_is_opened_again_quietly(
    posthouse: FakePosthouse, caplog: pytest.LogCaptureFixture
) -> None:
    with a_reporter(posthouse) as reporter:
        reporter.record(a_call())
        until(lambda: reporter.status().delivered == 1)
        assert posthouse._server is not None
        posthouse._server.cut()
        reporter.record(a_call())
        posthouse.wait_for_calls(2)
    assert not caplog.records


@pytest.mark.mission("J3.2")
def test_a_single_call_does_not_wait_for_others_for_long(posthouse: FakePosthouse) -> None:
    reporter = Reporter(posthouse.settings())
    began = time.monotonic()
    reporter.record(a_call())
    posthouse.wait_for_calls(1)
    assert time.monotonic() - began < 1.0
    reporter.close()


@pytest.mark.mission("J3.3")
@pytest.mark.parametrize("failure", ["commit-then-drop", "drop", "hang", 500, 503, 429, 403])
def test_after_a_failure_the_same_calls_are_sent_again_with_the_same_ids(
    posthouse: FakePosthouse, failure: Any
) -> None:
    posthouse.next_answers = [failure]
    with a_reporter(posthouse) as reporter:
        for number in range(3):
            reporter.record(a_call(number))
        posthouse.wait_for_calls(3)
        while reporter.status().delivered < 3:
            time.sleep(0.01)
        assert posthouse.batches[0] == posthouse.batches[1]
        assert posthouse.duplicates == (3 if failure == "commit-then-drop" else 0)
        assert reporter.status().waiting == 0


def test_posthouse_may_be_down_and_come_back(posthouse: FakePosthouse) -> None:
    with a_reporter(posthouse) as reporter:
        reporter.record(a_call(1))
        posthouse.wait_for_calls(1)
        posthouse.stop()
        for number in range(2, 5):
            reporter.record(a_call(number))
        time.sleep(0.3)
        posthouse.start()
        calls = posthouse.wait_for_calls(4)
        assert [call["duration_us"] for call in calls] == [1, 2, 3, 4]


def test_retry_after_is_honoured(posthouse: FakePosthouse) -> None:
    posthouse.next_answers, posthouse.retry_after = [429], "1"
    with a_reporter(posthouse) as reporter:
        began = time.monotonic()
        reporter.record(a_call())
        posthouse.wait_for_calls(1)
        assert time.monotonic() - began >= 1.0


@pytest.mark.parametrize("status", [400, 404, 415, 422])
def test_what_can_never_be_taken_is_dropped_and_logged(
    posthouse: FakePosthouse, status: int, caplog: pytest.LogCaptureFixture
) -> None:
    posthouse.next_answers = [status]
    with a_reporter(posthouse) as reporter:
        reporter.record(a_call(1))
        while not reporter.status().rejected:
            time.sleep(0.01)
        reporter.record(a_call(2))
        assert posthouse.wait_for_calls(1)[0]["duration_us"] == 2
    assert f"refused with {status}" in caplog.text


def test_a_batch_that_is_too_large_is_sent_in_halves(posthouse: FakePosthouse) -> None:
    posthouse.next_answers = [413, 413]
    with a_reporter(posthouse) as reporter:
        for number in range(8):
            reporter.record(a_call(number))
        posthouse.wait_for_calls(8)
    assert [len(batch) for batch in posthouse.batches] == [8, 4, 2, 2, 4]


def test_one_call_that_cannot_be_read_does_not_take_the_others_with_it(posthouse: FakePosthouse) -> None:
    posthouse.next_answers = [400, 200, 400, 400, 200]
    with a_reporter(posthouse) as reporter:
        for number in range(4):
            reporter.record(a_call(number))
        calls = posthouse.wait_for_calls(3)
        assert [call["duration_us"] for call in calls] == [0, 1, 3]
        while reporter.status().waiting:
            time.sleep(0.01)
        assert reporter.status().rejected == 1


@pytest.mark.mission("X6")
def test_memory_stays_bounded_while_posthouse_hangs(posthouse: FakePosthouse) -> None:
    posthouse.next_answers = ["hang"] * 100
    with a_reporter(posthouse, max_queue=50, batch_size=10) as reporter:
        slowest = 0.0
        for number in range(5000):
            began = time.perf_counter()
            reporter.record(a_call(number))
            slowest = max(slowest, time.perf_counter() - began)
        status = reporter.status()
        assert status.waiting <= 60
        assert status.dropped + status.waiting == 5000
        assert slowest < 0.2
        posthouse.next_answers = []
        posthouse.wait_for_calls(status.waiting)
        assert any(DROPPED_HEADER in headers for headers in posthouse.report_headers)


def test_large_bodies_count_against_the_bound(posthouse: FakePosthouse) -> None:
    posthouse.stop()
    with a_reporter(posthouse, max_queue_bytes=1_000_000) as reporter:
        taken = sum(reporter.record(a_call(number), size=100_000) for number in range(100))
        assert 8 <= taken <= 10 + 9


def test_a_flood_of_unknown_keys_leaves_room_for_customers(posthouse: FakePosthouse) -> None:
    posthouse.stop()
    with a_reporter(posthouse, max_queue=100, flush_interval=60.0, batch_size=1000) as reporter:
        assert sum(reporter.record(a_call(key_id=None)) for _ in range(1000)) == 50
        assert sum(reporter.record(a_call()) for _ in range(1000)) == 50


def test_closing_delivers_what_waits(posthouse: FakePosthouse) -> None:
    reporter = Reporter(posthouse.settings(flush_interval=60.0))
    for number in range(700):
        reporter.record(a_call(number))
    assert reporter.close()
    assert len(posthouse.calls) == 700


@pytest.mark.parametrize("trouble", ["down", "hang"])
def test_closing_takes_no_longer_than_it_may(posthouse: FakePosthouse, trouble: str) -> None:
    posthouse.next_answers = ["hang"] * 10
    if trouble == "down":
        posthouse.stop()
    reporter = Reporter(posthouse.settings(flush_interval=0.01, timeout=30.0))
    reporter.record(a_call())
    time.sleep(0.1)
    began = time.monotonic()
    assert not reporter.close(0.5)
    assert time.monotonic() - began < 1.0
    posthouse.next_answers = []


def test_what_was_left_at_closing_is_delivered_after_a_new_start(posthouse: FakePosthouse) -> None:
    posthouse.stop()
    reporter = Reporter(posthouse.settings(flush_interval=0.01))
    reporter.record(a_call())
    assert not reporter.close(0.2)
    posthouse.start()
    reporter.start()
    assert len(posthouse.wait_for_calls(1)) == 1
    assert reporter.close()


@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
def test_a_forked_child_reports_its_own_calls_only(posthouse: FakePosthouse) -> None:
    with a_reporter(posthouse, flush_interval=0.3) as reporter:
        reporter.record(a_call(1))
        child = os.fork()
        if child == 0:
            reporter.record(a_call(2))
            reporter.close()
            os._exit(0)
        os.waitpid(child, 0)
        calls = posthouse.wait_for_calls(2)
        assert sorted(call["duration_us"] for call in calls) == [1, 2]
        assert posthouse.duplicates == 0
        assert len({call["id"] for call in calls}) == 2


def test_many_threads_lose_nothing(posthouse: FakePosthouse) -> None:
    with a_reporter(posthouse, batch_size=100) as reporter:
        threads = [
            threading.Thread(target=lambda: [reporter.record(a_call(number)) for number in range(500)])
            for _ in range(4)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(posthouse.wait_for_calls(2000)) == 2000


def test_a_body_that_breaks_the_redactor_is_left_out(
    posthouse: FakePosthouse, caplog: pytest.LogCaptureFixture
) -> None:
    def finish(call: Call) -> Call:
        raise RuntimeError(call["route"])

    reporter = Reporter(posthouse.settings(flush_interval=0.01), finish)
    with caplog.at_level(logging.ERROR):
        reporter.record(a_call(raw=RawExchange([("x", "secret")])))
        (call,) = posthouse.wait_for_calls(1)
    assert "raw" not in call
    assert "secret" not in str(call)
    reporter.close()


def test_values_are_redacted_before_they_leave(posthouse: FakePosthouse) -> None:
    redactor = Redactor(("Authorization", "X-API-Key"), ("password",), 4096)
    reporter = Reporter(posthouse.settings(flush_interval=0.01), redactor.finish)
    raw = RawExchange(
        [("Authorization", "Bearer abc"), ("Accept", "*/*")],
        "application/json; charset=utf-8",
        b'{"user": {"Password": "hunter2", "name": "x"}}',
        46,
        "text/html",
        b"<p>",
        3,
    )
    reporter.record(a_call(raw=raw))
    (call,) = posthouse.wait_for_calls(1)
    assert call["request_headers"] == {"authorization": "[redacted]", "accept": "*/*"}
    assert call["request_body"] == '{"user": {"Password": "[redacted]", "name": "x"}}'
    assert call["response_body"] == "[3 bytes of text/html, not recorded]"
    assert "hunter2" not in str(call)
    reporter.close()
