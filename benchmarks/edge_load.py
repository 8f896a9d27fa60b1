"""What the edge's benchmarks share: a house with data in a temporary folder, servers on one core, load from another.

The load comes from plain sockets with keep-alive and `select`, one request under way on each; in Python it takes
about half of what the fastest server here takes, so with a core of its own it is not what is measured. It never
sleeps: waking a sleeping client would cost the server more the slower it is.
"""

import base64
import json
import os
import platform
import secrets
import selectors
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

ROOT = Path(__file__).resolve().parent.parent
CORES = sorted(os.sched_getaffinity(0))
SERVER_CORE, LOAD_CORE = CORES[0], CORES[-1]
PAGES = ("src", "client/src", ".")


def machine() -> dict[str, Any]:
    """What the figures depend on."""
    return {
        "python": sys.version.split()[0],
        "machine": platform.machine(),
        "cores": len(CORES),
        "uvicorn": version("uvicorn"),
    }


def pin_to(core: int) -> None:
    """Run on this core only."""
    os.sched_setaffinity(0, {core})


@contextmanager
def house(database_url: str = "") -> Iterator[dict[str, str]]:
    """The environment of a fresh house: a folder of its own, all tables made; with a team token and keys in it."""
    with tempfile.TemporaryDirectory(prefix="posthouse-bench-") as folder:
        environment = os.environ | {
            "POSTHOUSE_DATA": folder,
            "POSTHOUSE_PEPPERS": f"1={base64.b64encode(secrets.token_bytes(32)).decode()}",
            "DJANGO_SETTINGS_MODULE": "posthouse.config.settings",
            "PYTHONPATH": os.pathsep.join(str(ROOT / page) for page in PAGES),
        }
        environment.pop("POSTHOUSE_DATABASE_URL", None)
        if database_url:
            environment["POSTHOUSE_DATABASE_URL"] = database_url
        run_python(
            "from django.core.management import execute_from_command_line as go; go(['', 'migrate', '-v0'])",
            environment,
        )
        yield environment


def run_python(code: str, environment: dict[str, str]) -> str:
    """What a short program prints."""
    done = subprocess.run([sys.executable, "-c", code], env=environment, check=True, stdout=subprocess.PIPE, cwd=ROOT)
    return done.stdout.decode()


def seeded(environment: dict[str, str], keys: int) -> dict[str, Any]:
    """A team token that may do everything and keys with two limits that are never spent."""
    limits = [["burst", 1_000_000, 1], ["daily", 1_000_000_000, 86_400]]
    code = f"""
import django, json; django.setup()
from posthouse.people.actions import add_team_member, make_token
from posthouse.people.models import Customer, User
from posthouse.keys.actions import create_key
member = add_team_member(user=User.objects.create_user('bench@example.com'), role='admin')
_, token = make_token(owner=member, name='bench', scopes=['*'])
keys = []
for _ in range({keys}):
    customer = Customer.objects.create(name='Bench')
    keys.append(create_key(customer_id=customer.pk, name='k', environment='test', scopes=['read'], limits={limits})[1])
print(json.dumps({{'token': token, 'keys': keys}}))
"""
    seeds: dict[str, Any] = json.loads(run_python(code, environment))
    return seeds


@dataclass(frozen=True)
class Server:
    """A process that serves, perhaps with children."""

    address: str
    pid: int

    def cpu_seconds(self) -> float:
        """Processor time used so far, children included."""
        parents = {int(stat[0]): stat for stat in _stats()}
        mine = {self.pid}
        for _ in range(3):
            mine |= {pid for pid, stat in parents.items() if int(stat[3]) in mine}
        return sum(int(parents[pid][13]) + int(parents[pid][14]) for pid in mine) / os.sysconf("SC_CLK_TCK")


def _stats() -> Iterator[list[str]]:
    for path in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            pid, _, rest = path.read_text().partition(" (")
            yield [pid, "", *rest.rpartition(") ")[2].split()]


