"""Runs a module as `python -m` would, and ends with the process that started it: no orphans, even after a kill -9.

python demo/tethered.py PID MODULE [ARGUMENTS], where PID is the process that starts it.
"""

import os
import runpy
import signal
import sys
import threading
import time

_SECONDS_BETWEEN_LOOKS = 0.5


def main() -> None:
    """Run the module with the arguments after it."""
    parent, module, *arguments = sys.argv[1:]
    threading.Thread(target=_end_with, args=(int(parent),), daemon=True).start()
    sys.argv = [module, *arguments]
    runpy.run_module(module, run_name="__main__", alter_sys=True)


def _end_with(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(_SECONDS_BETWEEN_LOOKS)
    os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    main()
