"""What events do to automations: end runs that stop_if names, wake those that wait for them, begin new ones."""

import logging
from collections.abc import Iterable, Iterator, Mapping
from datetime import timedelta
from typing import Any

from django.db import DatabaseError, transaction
from django.db.models import QuerySet

from posthouse.automations import beginning, identity, runs
from posthouse.automations.beginning import Beginnings, Begun, Candidate
from posthouse.automations.definition import OnEvent, OnStep, OnStuck, Since
from posthouse.automations.facts import Situation, is_of_type
from posthouse.automations.gathering import Gathered, GatheredSituation
from posthouse.automations.models import PENDING_WAITS, Automation, AutomationRun, RunState, Settings, Switch, Wait
from posthouse.automations.plans import Plan, plan_of
from posthouse.foundation import conditions
from posthouse.foundation.clock import now
from posthouse.people import queries as people
from posthouse.timeline import queries as timeline
from posthouse.timeline.events import Recorded

logger = logging.getLogger(__name__)

Trigger = tuple[Automation, Plan]


def take_in(batch: list[Recorded]) -> None:
    """Let events have their effect, in the order of the log, in the transaction of the caller.

    What the tables must be asked is asked once for all of them, and what begins is written at once: the number of
    queries grows with what ends and is woken, not with the events.
    """
    events = _canonical(batch)
    for event in events:
        identity.follow(event)
    watching = _Watching(events)
    settings = runs.settings()
    candidates = _candidates(events, settings)
    beginnings = Beginnings((one for some in candidates.values() for one in some), settings)
    for event in events:
        if watching.is_stopping_fresh(event):
            beginnings.put()
        watching.stop_for(event)
        watching.wake_for(event)
        for candidate in candidates.get(event.position, ()):
            watching.add(beginnings.begin(candidate))
    beginnings.put()
    watching.put()


def _canonical(batch: list[Recorded]) -> list[Recorded]:
    """The events under the ids that their contacts and customers have today."""
    ids = {id_ for event in batch for id_ in (event.contact_id, event.customer_id) if id_}
    known = timeline.canonical(ids)
    return [_meaning(event, known) for event in batch]


def _meaning(event: Recorded, known: Mapping[str, str]) -> Recorded:
    contact_id = known.get(event.contact_id, event.contact_id)
    customer_id = known.get(event.customer_id, event.customer_id)
    if (contact_id, customer_id) == (event.contact_id, event.customer_id):
        return event
    return event._replace(contact_id=contact_id, customer_id=customer_id)


def _candidates(events: list[Recorded], settings: Settings) -> dict[int, list[Candidate]]:
    """By the position of the event: the automations that would begin, those that may not again among them."""
    triggers = list(_triggers())
    met = [(event, mine) for event in events if (mine := [one for one in triggers if is_trigger(one[1], event)])]
    met = [(event, mine) for event, mine in met if (event.contact_id or event.customer_id)]
    met = [(event, mine) for event, mine in met if not is_late(event, settings)]
    if not met:
        return {}
    pairs = whom_all([event for event, _mine in met])
    try:
        with transaction.atomic():
            return _judged(met, pairs)
    except DatabaseError:
        logger.warning("the conditions of %d events could not be judged together", len(met), exc_info=True)
        return _judged(met, pairs, alone=True)


def _judged(
    met: list[tuple[Recorded, list[Trigger]]], pairs: Mapping[int, tuple[str, str]], *, alone: bool = False
) -> dict[int, list[Candidate]]:
    gathered = Gathered(pairs.values())
    found: dict[int, list[Candidate]] = {}
    for event, triggers in met:
        contact_id, customer_id = pairs[event.position]
        about: dict[str, Any] = {"contact_id": contact_id, "customer_id": customer_id, "moment": event.occurred_at}
        facts = Situation(event=event, **about) if alone else GatheredSituation(gathered, event=event, **about)
        for automation, plan in triggers:
            judge = _judge_alone if alone else beginning.judge
            if candidate := judge(automation, plan, event, facts):
                found.setdefault(event.position, []).append(candidate)
    return found


def _judge_alone(automation: Automation, plan: Plan, event: Recorded, facts: Situation) -> Candidate | None:
    """So that what the database refuses to answer for one is a fault of that one."""
    try:
        with transaction.atomic():
            return beginning.judge(automation, plan, event, facts)
    except DatabaseError as error:
        logger.exception("automation %s failed on %s", automation.pk, event.id)
        return Candidate.of(automation, plan, event, facts, f"{type(error).__name__}: {error}")


def _triggers() -> Iterator[Trigger]:
    for automation in Automation.objects.exclude(state=Switch.OFF).exclude(published=None):
        try:
            yield automation, plan_of(automation.published_id or "")
        except ValueError:
            logger.exception("automation %s cannot be read", automation.pk)


def is_trigger(plan: Plan, event: Recorded) -> bool:
    """Whether the event is of the kind that begins the automation, its `if` aside."""
    when = plan.definition.when
    if isinstance(when, OnEvent | Since):
        return is_of_type(event.type, when.event)
    if isinstance(when, OnStep):
        return event.type == "journey.step_reached" and _names(event, when)
    return isinstance(when, OnStuck) and event.type == "journey.stuck" and _names(event, when)


def _names(event: Recorded, when: OnStep | OnStuck) -> bool:
    return event.data.get("journey") == when.journey and (not when.step or event.data.get("step") == when.step)


