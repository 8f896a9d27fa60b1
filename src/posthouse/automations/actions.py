"""Verbs about automations: write a revision, switch, pause and resume, try again what failed; tasks."""

from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext_lazy as _

from posthouse.automations import definition, events, models
from posthouse.automations import dispatch as _dispatch
from posthouse.automations import intake as _intake
from posthouse.automations import outbox as _outbox
from posthouse.automations import pausing as _pausing
from posthouse.automations import schedule as _schedule
from posthouse.automations.authoring import cancel_run, comment_on_task, install_ready, move_wait, open_task
from posthouse.automations.dispatch import TASK as CELERY_TASK
from posthouse.automations.dispatch import celery_app
from posthouse.automations.journal import note as _note
from posthouse.automations.kinds import LeftOut, NotReached, Refused, Unanswered, effect_actor, effect_kind
from posthouse.automations.models import Automation, AutomationRevision, Switch
from posthouse.automations.places import Place, journeys_from
from posthouse.foundation.clock import now
from posthouse.timeline.actions import record
from posthouse.timeline.events import Recorded

__all__ = [
    "CELERY_TASK",
    "LeftOut",
    "NotReached",
    "Place",
    "Refused",
    "Unanswered",
    "assign_task",
    "cancel_run",
    "carry_on",
    "carry_on_with",
    "celery_app",
    "change_settings",
    "come_round",
    "comment_on_task",
    "complete_task",
    "drop_effect",
    "effect_actor",
    "effect_kind",
    "install_ready",
    "journeys_from",
    "move_wait",
    "open_task",
    "pause",
    "plan_occasions",
    "publish_revision",
    "reopen_task",
    "resume",
    "retry_effect",
    "retry_run",
    "save_revision",
    "switch",
    "take_back",
    "take_in",
]

DEAD = (models.EffectState.FAILED, models.EffectState.UNKNOWN)


@transaction.atomic
def save_revision(*, key: str, body: dict[str, Any], note: str = "", actor: str = "") -> AutomationRevision:
    """Keep a new wording of an automation (made, off, when there was none of this key). Nothing changes until it is
    published. Raises InvalidDefinition for a body with faults, or a key that is none.
    """
    if not definition.KEY.fullmatch(key):
        raise definition.InvalidDefinition([definition.Fault("/key", "")])
    definition.parse(body)
    automation = Automation.objects.select_for_update(no_key=True).get_or_create(
        key=key, defaults={"created_at": now()}
    )[0]
    last = automation.revisions.aggregate(last=Max("number"))["last"] or 0
    return AutomationRevision.objects.create(
        automation=automation, number=last + 1, body=body, note=note, created_by=actor, created_at=now()
    )


@transaction.atomic
def publish_revision(*, revision: AutomationRevision, actor: str = "") -> Automation:
    """Let new runs follow this revision; those under way keep theirs. Announces AutomationPublished."""
    automation = Automation.objects.select_for_update(no_key=True).get(pk=revision.automation_id)
    if automation.published_id != revision.pk:
        automation.published = revision
        automation.save(update_fields=["published", "updated_at"])
        _plan_anew(automation)
        record(events.AutomationPublished(automation=automation.pk, revision=revision.number), actor=actor)
    return automation


@transaction.atomic
def switch(*, automation: Automation, state: str, actor: str = "") -> Automation:
    """Off, dry run, or on. Announces AutomationSwitched.

    Off ends the runs under way (`switched_off`) with all that they wait for and have not done. Dry run and on hold for
    runs begun from now on. Raises ValueError for another state, or when nothing is published yet.
    """
    row = Automation.objects.select_for_update(no_key=True).get(pk=automation.pk)
    if state not in Switch.values or (state != Switch.OFF and row.published_id is None):
        raise ValueError(f"{row.pk} cannot be switched to {state!r}")
    if row.state == state:
        return row
    row.state = state
    if state == Switch.OFF:
        row.paused_at = None
        _end_all(row)
    row.save(update_fields=["state", "paused_at", "updated_at"])
    _plan_anew(row)
    _announce(row, actor)
    return row


def _plan_anew(automation: Automation) -> None:
    """When it comes round next, for those that do."""
    automation.occasions.all().delete()
    _schedule.plan_occasions()


def _end_all(automation: Automation) -> None:
    """Without a line for each in the journal: the reason of the run says it."""
    running = models.AutomationRun.objects.filter(automation=automation, state=models.RunState.OPEN)
    models.Wait.objects.filter(run__in=running, state__in=models.PENDING_WAITS).update(
        state=models.WaitState.CANCELLED, outcome="cancelled"
    )
    models.Effect.objects.filter(automation=automation, state__in=models.PENDING_EFFECTS).update(
        state=models.EffectState.SKIPPED, finished_at=now(), answer={"reason": "switched_off"}
    )
    running.update(state=models.RunState.STOPPED, reason="switched_off", ended_at=now())


def _announce(automation: Automation, actor: str) -> None:
    paused = automation.paused_at is not None
    record(events.AutomationSwitched(automation=automation.pk, state=automation.state, paused=paused), actor=actor)


@transaction.atomic
def pause(*, automation: Automation, actor: str = "") -> Automation:
    """Hold everything: runs begin, but none goes on and nothing is done until it is resumed."""
    row = Automation.objects.select_for_update(no_key=True).get(pk=automation.pk)
    if row.paused_at is None:
        row.paused_at = now()
        row.save(update_fields=["paused_at", "updated_at"])
        _announce(row, actor)
    return row


