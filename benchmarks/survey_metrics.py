"""Figures of a campaign by two attributes over 10⁷ answers: python benchmarks/survey_metrics.py [--quick | --full].

A year of answers is written as rows and summed up as the worker does it, 10⁵ and 10⁶ of them; on each, the score of
those with two attributes (and then: of each person the latest alone, with trend and window, broken down by a third)
is asked for, warm, the median of several; and, in the same run, the database alone counts the same from the rows.
For 10⁷ the columns alone are written, as packed by the same code, because no row is read for an answer; `--full` also
writes 10⁶ rows where else there are 10⁵. PostgreSQL when POSTHOUSE_TEST_POSTGRES names a database. Prints one JSON
object.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from statistics import median
from typing import Any

DAYS = 365
PLANS = ("free", "pro", "team", "enterprise")
COUNTRIES = tuple(f"{first}{second}" for first in "ABCDE" for second in "STUVWXYZ")
LANGUAGES = ("en", "es", "")
START = datetime(2026, 1, 1, tzinfo=UTC)
ROUNDS = 7
SHARES_OF_PLANS = (0.6, 0.25, 0.1, 0.05)


def main() -> None:
    """Measure on SQLite, and on PostgreSQL where there is one, each in a process of its own."""
    if "--here" in sys.argv:
        print(json.dumps(_measure()))
        return
    found: dict[str, Any] = {}
    with tempfile.TemporaryDirectory(prefix="posthouse-bench-") as data:
        found |= _named("sqlite", _in_process({"POSTHOUSE_DATA": data}))
    if postgres := os.environ.get("POSTHOUSE_TEST_POSTGRES"):
        with tempfile.TemporaryDirectory() as data, _database(postgres) as url:
            found |= _named("postgresql", _in_process({"POSTHOUSE_DATA": data, "POSTHOUSE_DATABASE_URL": url}))
    print(json.dumps(found))


def _named(name: str, figures: dict[str, Any]) -> dict[str, Any]:
    return {f"{name}_{key}": value for key, value in figures.items()}


def _in_process(environment: dict[str, str]) -> dict[str, Any]:
    environment = os.environ | {"DJANGO_SETTINGS_MODULE": "posthouse.config.settings"} | environment
    size = [word for word in sys.argv[1:] if word in ("--quick", "--full")]
    command = [sys.executable, __file__, "--here", *size]
    done = subprocess.run(command, env=environment, text=True, stdout=subprocess.PIPE, check=True)
    figures: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    return figures


@contextmanager
def _database(postgres: str) -> Iterator[str]:
    import psycopg  # noqa: PLC0415  only with a server

    name = f"posthouse_bench_{os.getpid()}"
    with psycopg.connect(postgres, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
        try:
            yield f"{postgres.rpartition('/')[0]}/{name}"
        finally:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


def _measure() -> dict[str, Any]:
    import django  # noqa: PLC0415  the settings are in the environment of this process only

    django.setup()
    from django.core.management import call_command  # noqa: PLC0415

    call_command("migrate", verbosity=0)
    found: dict[str, Any] = {}
    with_rows = 2_000 if "--quick" in sys.argv else 1_000_000 if "--full" in sys.argv else 100_000
    sizes = (20_000, 100_000) if "--quick" in sys.argv else (100_000, 1_000_000, 10_000_000)
    found |= _of_rows(with_rows)
    for size in sizes:
        campaign = _campaign(f"columns of {size}")
        began = time.perf_counter()
        _fill_columns(campaign, size)
        found[f"columns_{size}_fill_seconds"] = round(time.perf_counter() - began, 1)
        found |= {f"{name}_{size}": value for name, value in _figures(campaign).items()}
    largest, least = sizes[-1], sizes[0]
    found["answers"] = largest
    found["two_filters_ms"] = found[f"two_filters_ms_{largest}"]
    found["everything_ms"] = found[f"everything_ms_{largest}"]
    found["two_filters_cpu_ms"] = found[f"two_filters_cpu_ms_{largest}"]
    found["growth"] = round(found["two_filters_ms"] / found[f"two_filters_ms_{least}"], 1)
    return found


def _campaign(name: str) -> str:
    from posthouse.surveys.models import Campaign  # noqa: PLC0415

    return str(Campaign.objects.create(name=name, metric="nps", scale="0-10", formula="nps").pk)


def _of_rows(size: int) -> dict[str, Any]:
    """Rows, summed up by the worker's own code, and the database alone counting them."""
    from django.db import connection  # noqa: PLC0415
    from django.db.models import Count, Q  # noqa: PLC0415

    from posthouse.surveys.figures import summing, touching  # noqa: PLC0415
    from posthouse.surveys.models import Response  # noqa: PLC0415

    campaign = _campaign("rows")
    _fill_rows(campaign, size)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    touching.touch_all()
    began = time.perf_counter()
    while summing.sum_up():
        pass
    summed = time.perf_counter() - began

    def count() -> None:
        rows = Response.objects.filter(Q(attributes__plan="pro") & Q(attributes__country="BT"), campaign=campaign)
        list(rows.order_by().values_list("score").annotate(Count("pk")))

    figures = _figures(campaign)
    counting = _median(count, rounds=1)
    return {
        "rows": size,
        "rows_summed_up_per_second": round(size / summed),
        "rows_two_filters_ms": figures["two_filters_ms"],
        "rows_counting_ms": counting,
        "counting_to_columns": round(counting / figures["two_filters_ms"], 1),
    }


