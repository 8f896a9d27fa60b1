"""The incoming webhook of a campaign, and what became of the deliveries to it."""

from functools import partial
from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from posthouse.foundation.clock import now
from posthouse.foundation.ids import new_id


class Signing(models.TextChoices):
    """How a sender shows that a delivery is its own."""

    STANDARD = "standard", _("Signed with a time, as Standard Webhooks says (recommended)")
    BODY = "body", _("The body signed, as GitHub does (X-Hub-Signature-256)")
    HEADER = "header", _("The secret in a header (Authorization: Bearer)")


class Hook(models.Model):
    """Where another system reports what a campaign is to ask about: one address per campaign.

    The secret is stored nowhere: it is derived from `salt` and the pepper, which stands outside the database. `turn`
    counts rotations; the secret before the last one works until `old_ends_at`. `mapping`: see `hooks/mapping.py`.
    """

    id = models.CharField(primary_key=True, max_length=40, default=partial(new_id, "hok"), editable=False)
    campaign = models.OneToOneField("surveys.Campaign", on_delete=models.CASCADE, related_name="hook")
    signing = models.CharField(_("how deliveries are signed"), max_length=10, choices=Signing.choices)
    mapping = models.JSONField(default=dict)
    turn = models.PositiveIntegerField(default=1)
    salt = models.CharField(max_length=64)
    pepper_id = models.CharField(max_length=40)
    old_salt = models.CharField(max_length=64, blank=True)
    old_pepper_id = models.CharField(max_length=40, blank=True)
    old_ends_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(default=now, editable=False)

    class Meta:
        verbose_name = _("incoming webhook")

    def __str__(self) -> str:
        return f"{self.pk} of {self.campaign_id}"


class HookDelivery(models.Model):
    """What became of a delivery. `code` is empty for one that was taken in, else that of the problem.

    The same again raises `times`. Of those whose signature does not fit there is one row per problem, so that strangers
    cannot fill the list. Of the body there is a digest alone.
    """

    id = models.CharField(primary_key=True, max_length=40, default=partial(new_id, "hkd"), editable=False)
    hook = models.ForeignKey(Hook, on_delete=models.CASCADE, related_name="deliveries", db_index=False)
    code = models.CharField(max_length=40, blank=True)
    message_id = models.CharField(max_length=120, blank=True)
    body_digest = models.CharField(max_length=32, blank=True)
    detail = models.CharField(max_length=1000, blank=True)
    send = models.ForeignKey("surveys.Send", on_delete=models.SET_NULL, null=True, related_name="+")
    times = models.PositiveIntegerField(default=1)
    first_at = models.DateTimeField()
    last_at = models.DateTimeField()

    class Meta:
        verbose_name = _("delivery to an incoming webhook")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["hook", "message_id", "code"], name="surveys_delivery_once"),
        ]
        indexes: ClassVar = [models.Index(fields=["hook", "-last_at", "-id"], name="surveys_delivery_newest")]

    def __str__(self) -> str:
        return f"{self.hook_id}: {self.code or 'taken in'}"
