"""What lies ahead of a campaign that comes round: whose day is when, before any rest, cap or refusal."""

from collections import Counter
from datetime import date, timedelta

from django.db.models import QuerySet

from posthouse.foundation.clock import now
from posthouse.foundation.timing import share
from posthouse.surveys.frequency.cycles import Cycle, cycle_at, key_of
from posthouse.surveys.frequency.gate import house_zone
from posthouse.surveys.frequency.holding import day_of
from posthouse.surveys.frequency.reading import all_likely
from posthouse.surveys.models import Campaign, Round, Turn

MOST_DAYS = 400


def anchor_of(campaign: Campaign) -> date:
    """From which day its cycles are counted; for one that has not begun, as if it began now."""
    known = Round.objects.filter(pk=campaign.pk).values_list("anchor", flat=True).first()
    tomorrow = day_of(now(), house_zone()) + timedelta(days=1)
    return campaign.rules.starts_on or known or tomorrow


def cycles_between(campaign: Campaign, anchor: date, first: date, last: date) -> list[Cycle]:
    """The cycles that have days from `first` to `last`, both included."""
    found: list[Cycle] = []
    day = max(first, anchor)
    while day <= last and (cycle := cycle_at(campaign.rules, anchor, day)):
        found.append(cycle)
        day = cycle.end
    return found


def turns_ahead(campaign: Campaign, days: int) -> list[tuple[date, int]]:
    """How many turns come up on each of the next days, today among them. One query, a chunk of contacts at a time."""
    today = day_of(now(), house_zone())
    last = today + timedelta(days=days - 1)
    cycles = cycles_between(campaign, anchor_of(campaign), today, last)
    counts: Counter[date] = Counter()
    for contact_id in all_likely(campaign.rules.audience) if cycles else ():
        place = share(key_of(campaign.pk, contact_id))
        counts.update(cycle.days[int(place * len(cycle.days))] for cycle in cycles)
    return [(today + timedelta(days=n), counts[today + timedelta(days=n)]) for n in range(days)]


def waiting(campaign: Campaign) -> QuerySet[Turn]:
    """Turns that were put off, or are being dealt with, the next ones first, with their contacts."""
    return Turn.objects.filter(campaign=campaign).select_related("contact").order_by("day", "first_day", "contact_id")
