"""Campaigns, sends (one row per wish to send) and responses with the history of their changes."""

from datetime import timedelta
from functools import partial
from typing import Any, ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from posthouse.foundation.clock import now
from posthouse.foundation.ids import new_id
from posthouse.surveys import (
    handling_models,  # noqa: F401  so that Django knows these tables
    scales,
    theme_models,  # noqa: F401  likewise
)
from posthouse.surveys.hook_models import Hook, HookDelivery, Signing
from posthouse.surveys.plan_models import Plan, PlanVersion
from posthouse.surveys.programs import CampaignKey, Person
from posthouse.surveys.public_models import OpenLink, SpentTokens
from posthouse.surveys.rounding import rounded_up
from posthouse.surveys.rules import Rules, read_rules
from posthouse.surveys.scales import Formula, Metric, Scale
from posthouse.surveys.turn_models import Round, Trial, Turn
from posthouse.surveys.widget_models import Widget

REST_DAYS = 30
IMPORTED = "import"
"""The source of sends of another system: they count for the clocks, and in no figure of who was asked."""


class CampaignState(models.TextChoices):
    """Whether a campaign sends."""

    DRAFT = "draft", pgettext_lazy("survey campaign", "Draft")
    RUNNING = "running", pgettext_lazy("survey campaign", "Running")
    PAUSED = "paused", pgettext_lazy("survey campaign", "Paused")
    ENDED = "ended", pgettext_lazy("survey campaign", "Ended")


class Campaign(models.Model):
    """A question with its scale, its words, its look, and how often people may be asked.

    `texts` is one JSON value per language, `questions`, `links` and `frequency` are data too: see `texts.py`,
    `questions.py` and `rules.py`.
    `rest_days` is the clock of this campaign, `rest_days_any` the one across all campaigns. Of an `anonymous` one it is
    known who was asked, never who answered: see `anonymity.py`. `smallest_group` counts there alone.
    """

    id = models.CharField(primary_key=True, max_length=40, default=partial(new_id, "cmp"), editable=False)
    name = models.CharField(_("name"), max_length=120)
    metric = models.CharField(_("kind"), max_length=10, choices=Metric.choices)
    scale = models.CharField(_("scale"), max_length=10, choices=Scale.choices)
    formula = models.CharField(_("formula"), max_length=20, choices=Formula.choices)
    state = models.CharField(_("state"), max_length=10, choices=CampaignState.choices, default=CampaignState.DRAFT)
    texts = models.JSONField(default=dict)
    questions = models.JSONField(default=list, blank=True)
    links = models.JSONField(default=dict, blank=True)
    sender_name = models.CharField(_("name of the sender"), max_length=80, blank=True)
    reply_to = models.EmailField(_("address for answers"), blank=True)
    accent = models.CharField(_("colour"), max_length=7, blank=True)
    logo_url = models.URLField(_("logo"), max_length=500, blank=True)
    rest_days = models.PositiveSmallIntegerField(_("days between two mails of this campaign"), default=REST_DAYS)
    rest_days_any = models.PositiveSmallIntegerField(_("days since a mail of any campaign"), default=REST_DAYS)
    sample_percent = models.PositiveSmallIntegerField(_("share of people asked, in percent"), default=100)
    frequency = models.JSONField(default=dict, blank=True)
    change_hours = models.PositiveSmallIntegerField(_("hours in which an answer can be changed"), default=72)
    anonymous = models.BooleanField(_("anonymous"), default=False)
    smallest_group = models.PositiveSmallIntegerField(_("fewest answers that are shown of a part"), default=5)
    link_days = models.PositiveSmallIntegerField(_("days for which links work"), default=60)
    created_at = models.DateTimeField(default=now, editable=False)
    created_by = models.CharField(max_length=80, blank=True)
    started_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("survey campaign")
        ordering = ("-created_at", "-id")

    def __str__(self) -> str:
        return self.name

    @property
    def rules(self) -> Rules:
        """What it keeps to besides its two clocks."""
        return read_rules(self.frequency)

    @property
    def scores(self) -> range:
        """Every score that can be given, lowest first."""
        return scales.scores(self.scale)

    def group_of(self, score: int) -> str:
        """Where a score lies: low, middle or high."""
        return str(scales.group_of(score, self.scale, self.formula))


class Channel(models.TextChoices):
    """How the question reaches a person."""

    EMAIL = "email", _("E-mail")
    LINK = "link", _("Link that you pass on")
    OPEN = "open", _("Open link")
    WIDGET = "widget", _("Question in a page")


