"""Runs begin: for each event (or day) that an automation waits for, once per occurrence, many at a time.

`judge` says which automations an event would begin; `Beginnings` puts their runs into the tables together. Where the
database refuses one of them, each is put in alone, so that it holds nobody up.
"""

import hashlib
import logging
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db import DatabaseError, IntegrityError, transaction
from django.db.models import Count, Q

from posthouse.automations import journal, runs
from posthouse.automations.definition import Since
from posthouse.automations.facts import Situation
from posthouse.automations.models import Automation, AutomationRun, RunState, Settings, Switch, Wait
from posthouse.automations.plans import Plan
from posthouse.foundation.clock import now
from posthouse.timeline.events import Recorded

logger = logging.getLogger(__name__)

ACTOR = "automation:"
TICK = timedelta(microseconds=1)
"""What is awaited since an event does not include the event itself."""
DEEPEST = 5
"""How often an automation may be begun by what an automation did that was begun by what an automation did …"""
HOUR = timedelta(hours=1)


@dataclass(frozen=True)
class Candidate:
    """An automation whose turn it is for somebody. `subject` and `occasion` tell its occurrences apart."""

    automation: Automation
    plan: Plan
    facts: Situation
    subject: str
    occasion: str
    event: Recorded | None = None
    error: str = ""
    """Why it could not even be judged."""

    @classmethod
    def of(cls, automation: Automation, plan: Plan, event: Recorded, facts: Situation, error: str = "") -> "Candidate":
        """For an event."""
        subject = event.contact_id or event.customer_id
        return cls(automation, plan, facts, subject, f"{event.source}:{event.id}", event, error)

    @property
    def whose(self) -> tuple[str, str, str]:
        """For whom the runs of an hour are counted."""
        contact, customer = self.facts.contact_id, self.facts.customer_id
        return (self.automation.pk, "contact_id", contact) if contact else (self.automation.pk, "customer_id", customer)


def judge(automation: Automation, plan: Plan, event: Recorded, facts: Situation) -> Candidate | None:
    """Whether an event of the right kind is one for which the automation begins, as its `if` says."""
    try:
        return Candidate.of(automation, plan, event, facts) if _holds(plan, event, facts) else None
    except DatabaseError:
        raise
    except Exception as error:
        logger.exception("automation %s failed on %s", automation.pk, event.id)
        return Candidate.of(automation, plan, event, facts, f"{type(error).__name__}: {error}")


def _holds(plan: Plan, event: Recorded, facts: Situation) -> bool:
    """Its `if`; or that what must not happen since has not happened already, though the log tells of it first."""
    when = plan.definition.when
    if not isinstance(when, Since):
        return plan.starts(facts)
    until = event.occurred_at + when.duration
    return not (when.without and facts.happened(when.without, event.occurred_at, until))


@dataclass
class Begun:
    """A run that begins, with what it waits for first."""

    run: AutomationRun
    wait: Wait | None
    notes: list[tuple[str, dict[str, Any]]] = field(default_factory=list)


