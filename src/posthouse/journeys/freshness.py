"""Which days of which journeys have changed since they were summed up, and which of these are read from the runs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Min

from posthouse.journeys import summaries
from posthouse.journeys.models import Journey, Touched

MOST_LIVE = 3000
"""Runs that are read one by one at most for what is behind."""


@dataclass(frozen=True)
class Freshness:
    """By journey the days that are read from the runs; since when others are behind, None where there are none."""

    live: Mapping[str, set[int]]
    behind: datetime | None

    def of(self, journey: str) -> set[int]:
        """The days of a journey that are read from the runs."""
        return self.live.get(journey, set())


def of_days(journeys: Sequence[Journey], first: int, after: int) -> Freshness:
    """What has changed on some days: read from the runs while these are few, so that a small house is exact."""
    touched: dict[str, dict[int, datetime]] = {}
    noted = Touched.objects.filter(day__gte=first, day__lt=after).order_by().values_list("journey", "day")
    for key, day, since in noted.annotate(Min("at")):
        touched.setdefault(key, {})[day] = since
    left, live, behind = MOST_LIVE, dict[str, set[int]](), list[datetime]()
    for journey in journeys:
        days = touched.get(journey.pk, {})
        number = summaries.how_many(journey.pk, sorted(days)) if days and left > 0 else 0
        if days and left > 0 and number <= left:
            live[journey.pk] = set(days)
            left -= number
        else:
            behind += days.values()
    return Freshness(live, min(behind, default=None))
