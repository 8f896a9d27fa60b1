"""Trying rules out and keeping what came of it for a while, so that its pages are the same trial."""

import json
import zlib
from collections import Counter
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from posthouse.foundation.clock import now
from posthouse.surveys.actions.campaigns import Refused, tried
from posthouse.surveys.frequency import trying
from posthouse.surveys.frequency.gate import house_zone
from posthouse.surveys.frequency.holding import day_of
from posthouse.surveys.models import Campaign, CampaignState, Trial

KEPT = 5
"""Trials kept of each campaign."""
MOST_DAYS = 366


def try_rules(*, campaign: Campaign, days: int, actor: str = "", **changes: Any) -> Trial:
    """Work out the next days with these changes, which are not saved, and with the rules as they are beside it.

    The last few trials of a campaign are kept. Raises Invalid for what cannot be a rule, and Refused for a campaign
    that has ended and where there are too many contacts.
    """
    if campaign.state == CampaignState.ENDED:
        raise Refused("campaign-ended", _("This campaign has ended; make a new one."))
    draft = tried(campaign=campaign, **changes)
    try:
        found = trying.try_out(draft, days)
        as_it_is = trying.try_out(campaign, days) if _differs(draft, campaign) else found
    except trying.TooMany as error:
        raise Refused(
            "too-many-contacts", _("There are more than %(count)d contacts.") % {"count": trying.MOST_CONTACTS}
        ) from error
    trial = Trial(
        campaign=campaign,
        made_at=now(),
        made_by=actor,
        first=found.first,
        last=found.last,
        changes=changes,
        result=_summed(found) | {"as_it_is": _summed(as_it_is)},
        body=_packed(found.sends),
    )
    with transaction.atomic():
        trial.save(force_insert=True)
        old = Trial.objects.filter(campaign=campaign).order_by("-made_at", "-pk").values_list("pk", flat=True)[KEPT:]
        Trial.objects.filter(pk__in=list(old)).delete()
    return trial


def _differs(draft: Campaign, campaign: Campaign) -> bool:
    names = ("rest_days", "rest_days_any", "sample_percent", "rules")
    return any(getattr(draft, name) != getattr(campaign, name) for name in names)


def _summed(found: trying.Trial) -> dict[str, Any]:
    house = house_zone()
    by_day = Counter(day_of(at, house) for _id, at in found.sends)
    return {
        "sends": len(found.sends),
        "people": len({contact_id for contact_id, _at in found.sends}),
        "contacts": found.contacts,
        "days": {day.isoformat(): count for day, count in sorted(by_day.items())},
        "left_out": found.left_out,
    }


def _packed(sends: list[tuple[str, datetime]]) -> bytes:
    return zlib.compress(json.dumps([(contact_id, at.isoformat()) for contact_id, at in sends]).encode())


def sends_of(trial: Trial) -> list[tuple[str, datetime]]:
    """Whom it would ask and when, the first ones first."""
    rows = json.loads(zlib.decompress(bytes(trial.body)))
    return [(contact_id, datetime.fromisoformat(at)) for contact_id, at in rows]


def weeks_of(trial: Trial, result: dict[str, Any]) -> list[tuple[date, int]]:
    """How many are sent in each week from its first day on."""
    counts: Counter[int] = Counter()
    for day, count in result["days"].items():
        counts[max(0, (date.fromisoformat(day) - trial.first).days) // 7] += count
    weeks = (trial.last - trial.first).days // 7 + 1
    return [(date.fromordinal(trial.first.toordinal() + 7 * n), counts[n]) for n in range(weeks)]
