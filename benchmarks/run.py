"""Runs the benchmarks and writes docs/benchmarks.md: bin/bench [--quick] [--no-write] [names of scripts]

With names, only those are measured anew; the other rows stay.

Each script prints one JSON object. What is claimed of its figures, and against what it was measured in the same run,
stands in CLAIMS. A mark that is missed is said in the table and makes the exit code 1, except with --quick.
"""

import argparse
import json
import os
import platform
import re
import subprocess
import sys
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from benchmarks.curve import draw

ROOT = Path(__file__).parent.parent
DOCUMENT = ROOT / "docs" / "benchmarks.md"
DRAWING = ROOT / "docs" / "growth.svg"


@dataclass(frozen=True)
class Claim:
    """One row: a figure of a script, what it is compared with, and the mark it must reach (`<=` or `>=`)."""

    script: str
    figure: str
    what: str
    against: str
    unit: str
    mark: str
    scale: float = 1.0
    digits: int = 2

    def value(self, figures: dict[str, Any]) -> float | None:
        """The measured figure in the unit of the row."""
        found = figures.get(self.figure)
        return None if found is None else float(found) * self.scale

    def met(self, value: float) -> bool:
        """Whether the mark is reached."""
        sign, _, number = self.mark.partition(" ")
        return value <= float(number) if sign == "<=" else value >= float(number)


