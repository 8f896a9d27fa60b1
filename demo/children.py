"""The processes of the demo, each in a group of its own: Ctrl-C reaches only the one that ends them, in order."""

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

_TETHERED = Path(__file__).with_name("tethered.py")
_SECONDS_TO_END = 15.0


class Child:
    """One process running a module."""

    def __init__(self, name: str, module: str, *arguments: str, environment: Mapping[str, str]) -> None:
        self.name = name
        self._process = subprocess.Popen(
            [sys.executable, str(_TETHERED), str(os.getpid()), module, *arguments],
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=sys.stderr,
            process_group=0,
        )

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    @property
    def running(self) -> bool:
        """Whether it has not ended."""
        return self._process.poll() is None

    @property
    def exit_code(self) -> int | None:
        """How it ended."""
        return self._process.poll()

    def end(self) -> None:
        """Ask it to end, and make it end when it does not."""
        self._process.terminate()
        try:
            self._process.wait(_SECONDS_TO_END)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
