"""Doors through which a survey is answered by people nobody wrote to: open links. Read as part of `models.py`."""

import secrets
from functools import partial

from django.db import models
from django.utils.translation import gettext_lazy as _

from posthouse.foundation.clock import now
from posthouse.foundation.ids import new_id

LONGEST_NAME = 80


def new_token() -> str:
    """What stands in the address of an open link: 128 bits that nobody guesses, in 22 letters and digits of base64."""
    return secrets.token_urlsafe(16)


class OpenLink(models.Model):
    """An address at which whoever has it may answer a campaign: pasted in a chat, printed as a QR code.

    `attributes` names what may be said in the address (`?place=berlin`) and is kept with the answer; `answers` counts
    those that came in by it, `most_answers` is their bound (None: none). A withdrawn link stays, for what it brought.
    """

    id = models.CharField(primary_key=True, max_length=40, default=partial(new_id, "lnk"), editable=False)
    campaign = models.ForeignKey("surveys.Campaign", on_delete=models.PROTECT, related_name="open_links")
    name = models.CharField(_("name"), max_length=LONGEST_NAME)
    token = models.CharField(max_length=32, unique=True, default=new_token, editable=False)
    attributes = models.JSONField(default=list, blank=True)
    expires_at = models.DateTimeField(null=True)
    most_answers = models.PositiveIntegerField(null=True)
    answers = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField(default=now, editable=False)
    created_by = models.CharField(max_length=80, blank=True)
    withdrawn_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("open link of a survey")
        ordering = ("-created_at", "-id")

    def __str__(self) -> str:
        return self.name

    @property
    def is_full(self) -> bool:
        """Whether it has brought as many answers as it may."""
        return self.most_answers is not None and self.answers >= self.most_answers

    @property
    def is_over(self) -> bool:
        """Whether its time has passed."""
        return self.expires_at is not None and now() >= self.expires_at


class SpentTokens(models.Model):
    """Which one-time links of an anonymous campaign were used: digests one after the other, in their own order.

    All shards of a campaign are made at once, and a digest is put where it belongs among the others: so neither the
    rows nor what stands in them tells in which order answers came, and nothing leads from here to an answer or a send.
    """

    campaign = models.ForeignKey("surveys.Campaign", on_delete=models.CASCADE, related_name="+", db_index=False)
    shard = models.PositiveSmallIntegerField()
    digests = models.BinaryField(default=bytes)

    class Meta:
        verbose_name = _("used links of an anonymous survey")
        constraints = [models.UniqueConstraint(fields=["campaign", "shard"], name="surveys_spent_shard")]

    def __str__(self) -> str:
        return f"{self.campaign_id} {self.shard}"
