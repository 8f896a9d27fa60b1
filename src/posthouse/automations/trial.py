"""What an automation would have done about one event of the past, step by step, and why.

Nothing is written. What contacts and customers are like is taken as it is today; what had happened, as of the event.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import cast

from posthouse.automations import definition as d
from posthouse.automations.facts import Situation, history
from posthouse.automations.intake import is_trigger, whom
from posthouse.automations.plans import Plan
from posthouse.foundation import conditions
from posthouse.foundation.clock import now
from posthouse.foundation.timing import next_local, zone_named
from posthouse.timeline.events import Recorded

MOST_EVENTS = 2_000
"""How many events of the awaited kind are looked at."""


@dataclass(frozen=True)
class Answer:
    """One comparison of a condition: what was asked, what was found, and whether it held."""

    depth: int
    words: str
    found: str
    held: bool


@dataclass(frozen=True)
class Would:
    """One step that it would have come by, and when; `then` says which way it would have taken."""

    step: d.Step
    at: datetime
    then: str = ""


@dataclass
class Trace:
    """What it would have done about one event."""

    event: Recorded
    contact_id: str = ""
    customer_id: str = ""
    triggers: bool = False
    prevented_by: str = ""
    answers: list[Answer] = field(default_factory=list)
    steps: list[Would] = field(default_factory=list)
    stopped_at: datetime | None = None


def on_event(found: d.Definition, event: Recorded) -> Trace:
    """The whole way from one event of the past: its filter, answer by answer, and its steps with their times."""
    contact_id, customer_id = whom(event)
    trace = Trace(event, contact_id, customer_id)
    trace.triggers = is_trigger(Plan("", found), event)
    if not trace.triggers:
        return trace
    at = event.occurred_at
    if isinstance(found.when, d.Since):
        at += found.when.duration
        if found.when.without and _came(customer_id, contact_id, found.when.without, event.occurred_at, min(at, now())):
            trace.prevented_by = found.when.without
            return trace
    facts = Situation(contact_id=contact_id, customer_id=customer_id, moment=at, event=event)
    trace.answers = list(answers(found.condition, facts))
    if conditions.predicate(found.condition)(facts):
        _walk(found, found.do, facts, trace)
    return trace


def _came(customer_id: str, contact_id: str, event_type: str, after: datetime, until: datetime) -> bool:
    rows = history(customer_id, contact_id, event_type)
    return rows.filter(occurred_at__gt=after, occurred_at__lte=until).exists()


def answers(condition: d.Condition, facts: Situation, depth: int = 0) -> Iterator[Answer]:
    """A condition taken apart: each part with what was found and whether it held."""
    if not condition:
        return
    held = conditions.predicate(condition)(facts)
    below = condition.get("all") or condition.get("any") or ([condition["not"]] if "not" in condition else [])
    found = ""
    if "field" in condition:
        value = facts.value(condition["field"])
        found = "–" if value is conditions.MISSING or value is None else str(value)[:200]
    elif "happened" in condition:
        found = str(facts.count(condition["happened"], None, condition.get("where")))
    yield Answer(depth, conditions.words(condition), found, held)
    for child in below:
        yield from answers(child, facts, depth + 1)


def _walk(found: d.Definition, steps: tuple[d.Step, ...], facts: Situation, trace: Trace) -> bool:
    """Note the steps in order; False when stop_if ended it. Time goes on with what waits."""
    stops = conditions.predicate(found.stop_if)
    for step in steps:
        if found.stop_if and stops(facts):
            trace.stopped_at = facts.moment
            return False
        branch: tuple[d.Step, ...] = ()
        if isinstance(step, d.If):
            held = conditions.predicate(step.condition)(facts)
            trace.steps.append(Would(step, facts.moment, "then" if held else "else"))
            branch = step.then if held else step.otherwise
        elif isinstance(step, d.WaitFor):
            came = _awaited(step, facts)
            trace.steps.append(Would(step, facts.moment, "then" if came else "else"))
            facts = _at(facts, came or facts.moment + step.deadline)
            branch = step.then if came else step.otherwise
        else:
            trace.steps.append(Would(step, facts.moment))
            facts = _after(step, facts)
        if branch and not _walk(found, branch, facts, trace):
            return False
    return True


def _awaited(step: d.WaitFor, facts: Situation) -> datetime | None:
    """When the awaited event came, if it came in time."""
    rows = history(facts.customer_id, facts.contact_id, step.event)
    within = rows.filter(occurred_at__gte=facts.moment, occurred_at__lte=facts.moment + step.deadline)
    holds = conditions.predicate(step.when)
    for row in within.order_by("occurred_at", "position")[:MOST_EVENTS]:
        event = row.recorded()
        there = Situation(
            contact_id=facts.contact_id, customer_id=facts.customer_id, moment=event.occurred_at, event=event
        )
        if holds(there):
            return cast("datetime", event.occurred_at)
    return None


def _after(step: d.Step, facts: Situation) -> Situation:
    if isinstance(step, d.Wait):
        return _at(facts, facts.moment + step.duration)
    if isinstance(step, d.WaitUntil):
        zone = facts.zone if step.zone == "contact" else zone_named(step.zone) or facts.zone
        return _at(facts, next_local(facts.moment, zone, step.time, step.days))
    return facts


def _at(facts: Situation, moment: datetime) -> Situation:
    return Situation(contact_id=facts.contact_id, customer_id=facts.customer_id, moment=moment, event=facts.event)
