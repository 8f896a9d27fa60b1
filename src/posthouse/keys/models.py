"""A key's identity, its secrets, and the log of changes that verifiers follow."""

from datetime import UTC, datetime
from functools import partial
from typing import Any, ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from posthouse.foundation.appendlog import LogQuerySet, LogRow
from posthouse.foundation.clock import now
from posthouse.foundation.ids import new_id

FOREVER = datetime.max.replace(tzinfo=UTC)


class Environment(models.TextChoices):
    """Test keys are for trying out; live keys are for production."""

    TEST = "test", _("Test")
    LIVE = "live", _("Live")


class Key(models.Model):
    """The identity of a key: it keeps its id, scopes, limits and usage when its secret is rotated."""

    id = models.CharField(primary_key=True, max_length=40, default=partial(new_id, "key"), editable=False)
    customer = models.ForeignKey("people.Customer", on_delete=models.CASCADE, related_name="keys")
    name = models.CharField(_("name"), max_length=80)
    environment = models.CharField(_("environment"), max_length=4, choices=Environment.choices)
    scopes = models.JSONField(_("scopes"), default=list, blank=True)
    limits = models.JSONField(_("limits"), default=list, blank=True)
    networks = models.JSONField(_("allowed networks"), default=list, blank=True)
    created_by = models.CharField(max_length=80, blank=True)
    created_at = models.DateTimeField(_("created"), default=now, editable=False)
    expires_at = models.DateTimeField(_("expires"), null=True, blank=True)
    revoked_at = models.DateTimeField(_("revoked"), null=True)
    revoked_reason = models.CharField(max_length=200, blank=True)
    last_used_at = models.DateTimeField(_("last used"), null=True)
    expiry_announced = models.BooleanField(default=False)
    once = models.CharField(max_length=64, null=True, editable=False)

    class Meta:
        verbose_name = _("key")
        verbose_name_plural = _("keys")
        ordering = ("-created_at",)
        constraints = [models.UniqueConstraint(fields=["customer", "once"], name="keys_key_made_once")]
        indexes = [
            models.Index(
                fields=["expires_at"],
                name="keys_key_expiring",
                condition=models.Q(expires_at__isnull=False, revoked_at=None, expiry_announced=False),
            )
        ]

    def __str__(self) -> str:
        return self.name

    def state(self, at: datetime) -> str:
        """`active`, `expired` or `revoked`."""
        if self.revoked_at:
            return "revoked"
        return "expired" if self.expires_at and self.expires_at <= at else "active"

    def live_secrets(self, at: datetime) -> "list[Secret]":
        """The secrets that open something now, newest first; uses the prefetched rows where there are any."""
        if self.state(at) != "active":
            return []
        live = [secret for secret in self.secrets.all() if secret.ends_at is None or secret.ends_at > at]
        return sorted(live, key=lambda secret: (secret.ends_at is None, secret.created_at, secret.pk), reverse=True)


class Secret(models.Model):
    """One secret of a key. Only its HMAC is kept; at most two of a key are valid at a time."""

    id = models.CharField(primary_key=True, max_length=40, default=partial(new_id, "sec"), editable=False)
    key = models.ForeignKey(Key, on_delete=models.CASCADE, related_name="secrets")
    digest = models.BinaryField(max_length=32, unique=True)
    pepper_id = models.CharField(max_length=20)
    hint = models.CharField(max_length=40)
    created_at = models.DateTimeField(default=now, editable=False)
    ends_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return self.hint


class Change(LogRow):
    """Something about a key changed: verifiers re-read it."""

    key_id = models.CharField(max_length=40)
    at = models.DateTimeField(default=now)

    objects: ClassVar[LogQuerySet[Any]] = LogQuerySet.as_manager()  # type: ignore[assignment]  # as_manager is typed as a plain Manager

    def __str__(self) -> str:
        return f"{self.key_id} at {self.position}"
