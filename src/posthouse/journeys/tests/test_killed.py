"""kill -9 of two workers at any moment, with late, doubled and joined histories: in the end all is as if made anew."""

import random
import signal
import subprocess
import sys
import time
from datetime import timedelta

import pytest
from django.db import transaction
from tests.children import same_database

from posthouse.journeys import announcing, catalogue, models, store, work
from posthouse.journeys.tests.happenings import START
from posthouse.timeline import actions as timeline
from posthouse.timeline import queries as timeline_queries
from posthouse.timeline.models import Event, Parked

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True), pytest.mark.mission("J8.1")]
EVENTS, CUSTOMERS, KILLS = 2400, 60, 8
WORK = """
import time
import django
django.setup()
from posthouse.timeline import actions
from posthouse.timeline.actions import consuming
consuming.BATCH = 29
consuming.QUICK = 0  # small batches, so that there are many to be killed in
print("ready", flush=True)
while True:
    if not actions.run_consumer("journeys"):
        time.sleep(0.02)
    print("a turn", flush=True)
"""


@pytest.fixture
def worker():
    """Starts another process that takes in the log of this test's database."""
    started = []

    def start():
        started.append(_start())
        return started[-1]

    yield start
    for process in started:
        kill(process)


def _start():
    environment = same_database(POSTHOUSE_PARTITIONS="2")
    process = subprocess.Popen([sys.executable, "-c", WORK], env=environment, stdout=subprocess.PIPE)
    process.stdout.readline()
    return process


def log(luck):
    """Events of the shipped definitions, a fifth of them late, a tenth done by contacts who join a customer later."""
    types = sorted({kind for live in catalogue.current().journeys.values() for kind in live.journey.patterns()})
    at, rows = START, []
    for number in range(EVENTS):
        at += timedelta(minutes=luck.randrange(0, 40))
        customer = luck.randrange(CUSTOMERS)
        type_ = luck.choice(types).replace("*", "x")
        alone = luck.random() < 0.1 and type_ != "member.joined"
        happened = at - timedelta(hours=luck.randrange(1, 400)) if luck.random() < 0.2 else at
        rows.append(
            Event(
                source="kill",
                id=f"k{number}",
                type=type_,
                customer_id="" if alone else f"cus_{customer:02}",
                contact_id=f"con_{customer:02}",
                occurred_at=happened,
                received_at=at,
                digest=b"",
                data={"version": luck.choice("ab"), "ticket_id": luck.choice("tu")},
            )
        )
    return rows


def kill(process):
    process.send_signal(signal.SIGKILL)
    process.wait()
    process.stdout.close()


def test_killed_again_and_again(worker):
    luck = random.Random(8)
    assert models.Journey.objects.filter(state="live").count() >= 12
    rows = log(luck)
    Event.objects.bulk_create(rows[: EVENTS // 2])
    workers = [worker(), worker()]
    in_the_middle = 0
    for number in range(KILLS):
        victim = luck.randrange(2)
        for _ in range(luck.randrange(1, 4)):
            workers[victim].stdout.readline()
        time.sleep(luck.uniform(0, 0.02))
        kill(workers[victim])
        in_the_middle += models.Run.objects.exists()
        if number == KILLS // 2:
            _rest(rows[EVENTS // 2 :])
        workers[victim] = worker()
    for process in workers:
        kill(process)
    assert in_the_middle
    while timeline.run_consumers():
        pass
    assert not Parked.objects.exists()
    _check()


def _rest(rows):
    with transaction.atomic():
        Event.objects.bulk_create(rows)
        for number in range(0, 10, 2):
            timeline.alias(alias=f"cus_{number + 1:02}", canonical=f"cus_{number:02}", kind="customer")
            timeline.alias(alias=f"con_{number + 1:02}", canonical=f"con_{number:02}", kind="contact")


def _check():
    known = catalogue.current()
    whos = {
        store.Who(kind, f"{name}_{number:02}")
        for kind, name in (("customer", "cus"), ("contact", "con"))
        for number in range(CUSTOMERS)
        if number > 10 or number % 2 == 0
    }
    stories = work.tell(dict.fromkeys(whos, timeline_queries.LARGEST))
    held = store.load([(who, key) for who in whos for key in known.of_kind(who.kind)])
    told = set(Event.objects.filter(type__startswith="journey.").values_list("id", flat=True))
    runs = 0
    for who in whos:
        several = len(stories[who].apart) > 1
        for key in known.of_kind(who.kind):
            live, own = known.journeys[key], held.get((who, key)) or store.Held()
            rules = known.rules(key, own.pinned)
            assert own.runs == work.replayed(rules, live, stories[who]), (who, key)
            runs += len(own.runs)
            change = store.Change(who, rules, (), own.runs, {})
            facts = {fact.event_id for fact in announcing.facts([change], announcing.Policy(everything=True))}
            assert several or facts <= told, (who, key)
    assert models.Run.objects.count() == runs > CUSTOMERS