@contextmanager
def serving(command: list[str], environment: dict[str, str], core: int = SERVER_CORE) -> Iterator[Server]:
    """A server process on one core."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    process = subprocess.Popen(
        [word.replace("PORT", str(port)) for word in command],
        env=environment,
        cwd=ROOT,
    )
    try:
        os.sched_setaffinity(process.pid, {core})
        _wait_for(port, process)
        yield Server(f"http://127.0.0.1:{port}", process.pid)
    finally:
        process.terminate()
        process.wait(20)


def uvicorn_of(app: str) -> list[str]:
    """The command that serves an application, as `posthouse web` does."""
    server = [sys.executable, "-m", "uvicorn", "--port", "PORT", "--log-level", "error", "--loop", "uvloop"]
    return [*server, "--http", "httptools", "--no-access-log", "--no-server-header", app]


def _wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    for _ in range(400):
        if process.poll() is not None:
            raise SystemExit("the server ended before it began")
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            time.sleep(0.05)
    raise SystemExit("the server did not begin")


def post(server: Server, path: str, token: str, body: bytes, content_type: str = "application/json") -> bytes:
    """A POST request as bytes."""
    fields = [
        f"POST {path} HTTP/1.1",
        f"Host: {urlsplit(server.address).netloc}",
        f"Authorization: {token}",
        f"Content-Type: {content_type}",
        f"Content-Length: {len(body)}",
        "User-Agent: bench",
        "Accept: */*",
    ]
    return "\r\n".join(fields).encode() + b"\r\n\r\n" + body


def load(
    server: Server, requests: list[bytes], *, seconds: float, connections: int, good: bytes = b" 200 OK"
) -> dict[str, float]:
    """Requests per second, requests per second of the server's processor time, and latencies in milliseconds; the
    requests are sent in turn. Raises SystemExit unless every answer's status line goes on with `good`."""
    place = urlsplit(server.address)
    selector = selectors.DefaultSelector()
    for _ in range(connections):
        line = socket.create_connection((place.hostname, place.port))
        line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        selector.register(line, selectors.EVENT_READ, bytearray())
    began_at: dict[socket.socket, float] = {}
    turn = sent = 0
    times: list[float] = []
    clock = time.perf_counter
    for key in list(selector.get_map().values()):
        key.fileobj.sendall(requests[turn % len(requests)])  # type: ignore[union-attr]  # a socket
        began_at[key.fileobj] = clock()  # type: ignore[index]
        turn += 1
    used = server.cpu_seconds()
    began = clock()
    end = began + seconds
    while (moment := clock()) < end or not times:
        for key, _ in selector.select(0):
            line: Any = key.fileobj
            answer = key.data
            answer += line.recv(262_144)
            if not _whole(answer, good):
                continue
            answer.clear()
            moment = clock()
            times.append(moment - began_at[line])
            sent += 1
            line.sendall(requests[turn % len(requests)])
            began_at[line] = moment
            turn += 1
    took = clock() - began
    used = server.cpu_seconds() - used
    for key in list(selector.get_map().values()):
        key.fileobj.close()  # type: ignore[union-attr]
    selector.close()
    times.sort()
    return {
        "per_second": sent / took,
        "per_cpu_second": sent / used,
        "p50_ms": times[len(times) // 2] * 1000,
        "p99_ms": times[len(times) * 99 // 100] * 1000,
    }


def load_all(server: Server, requests: list[bytes], connections: int, expected: bytes) -> float:
    """Seconds from the first request to the last answer, each sent once. Raises SystemExit unless every answer is 200
    and has the expected words in its body."""
    place = urlsplit(server.address)
    selector = selectors.DefaultSelector()
    waiting = list(reversed(requests))
    under_way = 0
    for _ in range(connections):
        line = socket.create_connection((place.hostname, place.port))
        selector.register(line, selectors.EVENT_READ, bytearray())
    began = time.perf_counter()
    for key in list(selector.get_map().values()):
        if waiting:
            key.fileobj.sendall(waiting.pop())  # type: ignore[union-attr]  # a socket
            under_way += 1
    while under_way:
        for key, _ in selector.select(30):
            key.data.extend(key.fileobj.recv(262_144))  # type: ignore[union-attr]
            if not _whole(key.data, b" 200 OK"):
                continue
            if expected not in key.data:
                raise SystemExit(f"not all was taken in: {bytes(key.data[:600])!r}")
            key.data.clear()
            under_way -= 1
            if waiting:
                key.fileobj.sendall(waiting.pop())  # type: ignore[union-attr]
                under_way += 1
    return time.perf_counter() - began


def _whole(answer: bytearray, good: bytes) -> bool:
    head = answer.find(b"\r\n\r\n")
    if head < 0:
        return False
    if answer[8 : 8 + len(good)] != good:
        raise SystemExit(f"a request was refused: {bytes(answer[:600])!r}")
    at = answer.find(b"ontent-length:", 0, head)
    if at < 0 and (at := answer.find(b"ontent-Length:", 0, head)) < 0:
        raise SystemExit(f"an answer without a length: {bytes(answer[:600])!r}")
    length = int(answer[at + 14 : answer.find(b"\r", at)])
    return len(answer) >= head + 4 + length


def in_turn(acts: dict[str, Callable[[], dict[str, float]]], rounds: int) -> dict[str, dict[str, float]]:
    """Measure several things one after the other, over and over, and give the median of each figure."""
    seen: dict[str, list[dict[str, float]]] = {name: [] for name in acts}
    for _ in range(rounds):
        for name, act in acts.items():
            seen[name].append(act())
    return {
        name: {figure: statistics.median(one[figure] for one in found) for figure in found[0]}
        for name, found in seen.items()
    }
