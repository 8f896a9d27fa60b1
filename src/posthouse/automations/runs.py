"""Runs: begun once per occurrence, taken from step to step, stopped.

A run goes on only here, in a transaction of the worker, from the wait that has come to its end. The next step is
found at that moment and never before. What a step does is a row of the outbox, written in the same transaction.
"""

from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from functools import cached_property, partial
from typing import Any

from django.db.models import QuerySet

from posthouse.automations.definition import Effect as EffectStep
from posthouse.automations.definition import If, Step, WaitFor, WaitUntil
from posthouse.automations.definition import Wait as WaitStep
from posthouse.automations.facts import Situation, history
from posthouse.automations.gathering import Gathered
from posthouse.automations.journal import note
from posthouse.automations.models import (
    PENDING_EFFECTS,
    PENDING_WAITS,
    AutomationRun,
    Effect,
    EffectState,
    RunState,
    Settings,
    Wait,
    WaitState,
)
from posthouse.automations.plans import Plan, plan_of
from posthouse.foundation import conditions
from posthouse.foundation.clock import now
from posthouse.foundation.durations import iso
from posthouse.foundation.timing import next_local, zone_named
from posthouse.timeline import queries as timeline
from posthouse.timeline.events import Recorded

MOST_STEPS = 1000
START = ""
"""The step of a run that has not come by any yet."""
MESSAGES = ("send_mail", "send_survey", "notice")


def event_of(run: AutomationRun) -> Recorded | None:
    """The event that began a run."""
    row = timeline.one(run.event_source, run.event_id) if run.event_id else None
    return row.recorded() if row else None


def situation(run: AutomationRun, moment: datetime, event: Recorded | None = None) -> Situation:
    """The facts for a run, with the event that began it unless another is at hand."""
    return Situation(
        contact_id=run.contact_id,
        customer_id=run.customer_id,
        moment=moment,
        event=event or partial(event_of, run),
    )


@dataclass
class Going:
    """Runs that are taken on together: what they ask, and what they write in the end."""

    gathered: Gathered
    moment: datetime = field(default_factory=now)
    over: list[Wait] = field(default_factory=list)
    waits: list[Wait] = field(default_factory=list)
    effects: list[Effect] = field(default_factory=list)
    runs: list[AutomationRun] = field(default_factory=list)

    @cached_property
    def settings(self) -> Settings:
        """What holds for all automations."""
        return settings()

    def put(self) -> None:
        """Write it, in as many queries as there are different outcomes."""
        outcomes = _alike((wait.pk, {"outcome": wait.outcome or "over"}) for wait in self.over)
        for fields, keys in outcomes:
            Wait.objects.filter(pk__in=keys).update(state=WaitState.DONE, **fields)
        names = ("state", "step", "steps", "reason", "error", "ended_at")
        for fields, keys in _alike((run.pk, {name: getattr(run, name) for name in names}) for run in self.runs):
            AutomationRun.objects.filter(pk__in=keys).update(**fields)
        Effect.objects.bulk_create(self.effects)
        Wait.objects.bulk_create(self.waits)


def _alike(rows: Iterable[tuple[Any, dict[str, Any]]]) -> list[tuple[dict[str, Any], list[Any]]]:
    """Keys of rows by the fields that they are given."""
    found: dict[tuple[Any, ...], tuple[dict[str, Any], list[Any]]] = {}
    for key, fields in rows:
        found.setdefault(tuple(fields.values()), (fields, []))[1].append(key)
    return list(found.values())


def go_on(wait: Wait, run: AutomationRun, going: Going) -> None:
    """Take a run on from a wait that has come to its end; the caller holds both rows, and puts what is going."""
    going.over.append(wait)
    plan = plan_of(run.revision_id)
    following = _after(wait, run, plan, going)
    if following is not None:
        _follow(run, plan, following, going)
    going.runs.append(run)


