"""Taking in events over HTTP, on disk before the answer, against a bare database client that puts the same rows
into the same tables with the same durability and the same number of rows to a commit.

Prints one JSON object. `bare`: `sqlite3` or `psycopg`, `executemany` of rows made beforehand, nothing else to do.
`http`: batches as JSON from a few connections; decoding, checks, digests and recognising duplicates are in it. The
two take turns on databases that are made anew. PostgreSQL is measured when POSTHOUSE_TEST_POSTGRES names a database
on a server where databases may be made.
"""

import base64
import json
import os
import random
import sqlite3
import statistics
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg

from benchmarks import edge_load as bench

BATCH = 500
CONNECTIONS = 4
COLUMNS = "source id type version customer_id contact_id actor occurred_at sent_at received_at digest data"
COLUMN_LIST = COLUMNS.replace(" ", ", ")
WIDTH = len(COLUMNS.split())
PRAGMAS = (
    "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA wal_autocheckpoint=4000; "
    "PRAGMA temp_store=MEMORY; PRAGMA cache_size=-16000;"
)
MOMENT = "2026-01-02 03:04:05.678901"


def main() -> None:
    """Measure and print."""
    quick = "--quick" in sys.argv
    batches, rounds = (60, 2) if quick else (120, 5)
    result: dict[str, Any] = {"batch": BATCH, "events": batches * BATCH, "connections": CONNECTIONS}
    result |= _compare("sqlite", "", batches, rounds)
    if postgres := os.environ.get("POSTHOUSE_TEST_POSTGRES"):
        result |= _compare("postgresql", postgres, batches, rounds)
    print(json.dumps(result | bench.machine()))


def _compare(name: str, postgres: str, batches: int, rounds: int) -> dict[str, float]:
    rates: dict[str, list[float]] = {"bare": [], "http": []}
    for _ in range(rounds):
        events = [[_event() for _ in range(BATCH)] for _ in range(batches)]
        with _database(postgres) as url, bench.house(url) as environment:
            rates["bare"].append(batches * BATCH / _bare(url, environment, events))
        with _database(postgres) as url, bench.house(url) as environment:
            rates["http"].append(batches * BATCH / _http(environment, events))
    medians = {way: statistics.median(found) for way, found in rates.items()}
    return {
        f"{name}_ratio": round(medians["http"] / medians["bare"], 3),
        f"{name}_bare_per_second": round(medians["bare"]),
        f"{name}_http_per_second": round(medians["http"]),
    }


def _event() -> dict[str, Any]:
    return {
        "id": f"{random.getrandbits(128):032x}",
        "type": "report.exported",
        "source": "shop",
        "customer_id": f"cus_{random.randrange(200):026d}",
        "occurred_at": "2026-01-02T03:04:05.678901Z",
        "data": {"plan": "pro", "seats": random.randrange(100), "country": "ES", "note": "as every month", "ok": True},
    }


def _bare(url: str, environment: dict[str, str], batches: list[list[dict[str, Any]]]) -> float:
    """Seconds for the bare client."""
    rows = [[_row(event, "+00" if url else "") for event in batch] for batch in batches]
    bench.pin_to(bench.SERVER_CORE)
    seconds = _psycopg(url, rows) if url else _sqlite3(Path(environment["POSTHOUSE_DATA"]) / "posthouse.sqlite3", rows)
    os.sched_setaffinity(0, bench.CORES)
    return seconds


def _row(event: dict[str, Any], zone: str) -> tuple[Any, ...]:
    moment = MOMENT + zone
    whom = (event["customer_id"], "", "token:tok_0123456789abcdefghjkmnpqrs")
    digest = random.randbytes(16)
    data = json.dumps(event["data"])
    return (event["source"], event["id"], event["type"], 1, *whom, moment, None, moment, digest, data)


def _sqlite3(path: Path, batches: Sequence[Sequence[tuple[Any, ...]]]) -> float:
    connection = sqlite3.connect(path, isolation_level=None)
    connection.executescript(PRAGMAS)
    insert = f"INSERT INTO timeline_event ({COLUMN_LIST}) VALUES ({', '.join('?' * WIDTH)})"
    began = time.perf_counter()
    for rows in batches:
        connection.execute("BEGIN IMMEDIATE")
        connection.executemany(insert, rows)
        connection.execute("COMMIT")
    took = time.perf_counter() - began
    connection.close()
    return took


def _psycopg(url: str, batches: Sequence[Sequence[tuple[Any, ...]]]) -> float:
    insert = f"INSERT INTO timeline_event ({COLUMN_LIST}) VALUES ({', '.join(['%s'] * WIDTH)})"
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("SET synchronous_commit = on")
        began = time.perf_counter()
        for rows in batches:
            with connection.transaction(), connection.cursor() as cursor:
                cursor.executemany(insert, rows)
        return time.perf_counter() - began


def _http(environment: dict[str, str], batches: list[list[dict[str, Any]]]) -> float:
    """Seconds from the first request to the last answer."""
    token = bench.seeded(environment, 0)["token"]
    with bench.serving(bench.uvicorn_of("posthouse.edge.alone:application"), environment) as server:
        bench.pin_to(bench.LOAD_CORE)
        bodies = [json.dumps({"events": batch}).encode() for batch in batches]
        requests = [bench.post(server, "/api/v1/events", f"Bearer {token}", body) for body in bodies]
        took = bench.load_all(server, requests, CONNECTIONS, b'"accepted":%d,' % BATCH)
        os.sched_setaffinity(0, bench.CORES)
    return took


@contextmanager
def _database(postgres: str) -> Iterator[str]:
    """The address of a new PostgreSQL database; an empty text, meaning SQLite, when there is no server."""
    if not postgres:
        yield ""
        return
    name = f"posthouse_bench_{base64.b32encode(random.randbytes(5)).decode().lower()}"
    with psycopg.connect(postgres, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
        try:
            yield f"{postgres.rpartition('/')[0]}/{name}"
        finally:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


if __name__ == "__main__":
    main()
