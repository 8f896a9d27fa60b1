"""Plans: how a program of the vendor's is going to send a survey, question by question, with earlier versions."""

from functools import partial
from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from posthouse.foundation.clock import now
from posthouse.foundation.ids import new_id


class Plan(models.Model):
    """The answers to the planner's questions, by the name of the question: see `planning/steps.py`.

    `version` goes up when the answers of a finished plan change. A deleted one can be taken back for a while.
    """

    id = models.CharField(primary_key=True, max_length=40, default=partial(new_id, "pln"), editable=False)
    name = models.CharField(_("name"), max_length=120)
    campaign = models.ForeignKey("surveys.Campaign", on_delete=models.CASCADE, null=True, related_name="+")
    answers = models.JSONField(default=dict, blank=True)
    version = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField(default=now, editable=False)
    created_by = models.CharField(max_length=80, blank=True)
    updated_at = models.DateTimeField(default=now)
    deleted_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("integration plan")
        indexes: ClassVar = [models.Index(fields=["-updated_at", "-id"], name="surveys_plan_latest")]

    def __str__(self) -> str:
        return self.name


class PlanVersion(models.Model):
    """A finished plan as it was."""

    plan = models.ForeignKey(Plan, on_delete=models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()
    name = models.CharField(max_length=120)
    answers = models.JSONField(default=dict)
    at = models.DateTimeField(default=now)
    by = models.CharField(max_length=80, blank=True)

    class Meta:
        verbose_name = _("earlier version of an integration plan")
        ordering = ("-number",)
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["plan", "number"], name="surveys_plan_version_once"),
        ]

    def __str__(self) -> str:
        return f"{self.plan_id} {self.number}"
