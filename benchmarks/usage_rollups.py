"""How many calls a second the roll-ups take in (own database): python benchmarks/usage_rollups.py [calls].

Prints one JSON object.
"""

import json
import os
import random
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta

os.environ.setdefault("POSTHOUSE_DATA", tempfile.mkdtemp(prefix="posthouse-bench-"))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "posthouse.config.settings")

import django

django.setup()

from django.core.management import call_command  # noqa: E402  needs Django set up

from posthouse.usage import actions  # noqa: E402
from posthouse.usage.models import Call, Rollup, Series  # noqa: E402

ROUTES = [f"/v1/route{number}" for number in range(12)]


def main() -> None:
    """Live traffic of 200 customers within minutes, then the same number spread over three months."""
    call_command("migrate", verbosity=0)
    wanted = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    figures: dict[str, float] = {"calls": wanted}
    for name, spread in (("live", timedelta(minutes=5)), ("history", timedelta(days=90))):
        _store(wanted, spread)
        began, cpu_began = time.perf_counter(), time.process_time()
        while actions.take_in_calls():
            pass
        seconds, cpu = time.perf_counter() - began, time.process_time() - cpu_began
        figures[f"{name}_calls_per_second"] = round(wanted / seconds)
        figures[f"{name}_calls_per_cpu_second"] = round(wanted / cpu)
    print(json.dumps(figures | {"rollups": Rollup.objects.count(), "series": Series.objects.count()}))


def _store(wanted: int, spread: timedelta) -> None:
    source = random.Random(spread.days)
    begin = datetime.now(UTC) - spread
    for first in range(0, wanted, 5000):
        calls = [
            _call(source, begin + spread * ((first + n) / wanted), f"{spread.days}-{first + n}") for n in range(5000)
        ]
        Call.objects.bulk_create(calls)


def _call(source: random.Random, at: datetime, call_id: str) -> Call:
    customer = source.randrange(200)
    status = 200 if source.random() < 0.9 else source.choice((400, 404, 429, 500))
    return Call(
        id=f"call_{call_id}",
        at=at,
        received_at=at,
        customer_id=f"cus_{customer}",
        key_id=f"key_{customer}_{source.randrange(2)}",
        environment="live",
        method="GET",
        route=source.choice(ROUTES),
        status=status,
        duration_us=int(source.lognormvariate(9, 1)),
        version="2",
    )


if __name__ == "__main__":
    main()
