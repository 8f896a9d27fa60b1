"""What is held about a person here, to hand it out and to erase it. For `trust`."""

from typing import Any

from django.db import transaction

from posthouse.automations import identity
from posthouse.automations.models import AutomationRun, Effect, Task


def export(contact: Any) -> dict[str, Any]:
    """The automations a person went through, what they did, and tasks about the person."""
    runs = AutomationRun.objects.filter(contact_id=contact.pk).order_by("started_at")
    effects = Effect.objects.filter(run__contact_id=contact.pk).order_by("created_at")
    return {
        "automation_runs": [
            {
                "automation": run.automation_id,
                "state": run.state,
                "reason": run.reason,
                "started_at": run.started_at.isoformat(),
            }
            for run in runs
        ],
        "automation_effects": [
            {
                "automation": effect.automation_id,
                "kind": effect.kind,
                "state": effect.state,
                "answer": effect.answer,
                "at": effect.created_at.isoformat(),
            }
            for effect in effects
        ],
        "tasks": [
            {"title": task.title, "created_at": task.created_at.isoformat()}
            for task in Task.objects.filter(contact_id=contact.pk).order_by("created_at")
        ],
    }


@transaction.atomic
def erase(contact: Any) -> None:
    """End what is under way, and empty what receivers answered. Rows hold ids and words of the vendor, no more."""
    identity.forget(contact.pk)
    Effect.objects.filter(run__contact_id=contact.pk).exclude(answer={}).update(answer={})
