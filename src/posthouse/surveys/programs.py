"""Keys of campaigns, and the people that a campaign's clients have told of."""

from datetime import datetime
from functools import partial
from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from posthouse.foundation.clock import now
from posthouse.foundation.ids import new_id


class CampaignKey(models.Model):
    """What opens one campaign, and nothing else, to a program. Only a digest of it is kept.

    A campaign has one key without an end; the one before it works until `ends_at`.
    """

    id = models.CharField(primary_key=True, max_length=40, default=partial(new_id, "cky"), editable=False)
    campaign = models.ForeignKey("surveys.Campaign", on_delete=models.CASCADE, related_name="keys")
    digest = models.BinaryField(max_length=32, unique=True)
    pepper_id = models.CharField(max_length=20)
    hint = models.CharField(max_length=40)
    created_at = models.DateTimeField(default=now, editable=False)
    created_by = models.CharField(max_length=80, blank=True)
    ends_at = models.DateTimeField(null=True)
    last_used_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("key of a survey campaign")
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["campaign"], condition=models.Q(ends_at=None), name="surveys_one_key_without_end"
            ),
        ]

    def __str__(self) -> str:
        return self.hint

    def is_usable(self, at: datetime) -> bool:
        """Whether it still opens anything."""
        return self.ends_at is None or at < self.ends_at


class Person(models.Model):
    """A contact that a campaign's client told of, with what only such clients know.

    `made_contact`: nobody knew the contact before, so that it goes when the client deletes the person. `member_since`:
    it is to be asked again and again (what is called Autopilot there), with these properties.
    """

    id = models.CharField(primary_key=True, max_length=40, default=partial(new_id, "prs"), editable=False)
    campaign = models.ForeignKey("surveys.Campaign", on_delete=models.CASCADE, related_name="people")
    contact = models.ForeignKey("people.Contact", on_delete=models.CASCADE, related_name="+")
    phone_number = models.CharField(max_length=20, blank=True)
    made_contact = models.BooleanField(default=False)
    member_since = models.DateTimeField(null=True)
    member_changed_at = models.DateTimeField(null=True)
    member_properties = models.JSONField(default=dict, blank=True)
    created_at = models.DateTimeField(default=now, editable=False)

    class Meta:
        verbose_name = _("person of a survey campaign")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["campaign", "contact"], name="surveys_person_once"),
            models.UniqueConstraint(
                fields=["campaign", "phone_number"], condition=~models.Q(phone_number=""), name="surveys_phone_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.contact_id} of {self.campaign_id}"
