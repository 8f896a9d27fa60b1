"""Events on their whole way: benchmarks/whole_way.py [--quick] (SQLite; PostgreSQL where POSTHOUSE_TEST_POSTGRES says)

HTTP intake, on disk before the answer → log → every consumer, the twelve journeys among them → an automation begins
at a step of a journey → its mail is written. Of ten events of each customer one leads to a mail, two reach a step and
seven bring nothing. Processor time of both processes, the intake's and the worker's, is added up: what one core does
with all of it. Prints one JSON object.
"""

import json
import os
import subprocess
import sys
from datetime import UTC, datetime
from typing import Any

from benchmarks import edge_load as bench
from benchmarks.edge_intake import BATCH, CONNECTIONS, _database

EACH = 10
OTHERS = ("page.viewed", "invoice.sent", "report.exported", "seat.added", "export.begun", "export.done", "note.written")


def main() -> None:
    """Measure and print."""
    customers = 1_000 if "--quick" in sys.argv else 5_000
    figures = _figures("sqlite", "", customers)
    if postgres := os.environ.get("POSTHOUSE_TEST_POSTGRES"):
        figures |= _figures("postgresql", postgres, customers)
    print(json.dumps({"customers": customers, "events": customers * EACH} | figures | bench.machine()))


def _figures(name: str, postgres: str, customers: int) -> dict[str, Any]:
    with _database(postgres) as url, bench.house(url) as environment:
        ids = _in_the_house(environment, "seed", customers)["customers"]
        intake = _take_in(environment, [_event(id_, turn) for turn in range(EACH) for id_ in ids])
        worked = _in_the_house(environment, "work", customers)
    events, cpu = customers * EACH, intake + worked["cpu_seconds"]
    return {
        f"{name}_events_per_cpu_second": round(events / cpu),
        f"{name}_mails_per_cpu_second": round(customers / cpu),
        f"{name}_intake_share": round(intake / cpu, 3),
        f"{name}_log_rows": worked["log_rows"],
        f"{name}_shares": {part: round(seconds / cpu, 3) for part, seconds in worked["parts"].items()},
    }


def _in_the_house(environment: dict[str, str], act: str, customers: int) -> dict[str, Any]:
    command = [sys.executable, "-m", "benchmarks.whole_way_house", act, str(customers)]
    done = subprocess.run(command, env=environment, cwd=bench.ROOT, check=True, stdout=subprocess.PIPE)
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def _take_in(environment: dict[str, str], events: list[dict[str, Any]]) -> float:
    """Processor seconds of the server that took them in."""
    token = bench.seeded(environment, 0)["token"]
    with bench.serving(bench.uvicorn_of("posthouse.edge.alone:application"), environment) as server:
        bodies = [json.dumps({"events": events[first : first + BATCH]}) for first in range(0, len(events), BATCH)]
        requests = [bench.post(server, "/api/v1/events", f"Bearer {token}", body.encode()) for body in bodies]
        before = server.cpu_seconds()
        bench.load_all(server, requests, CONNECTIONS, b'"accepted":%d,' % BATCH)
        return server.cpu_seconds() - before


def _event(customer_id: str, turn: int) -> dict[str, Any]:
    types = ("ticket.opened", "answer.read", *OTHERS, "page.left")
    return {
        "id": f"{customer_id}-{turn}",
        "type": types[turn],
        "source": "shop",
        "customer_id": customer_id,
        "occurred_at": datetime.now(UTC).isoformat(),
        "data": {"page": "guides/start", "plan": "pro", "seats": turn},
    }


if __name__ == "__main__":
    main()
