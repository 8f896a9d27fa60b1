"""Work that runs without anybody asking: a registry of periodic jobs and the loop that runs them."""

import logging
import threading
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass

from django.db import close_old_connections, connection

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Job:
    """A function run every so many seconds; it returns how much it did, and runs again at once if it did any.

    Jobs of one lane wait for one another; each lane can have a process of its own.
    """

    name: str
    every: float
    run: Callable[[], int]
    lane: str


MAIN = "main"
MAIL = "mail"
"""Mail goes its own way: somebody waits for a link to confirm an address, whatever else there is to do."""
LANES = (MAIN, MAIL)
_jobs: dict[str, Job] = {}


def every(seconds: float, lane: str = MAIN) -> Callable[[Callable[[], int]], Callable[[], int]]:
    """Register the decorated function as a job. Jobs must be safe to run twice and to be killed at any point."""

    def register(function: Callable[[], int]) -> Callable[[], int]:
        name = f"{function.__module__}.{function.__name__}"
        _jobs[name] = Job(name, seconds, function, lane)
        return function

    return register


def registered() -> list[Job]:
    """All jobs, by name."""
    return sorted(_jobs.values(), key=lambda job: job.name)


def run_once() -> int:
    """Run every job once, in order of name; returns how much was done. For tests and for `posthouse worker --once`."""
    return sum(job.run() for job in registered())


def run_until_idle(limit: int = 100) -> None:
    """Run all jobs until none has anything left to do. Raises RuntimeError when they never come to rest."""
    for _ in range(limit):
        if not run_once():
            return
    raise RuntimeError("the jobs never came to rest")


def run_forever(stop: threading.Event, tick: float = 0.1, lanes: Collection[str] = LANES) -> None:
    """Run the jobs of these lanes when they are due until `stop` is set; an error in one is logged and does not hold
    the others up."""
    due = {job.name: 0.0 for job in registered()}
    while not stop.is_set():
        busy = False
        for job in registered():
            if job.lane not in lanes:
                continue
            if due[job.name] > time.monotonic() or stop.is_set():
                continue
            done = _run_safely(job)
            busy = busy or done > 0
            due[job.name] = time.monotonic() + (0.0 if done else job.every)
        if not busy:
            stop.wait(tick)


def _run_safely(job: Job) -> int:
    close_old_connections()
    try:
        return job.run()
    except Exception:
        logger.exception("job %s failed", job.name)
        connection.close()
        return 0