def _after(wait: Wait, run: AutomationRun, plan: Plan, going: Going) -> str | None:
    """Where the run goes on after this wait; None when it does not."""
    if wait.deadline is None:
        return plan.after(wait.step) if wait.step else plan.first
    came = wait.outcome == "matched" or came_in_time(wait, run, going.gathered)
    note(run, "matched" if came else "timed_out", step=wait.step, event=wait.event_type)
    if wait.step:
        return plan.branch(wait.step, taken=came)
    if came:
        release(run)
        stop(run, "happened")
        return None
    return _start_if(run, plan, going)


def _start_if(run: AutomationRun, plan: Plan, going: Going) -> str | None:
    """What "since … without" comes to when the time is over: its `if` is judged then."""
    if plan.starts(going.gathered.of_run(run, now())):
        note(run, "if", held=True)
        return plan.first
    note(run, "if", held=False)
    release(run)
    stop(run, "not_for_them")
    return None


def release(run: AutomationRun) -> None:
    """Give the occurrence of a run that did nothing free, so that `once` still may happen."""
    run.occurrence = f"~{run.pk}"
    AutomationRun.objects.filter(pk=run.pk).update(occurrence=run.occurrence)


def came_in_time(wait: Wait, run: AutomationRun, gathered: Gathered) -> bool:
    """Whether the log has the event in time, though no consumer has told yet: event time decides, not ours."""
    if not wait.event_type or wait.deadline is None:
        return False
    holds, end = conditions.predicate(wait.filter), wait.deadline
    known = gathered.happened(wait.contact_id, wait.customer_id, wait.event_type)
    if known is None:
        rows = history(wait.customer_id, wait.contact_id, wait.event_type)
        rows = rows.filter(occurred_at__gte=wait.since, occurred_at__lte=end)
        return any(holds(situation(run, row.occurred_at, row.recorded())) for row in rows.iterator(chunk_size=200))
    within = [event for event in known if wait.since <= event.occurred_at <= end]
    return any(holds(gathered.of_run(run, event.occurred_at, event)) for event in within)


def _follow(run: AutomationRun, plan: Plan, following: str, going: Going) -> None:
    """Go from step to step until one waits, or the end."""
    facts = going.gathered.of_run(run, now())
    while following:
        run.steps += 1
        if run.steps > MOST_STEPS:
            fail(run, f"more than {MOST_STEPS} steps")
            return
        if plan.stops_for(facts):
            stop(run, "stop_if", intended=[effect for effect in going.effects if effect.run_id == run.pk])
            return
        step = plan.places[following].step
        run.step = step.id
        if isinstance(step, WaitStep | WaitUntil | WaitFor):
            going.waits.append(_wait(run, step, facts))
            return
        if isinstance(step, If):
            taken = conditions.predicate(step.condition)(facts)
            note(run, "branch", step=step.id, taken=taken)
            following = plan.branch(step.id, taken=taken)
        else:
            _intend(run, step, going)
            following = plan.after(step.id)
    run.state, run.ended_at = RunState.DONE, going.moment


def _wait(run: AutomationRun, step: Step, facts: Situation) -> Wait:
    moment = now()
    fields: dict[str, Any] = {}
    if isinstance(step, WaitStep):
        due = moment + step.duration
    elif isinstance(step, WaitUntil):
        zone = facts.zone if step.zone == "contact" else zone_named(step.zone) or facts.zone
        due = next_local(moment, zone, step.time, step.days)
        fields["zone"] = str(zone)
    elif isinstance(step, WaitFor):
        due = moment + step.deadline
        note(run, "wait", step=step.id, until=due.isoformat(), event=step.event)
        return wait_for(run, step.id, event_type=step.event, when=step.when, since=moment, deadline=due)
    note(run, "wait", step=step.id, until=due.isoformat(), **fields)
    return Wait(run=run, step=step.id, since=moment, due_at=due)


def wait_for(
    run: AutomationRun, step_id: str, *, event_type: str, when: Any, since: datetime, deadline: datetime
) -> Wait:
    """A wait for an event, with the time-out as its due time; the caller saves it."""
    return Wait(
        run=run,
        step=step_id,
        since=since,
        due_at=deadline,
        deadline=deadline,
        event_type=event_type,
        filter=when or None,
        contact_id=run.contact_id,
        customer_id=run.customer_id,
    )


