"""What speaks against asking a contact: the campaign's state, the person's wish, the sample, and the clocks."""

from collections.abc import Sequence
from datetime import datetime

from posthouse.foundation.clock import now
from posthouse.foundation.timing import share
from posthouse.messages.queries import is_address, refusals
from posthouse.surveys import resting
from posthouse.surveys.models import Campaign, CampaignState, Channel, Outcome, Send

CATEGORY = "surveys"
"""The kind of mail that people can refuse."""


def refusal(send: Send) -> Outcome | None:
    """Why it cannot be, leaving aside the clocks and what is pending; None when nothing speaks against it."""
    if send.campaign.state != CampaignState.RUNNING:
        return Outcome.PAUSED
    return unwanted(send) or (None if drawn(send) else Outcome.SAMPLED_OUT)


def unwanted(send: Send) -> Outcome | None:
    """Whether the person refuses surveys or cannot be written to; links may be given, for we do not mail them."""
    return unwanted_of([send])[send.pk]


def unwanted_of(sends: Sequence[Send]) -> dict[str, Outcome | None]:
    """The same for many sends, by their id; two queries."""
    mailed = [send for send in sends if send.channel != Channel.LINK]
    said = refusals((send.contact.email, CATEGORY) for send in mailed)
    found: dict[str, Outcome | None] = dict.fromkeys(send.pk for send in sends)
    for send, refused in zip(mailed, said, strict=True):
        if send.channel == Channel.WIDGET:  # no mail is needed, but the person's wish holds
            found[send.pk] = Outcome.UNSUBSCRIBED if refused == "unsubscribed" else None
        elif refused or not is_address(send.contact.email):
            found[send.pk] = Outcome.UNSUBSCRIBED if refused == "unsubscribed" else Outcome.BOUNCED
    return found


def drawn(send: Send) -> bool:
    """Whether the contact of a send is in the sample."""
    return in_sample(send.campaign, send.contact_id, send.due_at or now())


def in_sample(campaign: Campaign, contact_id: str, moment: datetime) -> bool:
    """Whether the contact is in the sample: the same however often it is asked within one rest of the campaign.

    The draw is a hash of campaign, contact and the number of the rest since 1970, so it needs no table and is made
    anew when the contact could be asked again.
    """
    rest = max(1, campaign.rest_days) * 86_400
    turn = int(moment.timestamp() // rest)
    return share(f"{campaign.pk}:{contact_id}:{turn}") * 100 < campaign.sample_percent


def rests_until(send: Send) -> datetime | None:
    """Until when the contact has to be left alone, if that is after the send falls due. Two queries."""
    past = resting.pasts([send.contact_id], but=[send.pk]).get(send.contact_id, resting.Past())
    until = resting.rests_until(past, send.campaign, send.campaign.rules)
    return until if until and until > (send.due_at or now()) else None
