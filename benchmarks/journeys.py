"""Journeys: python benchmarks/journeys.py [--quick] [--replay EVENTS] [--events EVENTS]

Replay of a made-up history through the twelve shipped definitions by the pure function, as a stream; and the consumer
on SQLite, beside bare sqlite3 inserting the very rows that it wrote. Both also as they grow: the replay from 10⁵ to
10⁷ events, the consumer wave by wave, each of 4,000 new customers, over a log that keeps all waves before. Prints one
JSON object.

The history: customers of 50 events each, 60 % of types that some definition names (each as likely as the other),
40 % of types that none does, ten minutes to two days apart. Ids are like those the house makes: 26 characters that sort
by when somebody came, so those of a later wave stand behind those of all waves before.
"""

import argparse
import gc
import itertools
import json
import os
import random
import resource
import sqlite3
import tempfile
import time
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

os.environ["POSTHOUSE_DATA"] = tempfile.mkdtemp(prefix="posthouse-bench-")
os.environ.pop("POSTHOUSE_DATABASE_URL", None)
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "posthouse.config.settings")

import django

django.setup()

from django.core.management import call_command  # noqa: E402  needs Django set up

from posthouse.journeys import compiled, fold  # noqa: E402
from posthouse.journeys.actions.definitions import shipped  # noqa: E402
from posthouse.journeys.catalogue import Catalogue, Live  # noqa: E402
from posthouse.timeline import actions as timeline  # noqa: E402
from posthouse.timeline.events import Recorded  # noqa: E402
from posthouse.timeline.models import Event, Parked  # noqa: E402

FOLDER = Path(os.environ["POSTHOUSE_DATA"])
OTHERS = ["message.sent", "customer.updated", "contact.updated", "key.changed", "page.viewed", "invoice.sent"]
EACH = 50
WAVE = 200_000
"""Events of customers who are there at the same time."""
CHUNK = 5_000
MARKS = [10**5, 315_000, 10**6, 3_150_000]
"""Where the growth of the replay is noted."""
BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
TABLES = ("journeys_run", "journeys_reached", "journeys_subject", "timeline_event")


def main() -> None:
    """Measure both."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--replay", type=int, default=10_000_000)
    parser.add_argument("--events", type=int, default=1_000_000)
    given = parser.parse_args()
    replay, events = (100_000, 20_000) if given.quick else (given.replay, given.events)
    figures: dict[str, Any] = replay_figures(replay)
    call_command("migrate", verbosity=0)
    figures |= consumer_figures(events)
    print(json.dumps(figures))


def replay_figures(wanted: int) -> dict[str, Any]:
    """Events a second through the twelve, and how much memory the whole stream took beyond its beginning."""
    known = Catalogue([Live(compiled.compile_definition(body), 0) for body in shipped()])
    stream = history(wanted + CHUNK)
    marks = {*(mark for mark in MARKS if mark < wanted), wanted}
    replay(known, itertools.islice(stream, CHUNK))
    before, spent, count, runs = memory(), 0.0, 0, 0
    growth: list[tuple[int, int, float]] = []
    noted = (0, 0.0)
    while chunk := list(itertools.islice(stream, CHUNK)):
        began = time.process_time()
        runs += replay(known, chunk)
        spent += time.process_time() - began
        count += len(chunk)
        if count in marks:
            growth.append((count, round((count - noted[0]) / (spent - noted[1])), round(memory() - before, 1)))
            noted = count, spent
    return {
        "replay_growth": growth,
        "replay_last_to_first": round(growth[-1][1] / growth[0][1], 3),
        "replayed": count,
        "replay_per_second": round(count / spent),
        "replay_runs": runs,
        "replay_grew_megabytes": round(memory() - before, 1),
    }


def replay(known: Catalogue, events: Iterable[Recorded]) -> int:
    """Fold the events of each customer, which come one customer after the other; returns how many runs that made."""
    made = 0
    for _, told in itertools.groupby(events, key=lambda event: event.customer_id):
        held: dict[str, fold.Runs] = {}
        for event in told:
            for keys in known.wanting(event.type).values():
                for key in keys:
                    rules = fold.Rules(known.journeys[key].journey)
                    held[key] = fold.advance(rules, held.get(key, ()), event)
        made += sum(map(len, held.values()))
    return made


def memory() -> float:
    """The most that this process ever held, in megabytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def history(wanted: int) -> Iterator[Recorded]:
    """Events by customer, each customer's in the order in which they happened."""
    luck = random.Random(20261123)
    named = sorted({pattern for body in shipped() for pattern in compiled.compile_definition(body).patterns()})
    at = BEGIN
    for number in range(wanted):
        customer, turn = divmod(number, EACH)
        at = BEGIN if turn == 0 else at + timedelta(minutes=luck.randint(10, 2880))
        type_ = luck.choice(named if luck.random() < 0.6 else OTHERS).replace("*", "x")
        yield Recorded(
            position=number + 1,
            id=f"b{number}",
            source="bench",
            type=type_,
            customer_id=f"cus_{customer:010}{customer:016}",
            contact_id=f"con_{customer:010}{customer:016}",
            actor="",
            occurred_at=at,
            received_at=at,
            data={"version": "v1", "ticket_id": f"t{turn // 10}", "n": number},
        )


