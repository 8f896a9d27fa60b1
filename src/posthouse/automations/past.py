"""What an automation would have done: its trigger and its conditions, put to the events of the log."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db.models import QuerySet

from posthouse.automations.definition import Again, OnEvent, Schedule, Since, parse
from posthouse.automations.facts import Situation, of_contact, of_type
from posthouse.automations.intake import is_late, is_trigger, whom
from posthouse.automations.plans import Plan
from posthouse.automations.runs import settings
from posthouse.foundation import conditions
from posthouse.foundation.clock import now
from posthouse.foundation.timing import next_local, zone_named
from posthouse.people import queries as people
from posthouse.timeline import queries as timeline
from posthouse.timeline.events import Recorded
from posthouse.vendor.queries import vendor

MOST_EVENTS = 20_000
"""Newest events looked at; more than a page can wait for."""
EXAMPLES = 50


@dataclass(frozen=True)
class Fired:
    """One time it would have begun."""

    at: datetime
    contact_id: str
    customer_id: str
    event: Recorded | None


@dataclass
class Trial:
    """How often it would have begun, for whom, and why not for others."""

    seen: int = 0
    fired: int = 0
    examples: list[Fired] = field(default_factory=list)
    """The newest, at most EXAMPLES."""
    passed_over: Counter[str] = field(default_factory=Counter)
    """By reason: `if`, `again`, `happened` (what must not happen did), `late`, `nobody`, `not_over` (still waiting)."""
    complete: bool = True
    """False when there were more events than are looked at: it speaks of the newest."""


def try_on_past(body: Any, *, since: datetime, until: datetime | None = None) -> Trial:
    """Put the beginning of an automation to what happened in a period; nothing is written or sent.

    Contacts and customers are judged as they are today, the log as it was then. Raises InvalidDefinition.
    """
    plan = Plan("", parse(body))
    until = until or now()
    if isinstance(plan.definition.when, Schedule):
        return _scheduled(plan.definition.when, plan, since, until)
    rows = _events(plan).filter(occurred_at__gte=since, occurred_at__lt=until)
    newest = list(rows.order_by("-occurred_at", "-position")[: MOST_EVENTS + 1])
    trial = Trial(complete=len(newest) <= MOST_EVENTS)
    last: dict[str, datetime] = {}
    for row in reversed(newest[:MOST_EVENTS]):
        event = row.recorded()
        if is_trigger(plan, event):
            trial.seen += 1
            _judge(trial, plan, event, last)
    trial.examples = trial.examples[::-1][:EXAMPLES]
    return trial


def _events(plan: Plan) -> QuerySet[Any]:
    when = plan.definition.when
    if isinstance(when, OnEvent | Since):
        return timeline.newest().filter(of_type(when.event))
    types = ["journey.step_reached"] if when.kind == "step" else ["journey.stuck"]
    return timeline.newest(types=types)


def _judge(trial: Trial, plan: Plan, event: Recorded, last: dict[str, datetime]) -> None:
    reason = _against(plan, event, last)
    if reason:
        trial.passed_over[reason] += 1
        return
    contact_id, customer_id = whom(event)
    last[event.contact_id or event.customer_id] = event.occurred_at
    trial.fired += 1
    trial.examples.append(Fired(event.occurred_at, contact_id, customer_id, event))


def _against(plan: Plan, event: Recorded, last: dict[str, datetime]) -> str:
    """Why it would not have begun for this event; empty when it would."""
    subject = event.contact_id or event.customer_id
    if not subject:
        return "nobody"
    if is_late(event, settings()):
        return "late"
    contact_id, customer_id = whom(event)
    facts = Situation(contact_id=contact_id, customer_id=customer_id, moment=event.occurred_at, event=event)
    when = plan.definition.when
    if isinstance(when, Since):
        facts.moment = event.occurred_at + when.duration
        if facts.moment > now():
            return "not_over"
        if when.without and _happened(when, event, facts):
            return "happened"
    if not plan.starts(facts):
        return "if"
    return "again" if _too_soon(plan.definition.again, event.occurred_at, last.get(subject)) else ""


def _happened(when: Since, event: Recorded, facts: Situation) -> bool:
    return facts.happened(when.without, event.occurred_at, facts.moment)


def _too_soon(again: Again, at: datetime, last: datetime | None) -> bool:
    if last is None or again.kind == "every_time":
        return False
    return again.after is None or at < last + again.after


def _scheduled(when: Schedule, plan: Plan, since: datetime, until: datetime) -> Trial:
    """On each occasion for everybody whom it fits today."""
    zone = zone_named(vendor().time_zone if when.zone == "contact" else when.zone) or zone_named("UTC")
    days, moment = [], since - timedelta(seconds=1)
    while zone and (moment := next_local(moment, zone, when.time, when.days)) < until:
        days.append(moment)
    trial = Trial()
    rows = people.find_contacts().filter(conditions.prefilter(when.whom, people.CONTACT_COLUMNS)).order_by("-pk")
    newest = list(rows.select_related("user").prefetch_related("memberships__customer")[: MOST_EVENTS + 1])
    trial.complete = len(newest) <= MOST_EVENTS
    for contact in newest[:MOST_EVENTS]:
        facts = of_contact(contact)
        _count_days(trial, when, plan, facts, days)
    return trial


def _count_days(trial: Trial, when: Schedule, plan: Plan, facts: Situation, days: list[datetime]) -> None:
    trial.seen += len(days)
    if not (conditions.predicate(when.whom)(facts) and plan.starts(facts)):
        trial.passed_over["if"] += len(days)
        return
    last: datetime | None = None
    for day in days:
        if _too_soon(plan.definition.again, day, last):
            trial.passed_over["again"] += 1
            continue
        last = day
        trial.fired += 1
        if len(trial.examples) < EXAMPLES:
            trial.examples.append(Fired(day, facts.contact_id, facts.customer_id, None))
