"""kill -9 of web, edge and worker at random moments under load: what was acknowledged is there, and counts once."""

import base64
import http.client
import json
import os
import random
import secrets
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
import pytest

ROOT = Path(__file__).resolve().parent.parent
SEED = int(os.environ.get("POSTHOUSE_KILL_SEED", "20261122"))
KILLS = int(os.environ.get("POSTHOUSE_KILLS", "50"))
QUICK = 4
MINUTE = 2
"""`usage.models.Grain`: day, hour, minute."""
CUSTOMERS = 12
POSTGRES = os.environ.get("POSTHOUSE_TEST_POSTGRES", "")
WORKER = "import tests.kill_consumer, posthouse.config.cli as cli; cli.main(['worker'])"
WORKER_SETUP = "import os, django; os.environ['DJANGO_SETTINGS_MODULE'] = 'posthouse.config.settings'; django.setup(); "


class House:
    """A house in a folder, its processes, and a pair of eyes on its tables."""

    def __init__(self, folder, database_url):
        self.environment = os.environ | {
            "POSTHOUSE_DATA": str(folder),
            "POSTHOUSE_PEPPERS": f"1={base64.b64encode(secrets.token_bytes(32)).decode()}",
            "POSTHOUSE_LOG_LEVEL": "ERROR",
            "PYTHONPATH": os.pathsep.join(str(ROOT / part) for part in ("src", "client/src", ".")),
            "PYTHONUNBUFFERED": "1",
        }
        self.environment.pop("DJANGO_SETTINGS_MODULE", None)
        self.environment["POSTHOUSE_DATABASE_URL"] = database_url or f"sqlite:///{folder / 'posthouse.sqlite3'}"
        self.ports = {"web": _free_port(), "edge": _free_port()}
        self.processes = {}
        self.log = (folder / "log").open("wb")
        self.python("from django.core.management import call_command; call_command('migrate', verbosity=0)")

    def python(self, code):
        """What a short program in this house prints."""
        command = [sys.executable, "-c", WORKER_SETUP + code]
        return subprocess.run(
            command, env=self.environment, cwd=ROOT, check=True, stdout=subprocess.PIPE
        ).stdout.decode()

    def start(self, name):
        if name == "worker":
            command = [sys.executable, "-c", WORKER_SETUP + WORKER]
        else:
            command = [sys.executable, "-m", "posthouse.config.cli", name, "--port", str(self.ports[name])]
        self.processes[name] = subprocess.Popen(
            command, env=self.environment, cwd=ROOT, stdout=self.log, stderr=self.log
        )

    def kill(self, name):
        self.processes[name].send_signal(signal.SIGKILL)
        self.processes[name].wait()

    def end(self):
        for process in self.processes.values():
            process.kill()
            process.wait()
        self.log.close()

    def ask(self, port, token, method, path, body=None, **fields):
        """Status and answer, or None when nobody answered."""
        line = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
        try:
            headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"} | fields
            line.request(method, path, None if body is None else json.dumps(body), headers)
            answer = line.getresponse()
            return answer.status, json.loads(answer.read())
        except (OSError, http.client.HTTPException, ValueError):
            return None
        finally:
            line.close()


def _free_port():
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return probe.getsockname()[1]