def consumer_figures(wanted: int) -> dict[str, Any]:
    """Events a second through the consumer, wave by wave; of the first also the same rows by bare sqlite3."""
    stream = history(wanted)
    figures: dict[str, Any] = {}
    growth = []
    while wave := list(itertools.islice(stream, WAVE)):
        taken = take_in(wave)
        growth.append((growth[-1][0] + len(wave) if growth else len(wave), taken["events_per_cpu_second"]))
        figures = figures or {**taken, **beside_bare(taken)}
    assert not Parked.objects.exists()
    return {
        **figures,
        "consumer_growth": growth,
        "consumer_last_to_first": round(growth[-1][1] / growth[0][1], 3),
        "consumer_megabytes": round(memory()),
    }


def take_in(wave: list[Recorded]) -> dict[str, Any]:
    """Put a wave into the log and let the consumer take it in, which alone is measured."""
    store(wave)
    before, wanted = Event.objects.count(), len(wave)
    gc.collect()
    began, cpu_began = time.perf_counter(), time.process_time()
    while timeline.run_consumer("journeys"):
        pass
    seconds, cpu = time.perf_counter() - began, time.process_time() - cpu_began
    announced = Event.objects.count() - before
    return {
        "consumed": wanted,
        "announced": announced,
        "consumer_seconds": round(seconds, 2),
        "events_per_second": round(wanted / seconds),
        "events_per_cpu_second": round(wanted / cpu),
        "log_rows_per_second": round((wanted + announced) / seconds),
    }


def beside_bare(taken: dict[str, Any]) -> dict[str, Any]:
    """What the consumer wrote, against bare sqlite3 writing the same."""
    written, bare = rewrite()
    return {
        "rows_written": written,
        "bare_rows_per_second": round(written / bare),
        "consumer_to_bare": round(bare / taken["consumer_seconds"], 3),
    }


def store(wave: list[Recorded]) -> None:
    """The log as if all these customers had been there at once: by time, not by customer."""
    rows = sorted(wave, key=lambda event: (event.occurred_at, event.position))
    for first in range(0, len(rows), 5000):
        Event.objects.bulk_create(
            Event(
                source=row.source,
                id=row.id,
                type=row.type,
                customer_id=row.customer_id,
                contact_id=row.contact_id,
                occurred_at=row.occurred_at,
                received_at=row.received_at,
                digest=b"0" * 16,
                data=row.data,
            )
            for row in rows[first : first + 5000]
        )


def rewrite() -> tuple[int, float]:
    """Insert what the consumer wrote into empty tables of the same shape, as durably, 500 rows to a transaction."""
    own = sqlite3.connect(FOLDER / "posthouse.sqlite3")
    bare = sqlite3.connect(FOLDER / "bare.sqlite3", isolation_level=None)
    bare.executescript("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA wal_autocheckpoint=4000;")
    rows = []
    for table in TABLES:
        for (sql,) in own.execute("SELECT sql FROM sqlite_master WHERE tbl_name = ? AND sql IS NOT NULL", [table]):
            bare.execute(sql)
        only = " WHERE source = 'posthouse'" if table == "timeline_event" else ""
        found = own.execute(f"SELECT * FROM {table}{only}").fetchall()
        rows += [(f"INSERT INTO {table} VALUES ({','.join('?' * len(row))})", row) for row in found]
    began = time.perf_counter()
    for first in range(0, len(rows), 500):
        bare.execute("BEGIN IMMEDIATE")
        for sql, some in itertools.groupby(rows[first : first + 500], key=lambda pair: pair[0]):
            bare.executemany(sql, [row for _, row in some])
        bare.execute("COMMIT")
    return len(rows), time.perf_counter() - began


if __name__ == "__main__":
    main()