CLAIMS = [
    Claim(
        "client_decision",
        "decision_two_limits_ns",
        "Decision in process: key, scope, expiry and two limits, median",
        "an empty loop over the same keys, taken off",
        "µs",
        "<= 3",
        scale=0.001,
    ),
    Claim(
        "client_middleware",
        "added_ns",
        "Latency that the middleware adds to a request, median",
        "the same ASGI application without it",
        "µs",
        "<= 30",
        scale=0.001,
        digits=1,
    ),
    Claim(
        "edge_verify",
        "verify_to_empty",
        "Verification over HTTP, requests per CPU second",
        "an empty ASGI application on the same server and core",
        "×",
        ">= 0.6",
    ),
    Claim(
        "edge_verify",
        "verify_to_drf_uvicorn",
        "Verification over HTTP, requests per CPU second",
        "a Django view behind djangorestframework-api-key, uvicorn",
        "×",
        ">= 15",
        digits=1,
    ),
    Claim(
        "edge_verify",
        "verify_to_drf_gunicorn",
        "Verification over HTTP, requests per CPU second",
        "the same view under gunicorn",
        "×",
        ">= 15",
        digits=1,
    ),
    Claim(
        "edge_intake",
        "sqlite_ratio",
        "Durable event intake over HTTP, SQLite",
        "bare sqlite3 putting the same rows in the same tables, as durably",
        "×",
        ">= 0.5",
    ),
    Claim(
        "edge_intake",
        "postgresql_ratio",
        "Durable event intake over HTTP, PostgreSQL",
        "bare psycopg putting the same rows in the same tables, as durably",
        "×",
        ">= 0.5",
    ),
    Claim(
        "timeline_import",
        "ratio",
        "Import of a file of events (read, checked, hashed, indexed), SQLite",
        "bare sqlite3 putting the same rows, ready made, in the same table, as durably",
        "×",
        ">= 0.3",
    ),
    Claim(
        "journeys_board",
        "sqlite_board_ms",
        "Board of the twelve journeys with 10⁶ customers, 90 days, SQLite, warm",
        "–",
        "ms",
        "<= 150",
        digits=0,
    ),
    Claim(
        "journeys_board",
        "sqlite_counting_to_board",
        "The same board, how many times as fast",
        "the database counting the steps reached in these 90 days, no medians",
        "×",
        ">= 5",
        digits=0,
    ),
    Claim(
        "journeys_board",
        "postgresql_board_ms",
        "Board of the twelve journeys with 10⁶ customers, 90 days, PostgreSQL, warm",
        "–",
        "ms",
        "<= 150",
        digits=0,
    ),
    Claim(
        "journeys_board",
        "postgresql_counting_to_board",
        "The same board, how many times as fast",
        "the database counting the steps reached in these 90 days, no medians",
        "×",
        ">= 5",
        digits=0,
    ),
    Claim(
        "journeys_board",
        "sqlite_stuck_ms",
        "First page of who is stuck at a step with 10⁶ customers, SQLite, warm",
        "–",
        "ms",
        "<= 150",
        digits=0,
    ),
    Claim(
        "survey_metrics",
        "sqlite_two_filters_ms",
        "Score of a campaign with 10⁷ answers for two attributes, SQLite, warm",
        "–",
        "ms",
        "<= 300",
        digits=0,
    ),
    Claim(
        "survey_metrics",
        "sqlite_everything_ms",
        "The same, of each person the latest, with trend, moving window and a break-down, SQLite",
        "–",
        "ms",
        "<= 600",
        digits=0,
    ),
    Claim(
        "survey_metrics",
        "sqlite_counting_to_columns",
        "The score for two attributes with 10⁵ answers, SQLite, how many times as fast",
        "the database counting the rows by their JSON attributes",
        "×",
        ">= 1",
        digits=1,
    ),
    Claim(
        "survey_metrics",
        "postgresql_two_filters_ms",
        "Score of a campaign with 10⁷ answers for two attributes, PostgreSQL, warm",
        "–",
        "ms",
        "<= 300",
        digits=0,
    ),
    Claim(
        "survey_metrics",
        "postgresql_everything_ms",
        "The same, of each person the latest, with trend, moving window and a break-down, PostgreSQL",
        "–",
        "ms",
        "<= 600",
        digits=0,
    ),
    Claim(
        "survey_metrics",
        "postgresql_counting_to_columns",
        "The score for two attributes with 10⁵ answers, PostgreSQL, how many times as fast",
        "the database counting the rows by their JSON attributes",
        "×",
        ">= 1",
        digits=1,
    ),
    Claim(
        "journeys_board",
        "postgresql_stuck_ms",
        "First page of who is stuck at a step with 10⁶ customers, PostgreSQL, warm",
        "–",
        "ms",
        "<= 150",
        digits=0,
    ),
    Claim(
        "journeys_board",
        "sqlite_board_two_traits_ms",
        "The board for two traits at once, 10⁶ customers, 90 days, SQLite",
        "–",
        "s",
        "<= 3",
        scale=0.001,
        digits=1,
    ),
    Claim(
        "journeys_board",
        "sqlite_board_attribute_ms",
        "The board for an attribute of every third customer, the same, SQLite",
        "–",
        "s",
        "<= 3",
        scale=0.001,
        digits=1,
    ),
    Claim(
        "journeys_board",
        "sqlite_paths_all_ms",
        "Ways through a journey of 10⁶ runs, SQLite",
        "–",
        "s",
        "<= 3",
        scale=0.001,
        digits=1,
    ),
    Claim(
        "journeys_board",
        "sqlite_runs_deep_ms",
        "A page deep in the list of 4·10⁶ runs, with their number, SQLite",
        "–",
        "ms",
        "<= 500",
        digits=0,
    ),
    Claim(
        "journeys_board",
        "postgresql_board_two_traits_ms",
        "The board for two traits at once, 10⁶ customers, 90 days, PostgreSQL",
        "–",
        "s",
        "<= 3",
        scale=0.001,
        digits=1,
    ),
    Claim(
        "journeys_board",
        "postgresql_board_attribute_ms",
        "The board for an attribute of every third customer, the same, PostgreSQL",
        "–",
        "s",
        "<= 3",
        scale=0.001,
        digits=1,
    ),
    Claim(
        "journeys_board",
        "postgresql_paths_all_ms",
        "Ways through a journey of 10⁶ runs, PostgreSQL",
        "–",
        "s",
        "<= 3",
        scale=0.001,
        digits=1,
    ),
    Claim(
        "journeys_board",
        "postgresql_runs_deep_ms",
        "A page deep in the list of 4·10⁶ runs, with their number, PostgreSQL",
        "–",
        "ms",
        "<= 500",
        digits=0,
    ),
    Claim(
        "automations",
        "claim_full_to_empty",
        "Claiming due work of automations with 10⁶ rows present that are due later",
        "the same with none",
        "×",
        "<= 3",
    ),
    Claim(
        "automations",
        "mails_per_cpu_second",
        "Events that act: log, run, step and the row of a mail with its words, all journalled, per CPU second, SQLite",
        "–",
        "/s",
        ">= 300",
        digits=0,
    ),
    Claim(
        "automations",
        "passed_over_per_cpu_second",
        "Events of the right kind that begin nothing: `if` about customer and history, thousands per CPU second",
        "–",
        "k/s",
        ">= 5",
        scale=0.001,
        digits=1,
    ),
    Claim(
        "whole_way",
        "sqlite_events_per_cpu_second",
        "Events end to end (HTTP intake, every consumer, one in ten to the row of a mail), per CPU second, SQLite",
        "–",
        "/s",
        ">= 1000",
        digits=0,
    ),
    Claim(
        "whole_way",
        "postgresql_events_per_cpu_second",
        "The same on PostgreSQL, its own processor time not counted",
        "–",
        "/s",
        ">= 1000",
        digits=0,
    ),
    Claim(
        "journeys",
        "replay_per_second",
        "Replay of a history of 10⁷ events through the twelve journeys, thousands of events per CPU second",
        "–",
        "k/s",
        ">= 100",
        scale=0.001,
        digits=0,
    ),
    Claim(
        "journeys",
        "replay_grew_megabytes",
        "Memory by which that replay grew",
        "–",
        "MB",
        "<= 50",
        digits=0,
    ),
    Claim(
        "journeys",
        "replay_last_to_first",
        "Its speed at the end",
        "the first 10⁵ events",
        "×",
        ">= 0.8",
    ),
    Claim(
        "journeys",
        "events_per_cpu_second",
        "Events through the consumer on SQLite, of which 45 % bring something, thousands per CPU second",
        "–",
        "k/s",
        ">= 10",
        scale=0.001,
        digits=1,
    ),
    Claim(
        "journeys",
        "consumer_last_to_first",
        "The same over a log of 10⁶ events with all their runs",
        "over the first 2 · 10⁵",
        "×",
        ">= 0.6",
    ),
    Claim(
        "demo_memory",
        "megabytes",
        "Memory of the whole demo (all processes, shared pages counted once)",
        "–",
        "MB",
        "<= 500",
        digits=0,
    ),
]