class Outcome(models.TextChoices):
    """What was answered to a wish to send."""

    SCHEDULED = "scheduled", pgettext_lazy("survey", "Scheduled")
    THROTTLED = "throttled", _("Asked too recently")
    UNSUBSCRIBED = "unsubscribed", _("Does not want surveys")
    BOUNCED = "bounced", _("Cannot be written to")
    SAMPLED_OUT = "sampled_out", _("Not in the sample")
    ALREADY_PENDING = "already_pending", _("Another survey is on its way")
    PAUSED = "paused", _("The campaign is not running")


class SendState(models.TextChoices):
    """Where a send is on its way."""

    PENDING = "pending", pgettext_lazy("survey", "Pending")
    SENT = "sent", pgettext_lazy("survey", "Sent")
    REFUSED = "refused", pgettext_lazy("survey", "Not sent")
    CANCELLED = "cancelled", pgettext_lazy("survey", "Cancelled")


class Moved(models.TextChoices):
    """Why a send that was due waits."""

    QUIET = "quiet", _("Quiet hours where the person lives")
    WEEKDAY = "weekday", _("Not on this day of the week")
    CAP = "cap", _("The mails of the day were used up")


class Send(models.Model):
    """One wish to send a survey to a contact, granted or not, and what became of it.

    `outcome` stays what was first answered, but for one that is refused when it falls due. `key` is the caller's
    idempotency key, `request_digest` what was asked with it. A contact has at most one pending send, of any campaign.
    `sent_at` of a row made by an import is when another system sent. `moved_because` says why it did not go when it
    was due; `declined_at` is when the person said "not now". `reminders` were sent of it, the next one at `remind_at`.
    """

    id = models.CharField(primary_key=True, max_length=40, default=partial(new_id, "snd"), editable=False)
    campaign = models.ForeignKey(Campaign, on_delete=models.PROTECT, related_name="sends")
    contact = models.ForeignKey("people.Contact", on_delete=models.CASCADE, related_name="+")
    customer_id = models.CharField(max_length=40, blank=True)
    state = models.CharField(max_length=10, choices=SendState.choices)
    outcome = models.CharField(max_length=20, choices=Outcome.choices)
    throttled_until = models.DateTimeField(null=True)
    due_at = models.DateTimeField(null=True)
    sent_at = models.DateTimeField(null=True)
    channel = models.CharField(max_length=10, choices=Channel.choices, default=Channel.EMAIL)
    language = models.CharField(max_length=20, blank=True)
    attributes = models.JSONField(default=dict, blank=True)
    source = models.CharField(max_length=20, default="api")
    key = models.CharField(max_length=200, blank=True)
    request_digest = models.CharField(max_length=32, blank=True)
    message_id = models.CharField(max_length=40, blank=True)
    moved_because = models.CharField(max_length=10, choices=Moved.choices, blank=True)
    declined_at = models.DateTimeField(null=True)
    reminders = models.PositiveSmallIntegerField(default=0)
    remind_at = models.DateTimeField(null=True)
    why_url = models.CharField(max_length=200, blank=True)
    """Where the team reads what asked for it: a path of this house."""
    created_at = models.DateTimeField(default=now, editable=False)

    class Meta:
        verbose_name = _("survey send")
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["contact"], condition=models.Q(state=SendState.PENDING), name="surveys_one_pending"
            ),
            models.UniqueConstraint(fields=["campaign", "key"], condition=~models.Q(key=""), name="surveys_send_key"),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["due_at", "created_at", "contact"],
                condition=models.Q(state=SendState.PENDING),
                name="surveys_send_due",
            ),
            models.Index(fields=["remind_at"], condition=models.Q(remind_at__isnull=False), name="surveys_send_remind"),
            models.Index(fields=["campaign", "-created_at", "-id"], name="surveys_send_newest"),
            models.Index(fields=["contact", "-sent_at"], name="surveys_send_clock"),
            models.Index(fields=["campaign", "sent_at"], name="surveys_send_sent"),
            models.Index(fields=["message_id"], condition=~models.Q(message_id=""), name="surveys_send_message"),
        ]

    def __str__(self) -> str:
        return f"{self.campaign_id} to {self.contact_id}: {self.outcome}"


