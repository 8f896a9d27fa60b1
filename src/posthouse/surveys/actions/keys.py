"""The key of a campaign, with which programs that speak as Delighted's clients do come in."""

from datetime import timedelta

from django.db import transaction

from posthouse.foundation.clock import now
from posthouse.foundation.credentials import make_secret
from posthouse.surveys import events
from posthouse.surveys.models import Campaign, CampaignKey
from posthouse.timeline.actions import record

KIND = "poll"
MOST_OVERLAP = timedelta(days=30)


@transaction.atomic
def make_key(*, campaign: Campaign, overlap: timedelta = timedelta(), actor: str = "") -> tuple[CampaignKey, str]:
    """A new key and its secret, which can never be shown again. Announces CampaignKeyMade.

    The key before it works on for `overlap`, any before that ends now. Raises ValueError for an overlap below zero or
    above 30 days.
    """
    if not timedelta() <= overlap <= MOST_OVERLAP:
        raise ValueError("an overlap lies between nothing and 30 days")
    campaign = Campaign.objects.select_for_update().get(pk=campaign.pk)
    moment = now()
    CampaignKey.objects.filter(campaign=campaign, ends_at__gt=moment).update(ends_at=moment)
    before = CampaignKey.objects.filter(campaign=campaign, ends_at=None).update(ends_at=moment + overlap)
    secret = make_secret(KIND)
    key = CampaignKey.objects.create(
        campaign=campaign,
        digest=secret.digest,
        pepper_id=secret.pepper_id,
        hint=secret.hint,
        created_at=moment,
        created_by=actor,
    )
    ends = (moment + overlap).isoformat() if before else ""
    record(events.CampaignKeyMade(campaign_id=campaign.pk, hint=secret.hint, before_ends_at=ends), actor=actor)
    return key, secret.text


@transaction.atomic
def revoke_keys(*, campaign: Campaign, actor: str = "") -> bool:
    """Let no key open the campaign any more, at once; False when none did. Announces CampaignKeyRevoked."""
    campaign = Campaign.objects.select_for_update().get(pk=campaign.pk)
    moment = now()
    open_ended = CampaignKey.objects.filter(campaign=campaign, ends_at=None).update(ends_at=moment)
    ending = CampaignKey.objects.filter(campaign=campaign, ends_at__gt=moment).update(ends_at=moment)
    if not open_ended + ending:
        return False
    record(events.CampaignKeyRevoked(campaign_id=campaign.pk), actor=actor)
    return True
