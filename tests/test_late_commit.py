"""Transactions held open on PostgreSQL: a consumer skips none of their events and sees each once, in order."""

import random
import threading
import time
from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import ClassVar

import pytest
from django.db import connection, connections, transaction

from posthouse.timeline import actions, events, models, queries

WRITERS = 12
EACH = 15
CUSTOMERS = 5


@dataclass(frozen=True, kw_only=True)
class StoneLaid(events.Event):
    """Only for this test."""

    type: ClassVar[str] = "stone.laid"
    writer: int
    number: int


@pytest.fixture
def seen(monkeypatch):
    """What a consumer was told, written down only when its transaction committed."""
    monkeypatch.setattr(events, "reactions", {})
    found = []

    @events.reacts_to("stone.laid", consumer="mason")
    def note(event):
        transaction.on_commit(lambda: found.append(event))

    return found


def write(writer, failed):
    """Many transactions of random length, some of which are rolled back after they took their positions."""
    luck = random.Random(writer)
    laid = []
    try:
        for number in range(EACH):
            gives_up = luck.random() < 0.15
            try:
                with transaction.atomic():
                    customer = f"cus_{luck.randrange(CUSTOMERS)}"
                    row = actions.record(StoneLaid(customer_id=customer, writer=writer, number=number))
                    time.sleep(luck.choice([0, 0, 0.001, 0.02, 0.15]))
                    if gives_up:
                        raise InterruptedError
                laid.append(row.id)
            except InterruptedError:
                failed.append(row.id)
    finally:
        connections.close_all()
    return laid


@pytest.mark.django_db(transaction=True)
def test_no_event_is_skipped_however_late_its_transaction_commits(seen):
    laid, failed = [], []
    threads = [threading.Thread(target=lambda n=n: laid.extend(write(n, failed))) for n in range(WRITERS)]
    for thread in threads:
        thread.start()
    runs = 0
    while any(thread.is_alive() for thread in threads):
        runs += actions.run_consumers() > 0
        time.sleep(0.002)
    deadline = time.monotonic() + 10
    while len(seen) < len(laid) and time.monotonic() < deadline:
        actions.run_consumers()
    times = Counter(event.id for event in seen)
    assert set(times) == set(laid)
    assert set(times.values()) == {1}
    assert not set(times) & set(failed)
    assert runs
    assert not models.Parked.objects.exists()
    _check_order(seen)


def _check_order(seen):
    """Per customer in the order of the log, and per writer in the order in which it committed."""
    place = {row.id: number for number, row in enumerate(models.Event.objects.order_by("tx", "position"))}
    per_customer, per_writer = defaultdict(list), defaultdict(list)
    for event in seen:
        per_customer[event.customer_id].append(place[event.id])
        per_writer[event.data["writer"], event.customer_id].append(event.data["number"])
    assert all(places == sorted(places) for places in per_customer.values())
    assert all(numbers == sorted(numbers) for numbers in per_writer.values())


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif("connection.vendor != 'postgresql'", reason="needs POSTHOUSE_TEST_POSTGRES")
def test_an_event_with_a_lower_position_that_commits_last_is_still_seen(seen):
    began, go_on = threading.Event(), threading.Event()

    def hold():
        try:
            with transaction.atomic():
                actions.record(StoneLaid(customer_id="cus_0", writer=0, number=0))
                began.set()
                go_on.wait(10)
        finally:
            connections.close_all()

    holder = threading.Thread(target=hold)
    holder.start()
    began.wait(10)
    for number in (1, 2):
        with transaction.atomic():
            actions.record(StoneLaid(customer_id="cus_0", writer=1, number=number))
    actions.run_consumers()
    assert seen == []
    go_on.set()
    holder.join()
    assert actions.run_consumers() == 3
    assert [event.data["number"] for event in seen] == [0, 1, 2]
    assert connection.vendor == "postgresql"


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif("connection.vendor != 'postgresql'", reason="needs POSTHOUSE_TEST_POSTGRES")
def test_a_consumer_that_passed_the_newest_position_is_still_behind_a_later_transaction(seen):
    began, go_on = threading.Event(), threading.Event()

    def hold():
        try:
            with transaction.atomic():
                actions.record(StoneLaid(customer_id="cus_0", writer=1, number=0))
                began.set()
                go_on.wait(10)
        finally:
            connections.close_all()

    holder = threading.Thread(target=hold)
    with transaction.atomic():
        actions.record(StoneLaid(customer_id="cus_0", writer=0, number=0))
        holder.start()
        began.wait(10)
        actions.record(StoneLaid(customer_id="cus_0", writer=0, number=1))
    actions.run_consumers()
    assert len(seen) == 2
    go_on.set()
    holder.join(10)
    assert queries.lag() == {"mason": 1}
    actions.run_consumers()
    assert queries.lag() == {"mason": 0}
    assert len(seen) == 3
