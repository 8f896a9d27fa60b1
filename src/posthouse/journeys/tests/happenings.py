"""Events and definitions for the tests of the fold, without a database."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from posthouse.journeys import definition
from posthouse.journeys.compiled import compile_definition
from posthouse.journeys.fold import Rules

START = datetime(2026, 3, 1, 9, tzinfo=UTC)


@dataclass(frozen=True)
class Happening:
    type: str
    occurred_at: datetime
    position: int
    data: dict = field(default_factory=dict, compare=False)
    contact_id: str = ""
    source: str = "test"

    @property
    def id(self):
        return f"e{self.position}"


def happen(*told):
    """`("call.first", 3)` or `("call.first", 3, {"plan": "pro"})`: hours after START; positions as they are told."""
    return [
        Happening(type_, START + timedelta(hours=hours), number, *data)
        for number, (type_, hours, *data) in enumerate(told, 1)
    ]


def rules(steps="abc", number=1, **parts):
    return Rules(compile_definition(body(steps, **parts), number))


def body(steps="abc", **parts):
    """A journey entered by `in.go` whose steps are reached by `x.a`, `x.b` …; a step may be a dict instead."""
    rows = [step if isinstance(step, dict) else {"key": step, "on": [{"event": f"x.{step}"}]} for step in steps]
    made = {
        "key": "walk",
        "name": {"en": "Walk"},
        "entry": {"on": [{"event": "in.go"}], "again": parts.pop("again", "once")},
        "steps": [{"name": {"en": row["key"]}, **row} for row in rows],
        **parts,
    }
    definition.check(made)
    return made


def told(runs):
    """Runs in short: `open a,b` per run, with the reason for an exit."""
    return [" ".join(filter(None, (run.state, ",".join(sorted(run.reached)), run.reason))) for run in runs]
