"""Subscriptions, deliveries (one row per event and subscription) and what came of each attempt."""

from datetime import datetime
from functools import partial
from typing import ClassVar
from urllib.parse import urlsplit

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from posthouse.foundation import calling
from posthouse.foundation.clock import now
from posthouse.foundation.ids import new_id


class OffReason(models.TextChoices):
    """Why a subscription is off."""

    TEAM = "team", _("switched off by the team")
    FAILING = "failing", _("switched off after failing for days")
    GONE = "gone", _("switched off because the address said that it is gone (410)")


class Subscription(models.Model):
    """An address that is told of public events.

    The secret is kept as it is, for every delivery is signed with it; it is shown once, when it is made. The one
    before works until `old_secret_ends_at`. `campaign_ids` narrows what can be narrowed; empty: all.
    `failing_since`: when the first of an unbroken row of failed attempts was.
    """

    id = models.CharField(primary_key=True, max_length=40, default=partial(new_id, "whk"), editable=False)
    url = models.CharField(_("address"), max_length=500)
    description = models.CharField(_("description"), max_length=200, blank=True)
    events = models.JSONField(default=list)
    campaign_ids = models.JSONField(default=list, blank=True)
    secret = models.CharField(max_length=100, default=calling.new_secret, editable=False)
    old_secret = models.CharField(max_length=100, blank=True, editable=False)
    old_secret_ends_at = models.DateTimeField(null=True)
    off_at = models.DateTimeField(null=True)
    off_reason = models.CharField(max_length=10, choices=OffReason.choices, blank=True)
    failing_since = models.DateTimeField(null=True)
    last_error = models.CharField(max_length=300, blank=True)
    last_success_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(default=now, editable=False)
    created_by = models.CharField(max_length=80, blank=True)

    class Meta:
        verbose_name = _("webhook")
        ordering = ("created_at", "id")

    def __str__(self) -> str:
        return self.description or self.host

    @property
    def host(self) -> str:
        """Where it leads, without what may be a secret in the rest of the address."""
        return urlsplit(self.url).hostname or ""

    @property
    def shown_url(self) -> str:
        """The address without the values in its query, which often hold a token."""
        return self.url.partition("?")[0] + ("?…" if "?" in self.url else "")

    def secrets(self, at: datetime) -> list[str]:
        """The secrets that a delivery is signed with, newest first."""
        old = self.old_secret and self.old_secret_ends_at and at < self.old_secret_ends_at
        return [self.secret, self.old_secret] if old else [self.secret]

    def wants(self, type_: str, campaign_id: str) -> bool:
        """Whether it is to be told of such an event."""
        return type_ in self.events and (not campaign_id or not self.campaign_ids or campaign_id in self.campaign_ids)


class DeliveryState(models.TextChoices):
    """Where a delivery is on its way."""

    DUE = "due", pgettext_lazy("webhook", "Waiting")
    CLAIMED = "claimed", pgettext_lazy("webhook", "On its way")
    DELIVERED = "delivered", pgettext_lazy("webhook", "Delivered")
    FAILED = "failed", pgettext_lazy("webhook", "Given up")
    DROPPED = "dropped", pgettext_lazy("webhook", "Not sent")


class Delivery(models.Model):
    """One event for one subscription. `body` is what is sent, to the letter, however often it is sent."""

    id = models.CharField(primary_key=True, max_length=40, default=partial(new_id, "dlv"), editable=False)
    subscription = models.ForeignKey(Subscription, on_delete=models.CASCADE, related_name="deliveries", db_index=False)
    event_id = models.CharField(max_length=80)
    type = models.CharField(max_length=80)
    campaign_id = models.CharField(max_length=40, blank=True)
    contact_id = models.CharField(max_length=40, blank=True)
    is_test = models.BooleanField(default=False)
    body = models.TextField()
    state = models.CharField(max_length=10, choices=DeliveryState.choices, default=DeliveryState.DUE)
    attempts = models.PositiveSmallIntegerField(default=0)
    tries_left = models.PositiveSmallIntegerField()
    due_at = models.DateTimeField()
    leased_until = models.DateTimeField(null=True)
    delivered_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(default=now, editable=False)

    class Meta:
        verbose_name = _("webhook delivery")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["subscription", "event_id"], name="webhooks_delivery_once"),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["subscription", "due_at"],
                condition=models.Q(state__in=("due", "claimed")),
                name="webhooks_delivery_due",
            ),
            models.Index(fields=["subscription", "-id"], name="webhooks_delivery_newest"),
            models.Index(fields=["campaign_id", "delivered_at"], name="webhooks_delivery_campaign"),
            models.Index(fields=["contact_id"], name="webhooks_delivery_contact"),
            models.Index(fields=["created_at"], name="webhooks_delivery_created"),
        ]

    def __str__(self) -> str:
        return f"{self.type} {self.event_id}"


class Attempt(models.Model):
    """One call: what was answered, bounded and without secrets, or why there was no answer."""

    delivery = models.ForeignKey(Delivery, on_delete=models.CASCADE, related_name="attempted")
    at = models.DateTimeField(default=now)
    duration_ms = models.PositiveIntegerField(default=0)
    status = models.PositiveSmallIntegerField(null=True)
    answer = models.TextField(blank=True)
    error = models.CharField(max_length=300, blank=True)

    class Meta:
        verbose_name = _("attempt of a webhook delivery")
        ordering = ("id",)

    def __str__(self) -> str:
        return f"{self.at} {self.status or self.error}"