def main() -> int:
    """Run, print, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="shorter runs, to see that all of it works")
    parser.add_argument("--no-write", action="store_true", help="do not touch docs/benchmarks.md")
    parser.add_argument("names", nargs="*", help="only these scripts")
    given = parser.parse_args()
    scripts = list(dict.fromkeys(claim.script for claim in CLAIMS if not given.names or claim.script in given.names))
    figures = _known() if given.names and not given.quick else {}
    figures |= {script: _figures_of(script, quick=given.quick) for script in scripts}
    rows, missed = _rows(figures)
    table = "\n".join(["| what | measured | mark | against |", "| --- | --- | --- | --- |", *rows])
    print(table)
    if not (given.quick or given.no_write):
        DOCUMENT.write_text(_document(table, figures))
        if drawn := _drawn(figures):
            DRAWING.write_text(drawn)
    return 1 if missed and not given.quick else 0


def _known() -> dict[str, Any]:
    """What the document holds already, so that naming a script renews its rows alone."""
    if not DOCUMENT.exists():
        return {}
    found = re.search(r"```json\n(.*?)```", DOCUMENT.read_text(), re.DOTALL)
    return dict(json.loads(found[1])) if found else {}


def _figures_of(script: str, *, quick: bool) -> dict[str, Any]:
    print(f"running {script} …", file=sys.stderr, flush=True)
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(["src", "client/src", "demo", "."])}
    command = [sys.executable, f"benchmarks/{script}.py", *(["--quick"] if quick else [])]
    done = subprocess.run(command, cwd=ROOT, env=environment, text=True, stdout=subprocess.PIPE, check=True)
    figures: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    return figures


def _drawn(figures: dict[str, dict[str, Any]]) -> str:
    """The growth as a drawing; nothing where it was not measured."""
    found = figures.get("journeys", {})
    lines = {
        "replay (pure function)": [(events, speed) for events, speed, _ in found.get("replay_growth", ())],
        "incremental (consumer on SQLite)": [(events, speed) for events, speed in found.get("consumer_growth", ())],
    }
    lines = {name: points for name, points in lines.items() if points}
    title = "Twelve journeys: events per CPU second as the history grows"
    return draw(lines, title=title, across="events so far", up="events per CPU second") if lines else ""


def _rows(figures: dict[str, dict[str, Any]]) -> tuple[list[str], int]:
    rows, missed = [], 0
    for claim in CLAIMS:
        if claim.script not in figures:
            continue
        value = claim.value(figures[claim.script])
        if value is None:
            rows.append(f"| {claim.what} | not measured here | {_mark(claim)} | {claim.against} |")
            continue
        met = claim.met(value)
        missed += not met
        text = f"{value:.{claim.digits}f} {claim.unit}" + ("" if met else " (**missed**)")
        rows.append(f"| {claim.what} | {text} | {_mark(claim)} | {claim.against} |")
    return rows, missed


def _mark(claim: Claim) -> str:
    return claim.mark.replace("<=", "≤").replace(">=", "≥") + f" {claim.unit}"


def _document(table: str, figures: dict[str, dict[str, Any]]) -> str:
    machine = f"{os.cpu_count()} cores, {_processor()}, {platform.system()} {platform.release().split('-')[0]}"
    raw = json.dumps(figures, indent=1, sort_keys=True)
    return f"""<!-- Made by bin/bench. Do not edit. -->