@contextmanager
def _postgres_database():
    name = f"posthouse_kill_{secrets.token_hex(4)}"
    with psycopg.connect(POSTGRES, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
        try:
            yield f"{POSTGRES.rpartition('/')[0]}/{name}"
        finally:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def house(request, tmp_path):
    if request.param == "sqlite":
        made = House(tmp_path, "")
        yield made
        made.end()
        return
    if not POSTGRES:
        pytest.skip("needs POSTHOUSE_TEST_POSTGRES")
    with _postgres_database() as url:
        made = House(tmp_path, url)
        yield made
        made.end()


SEEDING = f"""
import json
from django.db import connection
from posthouse.keys.actions import create_key
from posthouse.people.actions import add_team_member, make_token
from posthouse.people.models import Customer, User
import tests.kill_consumer
with connection.cursor() as cursor:
    cursor.execute(tests.kill_consumer.TABLE[connection.vendor])
member = add_team_member(user=User.objects.create_user("robin@example.com"), role="admin")
customers = [Customer.objects.create(name=f"Lumen {{n}}").pk for n in range({CUSTOMERS})]
keys = [create_key(customer_id=customer, name="k", environment="live")[0].pk for customer in customers]
token = make_token(owner=member, name="kill", scopes=["*"])[1]
print(json.dumps({{"token": token, "customers": customers, "keys": keys}}))
"""

REPORT = """
import json
from django.db import connection, transaction
from posthouse.keys.models import Key
from posthouse.timeline import queries
from posthouse.timeline.models import Event, Parked
from posthouse.usage.models import Call, Rollup
import tests.kill_consumer
with transaction.atomic(), connection.cursor() as cursor:
    if connection.vendor == "postgresql":  # one moment for all tables, as the worker goes on
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
    cursor.execute("SELECT position, source, id, customer_id FROM seen_by_kill_test ORDER BY turn")
    seen = cursor.fetchall()
    report = {
        "events": list(Event.objects.values_list("source", "id", "type", "customer_id", "data")),
        "log": [row.position for row in Event.objects.order_by("tx", "position")],
        "seen": seen,
        "calls": list(Call.objects.values_list("id", "customer_id")),
        "rollups": list(Rollup.objects.values_list("grain", "series__customer_id", "calls")),
        "keys": list(Key.objects.values_list("id", "name", "revoked_reason")),
        "parked": Parked.objects.count(),
        "lag": queries.lag(),
    }
print(json.dumps(report))
"""


@dataclass
class Acknowledged:
    """What the house said it had taken."""

    events: dict = field(default_factory=dict)
    calls: dict = field(default_factory=dict)
    made: dict = field(default_factory=dict)
    revoked: set = field(default_factory=set)
    unanswered: int = 0
    strange: list = field(default_factory=list)


class Load:
    """Senders that never give up: what was not answered is sent again as it was, to whoever is up."""

    def __init__(self, house, seeds):
        self.house = house
        self.seeds = seeds
        self.got = Acknowledged()
        self.stop = threading.Event()
        self.threads = [
            threading.Thread(target=act, args=(random.Random(f"{SEED} {act.__name__} {number}"), number), daemon=True)
            for act, several in ((self.send_events, 3), (self.send_calls, 3), (self.change_keys, 1))
            for number in range(several)
        ]

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self.got

    def __exit__(self, *_):
        self.stop.set()
        for thread in self.threads:
            thread.join(120)
        assert not any(thread.is_alive() for thread in self.threads), "the house never came back"

    def insist(self, luck, method, path, body, only=None, **fields):
        """Ask until the answer is a success; ports at random, as a balancer would."""
        while True:
            port = self.house.ports[only or luck.choice(["web", "edge"])]
            answer = self.house.ask(port, self.seeds["token"], method, path, body, **fields)
            if answer is not None and answer[0] in (200, 201):
                return answer[1]
            if answer is not None and answer[0] != 503:
                self.got.strange.append(answer)
            self.got.unanswered += 1
            time.sleep(luck.uniform(0.02, 0.2))

    def send_events(self, luck, sender):
        number = 0
        while not self.stop.is_set():
            batch = []
            for _ in range(luck.randint(1, 40)):
                number += 1
                customer = luck.choice(self.seeds["customers"])
                name = f"{sender}-{number}"
                batch.append(
                    {"id": name, "source": "load", "type": "load.sent", "customer_id": customer, "data": {"n": number}}
                )
            answer = self.insist(luck, "POST", "/api/v1/events", {"events": batch})
            if answer["conflicts"] or answer["rejected"]:
                self.got.strange.append(answer)
            for event in batch:
                self.got.events[event["id"]] = event["customer_id"]

    def send_calls(self, luck, sender):
        number = 0
        while not self.stop.is_set():
            batch = []
            for _ in range(luck.randint(1, 60)):
                number += 1
                key = luck.randrange(CUSTOMERS)
                batch.append(
                    {
                        "id": f"call-{sender}-{number}",
                        "at": time.time(),
                        "key_id": self.seeds["keys"][key],
                        "method": "GET",
                        "route": "/v1/sun",
                        "status": luck.choice([200, 200, 200, 404]),
                        "duration_us": luck.randint(500, 90_000),
                    }
                )
            answer = self.insist(luck, "POST", "/api/v1/calls", {"calls": batch})
            if answer["rejected"]:
                self.got.strange.append(answer)
            for call in batch:
                self.got.calls[call["id"]] = self.seeds["customers"][self.seeds["keys"].index(call["key_id"])]

    def change_keys(self, luck, sender):
        """Make a key and revoke it, over the pages' process."""
        number = 0
        while not self.stop.is_set():
            number += 1
            name = f"kill {sender}-{number}"
            path = f"/api/v1/customers/{luck.choice(self.seeds['customers'])}/keys"
            body = {"name": name, "environment": "test"}
            made = self.insist(luck, "POST", path, body, only="web", **{"Idempotency-Key": name})
            self.got.made[name] = made["key"]["id"]
            self.insist(luck, "POST", f"/api/v1/keys/{made['key']['id']}/revoke", {"reason": name}, only="web")
            self.got.revoked.add(made["key"]["id"])
            self.stop.wait(0.1)


def _is_up(house, name):
    if name == "worker":
        return house.processes[name].poll() is None
    return house.ask(house.ports[name], "x", "GET", "/api/v1/keys/snapshot") is not None


def _wait_until_up(house, names):
    deadline = time.monotonic() + 180
    while not all(_is_up(house, name) for name in names):
        assert time.monotonic() < deadline, Path(house.log.name).read_text()[-4000:]
        time.sleep(0.05)


def _settled_report(house, timeout):
    """The tables once the consumers have come to rest."""
    deadline = time.monotonic() + timeout
    while True:
        report = json.loads(house.python(REPORT))
        counted = sum(calls for grain, _, calls in report["rollups"] if grain == MINUTE)
        at_rest = not any(report["lag"].values()) and not report["parked"] and counted == len(report["calls"])
        if at_rest or time.monotonic() > deadline:
            return report
        time.sleep(0.5)


@pytest.mark.parametrize("kills", [QUICK, pytest.param(KILLS, marks=pytest.mark.slow)])
def test_nothing_acknowledged_is_lost_and_nothing_counts_twice(house, kills):
    luck = random.Random(SEED)
    seeds = json.loads(house.python(SEEDING))
    names = ["web", "edge", "worker"]
    for name in names:
        house.start(name)
    _wait_until_up(house, names)
    died = Counter()
    with Load(house, seeds) as got:
        for number in range(kills):
            name = names[number % 3] if number < 3 else luck.choice(names)
            _wait_until_up(house, [name])
            time.sleep(luck.uniform(0.0, 0.6))
            house.kill(name)
            died[name] += 1
            house.start(name)
        _wait_until_up(house, names)
    report = _settled_report(house, 120 + 2 * kills)
    _check_events(report, got)
    _check_calls(report, got)
    _check_keys(report, got)
    counts = {name: len(getattr(got, name)) for name in ("events", "calls", "made", "revoked")}
    print(dict(died), counts, got.unanswered, "requests sent again")
    assert got.unanswered
    assert died.total() == kills
    assert not got.strange, got.strange[:3]


def _check_events(report, got):
    stored = {name: customer for source, name, _, customer, _ in report["events"] if source == "load"}
    assert got.events.items() <= stored.items()
    assert len({(source, name) for source, name, *_ in report["events"]}) == len(report["events"])
    times = Counter((source, name) for _, source, name, _ in report["seen"])
    assert set(times) == {(source, name) for source, name, *_ in report["events"]}
    assert set(times.values()) == {1}
    place = {position: number for number, position in enumerate(report["log"])}
    last = {}
    for position, _, _, customer in report["seen"]:
        assert last.get(customer, -1) < place[position]
        last[customer] = place[position]
    assert report["parked"] == 0


def _check_calls(report, got):
    stored = dict(report["calls"])
    assert len(stored) == len(report["calls"])
    assert got.calls.items() <= stored.items()
    by_customer = Counter(stored.values())
    for grain in range(MINUTE + 1):
        counted = Counter()
        for of, customer, calls in report["rollups"]:
            if of == grain:
                counted[customer] += calls
        assert counted == by_customer


def _check_keys(report, got):
    names = Counter(name for _, name, _ in report["keys"] if name.startswith("kill "))
    assert set(names.values()) <= {1}
    keys = {key_id: (name, reason) for key_id, name, reason in report["keys"]}
    for name, key_id in got.made.items():
        assert keys[key_id][0] == name
    for key_id in got.revoked:
        assert keys[key_id][1] == keys[key_id][0]
    for kind, ids in (("key.created", got.made.values()), ("key.revoked", got.revoked)):
        announced = Counter(data["key_id"] for _, _, of, _, data in report["events"] if of == kind)
        assert all(announced[key_id] == 1 for key_id in ids)