class Beginnings:
    """The runs of some candidates, known by what is in the tables about earlier ones. Asks five queries at most."""

    def __init__(self, candidates: Iterable[Candidate], settings: Settings) -> None:
        self._settings = settings
        self._moment = now()
        self._fresh: list[Begun] = []
        candidates = [one for one in candidates if not one.error]
        self._taken = _taken(candidates)
        self._last, self._times = _earlier(candidates)
        self._recent = _recent(candidates, self._moment)
        self._depths = _depths(candidates)

    def begin(self, candidate: Candidate) -> Begun | None:
        """A run on its way, unless its rule of repetition is against it; `put` writes it."""
        if candidate.error:
            _put_aside(_run(candidate), candidate.error)
            return None
        try:
            begun = self._begin(candidate)
        except Exception as error:
            logger.exception("automation %s failed", candidate.automation.pk)
            _put_aside(_run(candidate), f"{type(error).__name__}: {error}")
            return None
        if begun is not None:
            self._fresh.append(begun)
        return begun

    def _begin(self, candidate: Candidate) -> Begun | None:
        occurrence = self._occurrence(candidate)
        if occurrence is None or (candidate.automation.pk, occurrence) in self._taken:
            return None
        run = _run(candidate)
        run.occurrence, run.depth = occurrence, self._depth(candidate)
        error = self._loop(candidate, run)
        if error:
            run.occurrence = _shortened(f"{run.contact_id or run.customer_id}:loop:{now():%Y-%m-%dT%H}")
            if _exists(run) or (run.automation_id, run.occurrence) in self._taken:
                return None
        begun = _begun(candidate, run, error)
        self._remember(candidate, run)
        return begun

    def _occurrence(self, candidate: Candidate) -> str | None:
        """The key under which this run may exist once; None when it is too early for another."""
        again, subject = candidate.plan.definition.again, candidate.subject
        if again.kind == "once":
            return subject
        if again.kind == "every_time":
            return _shortened(f"{subject}:{candidate.occasion}")
        whose = (candidate.automation.pk, subject)
        last = self._last.get(whose)
        if last is not None and again.after is not None and now() < last + again.after:
            return None
        return f"{subject}#{self._times[whose] + 1}"

    def _depth(self, candidate: Candidate) -> int:
        event = candidate.event
        if event is None or not event.actor.startswith(ACTOR):
            return 0
        return self._depths.get(event.actor.removeprefix(ACTOR), 0) + 1

    def _loop(self, candidate: Candidate, run: AutomationRun) -> str:
        """Why this looks as if automations drove each other round in circles; empty when it does not."""
        if run.depth > DEEPEST:
            return f"begun by an automation that was begun by an automation, {run.depth} deep"
        if self._recent[candidate.whose] >= self._settings.hourly_limit:
            return f"more than {self._settings.hourly_limit} runs in an hour for the same contact or customer"
        return ""

    def _remember(self, candidate: Candidate, run: AutomationRun) -> None:
        key, facts = candidate.automation.pk, candidate.facts
        self._taken.add((key, run.occurrence))
        self._recent[key, "contact_id", facts.contact_id] += 1
        self._recent[key, "customer_id", facts.customer_id] += 1
        if run.occurrence.startswith(f"{candidate.subject}#"):
            self._times[key, candidate.subject] += 1
            self._last[key, candidate.subject] = run.started_at

    def put(self) -> None:
        """Write what has begun so far."""
        fresh, self._fresh = self._fresh, []
        if not fresh:
            return
        try:
            with transaction.atomic():
                _put(fresh)
        except DatabaseError:
            logger.warning("%d runs could not begin together; each is begun alone", len(fresh))
            for begun in fresh:
                _put_alone(begun)


def _taken(candidates: list[Candidate]) -> set[tuple[str, str]]:
    """Occurrences that exist already, of those that may exist once."""
    wanted: dict[str, set[str]] = {}
    for one in candidates:
        again = one.plan.definition.again.kind
        if again in ("once", "every_time"):
            key = one.subject if again == "once" else _shortened(f"{one.subject}:{one.occasion}")
            wanted.setdefault(one.automation.pk, set()).add(key)
    if not wanted:
        return set()
    any_of = Q()
    for key, occurrences in wanted.items():
        any_of |= Q(automation_id=key, occurrence__in=occurrences)
    return set(AutomationRun.objects.filter(any_of).values_list("automation_id", "occurrence"))


Whose = tuple[str, str]


def _earlier(candidates: list[Candidate]) -> tuple[dict[Whose, datetime], Counter[Whose]]:
    """For those that may begin again after a while: when each subject's last run began, and how many there were."""
    wanted = [one for one in candidates if one.plan.definition.again.kind not in ("once", "every_time")]
    last: dict[Whose, datetime] = {}
    times: Counter[Whose] = Counter()
    if not wanted:
        return last, times
    asked, seen = {(one.automation.pk, one.subject) for one in wanted}, set[Whose]()
    rows = AutomationRun.objects.filter(automation__in={one.automation.pk for one in wanted}, occurrence__contains="#")
    for name in ("contact_id", "customer_id"):
        ids = {getattr(one.facts, name) for one in wanted if getattr(one.facts, name) == one.subject}
        some = rows.filter(**{f"{name}__in": ids}) if ids else rows.none()
        for key, occurrence, at in some.values_list("automation_id", "occurrence", "started_at"):
            whose = (key, occurrence.rpartition("#")[0])
            if whose in asked and (key, occurrence) not in seen:
                seen.add((key, occurrence))
                times[whose] += 1
                last[whose] = max(at, last.get(whose, at))
    return last, times


