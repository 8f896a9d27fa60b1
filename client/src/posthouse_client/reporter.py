"""Report calls in the background: bounded, in batches, each accepted call delivered or kept.

What was accepted into the queue is never thrown away while the process lives: when the queue is full the
newest call is turned away and counted, so that a batch that may have reached Posthouse is always sent
again with the same ids, by which Posthouse recognises it. Calls without a known key may fill only half
of the queue: a flood of made-up keys does not crowd out customers' calls.
"""

import gzip
import json
import logging
import os
import random
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from posthouse_client import forking
from posthouse_client.config import Settings
from posthouse_client.transport import FAILURES, Answer, Connection

Call = dict[str, Any]
"""One call as `POST /api/v1/calls` takes it, but for its id."""

MAX_BATCH_BYTES = 4 * 1024 * 1024
"""A batch is split above this; Posthouse takes 8 MiB after decompression."""

CALL_BYTES = 1500
"""Rough memory of one call without bodies, on 64-bit CPython."""

FIRST_PAUSE = 0.2
LONGEST_PAUSE = 15.0
LONGEST_RETRY_AFTER = 120.0

DROPPED_HEADER = "Posthouse-Dropped-Calls"
"""Tells Posthouse how many calls this process has turned away since it started."""

log = logging.getLogger("posthouse_client")

_random = random.SystemRandom()
"""Forked children must not pause for the same times."""


@dataclass(frozen=True, slots=True)
class ReporterStatus:
    """Counts since the process started; `waiting` are queued or being sent now."""

    waiting: int
    delivered: int
    dropped: int
    rejected: int


