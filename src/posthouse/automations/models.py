"""Automations and their revisions, runs under way, what they wait for, what leaves them, and why."""

import base64
import secrets
from functools import partial

from django.db import models
from django.utils.translation import get_language, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from posthouse.foundation.clock import now
from posthouse.foundation.ids import new_id


class Switch(models.TextChoices):
    """Whether an automation does anything."""

    OFF = "off", pgettext_lazy("automation", "Off")
    DRY = "dry", pgettext_lazy("automation", "Dry run")
    ON = "on", pgettext_lazy("automation", "On")


class Automation(models.Model):
    """When this happens, then do that."""

    key = models.CharField(primary_key=True, max_length=60)
    state = models.CharField(_("state"), max_length=3, choices=Switch.choices, default=Switch.OFF)
    published = models.ForeignKey(
        "automations.AutomationRevision", on_delete=models.PROTECT, null=True, related_name="+"
    )
    paused_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(default=now, editable=False)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ("key",)

    def __str__(self) -> str:
        return self.key


class AutomationRevision(models.Model):
    """One wording of an automation; never changed. Runs keep the one they began with.

    Its id is never given again, not even after a transaction that was rolled back: plans are kept by it.
    """

    id = models.CharField(primary_key=True, max_length=40, default=partial(new_id, "rev"), editable=False)
    automation = models.ForeignKey(Automation, on_delete=models.CASCADE, related_name="revisions")
    number = models.PositiveIntegerField()
    body = models.JSONField()
    note = models.CharField(max_length=200, blank=True)
    created_by = models.CharField(max_length=80, blank=True)
    created_at = models.DateTimeField(default=now, editable=False)

    class Meta:
        ordering = ("-number",)
        constraints = [models.UniqueConstraint(fields=["automation", "number"], name="automations_revision_number")]

    def __str__(self) -> str:
        return f"{self.automation_id} {self.number}"


class RunState(models.TextChoices):
    """How a run stands."""

    OPEN = "open", pgettext_lazy("run", "Under way")
    DONE = "done", pgettext_lazy("run", "Done")
    STOPPED = "stopped", pgettext_lazy("run", "Stopped")
    FAILED = "failed", pgettext_lazy("run", "Stuck: error")


class AutomationRun(models.Model):
    """One going-through of an automation, for one contact or customer. `occurrence` makes it happen once.

    `step` is where it waits, or the last it came by; the next one is found when its time has come, never before.
    """

    id = models.CharField(primary_key=True, max_length=40, default=partial(new_id, "arn"), editable=False)
    automation = models.ForeignKey(Automation, on_delete=models.CASCADE, related_name="runs")
    revision = models.ForeignKey(AutomationRevision, on_delete=models.PROTECT, related_name="+")
    occurrence = models.CharField(max_length=250)
    contact_id = models.CharField(max_length=64, blank=True)
    customer_id = models.CharField(max_length=64, blank=True)
    event_source = models.CharField(max_length=200, blank=True)
    event_id = models.CharField(max_length=200, blank=True)
    state = models.CharField(_("state"), max_length=8, choices=RunState.choices, default=RunState.OPEN)
    dry = models.BooleanField(default=False)
    depth = models.PositiveSmallIntegerField(default=0)
    watches = models.BooleanField(default=False)
    """Whether its revision has a stop_if, so that events of its subject are looked at."""
    step = models.CharField(max_length=60, blank=True)
    steps = models.PositiveIntegerField(default=0)
    reason = models.CharField(max_length=200, blank=True)
    error = models.TextField(blank=True)
    started_at = models.DateTimeField(default=now, editable=False)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["automation", "occurrence"], name="automations_run_once")]
        indexes = [
            models.Index(fields=["automation", "-started_at"], name="automations_run_newest"),
            models.Index(fields=["contact_id", "-started_at"], name="automations_run_contact"),
            models.Index(fields=["customer_id", "-started_at"], name="automations_run_customer"),
            *(
                models.Index(
                    fields=[whose],
                    name=f"automations_run_{whose[:4]}_watch",
                    condition=models.Q(state="open", watches=True),
                )
                for whose in ("customer_id", "contact_id")
            ),
        ]

    def __str__(self) -> str:
        return f"{self.automation_id}: {self.pk}"


