"""What people have gone through, and until when they are left alone for it."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db.models import Max

from posthouse.surveys.models import Campaign, Response, Send, SendState
from posthouse.surveys.rules import Rules


@dataclass
class Past:
    """When a contact was last asked, answered and declined, by campaign."""

    asked: dict[str, datetime] = field(default_factory=dict)
    answered: dict[str, datetime] = field(default_factory=dict)
    declined: dict[str, datetime] = field(default_factory=dict)


def pasts(contact_ids: Collection[str], *, but: Iterable[str] = ()) -> dict[str, Past]:
    """The past of each of these contacts, leaving aside the sends named in `but`. Two queries for all of them."""
    found: dict[str, Past] = defaultdict(Past)
    asked = Send.objects.filter(contact_id__in=contact_ids, state=SendState.SENT).exclude(pk__in=list(but)).order_by()
    rows = asked.values_list("contact_id", "campaign_id").annotate(Max("sent_at"), Max("declined_at"))
    for contact_id, campaign_id, sent_at, declined_at in rows:
        past = found[contact_id]
        _note(past.asked, campaign_id, sent_at)
        _note(past.declined, campaign_id, declined_at)
    answers = Response.objects.filter(contact_id__in=contact_ids).order_by()
    for contact_id, campaign_id, at in answers.values_list("contact_id", "campaign_id").annotate(Max("created_at")):
        _note(found[contact_id or ""].answered, campaign_id, at)
    return found


def _note(into: dict[str, datetime], campaign_id: str, moment: datetime | None) -> None:
    if moment is not None:
        into[campaign_id] = moment


def rests_until(past: Past, campaign: Campaign, rules: Rules) -> datetime | None:
    """Until when this campaign leaves the contact alone, by all its clocks; None when nothing happened yet."""
    clocks = (
        (past.asked, campaign.rest_days, campaign.rest_days_any),
        (past.answered, rules.answer_days, rules.answer_days_any),
        (past.declined, rules.decline_days, rules.decline_days_any),
    )
    ends = []
    for moments, own_days, any_days in clocks:
        if campaign.pk in moments:
            ends.append(moments[campaign.pk] + timedelta(days=own_days))
        if moments:
            ends.append(max(moments.values()) + timedelta(days=any_days))
    return max(ends, default=None)
