"""Starts the demo in a folder of its own, uses what demo.json names, starts it a second time, and ends it: a smoke run.

python tools/smoke_demo.py [--customers N]
"""

import argparse
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import urllib3

ROOT = Path(__file__).parent.parent
BIN_DEMO = (str(ROOT / "bin" / "demo"),)
READY_SECONDS = 300
MEMORY_MB = 500
http = urllib3.PoolManager(timeout=10, retries=False)


def main() -> int:
    """Run all steps; an assertion that fails ends with its message."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--customers", type=int, default=40)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as data:
        with running_demo(Path(data), given.customers) as facts:
            _use(facts)
        first = facts["developer"]
        with running_demo(Path(data), given.customers) as facts:
            assert facts["developer"]["customer_id"] == first["customer_id"], (
                "a second start goes on with the same data"
            )
            _use(facts)
    print("demo: ok")
    return 0


@contextmanager
def running_demo(
    data: Path, customers: int, *more: str, command: Sequence[str] = BIN_DEMO, log: Path | None = None
) -> Iterator[dict[str, Any]]:
    """The demo, running; yields what it wrote to demo.json plus `pid`, and ends it with Ctrl-C.

    `log` is a file for what it says on standard error.
    """
    options = ["--data", str(data), "--customers", str(customers)]
    options += ["--port", str(free_port()), "--api-port", str(free_port()), *more]
    with ExitStack() as closing:
        errors = closing.enter_context(log.open("a")) if log else None
        process = subprocess.Popen(
            [*command, *options], stdout=subprocess.PIPE, stderr=errors, text=True, start_new_session=True
        )
        try:
            line = _ready_line(process)
            print(line, flush=True)
            facts = json.loads((data / "demo.json").read_text("utf-8"))
            yield facts | {"pid": process.pid}
        finally:
            os.killpg(process.pid, signal.SIGINT)
            code = process.wait(timeout=40)
            assert process.stdout is not None
            process.stdout.close()
    assert code in {0, 130, -signal.SIGINT}, f"Ctrl-C ended the demo with {code}"
    assert not session_memory_mb(process.pid), "Ctrl-C left processes running"


def _ready_line(process: "subprocess.Popen[str]") -> str:
    assert process.stdout is not None
    began = time.monotonic()
    for line in process.stdout:
        if line.startswith("ready: "):
            return line.strip()
        assert time.monotonic() - began < READY_SECONDS, "the demo was not ready in time"
    raise AssertionError(f"the demo ended before it was ready ({process.wait()})")


def _use(facts: dict[str, Any]) -> None:
    """One look through every door that demo.json names."""
    developer, team = facts["developer"], facts["team"]
    for name in ("portal", "desk", "mail"):
        assert http.request("GET", facts[name], redirect=True, retries=3).status == 200, name
    call = f"{facts['api']}/v1/sun?lat=40.42&lon=-3.70&date=2026-11-22"
    for key in ("test_key", "live_key"):
        answer = http.request("GET", call, headers={"Authorization": f"Bearer {developer[key]}"})
        assert answer.status == 200, (key, answer.data)
        assert "RateLimit" in answer.headers
    assert http.request("GET", call, headers={"Authorization": "Bearer nonsense"}).status == 401
    bearer = {"Authorization": f"Bearer {team['token']}"}
    path = f"/customers/{developer['customer_id']}/timeline?limit=200"
    answer = http.request("GET", facts["posthouse_api"].rstrip("/") + path, headers=bearer)
    assert answer.status == 200, answer.data
    types = {event["type"] for event in answer.json()["items"]}
    assert {"key.created", "call.first"} <= types, types
    used = session_memory_mb(facts["pid"])
    print(f"demo: {used:.0f} MB in all", flush=True)
    assert used < MEMORY_MB, f"the demo uses {used:.0f} MB"


def session_memory_mb(leader: int) -> float:
    """Memory of all processes of a session, shared pages counted once for those who share them (PSS)."""
    total = 0
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            session = int((folder / "stat").read_text().rpartition(")")[2].split()[3])
            if session == leader:
                rollup = (folder / "smaps_rollup").read_text()
                total += sum(int(line.split()[1]) for line in rollup.splitlines() if line.startswith("Pss:"))
        except (OSError, IndexError, ValueError):
            continue
    return total / 1024


def free_port() -> int:
    """A port of the loopback address that nobody uses at the moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


if __name__ == "__main__":
    sys.exit(main())
