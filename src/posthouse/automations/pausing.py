"""Pausing and resuming: what came due meanwhile is skipped, or only the latest is done, or all of it, spread."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from django.db.models import Q

from posthouse.automations import runs
from posthouse.automations.models import (
    PENDING_EFFECTS,
    Automation,
    AutomationRun,
    Decision,
    Effect,
    EffectState,
    RunState,
    Wait,
    WaitState,
)
from posthouse.foundation.clock import now
from posthouse.foundation.timing import spread

SKIP, LATEST, ALL = "skip", "latest", "all"
CHOICES = (SKIP, LATEST, ALL)
REASON = "overdue_after_pause"
CHUNK = 500


def deal_with_overdue(automation: Automation, overdue: str) -> dict[str, int]:
    """Let go on, or end, what came due in the pause; returns how many runs and effects did either."""
    moment = now()
    late = Q(state=WaitState.PAUSED) | Q(state=WaitState.WAITING, due_at__lte=moment)
    waits = Wait.objects.filter(late, run__automation=automation, run__state=RunState.OPEN).select_related("run")
    going, ending = _divided(waits.order_by("due_at", "pk"), overdue, lambda wait: _subject(wait.run))
    late = Q(state=EffectState.PAUSED) | Q(state__in=(EffectState.DUE, EffectState.HELD), due_at__lte=moment)
    effects = Effect.objects.filter(late, automation=automation).select_related("run")
    doing, leaving = _divided(effects.order_by("planned_at", "pk"), overdue, lambda effect: _subject(effect.run))
    width = timedelta(minutes=runs.settings().spread_minutes)
    _wake(going, width)
    _end(ending)
    _release(doing, width)
    _leave_out(leaving)
    return {"runs": len(going), "ended": len(ending), "effects": len(doing), "left_out": len(leaving)}


def _subject(run: AutomationRun) -> str:
    return run.contact_id or run.customer_id


def _divided(rows: Iterable[Any], overdue: str, subject: Any) -> tuple[list[Any], list[Any]]:
    """Those that go on, and those that end here. The rows come oldest first."""
    rows = list(rows)
    if overdue == ALL:
        return rows, []
    if overdue == SKIP:
        return [], rows
    latest = {subject(row): row.pk for row in rows}
    kept = set(latest.values())
    return [row for row in rows if row.pk in kept], [row for row in rows if row.pk not in kept]


def _wake(waits: list[Wait], width: timedelta) -> None:
    for wait in waits:
        wait.state, wait.told_at = WaitState.WAITING, None
        wait.due_at = now() + spread(wait.run_id, width)
    Wait.objects.bulk_update(waits, ["state", "due_at", "told_at"], CHUNK)
    _note(((wait.run, None) for wait in waits), "resumed")


def _end(waits: list[Wait]) -> None:
    for first in range(0, len(waits), CHUNK):
        some = waits[first : first + CHUNK]
        Wait.objects.filter(pk__in=[wait.pk for wait in some]).update(state=WaitState.CANCELLED)
        ended = AutomationRun.objects.filter(pk__in=[wait.run_id for wait in some])
        ended.update(state=RunState.STOPPED, reason=REASON, ended_at=now())
        pending = Effect.objects.filter(run__in=[wait.run_id for wait in some], state__in=PENDING_EFFECTS)
        pending.update(state=EffectState.SKIPPED, finished_at=now(), answer={"reason": REASON})
    _note(((wait.run, None) for wait in waits), "stopped", reason=REASON)


def _release(effects: list[Effect], width: timedelta) -> None:
    for effect in effects:
        effect.state, effect.told_at, effect.spread_out = EffectState.DUE, None, True
        effect.due_at = now() + spread(effect.key, width)
    Effect.objects.bulk_update(effects, ["state", "due_at", "told_at", "spread_out"], CHUNK)
    _note(((effect.run, effect) for effect in effects), "resumed")


def _leave_out(effects: list[Effect]) -> None:
    for effect in effects:
        effect.state, effect.finished_at, effect.answer = EffectState.SKIPPED, now(), {"reason": REASON}
    Effect.objects.bulk_update(effects, ["state", "finished_at", "answer"], CHUNK)
    _note(((effect.run, effect) for effect in effects), "left_out", reason=REASON)


def _note(rows: Iterable[tuple[AutomationRun, Effect | None]], what: str, **data: Any) -> None:
    lines = [Decision(run=run, effect=effect, what=what, data=data, at=now()) for run, effect in rows]
    Decision.objects.bulk_create(lines, CHUNK)
