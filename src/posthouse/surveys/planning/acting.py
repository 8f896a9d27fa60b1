"""Verbs about plans: begin, answer, duplicate, delete and take back."""

from datetime import timedelta
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from posthouse.foundation.clock import now
from posthouse.surveys import events
from posthouse.surveys.models import Plan, PlanVersion
from posthouse.surveys.planning import steps
from posthouse.timeline.actions import record

KEPT = timedelta(days=30)
"""For so long a deleted plan can be taken back."""
LONGEST_NAME = 120


def begin(*, name: str, actor: str = "") -> Plan:
    """A plan without answers."""
    return Plan.objects.create(name=name[:LONGEST_NAME], created_by=actor, created_at=now(), updated_at=now())


@transaction.atomic
def answer(*, plan: Plan, step: str, given: dict[str, Any], actor: str = "") -> Plan:
    """Keep the answer to a question. A finished plan whose answers change is a new version; what it was is kept.

    Announces SurveyPlanSaved for each version.
    """
    row = Plan.objects.select_for_update().get(pk=plan.pk)
    if row.answers.get(step) == given:
        return row
    row.answers = row.answers | {step: given}
    if step == "campaign":
        row.campaign_id = given["id"]
    row.updated_at = now()
    if not steps.open_step(row.answers):
        row.version += 1
        fields = {"number": row.version, "name": row.name, "answers": row.answers, "at": now(), "by": actor}
        PlanVersion.objects.create(plan=row, **fields)
        told = events.SurveyPlanSaved(plan_id=row.pk, campaign_id=row.campaign_id or "", number=row.version)
        record(told, actor=actor)
    row.save(update_fields=["answers", "campaign", "updated_at", "version"])
    return row


@transaction.atomic
def rename(*, plan: Plan, name: str) -> None:
    """Call it something else."""
    Plan.objects.filter(pk=plan.pk).update(name=name[:LONGEST_NAME], updated_at=now())


@transaction.atomic
def duplicate(*, plan: Plan, actor: str = "") -> Plan:
    """Another plan with the same answers, of which nothing is done yet."""
    name = _("%(name)s (copy)") % {"name": plan.name[: LONGEST_NAME - 20]}
    row = begin(name=name, actor=actor)
    for step in steps.STEPS:
        if step in plan.answers:
            row.answers |= {step: plan.answers[step]}
    row.campaign_id = plan.campaign_id
    row.version = 0 if steps.open_step(row.answers) else 1
    row.save(update_fields=["answers", "campaign", "version"])
    if row.version:
        PlanVersion.objects.create(plan=row, number=1, name=row.name, answers=row.answers, at=now(), by=actor)
    return row


def delete(*, plan: Plan) -> None:
    """Off the list; it can be taken back for KEPT."""
    Plan.objects.filter(pk=plan.pk, deleted_at=None).update(deleted_at=now())


def take_back(*, plan: Plan) -> None:
    """Undo of `delete`."""
    Plan.objects.filter(pk=plan.pk).update(deleted_at=None)


def forget_deleted() -> int:
    """Delete for good what was deleted longer than KEPT ago."""
    deleted, _by_model = Plan.objects.filter(deleted_at__lt=now() - KEPT).delete()
    return deleted
