"""The writer: grouped, durable, and one request's trouble stays its own."""

import asyncio
import http.client
import json
import sqlite3
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection

from posthouse.edge import writer as writing
from posthouse.edge.sql import EVENT_COLUMNS, UnreachableError, open_database, stamp_for
from posthouse.edge.writer import Outcome, QueueFullError, Work, Writer
from posthouse.foundation.clock import now
from posthouse.timeline.models import Event
from posthouse.usage.models import Call

ACCEPTED, DUPLICATE, CONFLICT, REFUSED = Outcome


def event(event_id, *, data="{}", digest=b"0" * 16, customer="cus_1"):
    moment = stamp_for(connection.settings_dict).stamp(now())
    fields = {
        "source": "s",
        "id": event_id,
        "type": "a.b",
        "version": 1,
        "customer_id": customer,
        "contact_id": "",
        "actor": "",
        "occurred_at": moment,
        "sent_at": None,
        "received_at": moment,
        "digest": digest,
        "data": data,
    }
    return tuple(fields[name] for name in EVENT_COLUMNS)


def call(call_id):
    moment = stamp_for(connection.settings_dict).stamp(now())
    return (call_id, moment, "", "", "test", "GET", "/", "", 200, 5, "", "", "", "", "", "", None, moment)


def written(works, *, database=None):
    """The outcomes of works handed over together, or the exceptions."""

    async def run():
        loop = asyncio.get_running_loop()
        writer = Writer(database or open_database(connection.settings_dict), loop)
        futures = [writer.submit(work) for work in works]
        writer.start()
        try:
            return await asyncio.gather(*futures, return_exceptions=True)
        finally:
            await asyncio.to_thread(writer.stop)

    return asyncio.run(run())


@pytest.fixture
def tables(transactional_db):
    """Tables that other connections can write to."""


@pytest.mark.usefixtures("tables")
def test_requests_share_a_transaction_and_duplicates_are_told_apart():
    works = [
        Work(events=[event("1"), event("2")]),
        Work(events=[event("2"), event("3"), event("1", digest=b"1" * 16)], calls=[call("a"), call("a")]),
        Work(calls=[call("a"), call("b")]),
    ]
    assert written(works) == [
        [ACCEPTED, ACCEPTED],
        [DUPLICATE, ACCEPTED, CONFLICT, ACCEPTED, DUPLICATE],
        [DUPLICATE, ACCEPTED],
    ]
    again = written([Work(events=[event("3"), event("4")], calls=[call("b"), call("c")])])
    assert again == [[DUPLICATE, ACCEPTED, DUPLICATE, ACCEPTED]]
    assert Event.objects.values("tx").distinct().count() <= 2


@pytest.mark.usefixtures("tables")
def test_a_row_the_database_refuses_spoils_neither_other_requests_nor_its_own():
    works = [
        Work(events=[event("1"), event("2")]),
        Work(events=[event("3"), event("bad", data="{not json"), event("4")]),
        Work(calls=[call("a")]),
        Work(events=[event("5", data="[" * 5000)]),
    ]
    assert written(works) == [[ACCEPTED, ACCEPTED], [ACCEPTED, REFUSED, ACCEPTED], [ACCEPTED], [REFUSED]]
    assert set(Event.objects.values_list("id", flat=True)) == {"1", "2", "3", "4"}
    assert Call.objects.count() == 1


@pytest.mark.usefixtures("tables")
def test_more_than_fits_a_transaction_is_written_in_several(monkeypatch):
    monkeypatch.setattr(writing, "ROWS_PER_TRANSACTION", 10)
    outcomes = written([Work(events=[event(f"{n}-{m}") for m in range(7)]) for n in range(9)])
    assert outcomes == [[ACCEPTED] * 7] * 9


@pytest.mark.usefixtures("tables")
def test_a_full_queue_says_so_at_once(monkeypatch):
    monkeypatch.setattr(writing, "ROWS_WAITING", 5)

    async def run():
        writer = Writer(open_database(connection.settings_dict), asyncio.get_running_loop())
        writer.submit(Work(events=[event(str(n)) for n in range(9)]))  # a single request is never too large
        with pytest.raises(QueueFullError):
            writer.submit(Work(events=[event("10")]))

    asyncio.run(run())


@pytest.mark.usefixtures("tables")
@pytest.mark.skipif("connection.vendor != 'sqlite'", reason="SQLite has one writer")
def test_a_lock_held_by_another_process_is_waited_for(monkeypatch):
    holder = sqlite3.connect(connection.settings_dict["NAME"], isolation_level=None, check_same_thread=False)
    holder.execute("BEGIN IMMEDIATE")
    threading.Timer(0.4, lambda: holder.execute("COMMIT")).start()
    assert written([Work(events=[event("1")])]) == [[ACCEPTED]]

    monkeypatch.setattr(writing, "GIVE_UP_SECONDS", 0.5)
    monkeypatch.setattr("posthouse.edge.sql.Sqlite.BUSY_SECONDS", 0.1)
    holder.execute("BEGIN IMMEDIATE")
    assert isinstance(written([Work(events=[event("2")])])[0], UnreachableError)
    holder.execute("COMMIT")
    holder.close()
    assert written([Work(events=[event("2")])]) == [[ACCEPTED]]


@pytest.mark.usefixtures("tables")
@pytest.mark.postgres
@pytest.mark.skipif("connection.vendor != 'postgresql'", reason="needs POSTHOUSE_TEST_POSTGRES")
def test_a_lost_connection_is_made_anew():
    database = open_database(connection.settings_dict)
    for number in range(3):
        assert written([Work(events=[event(str(number))])], database=database) == [[ACCEPTED]]
        database.begin()
        database.insert_events([event(f"lost-{number}")])
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
    assert set(Event.objects.values_list("id", flat=True)) == {"0", "1", "2"}


@pytest.mark.postgres
@pytest.mark.skipif("connection.vendor != 'postgresql'", reason="needs POSTHOUSE_TEST_POSTGRES")
def test_two_writers_with_the_same_rows_in_other_orders_count_each_once(tables):
    def write(order):
        return [written([Work(events=[event(str(n)) for n in list(range(200))[::order]])])[0] for _ in range(5)]

    with ThreadPoolExecutor(2) as pool:
        results = list(pool.map(write, (1, -1)))
    accepted = sum(outcome is ACCEPTED for result in results for outcomes in result for outcome in outcomes)
    assert accepted == 200
    assert all(outcome in (ACCEPTED, DUPLICATE) for result in results for outcomes in result for outcome in outcomes)


def test_what_was_committed_but_never_answered_is_a_duplicate_when_sent_again(edge):
    """The client hangs up after sending; whatever became of it, sending it again makes it count once."""

    for number in range(30):
        body = json.dumps({"events": [{"id": f"{number}", "type": "a.b"}]})
        line = http.client.HTTPConnection("127.0.0.1", edge.port)
        fields = {"Authorization": f"Bearer {edge.token}", "Content-Type": "application/json"}
        line.request("POST", "/api/v1/events", body, fields)
        time.sleep(0.0005 * (number % 5))
        line.close()
        got = edge.post("events", {"events": [{"id": f"{number}", "type": "a.b"}]}).json
        assert got["accepted"] + got["duplicates"] == 1
        assert not got["conflicts"]
    assert Event.objects.exclude(source="posthouse").count() == 30