class WaitState(models.TextChoices):
    """How a wait ended, if it has."""

    WAITING = "waiting", _("Waiting")
    PAUSED = "paused", pgettext_lazy("automation", "Paused")
    DONE = "done", pgettext_lazy("wait", "Over")
    CANCELLED = "cancelled", _("Cancelled")


PENDING_WAITS = (WaitState.WAITING, WaitState.PAUSED)


class Wait(models.Model):
    """A run goes on at `due_at`; one that waits for an event goes on earlier when that comes.

    The event and the deadline race for `outcome`: whoever fills it first, by a conditional update, has won.
    """

    run = models.ForeignKey(AutomationRun, on_delete=models.CASCADE, related_name="waits")
    step = models.CharField(max_length=60, blank=True)
    state = models.CharField(max_length=9, choices=WaitState.choices, default=WaitState.WAITING)
    since = models.DateTimeField()
    due_at = models.DateTimeField()
    deadline = models.DateTimeField(null=True)
    event_type = models.CharField(max_length=120, blank=True)
    filter = models.JSONField(null=True)
    contact_id = models.CharField(max_length=64, blank=True)
    customer_id = models.CharField(max_length=64, blank=True)
    outcome = models.CharField(max_length=10, blank=True)
    told_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["run"], name="automations_wait_one", condition=models.Q(state__in=["waiting", "paused"])
            )
        ]
        indexes = [
            models.Index(fields=["due_at"], name="automations_wait_due", condition=models.Q(state="waiting")),
            *(
                models.Index(
                    fields=[whose],
                    name=f"automations_wait_{whose[:4]}",
                    condition=models.Q(outcome="", deadline__isnull=False),
                )
                for whose in ("customer_id", "contact_id")
            ),
        ]

    def __str__(self) -> str:
        return f"{self.run_id} at {self.step} until {self.due_at}"


class EffectState(models.TextChoices):
    """Where an effect is on its way out."""

    DUE = "due", pgettext_lazy("effect", "Due")
    HELD = "held", pgettext_lazy("effect", "Held back")
    PAUSED = "paused", pgettext_lazy("automation", "Paused")
    CLAIMED = "claimed", pgettext_lazy("effect", "Taken up")
    CALLED = "called", pgettext_lazy("effect", "Being done")
    DONE = "done", pgettext_lazy("effect", "Done")
    FAILED = "failed", pgettext_lazy("effect", "Failed")
    UNKNOWN = "unknown", pgettext_lazy("effect", "Outcome unknown")
    EXPIRED = "expired", pgettext_lazy("effect", "Too late")
    SKIPPED = "skipped", pgettext_lazy("effect", "Left out")


PENDING_EFFECTS = (EffectState.DUE, EffectState.HELD, EffectState.PAUSED)
"""Not begun yet."""


class Effect(models.Model):
    """Something an automation does: a row written with the change of its run, carried out by a worker.

    `key` is unique per run, step and occurrence and travels along, so that a receiver recognises a repeat.
    """

    id = models.CharField(primary_key=True, max_length=40, default=partial(new_id, "eff"), editable=False)
    run = models.ForeignKey(AutomationRun, on_delete=models.CASCADE, related_name="effects")
    automation = models.ForeignKey(Automation, on_delete=models.CASCADE, related_name="effects")
    step = models.CharField(max_length=60)
    key = models.CharField(max_length=200, unique=True)
    kind = models.CharField(max_length=40)
    payload = models.JSONField(default=dict)
    contact_id = models.CharField(max_length=64, blank=True)
    customer_id = models.CharField(max_length=64, blank=True)
    dry = models.BooleanField(default=False)
    counted = models.BooleanField(default=False)
    """Whether it is a message that counts towards the caps."""
    state = models.CharField(_("state"), max_length=8, choices=EffectState.choices, default=EffectState.DUE)
    due_at = models.DateTimeField(default=now)
    spread_out = models.BooleanField(default=False)
    """Whether it was moved once because the worker came late."""
    planned_at = models.DateTimeField(default=now)
    """When it was first due, before anything held it back."""
    valid_until = models.DateTimeField(null=True)
    leased_until = models.DateTimeField(null=True)
    told_at = models.DateTimeField(null=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    answer = models.JSONField(default=dict)
    message_id = models.CharField(max_length=40, blank=True)
    created_at = models.DateTimeField(default=now, editable=False)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            # whole: SQLite does not see that `state IN (?, ?)` lies within a condition on the states
            models.Index(fields=["state", "due_at"], name="automations_effect_state"),
            models.Index(
                fields=["contact_id", "finished_at"],
                name="automations_effect_counted",
                condition=models.Q(counted=True, state="done"),
            ),
            models.Index(fields=["automation", "-created_at"], name="automations_effect_newest"),
            models.Index(fields=["message_id"], name="automations_effect_message", condition=~models.Q(message_id="")),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"


class Decision(models.Model):
    """Why: one line of the journal of a run or of one of its effects, in words of the machine."""

    run = models.ForeignKey(AutomationRun, on_delete=models.CASCADE, related_name="decisions")
    effect = models.ForeignKey(Effect, on_delete=models.CASCADE, null=True, related_name="decisions")
    at = models.DateTimeField(default=now)
    what = models.CharField(max_length=30)
    data = models.JSONField(default=dict)

    class Meta:
        ordering = ("pk",)

    def __str__(self) -> str:
        return f"{self.what} {self.run_id}"


class Occasion(models.Model):
    """When a scheduled automation comes round next in one time zone, and how far it has got with the contacts."""

    automation = models.ForeignKey(Automation, on_delete=models.CASCADE, related_name="occasions")
    zone = models.CharField(max_length=64)
    next_at = models.DateTimeField(db_index=True)
    reached = models.CharField(max_length=64, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["automation", "zone"], name="automations_occasion_once")]

    def __str__(self) -> str:
        return f"{self.automation_id} in {self.zone}"


