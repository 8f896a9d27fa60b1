"""Processes of the demo: they end when told, and with the one that started them, however it ends."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import children
from children import Child

FOLDER = Path(children.__file__).parent
SLEEPER = "import time\ntime.sleep(60)\n"
STARTER = """
import os, sys, time
sys.path.insert(0, {folder!r})
from children import Child
child = Child("sleeper", "sleeper", environment=os.environ | {{"PYTHONPATH": {modules!r}}})
print(child.pid, flush=True)
time.sleep(60)
"""


def alive(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text()


def wait_until(condition, seconds=10):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.05)


def test_it_runs_a_module_and_ends_when_told(tmp_path):
    (tmp_path / "sleeper.py").write_text(SLEEPER)
    child = Child("sleeper", "sleeper", environment=os.environ | {"PYTHONPATH": str(tmp_path)})
    assert child.running
    child.end()

    assert not child.running
    assert child.exit_code == -signal.SIGTERM


def test_a_module_gets_its_arguments_and_says_how_it_ended(tmp_path):
    (tmp_path / "adder.py").write_text("import sys\nsys.exit(int(sys.argv[1]) + int(sys.argv[2]))\n")
    child = Child("adder", "adder", "3", "4", environment=os.environ | {"PYTHONPATH": str(tmp_path)})
    wait_until(lambda: not child.running)

    assert child.exit_code == 7


def test_it_does_not_outlive_a_parent_that_is_killed(tmp_path):
    (tmp_path / "sleeper.py").write_text(SLEEPER)
    code = STARTER.format(folder=str(FOLDER), modules=str(tmp_path))
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as parent:
        pid = int(parent.stdout.readline())
        assert alive(pid)
        parent.kill()

    wait_until(lambda: not alive(pid))
