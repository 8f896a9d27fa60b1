"""Several workers on one consumer: killed, and divided anew, they lose nothing, repeat nothing, and keep the order."""

import random
import signal
import subprocess
import sys
import threading
import time
from collections import Counter

import pytest
from django.db import connection, connections, transaction
from tests.children import same_database

from posthouse.timeline import actions, events, models, partitions, queries
from posthouse.timeline.tests import keeper
from posthouse.timeline.tests.lamps import LampLit

CUSTOMERS = [f"cus_{number}" for number in range(14)]
DIVISIONS = [(1, 1), (3, 3), (2, 4), (4, 4), (1, 2)]
"""What two workers running at once believe is the number of parts."""
WORK = "import django; django.setup(); from posthouse.timeline.tests.keeper import work; work(7)"


def worker(parts):
    """Another process that works on this test's database."""
    environment = same_database(POSTHOUSE_PARTITIONS=str(parts))
    return subprocess.Popen(
        [sys.executable, "-c", WORK], env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )


def run_and_kill(workers, luck):
    """Let each run four times and kill it in the middle of one."""
    for process in workers:
        process.stdin.write("run\n" * 4)
        process.stdin.flush()
    for process in luck.sample(workers, len(workers)):
        for _ in range(luck.randrange(1, 4)):
            assert process.stdout.readline() == "ran\n"
        process.send_signal(signal.SIGKILL)
        process.communicate()


@pytest.fixture
def noted(monkeypatch):
    """The keeper's table, and the keeper in this process too."""
    with connection.cursor() as cursor:
        cursor.execute(keeper.TABLE[connection.vendor])
    monkeypatch.setattr(events, "reactions", {})
    events.reacts_in_batches("lamp.lit", consumer="keeper")(keeper.note)

    def rows():
        with connection.cursor() as cursor:
            cursor.execute("SELECT position, worker FROM seen_by_keeper ORDER BY turn")
            return cursor.fetchall()

    yield rows
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE seen_by_keeper")


def light(luck, lamps):
    """Lamps lit by many customers, some of whom turn out to be others in between."""
    joined = iter(luck.sample(CUSTOMERS, 4))
    for number in range(lamps):
        with transaction.atomic():
            actions.record(LampLit(customer_id=luck.choice(CUSTOMERS), watts=number))
            if number % (lamps // 2) == lamps // 4:
                actions.alias(alias=next(joined), canonical=next(joined), kind="customer")


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_workers_killed_while_the_number_of_parts_changes(noted):
    luck = random.Random(11)
    light(luck, 900)
    left = []
    for turn, parts in enumerate(DIVISIONS):
        run_and_kill([worker(number) for number in parts], luck)
        left.append(queries.lag()["keeper"])
        if turn == 2:
            light(luck, 900)
    half = len(noted())
    while actions.run_consumers():
        pass
    assert half > 0
    _check(noted())


def _check(rows):
    """Everything once, and each customer's, under whatever id, in the order of the log."""
    log = {row.position: row for row in models.Event.objects.filter(type="lamp.lit")}
    assert Counter(position for position, _worker in rows) == dict.fromkeys(log, 1)
    taken = [(log[position].customer_id, log[position].cursor) for position, _worker in rows]
    for name in CUSTOMERS:
        places = [place for whose, place in taken if whose == name]
        assert places == sorted(places)
    joined = list(models.Alias.objects.all())
    assert joined
    for alias in joined:
        both = [place for whose, place in taken if whose in (alias.alias, alias.target)]
        late = [place > alias.cursor for place in both]
        assert late == sorted(late), "something after the joining was taken in before all from before it"
        assert [place for place in both if place > alias.cursor] == sorted(p for p in both if p > alias.cursor)


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif("connection.vendor != 'postgresql'", reason="needs POSTHOUSE_TEST_POSTGRES")
def test_while_one_worker_is_at_a_part_another_takes_the_other_part(noted, settings):
    settings.PARTITIONS = 2
    actions.run_consumers()
    with transaction.atomic():
        for customer in CUSTOMERS:
            actions.record(LampLit(customer_id=customer, watts=1))

    enough = threading.Event()

    def elsewhere():
        try:
            while not enough.is_set():
                actions.run_consumers()
        finally:
            connections.close_all()

    theirs = {name for name in CUSTOMERS if partitions.part_of(name, 2) == 1}
    other = threading.Thread(target=elsewhere)
    with transaction.atomic():
        held = models.Checkpoint.objects.select_for_update().get(consumer="keeper", number=0)
        other.start()
        taken = _within_a_minute(noted, len(theirs))
    enough.set()
    other.join()
    assert taken == theirs
    assert 0 < len(taken) < len(CUSTOMERS)
    assert held.position == 0


def _within_a_minute(noted, count):
    """The customers whose events were noted, once there are so many."""
    until = time.monotonic() + 60
    while len(rows := noted()) < count and time.monotonic() < until:
        time.sleep(0.01)
    return {models.Event.objects.get(pk=position).customer_id for position, _worker in rows}


@pytest.mark.django_db
def test_a_part_that_gains_a_customer_lets_the_one_that_loses_it_come_as_far_first(noted, settings):
    settings.PARTITIONS = 2
    loser = next(name for name in CUSTOMERS if partitions.part_of(name, 2) == 0)
    gainer = next(name for name in CUSTOMERS if partitions.part_of(name, 2) == 1)
    actions.run_consumers()
    before = actions.record(LampLit(customer_id=loser, watts=1))
    actions.alias(alias=loser, canonical=gainer, kind="customer")
    after = actions.record(LampLit(customer_id=loser, watts=2))
    first, second = models.Checkpoint.objects.order_by("number")
    for _ in range(3):
        actions.consuming._run_part(second.pk, None)
    assert [position for position, _worker in noted()] == []
    actions.consuming._run_part(first.pk, None)
    actions.consuming._run_part(second.pk, None)
    assert [position for position, _worker in noted()] == [before.pk, after.pk]


@pytest.mark.django_db
def test_a_consumer_that_is_not_to_be_divided_stays_in_one_part(monkeypatch, settings):
    settings.PARTITIONS = 4
    monkeypatch.setattr(events, "reactions", {})
    monkeypatch.setattr(events, "undivided", set())
    events.reacts_in_batches("lamp.lit", consumer="whole", partitioned=False)(lambda batch: None)
    events.reacts_to("lamp.lit", consumer="shared")(lambda event: None)
    actions.record(LampLit(customer_id="cus_a", watts=1))
    actions.run_consumers()
    parts = Counter(models.Checkpoint.objects.values_list("consumer", flat=True))
    assert parts == {"whole": 1, "shared": 4}
