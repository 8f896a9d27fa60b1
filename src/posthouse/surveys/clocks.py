"""What speaks against asking a contact: the campaign's state, the person's wish, the sample, and the two clocks."""

import hashlib
from datetime import datetime, timedelta

from django.db.models import Max, Q

from posthouse.foundation.clock import now
from posthouse.messages.queries import is_address
from posthouse.messages.queries import refusal as mail_refusal
from posthouse.surveys.models import CampaignState, Channel, Outcome, Send, SendState

CATEGORY = "surveys"
"""The kind of mail that people can refuse."""


def refusal(send: Send) -> Outcome | None:
    """Why it cannot be, leaving aside the clocks and what is pending; None when nothing speaks against it."""
    if send.campaign.state != CampaignState.RUNNING:
        return Outcome.PAUSED
    return unwanted(send) or (None if drawn(send) else Outcome.SAMPLED_OUT)


def unwanted(send: Send) -> Outcome | None:
    """Whether the person refuses surveys or cannot be written to; links may be given, for we do not mail them."""
    if send.channel == Channel.LINK:
        return None
    if not is_address(send.contact.email):
        return Outcome.BOUNCED
    said = mail_refusal(send.contact.email, CATEGORY)
    if not said:
        return None
    return Outcome.UNSUBSCRIBED if said == "unsubscribed" else Outcome.BOUNCED


def drawn(send: Send) -> bool:
    """Whether the contact is in the sample: the same however often it is asked within one rest of the campaign.

    The draw is a hash of campaign, contact and the number of the rest since 1970, so it needs no table and is made
    anew when the contact could be asked again.
    """
    percent = send.campaign.sample_percent
    rest = max(1, send.campaign.rest_days) * 86_400
    turn = int((send.due_at or now()).timestamp() // rest)
    text = f"{send.campaign_id}:{send.contact_id}:{turn}".encode()
    share = int.from_bytes(hashlib.blake2b(text, digest_size=8).digest()) / 2**64
    return share * 100 < percent


def rests_until(send: Send) -> datetime | None:
    """Until when the contact has to be left alone, if that is after the send falls due. One query."""
    mine = Q(campaign_id=send.campaign_id)
    others = Send.objects.filter(contact_id=send.contact_id, state=SendState.SENT).exclude(pk=send.pk)
    last = others.aggregate(mine=Max("sent_at", filter=mine), any=Max("sent_at"))
    campaign = send.campaign
    ends = [
        moment + timedelta(days=days)
        for moment, days in ((last["mine"], campaign.rest_days), (last["any"], campaign.rest_days_any))
        if moment
    ]
    until = max(ends, default=None)
    return until if until and until > (send.due_at or now()) else None
