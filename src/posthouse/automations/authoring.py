"""What is done by hand beyond switching: waits moved, runs ended, tasks, comments; and the ready-made ones put in."""

from datetime import date, datetime, time

from django.db import transaction
from django.utils import timezone

from posthouse.automations import events, models
from posthouse.automations.journal import note
from posthouse.automations.ready import shipped
from posthouse.automations.runs import locked, stop
from posthouse.foundation.clock import now
from posthouse.timeline.actions import record


@transaction.atomic
def install_ready() -> int:
    """Put the ready-made automations that are not there yet into the list, switched off; returns how many.

    Those that are there stay as they are: their wording belongs to the team.
    """
    there = set(models.Automation.objects.values_list("key", flat=True))
    missing = [one for one in shipped() if one.key not in there]
    for one in missing:
        automation = models.Automation.objects.create(key=one.key, created_at=now())
        revision = models.AutomationRevision.objects.create(
            automation=automation, number=1, body=one.body, created_at=now()
        )
        automation.published = revision
        automation.save(update_fields=["published", "updated_at"])
    return len(missing)


@transaction.atomic
def move_wait(*, wait: models.Wait, due_at: datetime, actor: str) -> bool:
    """Let a run go on at another time; what it waits for may still end the wait earlier. False when it is over."""
    rows = models.Wait.objects.select_for_update().filter(pk=wait.pk, state__in=models.PENDING_WAITS, outcome="")
    found = rows.first()
    if found is None:
        return False
    found.due_at, found.told_at = due_at, None
    if found.deadline is not None:
        found.deadline = due_at
    found.save(update_fields=["due_at", "deadline", "told_at"])
    note(found.run, "moved", step=found.step, until=due_at.isoformat(), actor=actor)
    return True


@transaction.atomic
def cancel_run(*, run: models.AutomationRun, actor: str) -> bool:
    """End a run, with what it waits for and has not done yet. False when it is over."""
    row = locked(run.pk)
    if row is None or row.state != models.RunState.OPEN:
        return False
    note(row, "called_off", actor=actor)
    stop(row, "by_hand")
    row.save()
    return True


@transaction.atomic
def open_task(
    *, title: str, assignee: int | None = None, due_on: date | None = None, customer_id: str = "", actor: str
) -> models.Task:
    """A task made by hand; due at the end of the day. Announces TaskOpened when it is about a customer."""
    zone = timezone.get_current_timezone()
    task = models.Task.objects.create(
        title={"en": title, "es": title},
        assignee=assignee,
        customer_id=customer_id,
        due_at=datetime.combine(due_on, time(23, 59), tzinfo=zone) if due_on else None,
        created_at=now(),
    )
    if customer_id:
        record(events.TaskOpened(customer_id=customer_id, task_id=task.pk), actor=actor)
    return task


def comment_on_task(*, task: models.Task, text: str, actor: str) -> models.TaskComment:
    """Say something about a task."""
    return models.TaskComment.objects.create(task=task, text=text, actor=actor, at=now())