def new_secret() -> str:
    """A secret as Standard Webhooks writes it."""
    return f"whsec_{base64.b64encode(secrets.token_bytes(32)).decode()}"


class Settings(models.Model):
    """One row: what holds for all automations together."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1, editable=False)
    cap_most = models.PositiveSmallIntegerField(_("messages at most"), default=3)
    cap_days = models.PositiveSmallIntegerField(_("within days"), default=7)
    quiet_from = models.TimeField(_("quiet from"), null=True, blank=True)
    quiet_to = models.TimeField(_("quiet until"), null=True, blank=True)
    spread_minutes = models.PositiveIntegerField(_("spread over minutes"), default=15)
    valid_hours = models.PositiveIntegerField(_("messages are dropped when late by hours"), default=72)
    hourly_limit = models.PositiveIntegerField(_("runs per subject and hour at most"), default=100)
    late_hours = models.PositiveIntegerField(_("events older than hours start nothing"), default=24)
    webhook_secret = models.CharField(max_length=80, default=new_secret, editable=False)

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(id=1), name="automations_settings_single")]

    def __str__(self) -> str:
        return "settings"


class Task(models.Model):
    """Something a person of the team is to do."""

    id = models.CharField(primary_key=True, max_length=40, default=partial(new_id, "tsk"), editable=False)
    effect = models.OneToOneField(Effect, on_delete=models.SET_NULL, null=True, related_name="task")
    title = models.JSONField(_("title"), default=dict)
    assignee = models.BigIntegerField(_("assignee"), null=True)
    contact_id = models.CharField(max_length=64, blank=True)
    customer_id = models.CharField(max_length=64, blank=True)
    due_at = models.DateTimeField(_("due"), null=True)
    created_at = models.DateTimeField(default=now, editable=False)
    done_at = models.DateTimeField(null=True)
    done_by = models.CharField(max_length=80, blank=True)

    class Meta:
        ordering = ("due_at", "created_at")
        indexes = [
            models.Index(fields=["due_at"], name="automations_task_open", condition=models.Q(done_at__isnull=True)),
            models.Index(fields=["customer_id"], name="automations_task_customer"),
        ]

    def __str__(self) -> str:
        return self.pk

    @property
    def words(self) -> str:
        """What is to be done, in the language of the page, or in the one there is."""
        language = (get_language() or "en").partition("-")[0]
        return str(self.title.get(language) or next(iter(self.title.values()), ""))


class TaskComment(models.Model):
    """What somebody of the team says about a task."""

    task = models.ForeignKey(Task, on_delete=models.CASCADE, related_name="comments")
    actor = models.CharField(max_length=80)
    text = models.TextField()
    at = models.DateTimeField(default=now)

    class Meta:
        ordering = ("pk",)

    def __str__(self) -> str:
        return f"{self.task_id}: {self.text[:40]}"
