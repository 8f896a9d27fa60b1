"""Takes runs on from waits that have come to their end."""

import logging

from django.db import connection, transaction
from django.db.models import QuerySet

from posthouse.automations import journal, runs
from posthouse.automations.gathering import Gathered
from posthouse.automations.models import AutomationRun, RunState, Switch, Wait, WaitState
from posthouse.foundation.clock import now

logger = logging.getLogger(__name__)

BATCH = 200
"""Runs taken on in one transaction."""


def due() -> QuerySet[Wait]:
    """Waits whose time has come, longest first."""
    return Wait.objects.filter(state=WaitState.WAITING, due_at__lte=now()).order_by("due_at")


def end_due_waits(ids: list[int] | None = None) -> int:
    """Take a batch of runs on (or those of these waits, as far as they are due); returns how many waits ended."""
    rows = due() if ids is None else due().filter(pk__in=ids)
    if not rows.exists():
        return 0
    with transaction.atomic():
        waits = list(_locked(rows)[:BATCH])
        _end(waits)
    return len(waits)


def _locked(rows: QuerySet[Wait]) -> QuerySet[Wait]:
    """Those that nobody else is at; `no_key` as in `runs.locked`."""
    rows = rows.select_related("run__automation")
    if connection.features.has_select_for_update_skip_locked:
        return rows.select_for_update(skip_locked=True, of=("self", "run"), no_key=True)
    return rows


def _end(waits: list[Wait]) -> None:
    """All together; where one fails, half of them at a time, so that it holds nobody up and is put aside."""
    error = _error_of(waits)
    if not error:
        return
    if len(waits) == 1:
        _put_aside(waits[0], error)
        return
    again = list(Wait.objects.filter(pk__in=[wait.pk for wait in waits]).select_related("run__automation"))
    again.sort(key=lambda wait: (wait.due_at, wait.pk))
    middle = len(again) // 2
    _end(again[:middle])
    _end(again[middle:])


def _error_of(waits: list[Wait]) -> str:
    """What came in between, in which case nothing was written; or nothing."""
    try:
        with transaction.atomic(), journal.together():
            _end_together(waits)
    except Exception as error:
        logger.log(logging.ERROR if len(waits) == 1 else logging.INFO, "%d runs failed", len(waits), exc_info=True)
        return f"{type(error).__name__}: {error}"
    return ""


def _end_together(waits: list[Wait]) -> None:
    off = [wait.pk for wait in waits if wait.run.state != RunState.OPEN or wait.run.automation.state == Switch.OFF]
    resting = [wait.pk for wait in waits if wait.run.automation.paused_at is not None and wait.pk not in off]
    if off:
        Wait.objects.filter(pk__in=off).update(state=WaitState.CANCELLED, outcome="cancelled")
    if resting:
        Wait.objects.filter(pk__in=resting).update(state=WaitState.PAUSED)
    over = [wait for wait in waits if wait.pk not in {*off, *resting}]
    going = runs.Going(Gathered.about(wait.run for wait in over))
    for wait in over:
        runs.go_on(wait, wait.run, going)
    going.put()


def _put_aside(wait: Wait, error: str) -> None:
    """To the list of what is stuck."""
    run = AutomationRun.objects.get(pk=wait.run_id)
    Wait.objects.filter(pk=wait.pk).update(state=WaitState.CANCELLED)
    runs.fail(run, error)
    run.save()