# Benchmarks

Ratios against something measured in the same run, because machines differ and drift; absolute figures are only for
orientation. `bin/bench` runs them anew; each stands in `benchmarks/` and prints all its figures as JSON.

{table}
{_growth(figures)}
Measured on: {machine}; Python {platform.python_version()}; {_versions()}.

What limits them: one decision is mostly the bookkeeping of two limits, as a busy key is hashed once a second;
verification is mostly the HTTP server; intake waits for the disk once per group of requests.
Where the time of incremental progress goes is said in [a decision](decisions/0009-progress-in-larger-batches.md).

Automations: 300 events that act and 5,000 that do
not were the aims; end to end it is eight times what a hundred thousand customers with ten events a day each come to at
their peak (120 a second), a mail for every tenth. What limits them: some twelve rows are written for each event that
acts, a line of the journal for each decision among them, and most of the time goes into making those rows. Those of
one customer act one after the other, each with its own queries.


<details><summary>All figures</summary>

```json
{raw}
```

</details>
"""


def _growth(figures: dict[str, dict[str, Any]]) -> str:
    """Shows the drawing, and how much memory the replay took at each of its marks."""
    grown = figures.get("journeys", {}).get("replay_growth", ())
    if not grown:
        return ""
    memory = ", ".join(f"{megabytes} MB at {events:,}" for events, _, megabytes in grown)
    return f"""
![Events per CPU second over the number of events, two lines: replay and incremental progress]({DRAWING.name})

The replay is a stream: beyond its beginning it took {memory} events.
"""


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.machine()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), platform.machine())


def _versions() -> str:
    return ", ".join(
        f"{name} {version(name)}" for name in ("django", "uvicorn", "uvloop", "httptools", "msgspec", "psycopg")
    )


if __name__ == "__main__":
    sys.exit(main())
