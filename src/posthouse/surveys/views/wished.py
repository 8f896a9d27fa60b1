"""What the address of the page of results asks for: days, filters, break-down."""

from dataclasses import dataclass
from datetime import date

from django.http import QueryDict
from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _

from posthouse.foundation.clock import now
from posthouse.surveys.figures import wishes
from posthouse.surveys.figures.metrics import Wish
from posthouse.surveys.statistics.people import Counting
from posthouse.surveys.statistics.trends import Grain

WINDOW = 30
FILTERS = 2
LONGEST = 200


@dataclass(frozen=True)
class Typed:
    """What stands in the form, as it was typed."""

    since: str
    until: str
    counting: str
    grain: str
    by: str
    where: list[str]


def typed_in(query: QueryDict) -> Typed:
    """The words of an address, as far as they are of the figures."""
    where = [text for text in (_text(one) for one in query.getlist("where")) if text][: wishes.MOST_FILTERS]
    names = ("since", "until", "counting", "grain", "by")
    since, until, counting, grain, by = (_text(query.get(name, "")) for name in names)
    where += [""] * max(FILTERS - len(where), 0)
    return Typed(since, until, counting, grain, by, where)


def _text(value: str) -> str:
    return value.replace("\0", "").strip()[:LONGEST]


def wish_of(query: QueryDict) -> Wish:
    """The days and filters that an address asks for. Raises Unreadable."""
    return wish(typed_in(query))


def wish(typed: Typed) -> Wish:
    """What was typed as a wish. Raises Unreadable."""
    first, last = wishes.days(_day(typed.since, "since"), _day(typed.until, "until"), now().date())
    usual = wishes.usual_grain(first, last)
    return wishes.check(
        Wish(
            first=first,
            last=last,
            where=wishes.filters(one for one in typed.where if one),
            counting=Counting(typed.counting) if typed.counting in list(Counting) else Counting.ALL,
            grain=Grain(typed.grain) if typed.grain in list(Grain) else usual,
            window=WINDOW if (last - first).days < wishes.MOST_PERIODS else 0,
            by=wishes.trait(typed.by) if typed.by else "",
        )
    )


def _day(text: str, place: str) -> date | None:
    if not text:
        return None
    try:
        found = parse_date(text)
    except ValueError:
        found = None
    if found is None:
        raise wishes.Unreadable(place, _("A day is written like 2026-03-01."))
    return found