def _fill_rows(campaign: str, size: int) -> None:
    import random  # noqa: PLC0415

    from posthouse.people.models import Contact  # noqa: PLC0415
    from posthouse.surveys.models import Response  # noqa: PLC0415

    source = random.Random(1)
    people = Contact.objects.bulk_create(
        (Contact(email=f"p{number}@example.com") for number in range(size // 3)), batch_size=5000
    )
    Response.objects.bulk_create(
        (
            Response(
                campaign_id=campaign,
                contact_id=source.choice(people).pk,
                score=source.randrange(11),
                comment="" if source.random() < 0.7 else "It works and the documents are good.",
                language=source.choice(LANGUAGES),
                attributes={
                    "plan": source.choices(PLANS, SHARES_OF_PLANS)[0],
                    "country": source.choice(COUNTRIES),
                    "version": f"v{source.randrange(8)}",
                },
                created_at=START + timedelta(seconds=source.randrange(DAYS * 86_400)),
            )
            for _ in range(size)
        ),
        batch_size=2000,
    )


def _fill_columns(campaign: str, size: int) -> None:
    import numpy as np  # noqa: PLC0415

    from posthouse.surveys.figures import summing, touching  # noqa: PLC0415
    from posthouse.surveys.figures.columns import COMMENTED, NEVER, Column, Day  # noqa: PLC0415
    from posthouse.surveys.models import DayColumn  # noqa: PLC0415

    source = np.random.default_rng(1)
    first, rows = touching.day_number(START), size // DAYS

    def codes(words: tuple[str, ...], shares: Any = None) -> Column:
        return Column(list(words), source.choice(len(words), rows, p=shares).astype(np.uint8) + np.uint8(1))

    for number in range(first, first + DAYS):
        scores = source.integers(0, 11, rows) + COMMENTED * (source.random(rows) < 0.3)
        gaps = np.where(source.random(rows) < 0.6, source.integers(30, 120, rows), NEVER)
        traits = {
            "attributes.plan": codes(PLANS, SHARES_OF_PLANS),
            "attributes.country": codes(COUNTRIES),
            "attributes.version": codes(tuple(f"v{n}" for n in range(8))),
            "language": codes(("en", "es")),
        }
        day = Day(number, scores.astype(np.uint8), gaps.astype(np.uint16), traits, frozenset())
        DayColumn.objects.bulk_create(summing.columns_of(campaign, touching.ANSWERS, day, START))


def _figures(campaign: str) -> dict[str, float]:
    from posthouse.surveys.figures import asking, touching  # noqa: PLC0415
    from posthouse.surveys.figures.counting import Question, Span  # noqa: PLC0415

    first = touching.day_number(START)
    year = Span(first, first + DAYS - 1)
    where = (("attributes.plan", "pro"), ("attributes.country", "BT"))
    months = tuple(Span(first + start, min(first + start + 29, year.last)) for start in range(0, DAYS, 30))
    questions = {
        "two_filters": Question((year,), where),
        "latest": Question((year,), where, latest=True),
        "everything": Question((year,), where, latest=True, trend=months, window=30, by="attributes.version"),
        "no_filter": Question((year,)),
        "one_month": Question((months[6],), where[:1]),
    }
    found = {f"{name}_ms": _median(_asking(asking.ask, campaign, question)) for name, question in questions.items()}
    cpu = _median(_asking(asking.ask, campaign, questions["two_filters"]), clock=time.process_time)
    return found | {"two_filters_cpu_ms": cpu}


def _asking(ask: Any, campaign: str, question: Any) -> Callable[[], None]:
    def run() -> None:
        if ask(campaign, "answers", question).counted.spans[0].sum() == 0:
            raise AssertionError("nothing was counted")

    return run


def _median(act: Callable[[], None], rounds: int = ROUNDS, clock: Callable[[], float] = time.perf_counter) -> float:
    act()
    took = []
    for _ in range(rounds):
        began = clock()
        act()
        took.append((clock() - began) * 1000)
    return round(median(took), 1)


if __name__ == "__main__":
    main()
