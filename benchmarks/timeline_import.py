"""How many rows a second `posthouse events import` puts into the log, against bare sqlite3 and the same tables.

python benchmarks/timeline_import.py [--quick]    prints one JSON object
"""

import argparse
import csv
import json
import os
import sqlite3
import subprocess
import sys
import tempfile
import time
from pathlib import Path

FOLDER = Path(tempfile.mkdtemp(prefix="posthouse-bench-"))
os.environ["POSTHOUSE_DATA"] = str(FOLDER)
os.environ["POSTHOUSE_DATABASE_URL"] = f"sqlite:///{FOLDER / 'posthouse.sqlite3'}"
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "posthouse.config.settings")

import django  # noqa: E402  the environment must be set before settings are read

django.setup()

from django.conf import settings  # noqa: E402
from django.core.management import call_command  # noqa: E402

from posthouse.timeline.importing.running import BATCH, COLUMNS  # noqa: E402

TYPES = ("order.placed", "order.paid", "order.packed", "order.sent", "order.returned")
SETUP = "import sys, django; django.setup(); from posthouse.config.cli import main"
MEASURED = "import resource; print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, file=sys.stderr)"


def main() -> None:
    """A table of a realistic log, imported by the command; then its rows by sqlite3 alone into an equal database."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true")
    rows = 20_000 if parser.parse_args().quick else 300_000
    call_command("migrate", verbosity=0)
    path = _write(rows)
    kilobytes_at_rest, starting = _at_rest()
    began = time.perf_counter()
    kilobytes = _import(path)
    seconds = time.perf_counter() - began
    again_began = time.perf_counter()
    _import(path)
    again = time.perf_counter() - again_began
    bare = _bare(rows)
    figures = {
        "rows": rows,
        "rows_per_second": round(rows / (seconds - starting)),
        "rows_per_second_again": round(rows / (again - starting)),
        "bare_rows_per_second": round(rows / bare),
        "ratio": round(bare / (seconds - starting), 3),
        "megabytes": round(kilobytes / 1024),
        "megabytes_at_rest": round(kilobytes_at_rest / 1024),
    }
    print(json.dumps(figures))


def _write(rows: int) -> Path:
    path = FOLDER / "log.csv"
    with path.open("w", newline="") as file:
        table = csv.writer(file)
        table.writerow(["id", "case", "action", "time", "country", "amount", "channel"])
        for n in range(rows):
            moment = f"2026-{n % 9 + 1:02}-{n % 28 + 1:02}T{n % 24:02}:{n % 60:02}:{n % 59:02}.{n % 1000:03}Z"
            table.writerow([f"e{n}", f"c{n * 7919 % 10_007}", TYPES[n % 5], moment, "ES", n % 500, "web"])
    return path


def _import(path: Path) -> int:
    """Run the command; returns the most memory it had, in kilobytes."""
    options = ["events", "import", str(path), "--map", "customer_id=case,type=action,occurred_at=time"]
    return _run(f"{SETUP}; main(sys.argv[1:]); {MEASURED}", *options)[0]


def _at_rest() -> tuple[int, float]:
    """Memory and seconds of a process that only starts, to be taken off."""
    return _run(f"{SETUP}; {MEASURED}")


def _run(code: str, *options: str) -> tuple[int, float]:
    began = time.perf_counter()
    done = subprocess.run([sys.executable, "-c", code, *options], check=True, capture_output=True)
    return int(done.stderr.split()[-1]), time.perf_counter() - began


def _bare(rows: int) -> float:
    """Seconds for the same rows, ready made, in the same batches into the same table with the same indexes."""
    source = sqlite3.connect(FOLDER / "posthouse.sqlite3")
    schema = [
        sql for (sql,) in source.execute("SELECT sql FROM sqlite_master WHERE tbl_name = 'timeline_event' AND sql > ''")
    ]
    ready = source.execute(f"SELECT {', '.join(COLUMNS)}, tx FROM timeline_event ORDER BY position").fetchall()
    assert len(ready) == rows
    target = sqlite3.connect(FOLDER / "bare.sqlite3", isolation_level=None)
    for pragma in settings.DATABASES["default"]["OPTIONS"]["init_command"].split(";"):
        target.execute(pragma)
    for statement in schema:
        target.execute(statement)
    insert = (
        f"INSERT INTO timeline_event ({', '.join(COLUMNS)}, tx) VALUES ({', '.join(['?'] * 12)}) ON CONFLICT DO NOTHING"
    )
    began = time.perf_counter()
    for first in range(0, rows, BATCH):
        target.execute("BEGIN IMMEDIATE")
        target.executemany(insert, ready[first : first + BATCH])
        target.execute("COMMIT")
    return time.perf_counter() - began


if __name__ == "__main__":
    main()
