"""The board of the twelve journeys over a million customers: python benchmarks/journeys_board.py [--quick] [customers].

Half a year of runs is put into the tables, with steps that take hours to weeks, and summed up as the worker does it.
Then the board is asked for (warm: the median of several) for the last 90 days, for all time, for one country, for two
traits at once and for an attribute that every third customer has; the ways through a journey, pages of the list of
runs with their counts, and who has been stuck longest in the largest journey; and, in the same run, the database alone
counts the steps reached in the same 90 days by journey and step, without any median. PostgreSQL is measured when
POSTHOUSE_TEST_POSTGRES names a database. Prints one JSON object.

Filling takes far longer than measuring: where POSTHOUSE_BENCH_KEEP names a folder, what was filled stays there (on
PostgreSQL in a database posthouse_bench_kept, to be dropped by hand) and is measured again the next time.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from typing import Any

SHARES = {
    "discovery": 1.0,
    "onboarding": 1.0,
    "integration": 0.85,
    "usage": 0.5,
    "support": 0.3,
    "upgrade": 0.1,
    "feedback": 0.05,
    "retention": 0.15,
    "compliance": 0.05,
    "beta": 0.03,
    "migration": 0.1,
    "advocacy": 0.02,
}
"""Of the customers, how many have a run."""
GO_ON = 0.75
"""Of those who come to a step, how many reach it."""
DAYS = 180
HOURS = 30.0
"""Median time to a step."""
ROUNDS = 7
KEEP = os.environ.get("POSTHOUSE_BENCH_KEEP", "")


def main() -> None:
    """Measure on SQLite, and on PostgreSQL where there is one, each in a process of its own."""
    if "--here" in sys.argv:
        print(json.dumps(_measure(_customers())))
        return
    found: dict[str, Any] = {"customers": _customers()}
    with _folder("sqlite") as data:
        found |= _named("sqlite", _in_process({"POSTHOUSE_DATA": data}))
    if postgres := os.environ.get("POSTHOUSE_TEST_POSTGRES"):
        with _folder("postgresql") as data, _database(postgres) as url:
            found |= _named("postgresql", _in_process({"POSTHOUSE_DATA": data, "POSTHOUSE_DATABASE_URL": url}))
    print(json.dumps(found))


def _customers() -> int:
    numbers = [int(word) for word in sys.argv[1:] if word.isdigit()]
    return numbers[0] if numbers else 20_000 if "--quick" in sys.argv else 1_000_000


def _named(name: str, figures: dict[str, Any]) -> dict[str, Any]:
    return {f"{name}_{key}": value for key, value in figures.items()}


def _in_process(environment: dict[str, str]) -> dict[str, Any]:
    environment = os.environ | {"DJANGO_SETTINGS_MODULE": "posthouse.config.settings"} | environment
    command = [sys.executable, __file__, "--here", str(_customers())]
    done = subprocess.run(command, env=environment, text=True, stdout=subprocess.PIPE, check=True)
    figures: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    return figures


@contextmanager
def _folder(name: str) -> Iterator[str]:
    """Where the data of a database is: gone at the end, or where POSTHOUSE_BENCH_KEEP says."""
    if KEEP:
        (Path(KEEP) / name).mkdir(parents=True, exist_ok=True)
        yield str(Path(KEEP) / name)
        return
    with tempfile.TemporaryDirectory(prefix="posthouse-bench-") as data:
        yield data


@contextmanager
def _database(postgres: str) -> Iterator[str]:
    import psycopg  # noqa: PLC0415  only with a server

    name = "posthouse_bench_kept" if KEEP else f"posthouse_bench_{os.getpid()}"
    with psycopg.connect(postgres, autocommit=True) as connection:
        known = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone()
        if not known:
            connection.execute(f"CREATE DATABASE {name}")
        try:
            yield f"{postgres.rpartition('/')[0]}/{name}"
        finally:
            if not KEEP:
                connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


def _measure(customers: int) -> dict[str, Any]:
    import django  # noqa: PLC0415  the settings are in the environment of this process only

    django.setup()
    from django.core.management import call_command  # noqa: PLC0415

    call_command("migrate", verbosity=0)
    return _filled(customers) | _figures()


def _filled(customers: int) -> dict[str, Any]:
    """Fill the database and sum it up, and how long that took; or what was noted when that was done before."""
    from posthouse.journeys import models, summaries  # noqa: PLC0415

    note = Path(os.environ["POSTHOUSE_DATA"]) / f"filled_{customers}.json"
    if note.exists():
        noted: dict[str, Any] = json.loads(note.read_text())
        return noted
    if models.Run.objects.exists():
        raise SystemExit(f"{note.parent} holds a database that was filled otherwise")
    began = time.perf_counter()
    runs, reached = _fill(customers)
    filled = time.perf_counter() - began
    while summaries.refresh():
        pass
    summed_up = time.perf_counter() - began - filled
    found = {
        "runs": runs,
        "steps_reached": reached,
        "fill_seconds": round(filled),
        "summary_seconds": round(summed_up, 1),
        "summary_rows": models.Summary.objects.count(),
    }
    note.write_text(json.dumps(found))
    return found


def _fill(customers: int) -> tuple[int, int]:
    """Customers and their runs, straight into the tables."""
    from django.db import connection  # noqa: PLC0415

    from posthouse.journeys import models, summaries  # noqa: PLC0415
    from posthouse.people.models import Customer  # noqa: PLC0415

    _put(
        Customer._meta.db_table,
        ("id", "name", "attributes", "country", "channel", "created_at"),
        (
            (
                f"cus_{n}",
                f"C{n}",
                f'{{"plan": "{["free", "pro", "team"][n % 7 % 3]}"}}',
                COUNTRIES[n % 11],
                CHANNELS[n % 5],
                MOMENT,
            )
            for n in range(customers)
        ),
    )
    runs = reached = 0
    for journey in models.Journey.objects.order_by("lane"):
        number = int(customers * SHARES[journey.key])
        rows, marks = _runs(journey, number)
        _put(models.Run._meta.db_table, RUN, rows)
        reached += _put(models.Reached._meta.db_table, MARK, marks)
        runs += number
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    summaries.touch_all()
    return runs, reached


COUNTRIES = ["ES", "FR", "DE", "US", "GB", "IT", "NL", "MX", "AR", "BR", "PT"]
CHANNELS = ("search", "referral", "campaign", "partner", "")
MOMENT = "2026-01-01 00:00:00"
RUN = (
    "id",
    "journey_id",
    "kind",
    "subject",
    "key",
    "occurrence",
    "state",
    "exclusive",
    "entered_at",
    "event_id",
    "position",
    "contact_id",
    "ended_at",
    "reason",
    "revision",
    "pinned",
    "waiting_for",
    "since",
    "late_at",
    "window_at",
    "stuck",
    "stuck_at",
    "trouble",
)
MARK = ("run_id", "step", "at", "event_id", "position", "contact_id", "times", "late", "revision")


def _runs(journey: Any, number: int) -> tuple[Iterator[tuple[Any, ...]], Iterator[tuple[Any, ...]]]:
    """Rows of runs, and rows of the steps they reached."""
    import numpy as np  # noqa: PLC0415

    from posthouse.journeys import standing  # noqa: PLC0415

    source = np.random.default_rng(journey.lane)
    stages = standing.stages_of(journey.body)
    end = int(time.time())
    entered = end - source.uniform(0, DAYS * 86_400, number)
    at = entered.copy()
    times = np.full((number, len(stages)), np.nan)
    going = np.ones(number, dtype=bool)
    for place, stage in enumerate(stages):
        after = at + source.lognormal(np.log(HOURS * 3600), 1.5, number)
        here = going & (source.random(number) < GO_ON) & (after < end)
        times[here, place] = after[here]
        at[here] = after[here]
        going &= here | (not stage.required)
    done = going & ~np.isnan(times[:, [place for place, stage in enumerate(stages) if stage.required]]).any(axis=1)
    left = ~done & (source.random(number) < 0.15)
    return _run_rows(journey, stages, entered, at, times, done, left), _mark_rows(journey, stages, times)


def _text(seconds: float) -> str:
    return time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(seconds))


def _run_rows(
    journey: Any, stages: Any, entered: Any, at: Any, times: Any, done: Any, left: Any
) -> Iterator[tuple[Any, ...]]:
    kind = journey.body.get("subject", "customer")
    prefix = {"customer": "cus", "contact": "con"}[kind]
    for n in range(len(entered)):
        state = "completed" if done[n] else "exited" if left[n] else "open"
        ended = _text(at[n] + 60) if state != "open" else None
        waits = next((s for place, s in enumerate(stages) if s.required and times[n, place] != times[n, place]), None)
        waits = waits if state == "open" else None
        since = _text(at[n]) if waits else None
        late = _text(at[n] + waits.expected) if waits and waits.expected else None
        yield (
            f"run_{journey.key}_{n}", journey.key, kind, f"{prefix}_{n}", "", 1, state, True, _text(entered[n]), "e", n,
            "", ended, "", 1, False, waits.key if waits else "", since, late, None, "", None, "",
        )  # fmt: skip


def _mark_rows(journey: Any, stages: Any, times: Any) -> Iterator[tuple[Any, ...]]:
    for n in range(len(times)):
        for place, stage in enumerate(stages):
            if times[n, place] == times[n, place]:
                yield f"run_{journey.key}_{n}", stage.key, _text(times[n, place]), "e", n, "", 1, False, 1


def _put(table: str, columns: tuple[str, ...], rows: Iterator[tuple[Any, ...]]) -> int:
    """Insert many rows as fast as each database takes them; returns how many."""
    from django.db import connection, transaction  # noqa: PLC0415

    names = ", ".join(columns)
    count = 0
    with transaction.atomic(), connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            with cursor.copy(f"COPY {table} ({names}) FROM STDIN") as copy:
                for row in rows:
                    copy.write_row(row)
                    count += 1
            return count
        places = ", ".join("?" * len(columns))
        raw = cursor.connection.cursor()
        raw.executemany(f"INSERT INTO {table} ({names}) VALUES ({places})", rows)
        return int(raw.rowcount)


def _figures() -> dict[str, Any]:
    from django.db.models import Count  # noqa: PLC0415
    from django.http import QueryDict  # noqa: PLC0415

    from posthouse.journeys import filters, lists, models, overview, paths, standing, stuck  # noqa: PLC0415
    from posthouse.journeys.overview import Filters, Period  # noqa: PLC0415

    now = datetime.now(UTC)
    recent = Period(since=now - timedelta(days=90))

    attribute = {"field": "customer.attributes.plan", "op": "is", "value": "pro"}
    both = Filters(plan="pro", country="ES")
    onboarding = models.Journey.objects.get(pk="onboarding")

    def ways(period: Period) -> None:
        paths.paths(overview.runs_of(onboarding, period).trail())

    def page(address: str, before: str = "") -> None:
        asked, view = lists.read(QueryDict(address)), filters.read(QueryDict(address))
        lists.rows(lists.page(asked, view, before)[0], {})
        lists.count(asked, view)

    def longest() -> None:
        steps = stuck.steps_waited_for("onboarding")
        for kind in stuck.KINDS:
            asked = lists.Asked(journey="onboarding", stuck=kind)
            lists.rows(lists.longest(asked, filters.read(QueryDict()), steps, 9), {})

    def count() -> None:
        rows = models.Reached.objects.filter(run__entered_at__gte=recent.since).order_by()
        list(rows.values_list("run__journey_id", "step").annotate(Count("pk")))

    found = {
        "board_ms": _median(lambda: overview.board(recent)),
        "board_all_ms": _median(lambda: overview.board(Period())),
        "board_country_ms": _median(lambda: overview.board(recent, Filters(country="ES"))),
        "board_two_traits_ms": _median(lambda: overview.board(recent, both), rounds=3),
        "board_two_traits_all_ms": _median(lambda: overview.board(Period(), both), rounds=3),
        "board_attribute_ms": _median(lambda: overview.board(recent, Filters(where=attribute)), rounds=3),
        "board_attribute_all_ms": _median(lambda: overview.board(Period(), Filters(where=attribute)), rounds=3),
        "paths_ms": _median(lambda: ways(recent), rounds=3),
        "paths_all_ms": _median(lambda: ways(Period()), rounds=3),
        "stuck_ms": _median(lambda: page("journey=integration&waiting=first_call&stuck=limit")),
        "stuck_anywhere_ms": _median(lambda: page("stuck=any&period=all")),
        "stuck_longest_ms": _median(longest),
        "runs_ms": _median(lambda: page("period=all")),
        "runs_deep_ms": _median(lambda: page("period=all", f"{standing.micros(now - timedelta(days=150))}.run")),
        "counting_ms": _median(count, rounds=1),
    }
    return found | {"counting_to_board": round(found["counting_ms"] / found["board_ms"], 1)}


def _median(ask: Any, rounds: int = ROUNDS) -> float:
    ask()
    took = []
    for _ in range(rounds):
        began = time.perf_counter()
        ask()
        took.append((time.perf_counter() - began) * 1000)
    return round(median(took), 1)


if __name__ == "__main__":
    main()