class Response(models.Model):
    """What somebody answered, as it stands now. `attributes` are those of the send, copied at the first answer.

    `answers` holds the additional ones by the id of their question: a text, a number, the id of an option, or a list
    of ids. `device` is a word: desktop, phone, tablet, or empty. `touched_at`: when this row was written last, whatever
    it tells of; by it programs keep a copy. Of an anonymous answer it is the end of the day.
    """

    id = models.CharField(primary_key=True, max_length=40, default=partial(new_id, "rsp"), editable=False)
    campaign = models.ForeignKey(Campaign, on_delete=models.PROTECT, related_name="responses")
    send = models.OneToOneField(Send, on_delete=models.SET_NULL, null=True, related_name="response")
    contact = models.ForeignKey("people.Contact", on_delete=models.CASCADE, null=True, related_name="+")
    customer_id = models.CharField(max_length=40, blank=True)
    score = models.SmallIntegerField()
    comment = models.TextField(blank=True)
    answers = models.JSONField(default=dict, blank=True)
    language = models.CharField(max_length=20, blank=True)
    channel = models.CharField(max_length=10, choices=Channel.choices, default=Channel.EMAIL)
    device = models.CharField(max_length=10, blank=True)
    attributes = models.JSONField(default=dict, blank=True)
    created_at = models.DateTimeField(default=now, editable=False)
    updated_at = models.DateTimeField(null=True)
    touched_at = models.DateTimeField(default=now, editable=False)

    class Meta:
        verbose_name = _("survey response")
        indexes: ClassVar = [
            models.Index(fields=["campaign", "created_at", "id"], name="surveys_response_created"),
            models.Index(fields=["campaign", "updated_at", "id"], name="surveys_response_updated"),
            models.Index(fields=["touched_at", "id"], name="surveys_response_touched"),
            models.Index(fields=["contact", "created_at"], name="surveys_response_contact"),
        ]

    def __str__(self) -> str:
        return f"{self.score} by {self.contact_id or 'somebody'}"

    def save(self, **more: Any) -> None:
        """Notes that it was touched. Who updates rows past this method does that as well."""
        self.touched_at = rounded_up(now()) if self.campaign.anonymous else now()
        if (fields := more.get("update_fields")) is not None:
            more["update_fields"] = {*fields, "touched_at"}
        super().save(**more)

    def can_change(self, hours: int) -> bool:
        """Whether its author may still change it."""
        return now() < self.created_at + timedelta(hours=hours)


class ResponseChange(models.Model):
    """What a response said before it was changed."""

    response = models.ForeignKey(Response, on_delete=models.CASCADE, related_name="changes")
    changed_at = models.DateTimeField(default=now)
    changed_by = models.CharField(max_length=80, blank=True)
    score = models.SmallIntegerField()
    comment = models.TextField(blank=True)
    answers = models.JSONField(default=dict, blank=True)

    class Meta:
        verbose_name = _("earlier state of a survey response")
        ordering = ("changed_at", "id")

    def __str__(self) -> str:
        return f"{self.response_id} until {self.changed_at}"


class DayColumn(models.Model):
    """One column of one day of a campaign's answers or sends, packed: see `figures/columns.py`. Made anew as a whole.

    `day` is a number of days since 1970, in UTC. `rows` and `made_at` are the same in all columns of a day.
    """

    class Kind(models.TextChoices):
        """What the rows are."""

        ANSWERS = "answers", pgettext_lazy("survey", "Answers")
        SENDS = "sends", pgettext_lazy("survey", "Sends")

    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="+", db_index=False)
    kind = models.CharField(max_length=8, choices=Kind.choices)
    name = models.CharField(max_length=300)
    day = models.PositiveIntegerField()
    rows = models.PositiveIntegerField()
    made_at = models.DateTimeField()
    body = models.BinaryField()

    class Meta:
        verbose_name = _("column of survey figures")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["campaign", "kind", "name", "day"], name="surveys_column_once"),
        ]
        indexes: ClassVar = [models.Index(fields=["campaign", "kind", "day"], name="surveys_column_day")]

    def __str__(self) -> str:
        return f"{self.campaign_id} {self.kind} {self.day} {self.name}"


class TouchedDay(models.Model):
    """A day of a campaign whose answers or sends have changed since its columns were made.

    Only ever added to, and deleted by who has made the columns anew: so writers never wait for each other.
    """

    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="+", db_index=False)
    kind = models.CharField(max_length=8, choices=DayColumn.Kind.choices)
    day = models.PositiveIntegerField()
    at = models.DateTimeField()

    class Meta:
        verbose_name = _("touched day of survey figures")
        indexes: ClassVar = [models.Index(fields=["campaign", "kind", "day"], name="surveys_touched_day")]

    def __str__(self) -> str:
        return f"{self.campaign_id} {self.kind} {self.day}"


__all__ = [
    "IMPORTED",
    "REST_DAYS",
    "Campaign",
    "CampaignKey",
    "CampaignState",
    "Channel",
    "DayColumn",
    "Hook",
    "HookDelivery",
    "Moved",
    "OpenLink",
    "Outcome",
    "Person",
    "Plan",
    "PlanVersion",
    "Response",
    "ResponseChange",
    "Round",
    "Send",
    "SendState",
    "Signing",
    "SpentTokens",
    "TouchedDay",
    "Trial",
    "Turn",
    "Widget",
]