def _intend(run: AutomationRun, step: EffectStep, going: Going) -> None:
    """Write the effect of a step into the outbox."""
    moment = now()
    payload = {
        name: iso(value) if isinstance(value, timedelta) else value
        for name, value in asdict(step).items()
        if name not in ("id", "valid_for")
    }
    counted = step.do in MESSAGES and not payload.get("transactional")
    valid_for = getattr(step, "valid_for", None)
    if valid_for is None and counted:
        valid_for = timedelta(hours=going.settings.valid_hours)
    effect = Effect(
        run=run,
        automation_id=run.automation_id,
        step=step.id,
        key=f"{run.pk}:{step.id}:1",
        kind=step.do,
        payload=payload,
        contact_id=run.contact_id,
        customer_id=run.customer_id,
        dry=run.dry,
        counted=counted,
        due_at=moment,
        planned_at=moment,
        valid_until=moment + valid_for if valid_for else None,
        created_at=moment,
    )
    going.effects.append(effect)
    note(run, "intended", effect=effect, step=step.id)


def settings() -> Settings:
    """What holds for all automations."""
    return Settings.objects.filter(pk=1).first() or Settings()


def stop(run: AutomationRun, reason: str, *, intended: Iterable[Effect] = ()) -> None:
    """End a run: its wait is called off and what it has not done yet is left out, also what is `intended` but not
    written yet. The caller saves the run.
    """
    run.state, run.reason, run.ended_at = RunState.STOPPED, reason, now()
    Wait.objects.filter(run=run, state__in=PENDING_WAITS).update(state=WaitState.CANCELLED, outcome="cancelled")
    for effect in Effect.objects.filter(run=run, state__in=PENDING_EFFECTS).select_related("run"):
        leave_out(effect, reason)
    for effect in intended:
        effect.state, effect.finished_at, effect.answer = EffectState.SKIPPED, now(), {"reason": reason}
        note(run, "left_out", effect=effect, reason=reason)
    note(run, "stopped", reason=reason)


def stop_now(run_id: str, reason: str, *, unless_busy: bool = False, **why: Any) -> bool:
    """End an open run from outside of its worker; False when it has ended meanwhile. In a transaction.

    With `unless_busy` it is left alone where somebody else is at it: for who holds effects already (`locked`).
    """
    run = locked(run_id, unless_busy=unless_busy)
    if run is None or run.state != RunState.OPEN:
        return False
    if why:
        note(run, "stop_if", **why)
    stop(run, reason)
    run.save()
    return True


def locked(run_id: str, *, unless_busy: bool = False) -> AutomationRun | None:
    """A run, held with its wait until the transaction ends. Everybody takes hold in this order, so that nobody waits
    in a circle: the wait, its run, and then the run's effects.

    The key of the run stays free (`no_key`): who notes something about it, holding an effect, need not wait.
    """
    waits = Wait.objects.select_for_update(no_key=True, skip_locked=unless_busy)
    pending = set(waits.filter(run_id=run_id, state__in=PENDING_WAITS).values_list("pk", flat=True))
    if unless_busy and pending != set(_pending(run_id)):
        return None
    rows = AutomationRun.objects.select_for_update(no_key=True, skip_locked=unless_busy)
    return rows.filter(pk=run_id).first()


def _pending(run_id: str) -> QuerySet[Wait, int]:
    return Wait.objects.filter(run_id=run_id, state__in=PENDING_WAITS).values_list("pk", flat=True)


def leave_out(effect: Effect, reason: str, **answer: Any) -> None:
    """It will not be done, and why; `answer` is what else was said."""
    note(effect.run, "left_out", effect=effect, reason=reason, **answer)
    ended = {"state": EffectState.SKIPPED, "finished_at": now(), "leased_until": None}
    Effect.objects.filter(pk=effect.pk).update(**ended, answer={"reason": reason, **answer})


def fail(run: AutomationRun, error: str) -> None:
    """Put a run on the list of what is stuck. The caller saves it."""
    run.state, run.error, run.ended_at = RunState.FAILED, error[:2000], now()
    note(run, "failed", error=error[:500])
