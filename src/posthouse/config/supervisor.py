"""Keeps one process running beside this one."""

import logging
import subprocess
import threading
from collections.abc import Sequence
from types import TracebackType
from typing import Self

logger = logging.getLogger(__name__)

LONGEST_PAUSE = 30.0
CLOSING_SECONDS = 10.0


class Supervisor:
    """While entered, the command runs; should it end, it is started again after a pause that grows."""

    def __init__(self, command: Sequence[str], *, first_pause: float = 0.5) -> None:
        self._command = command
        self._first_pause = first_pause
        self._closing = threading.Event()
        self._process: subprocess.Popen[bytes] | None = None
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> Self:
        self._start()
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._closing.set()
        self._end()
        self._thread.join(timeout=CLOSING_SECONDS)
        self._end()

    @property
    def pid(self) -> int:
        """The process at present."""
        return self._process.pid if self._process else 0

    def _start(self) -> None:
        self._process = subprocess.Popen(self._command, stdin=subprocess.DEVNULL)  # noqa: S603  the command is our own

    def _end(self) -> None:
        """Ask the process to end, and make it end when it does not."""
        if self._process is None or self._process.poll() is not None:
            return
        self._process.terminate()
        try:
            self._process.wait(CLOSING_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _watch(self) -> None:
        pause = self._first_pause
        while not self._closing.is_set() and self._process is not None:
            code = self._process.wait()
            if self._closing.wait(pause):
                return
            logger.warning("%s ended with %s; starting it again", self._command[-3], code)
            pause = min(pause * 2, LONGEST_PAUSE)
            self._start()