def _recent(candidates: list[Candidate], moment: datetime) -> Counter[tuple[str, str, str]]:
    """How many runs of each automation began in the last hour for each contact, or customer where there is none."""
    found: Counter[tuple[str, str, str]] = Counter()
    rows = AutomationRun.objects.filter(started_at__gt=moment - HOUR).order_by()
    for name in ("contact_id", "customer_id"):
        asked = {one.whose for one in candidates if one.whose[1] == name}
        if not asked:
            continue
        mine = rows.filter(**{f"{name}__in": {id_ for _key, _name, id_ in asked}})
        mine = mine.filter(automation__in={key for key, _name, _id in asked})
        for key, id_, number in mine.values_list("automation_id", name).annotate(Count("pk")):
            found[key, name, id_] = number
    return found


def _depths(candidates: list[Candidate]) -> dict[str, int]:
    """How deep the runs are that did what the candidates are about."""
    actors = {one.event.actor for one in candidates if one.event}
    parents = {actor.removeprefix(ACTOR) for actor in actors if actor.startswith(ACTOR)}
    return dict(AutomationRun.objects.filter(pk__in=parents).values_list("pk", "depth")) if parents else {}


def _run(candidate: Candidate) -> AutomationRun:
    event, plan = candidate.event, candidate.plan
    return AutomationRun(
        automation=candidate.automation,
        revision_id=plan.revision_id,
        contact_id=candidate.facts.contact_id,
        customer_id=candidate.facts.customer_id,
        event_source=event.source if event else "",
        event_id=event.id if event else "",
        dry=candidate.automation.state == Switch.DRY,
        watches=bool(plan.definition.stop_if),
        started_at=now(),
    )


def _begun(candidate: Candidate, run: AutomationRun, error: str) -> Begun:
    event, when = candidate.event, candidate.plan.definition.when
    about: dict[str, Any] = {"type": event.type, "event": event.id} if event else {}
    notes = [("trigger", {"kind": when.kind, "revision": run.revision_id, **about})]
    if error:
        run.state, run.error, run.ended_at = RunState.FAILED, error, now()
        return Begun(run, None, [*notes, ("failed", {"error": error[:500]})])
    if isinstance(when, Since) and event is not None:
        wait = runs.wait_for(
            run,
            runs.START,
            event_type=when.without,
            when=None,
            since=event.occurred_at + TICK,
            deadline=event.occurred_at + when.duration,
        )
    else:
        wait = Wait(run=run, since=run.started_at, due_at=run.started_at)
    return Begun(run, wait, notes)


def _put(fresh: list[Begun]) -> None:
    with journal.together():
        AutomationRun.objects.bulk_create([begun.run for begun in fresh])
        Wait.objects.bulk_create([begun.wait for begun in fresh if begun.wait])
        for begun in fresh:
            for what, data in begun.notes:
                journal.note(begun.run, what, **data)


def _put_alone(begun: Begun) -> None:
    """The unique key decides, also between workers at once."""
    if begun.wait is not None:
        begun.wait.pk = None
    try:
        with transaction.atomic():
            _put([begun])
    except IntegrityError:
        if not _exists(begun.run):
            raise
    except Exception as error:
        logger.exception("run of %s could not begin", begun.run.automation_id)
        _put_aside(begun.run, f"{type(error).__name__}: {error}")


def _put_aside(run: AutomationRun, error: str) -> None:
    """An automation that fails is put on the list of what is stuck, and the others go on."""
    of = run.contact_id or run.customer_id
    run.occurrence = _shortened(f"{of}:error:{run.event_source}:{run.event_id}")
    if not _exists(run):
        run.save(force_insert=True)
        runs.fail(run, error)
        run.save()


def _exists(run: AutomationRun) -> bool:
    return AutomationRun.objects.filter(automation_id=run.automation_id, occurrence=run.occurrence).exists()


def _shortened(text: str) -> str:
    return text if len(text) <= 200 else f"{text[:120]}:{hashlib.sha256(text.encode()).hexdigest()}"
