"""Runs the benchmarks and writes docs/benchmarks.md: bin/bench [--quick] [--no-write] [names of scripts]

With names, only those are measured anew; the other rows stay.

Each script prints one JSON object. What is claimed of its figures, and against what it was measured in the same run,
stands in claims.toml. A mark that is missed is said in the table and makes the exit code 1, except with --quick.
"""

import argparse
import json
import os
import platform
import re
import subprocess
import sys
import tomllib
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


CLAIMS = [Claim(**row) for row in tomllib.loads((ROOT / "benchmarks" / "claims.toml").read_text())["claim"]]


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
    text = DOCUMENT.read_text()
    found = re.search(r"```json\n(.*?)```", text, re.DOTALL)
    where = re.search(r"Measured on: (.*?)(?: \(\w+[,:]|; Python)", text)
    known: dict[str, Any] = json.loads(found[1]) if found else {}
    return {script: ({"measured_on": where[1]} if where else {}) | figures for script, figures in known.items()}


def _figures_of(script: str, *, quick: bool) -> dict[str, Any]:
    print(f"running {script} …", file=sys.stderr, flush=True)
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(["src", "client/src", "demo", "."])}
    command = [sys.executable, f"benchmarks/{script}.py", *(["--quick"] if quick else [])]
    done = subprocess.run(command, cwd=ROOT, env=environment, text=True, stdout=subprocess.PIPE, check=True)
    figures: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    return figures | {"measured_on": _machine()}


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
    raw = json.dumps(figures, indent=1, sort_keys=True)
    return f"""<!-- Made by bin/bench. Do not edit. -->

# Benchmarks

Ratios against something measured in the same run, because machines differ and drift; absolute figures are only for
orientation. `bin/bench` runs them anew; each stands in `benchmarks/` and prints all its figures as JSON.

{table}
{_growth(figures)}
Measured on: {_machines(figures)}; Python {platform.python_version()}; {_versions()}.

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


def _machines(figures: dict[str, dict[str, Any]]) -> str:
    """Where it was measured: the machine of most scripts, and that of others behind it with their names."""
    by_machine: dict[str, list[str]] = {}
    for script, found in sorted(figures.items()):
        by_machine.setdefault(found.get("measured_on", _machine()), []).append(script)
    most, *others = sorted(by_machine.items(), key=lambda pair: -len(pair[1]))
    return most[0] + "".join(f" ({', '.join(scripts)}: {machine})" for machine, scripts in others)


def _machine() -> str:
    return f"{os.cpu_count()} cores, {_processor()}, {platform.system()} {platform.release().split('-')[0]}"


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