class Reporter:
    """Takes calls from any thread and delivers them from a thread of its own."""

    _thread: threading.Thread | None
    _connection: Connection

    def __init__(self, settings: Settings, finish: Callable[[Call], Call] | None = None) -> None:
        """`finish` turns a queued call into what is sent, in the background: redaction belongs there."""
        self._settings = settings
        self._finish = finish
        self._make_anew()
        forking.register(self)

    def record(self, call: Call, size: int = 0) -> bool:
        """Queue a call; False when there was no room for it. Never blocks, never raises.

        `size`: bytes of the bodies in it.
        """
        size += CALL_BYTES
        room = 1 if call.get("key_id") else 2
        settings = self._settings
        with self._lock:
            waiting = len(self._queue)
            if waiting * room >= settings.max_queue or (self._queued_bytes + size) * room > settings.max_queue_bytes:
                self._dropped += 1
                return False
            self._queued_bytes += size
            self._number += 1
            call["id"] = f"{self._id_prefix}{self._number:x}"
            self._queue.append((call, size))
        if not self._some.is_set():
            self._some.set()
            self.ensure()
        if waiting >= settings.batch_size and not self._many.is_set():
            self._many.set()
        return True

    def start(self) -> None:
        """Start the thread, also after a close; what could not be delivered then is tried again."""
        if self._stop.is_set():
            if self._thread is not None:
                self._thread.join(self._settings.shutdown_timeout)
            waiting = self._queue
            self._make_anew()
            self._queue.extend(waiting)
            if waiting:
                self._some.set()
        self.ensure()

    def ensure(self) -> None:
        """Start the thread unless it runs already or was closed."""
        if self._thread is not None:
            return
        with self._starting:
            if self._thread is None and not self._stop.is_set():
                self._thread = threading.Thread(target=self._run, name="posthouse-calls", daemon=True)
                self._thread.start()

    def close(self, timeout: float | None = None) -> bool:
        """Deliver what waits within `timeout` seconds (the setting if left out); True when all of it was.

        Later calls are still taken but not delivered.
        """
        deadline = time.monotonic() + (self._settings.shutdown_timeout if timeout is None else timeout)
        self._deadline = deadline
        self._stop.set()
        self._many.set()
        self._some.set()
        thread = self._thread
        if thread is not None and thread is not threading.current_thread():
            thread.join(max(0.0, deadline - time.monotonic()))
            if thread.is_alive():
                self._connection.abort()
        left = self.status().waiting
        if left:
            log.warning("posthouse: %d calls could not be reported before the end", left)
        return not left

    def status(self) -> ReporterStatus:
        """For health pages and logs."""
        return ReporterStatus(len(self._queue) + self._sending, self._delivered, self._dropped, self._rejected)

    def after_fork(self) -> None:
        """Begin empty in a forked child; what was queued before the fork is the parent's to deliver."""
        self._make_anew()

    def _make_anew(self) -> None:
        self._queue: deque[tuple[Call, int]] = deque()
        self._queued_bytes = 0
        self._sending = 0
        self._delivered = 0
        self._dropped = 0
        self._dropped_told = 0
        self._rejected = 0
        self._id_prefix = f"call_{os.urandom(10).hex()}_"
        self._number = 0
        self._lock = threading.Lock()
        self._starting = threading.Lock()
        self._some = threading.Event()
        self._many = threading.Event()
        self._stop = threading.Event()
        self._deadline = float("inf")
        self._thread = None
        settings = self._settings
        self._connection = Connection(settings.url, settings.token, settings.timeout)

    def _run(self) -> None:
        """Wait for a first call, let others join it for the flush interval, deliver, begin again."""
        while not (self._stop.is_set() and (not self._queue or time.monotonic() >= self._deadline)):
            self._some.wait()
            if not self._stop.is_set():
                self._many.wait(self._settings.flush_interval)
            self._many.clear()
            self._deliver_next()
            while len(self._queue) >= self._settings.batch_size and time.monotonic() < self._deadline:
                self._deliver_next()
            if not self._queue:
                self._some.clear()
                if self._queue or self._stop.is_set():
                    self._some.set()

    def _deliver_next(self) -> None:
        """Deliver one batch; a mistake in here costs that batch, not the thread."""
        batch = self._take()
        try:
            self._deliver(batch)
        except Exception:
            log.exception("posthouse: %d calls could not be reported", len(batch))
            self._done(len(batch), len(batch))

    def _take(self) -> list[Call]:
        """The next calls in order, up to a batch in number and in bytes."""
        batch: list[Call] = []
        total = 0
        while self._queue and len(batch) < self._settings.batch_size:
            total += self._queue[0][1]
            if batch and total > MAX_BATCH_BYTES:
                break
            with self._lock:
                call, size = self._queue.popleft()
                self._queued_bytes -= size
                self._sending += 1
            batch.append(self._finished(call))
        return batch

    def _finished(self, call: Call) -> Call:
        if self._finish is None:
            return call
        try:
            return self._finish(call)
        except Exception:
            log.exception("posthouse: the bodies of a call could not be prepared and are left out")
            return {name: value for name, value in call.items() if name != "raw"}

    def _deliver(self, batch: list[Call]) -> None:
        """Send one batch until Posthouse has answered for it; the same bytes, and so ids, every time."""
        if not batch:
            return
        body = gzip.compress(json.dumps({"calls": batch}, default=str).encode(), compresslevel=1, mtime=0)
        failures = 0
        while True:
            answer = self._post(body, failures)
            if answer is not None and self._settled(answer, batch):
                return
            wait = _pause(failures, answer)
            failures += 1
            if time.monotonic() + wait > self._deadline:
                self._give_back(batch)
                return
            self._wait(wait)

    def _post(self, body: bytes, failures: int) -> Answer | None:
        headers = {"Content-Type": "application/json", "Content-Encoding": "gzip"}
        dropped = self._dropped
        if dropped:
            headers[DROPPED_HEADER] = str(dropped)
        try:
            answer = self._connection.request("POST", "/api/v1/calls", headers, body)
        except FAILURES as error:
            if failures == 0:
                log.warning("posthouse: calls are not being reported (%r); trying again", error)
            return None
        if dropped > self._dropped_told:
            log.warning("posthouse: %d calls were turned away, the queue was full", dropped)
            self._dropped_told = dropped
        return answer

    def _settled(self, answer: Answer, batch: list[Call]) -> bool:
        """Whether a batch needs no more sending: taken, or of a kind that never will be."""
        status = answer.status
        if 200 <= status < 300:
            rejected = _rejected(answer)
            if rejected:
                log.error("posthouse: %d of %d calls were rejected", rejected, len(batch))
            self._done(len(batch), rejected)
            return True
        # Too large as a whole, or one call among the others cannot be read: halves tell which.
        if status in (400, 413, 422) and len(batch) > 1:
            half = len(batch) // 2
            self._deliver(batch[:half])
            self._deliver(batch[half:])
            return True
        # 401 and 403 are mended in Posthouse without touching this process, so they are worth waiting for.
        if 400 <= status < 500 and status not in (401, 403, 408, 425, 429):
            log.error("posthouse: %d calls were refused with %d and dropped", len(batch), status)
            self._done(len(batch), len(batch))
            return True
        log.warning("posthouse: calls were answered with %d; trying again", status)
        return False

    def _done(self, count: int, rejected: int) -> None:
        with self._lock:
            self._sending -= count
        self._delivered += count - rejected
        self._rejected += rejected

    def _give_back(self, batch: list[Call]) -> None:
        """Put an undelivered batch back in front when there is no time left to send it."""
        with self._lock:
            self._sending -= len(batch)
            self._queue.extendleft((call, 0) for call in reversed(batch))

    def _wait(self, seconds: float) -> None:
        """Wait before sending again; when closing begins meanwhile, only as long as there is time."""
        if not self._stop.wait(seconds):
            return
        time.sleep(max(0.0, min(FIRST_PAUSE, self._deadline - time.monotonic())))


def _rejected(answer: Answer) -> int:
    """How many calls of a batch Posthouse found wrong."""
    try:
        rejected = json.loads(answer.body).get("rejected", [])
    except (ValueError, AttributeError):
        return 0
    return len(rejected) if isinstance(rejected, list) else 0


def _pause(failures: int, answer: Answer | None) -> float:
    """Seconds until the next attempt: what Posthouse asked for, or random and growing."""
    longest = min(LONGEST_PAUSE, FIRST_PAUSE * 2.0 ** min(failures, 10))
    pause = _random.uniform(longest / 2, longest)
    asked = answer.headers.get("retry-after", "") if answer is not None else ""
    if asked.isascii() and asked.isdigit():
        pause += min(float(asked), LONGEST_RETRY_AFTER)
    return pause
