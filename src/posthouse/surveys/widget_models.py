"""The widget of a campaign: the question within the vendor's own pages. Read as part of `models.py`."""

from functools import partial

from django.db import models
from django.utils.translation import gettext_lazy as _

from posthouse.foundation.clock import now
from posthouse.foundation.ids import new_id


class Widget(models.Model):
    """Where and to whom the question of a campaign is shown within the vendor's pages. One for each campaign.

    `origins` are those of the pages; `target` maps names of attributes to the values that are asked, all of which must
    fit; `attributes` names those of the page that are kept with an answer. The secret that signs who somebody is, is
    derived from `salt` and a pepper and stored nowhere; the one before it works until `old_ends_at`.
    """

    id = models.CharField(primary_key=True, max_length=40, default=partial(new_id, "wgt"), editable=False)
    campaign = models.OneToOneField("surveys.Campaign", on_delete=models.CASCADE, related_name="widget")
    on = models.BooleanField(_("shown"), default=True)
    origins = models.JSONField(default=list)
    target = models.JSONField(default=dict, blank=True)
    attributes = models.JSONField(default=list, blank=True)
    share = models.PositiveSmallIntegerField(_("share of visitors asked, in percent"), default=100)
    wait_seconds = models.PositiveSmallIntegerField(_("seconds before it appears"), default=5)
    remember = models.BooleanField(_("remembered in the browser"), default=True)
    salt = models.CharField(max_length=64)
    pepper_id = models.CharField(max_length=40)
    old_salt = models.CharField(max_length=64, blank=True)
    old_pepper_id = models.CharField(max_length=40, blank=True)
    old_ends_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(default=now, editable=False)

    class Meta:
        verbose_name = _("widget of a survey")

    def __str__(self) -> str:
        return f"widget of {self.campaign_id}"