class _Watching:
    """The open runs that a batch may stop, and the waits it may end, each read once for all of it."""

    def __init__(self, events: Iterable[Recorded]) -> None:
        customers = {event.customer_id for event in events} - {""}
        contacts = {event.contact_id for event in events} - {""}
        open_runs = AutomationRun.objects.filter(state=RunState.OPEN, watches=True)
        found: list[AutomationRun] = _of(open_runs, customers, contacts)
        waits = Wait.objects.filter(state__in=PENDING_WAITS, deadline__isnull=False, outcome="").exclude(event_type="")
        self._runs = _BySubject(found)
        self._waits = _BySubject(_of(waits, customers, contacts))
        self._gathered = Gathered.about(found)
        self._fresh: set[str] = set()
        self._woken: list[int] = []

    def add(self, begun: Begun | None) -> None:
        """A run begun by this very batch."""
        if begun is None or begun.wait is None:
            return
        if begun.run.watches:
            self._runs.add(begun.run)
            self._fresh.add(begun.run.pk)
        if begun.wait.event_type:
            self._waits.add(begun.wait)

    def is_stopping_fresh(self, event: Recorded) -> bool:
        """Whether it may stop a run that was begun by this very batch, and is not written yet."""
        return bool(self._fresh) and any(run.pk in self._fresh for run in self._runs.concerned(event))

    def stop_for(self, event: Recorded) -> None:
        """End the runs of its contact or customer whose stop_if holds now."""
        for run in self._runs.concerned(event):
            gathered = Gathered.about([run]) if run.pk in self._fresh else self._gathered
            if not plan_of(run.revision_id).stops_for(gathered.of_run(run, now(), event)):
                continue
            self._runs.remove(run)
            for wait in [wait for wait in self._waits.concerned(run) if wait.run_id == run.pk]:
                self._waits.remove(wait)
            runs.stop_now(run.pk, "stop_if", event=event.id)

    def wake_for(self, event: Recorded) -> None:
        """End the waits for it: the conditional update decides the race against the deadline."""
        for wait in self._waits.concerned(event):
            if not _is_awaited(event, wait):
                continue
            self._waits.remove(wait)
            if wait.pk is None:
                wait.outcome, wait.due_at = "matched", now()
            else:
                self._woken.append(wait.pk)

    def put(self) -> None:
        """Write which waits are over."""
        if self._woken:
            mine = Wait.objects.filter(pk__in=self._woken, state__in=PENDING_WAITS, outcome="")
            mine.update(outcome="matched", due_at=now(), told_at=None)


class _BySubject:
    """Runs or waits, found by whom they are about, in the order in which they were put in."""

    def __init__(self, rows: Iterable[Any]) -> None:
        self._customers: dict[str, list[Any]] = {}
        self._contacts: dict[str, list[Any]] = {}
        self._gone: set[int] = set()
        for row in rows:
            self.add(row)

    def add(self, row: Any) -> None:
        self._customers.setdefault(row.customer_id, []).append(row)
        self._contacts.setdefault(row.contact_id, []).append(row)

    def remove(self, row: Any) -> None:
        self._gone.add(id(row))

    def concerned(self, about: Recorded | AutomationRun) -> list[Any]:
        """Those of its customer or, the customer aside, of its contact."""
        theirs = self._customers.get(about.customer_id, []) if about.customer_id else []
        own = self._contacts.get(about.contact_id, []) if about.contact_id else []
        return list({id(row): row for row in [*theirs, *own] if id(row) not in self._gone}.values())


def _of(rows: QuerySet[Any], customers: set[str], contacts: set[str]) -> list[Any]:
    """Rows of these customers or contacts, in order of key. Two queries, for SQLite reads a table for one with OR."""
    found = {row.pk: row for row in rows.filter(customer_id__in=customers)}
    found |= {row.pk: row for row in rows.filter(contact_id__in=contacts)}
    return [found[key] for key in sorted(found)]


def _is_awaited(event: Recorded, wait: Wait) -> bool:
    if not is_of_type(event.type, wait.event_type):
        return False
    if not wait.since <= event.occurred_at <= (wait.deadline or event.occurred_at):
        return False
    facts = Situation(contact_id=wait.contact_id, customer_id=wait.customer_id, moment=event.occurred_at, event=event)
    return conditions.predicate(wait.filter)(facts)


def whom(event: Recorded) -> tuple[str, str]:
    """The contact and the customer of a run: those of the event; a missing one is the oldest owner or membership."""
    return whom_all([event])[event.position]


def whom_all(events: Iterable[Recorded]) -> dict[int, tuple[str, str]]:
    """The same for many, by their positions. Four queries at most."""
    events = list(events)
    alone = {event.customer_id for event in events if event.customer_id and not event.contact_id}
    lonely = {event.contact_id for event in events if event.contact_id and not event.customer_id}
    customers = people.customers(alone) if alone else {}
    contacts = people.contacts(lonely) if lonely else {}
    owners = people.oldest_owners({row.pk for row in customers.values()}) if customers else {}
    joined = people.oldest_customers({row.pk for row in contacts.values()}) if contacts else {}
    found: dict[int, tuple[str, str]] = {}
    for event in events:
        contact_id, customer_id = event.contact_id, event.customer_id
        if not contact_id and customer_id in customers:
            contact_id = owners.get(customers[customer_id].pk, "")
        elif not customer_id and contact_id in contacts:
            customer_id = joined.get(contacts[contact_id].pk, "")
        found[event.position] = (contact_id, customer_id)
    return found


def is_late(event: Recorded, settings: Settings) -> bool:
    """History brought in, or found late by a journey, begins nothing."""
    return bool(event.data.get("late")) or event.occurred_at < event.received_at - timedelta(hours=settings.late_hours)