@transaction.atomic
def resume(*, automation: Automation, overdue: str, actor: str = "") -> dict[str, int]:
    """Go on. What came due meanwhile: `skip` ends those runs and leaves their effects out, `latest` lets only the
    latest go on for each contact or customer, `all` lets all go on, spread over the minutes of the settings.

    Returns how many `runs` and `effects` go on, have `ended` and are `left_out`. Raises ValueError for another choice.
    """
    if overdue not in _pausing.CHOICES:
        raise ValueError(f"overdue is one of {', '.join(_pausing.CHOICES)}, not {overdue!r}")
    row = Automation.objects.select_for_update(no_key=True).get(pk=automation.pk)
    if row.paused_at is None:
        return {"runs": 0, "ended": 0, "effects": 0, "left_out": 0}
    row.paused_at = None
    row.save(update_fields=["paused_at", "updated_at"])
    dealt = _pausing.deal_with_overdue(row, overdue)
    _announce(row, actor)
    return dealt


@transaction.atomic
def change_settings(*, actor: str = "", **changes: Any) -> models.Settings:
    """Change caps, quiet hours, spreading (the fields of Settings). Announces AutomationSettingsChanged if any did.

    Raises ValidationError for unfit values.
    """
    row = models.Settings.objects.select_for_update().get_or_create(pk=1)[0]
    changed = sorted(name for name, value in changes.items() if getattr(row, name) != value)
    for name in changed:
        setattr(row, name, changes[name])
    if (row.quiet_from is None) != (row.quiet_to is None):
        raise ValidationError(_("Quiet hours have a beginning and an end."))
    row.full_clean()
    if changed:
        row.save()
        record(events.AutomationSettingsChanged(changed=changed), actor=actor)
    return row


@transaction.atomic
def retry_effect(*, effect: models.Effect, actor: str = "") -> bool:
    """Do again what failed or has an unknown outcome, with all attempts before it; False when it is neither."""
    dead = models.Effect.objects.filter(pk=effect.pk, state__in=DEAD)
    again = {"state": models.EffectState.DUE, "due_at": now(), "attempts": 0, "finished_at": None, "told_at": None}
    if not dead.update(**again):
        return False
    _note(effect.run, "retried", effect=effect, actor=actor)
    return True


@transaction.atomic
def drop_effect(*, effect: models.Effect, actor: str = "") -> bool:
    """Take something dead off the list without doing it; False when it is not dead."""
    if not models.Effect.objects.filter(pk=effect.pk, state__in=DEAD).update(state=models.EffectState.SKIPPED):
        return False
    _note(effect.run, "left_out", effect=effect, reason="dropped", actor=actor)
    return True


@transaction.atomic
def retry_run(*, run: models.AutomationRun, actor: str = "") -> bool:
    """Let a run that an error has stopped go on from where it was; False when it is not stuck."""
    row = models.AutomationRun.objects.select_for_update(no_key=True).get(pk=run.pk)
    if row.state != models.RunState.FAILED:
        return False
    row.state, row.error, row.ended_at, row.steps, row.depth = models.RunState.OPEN, "", None, 0, 0
    row.save()
    last = row.waits.order_by("-pk").first() or models.Wait(run=row, since=now())
    last.state, last.due_at, last.told_at = models.WaitState.WAITING, now(), None
    last.save()
    _note(row, "retried", actor=actor)
    return True


@transaction.atomic
def complete_task(*, task: models.Task, actor: str) -> bool:
    """A task is done; False when it was already. Announces TaskDone."""
    open_task = models.Task.objects.filter(pk=task.pk, done_at=None)
    if not open_task.update(done_at=now(), done_by=actor):
        return False
    record(events.TaskDone(customer_id=task.customer_id, contact_id=task.contact_id, task_id=task.pk), actor=actor)
    return True


def reopen_task(*, task: models.Task) -> bool:
    """A task is not done after all; False when it is open."""
    done = models.Task.objects.filter(pk=task.pk, done_at__isnull=False)
    return bool(done.update(done_at=None, done_by=""))


def assign_task(*, task: models.Task, assignee: int | None) -> None:
    """Somebody of the team (by user id), or nobody in particular, is to do it."""
    models.Task.objects.filter(pk=task.pk).update(assignee=assignee)


def take_in(batch: list[Recorded]) -> None:
    """Let events of the log have their effect. For the reaction."""
    _intake.take_in(batch)


def carry_on() -> int:
    """Take runs on and carry out what is due, or tell Celery's workers to; returns how much. For the worker."""
    return _dispatch.carry_on()


def carry_on_with(what: str, ids: list[Any]) -> int:
    """Do these (`waits` or `effects`) as far as they are due: what a message of the dispatcher asks for."""
    return _dispatch.carry_on_with(what, ids)


def take_back() -> int:
    """Look after what a worker that died has left claimed. For the worker."""
    return _outbox.take_back()


def come_round() -> int:
    """Begin the runs of scheduled automations whose time has come. For the worker."""
    return _schedule.come_round()


def plan_occasions() -> int:
    """Find new zones in which scheduled automations come round. For the worker."""
    return _schedule.plan_occasions()
