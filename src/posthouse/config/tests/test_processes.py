"""The processes of `posthouse`: what is beside is started again, and does not outlive what started it."""

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
from tests.children import own_database

from posthouse.config.secrets import local_peppers, local_secret
from posthouse.config.supervisor import Supervisor
from posthouse.foundation import jobs

SLEEPER = [sys.executable, "-c", "import time; time.sleep(60)", "x", "y"]


def until(condition, seconds=10.0):
    """Wait for something another process does."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it never happened"
        time.sleep(0.01)


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_what_is_killed_is_started_again_and_ends_with_us():
    with Supervisor(SLEEPER, first_pause=0.01) as beside:
        first = beside.pid
        os.kill(first, signal.SIGKILL)
        until(lambda: beside.pid != first and alive(beside.pid))
        second = beside.pid
    assert not alive(second)


def fresh_house(folder: Path) -> dict[str, str]:
    """The environment of a house of its own."""
    return own_database(POSTHOUSE_DATA=str(folder), DJANGO_SETTINGS_MODULE="posthouse.config.settings")


def children_of(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


@pytest.mark.slow
def test_all_in_one_ends_its_worker_before_it_ends(tmp_path):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = str(probe.getsockname()[1])
    command = [sys.executable, "-m", "posthouse.config.cli", "run", "--port", port]
    house = subprocess.Popen(command, env=fresh_house(tmp_path))
    until(lambda: answers(int(port)), 60)
    workers = children_of(house.pid)
    assert len(workers) == len(jobs.LANES)
    house.terminate()
    assert house.wait(20) == 0
    assert not any(alive(worker) for worker in workers)


def answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@pytest.mark.slow
def test_a_worker_ends_when_its_parent_is_killed(tmp_path):
    env = fresh_house(tmp_path)
    script = (
        "import subprocess, sys, os, time\n"
        "p = subprocess.Popen([sys.executable, '-m', 'posthouse.config.cli', 'worker', '--parent', str(os.getpid())])\n"
        "print(p.pid, flush=True)\n"
        "time.sleep(60)\n"
    )
    subprocess.run([sys.executable, "-m", "posthouse.config.cli", "migrate"], env=env, check=True, capture_output=True)
    parent = subprocess.Popen([sys.executable, "-c", script], env=env, stdout=subprocess.PIPE, text=True)
    worker = int(parent.stdout.readline())
    parent.kill()
    parent.wait()
    until(lambda: not alive(worker) or _is_zombie(worker), 20)
    parent.stdout.close()


def _is_zombie(pid: int) -> bool:
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"


def test_secrets_are_made_once_and_private(tmp_path):
    path = tmp_path / "secret"
    first = local_secret(path)
    assert local_secret(path) == first
    assert path.stat().st_mode & 0o077 == 0
    peppers = local_peppers(tmp_path / "peppers.json")
    assert peppers == local_peppers(tmp_path / "peppers.json")
