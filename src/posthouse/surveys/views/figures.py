"""The desk page that shows what a campaign's answers say."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from posthouse.design.wording import number
from posthouse.foundation.clock import now
from posthouse.foundation.paging import page_of
from posthouse.people import access
from posthouse.surveys import queries, scales
from posthouse.surveys.figures import drawing, saying, wishes
from posthouse.surveys.figures.asking import TooManyValues
from posthouse.surveys.figures.metrics import Metrics, Wish
from posthouse.surveys.figures.narrowing import narrowed
from posthouse.surveys.models import Campaign
from posthouse.surveys.scales import Group
from posthouse.surveys.statistics.people import Counting
from posthouse.surveys.statistics.trends import Grain

WINDOW = 30
COMMENTS = 20
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
    search: str
    group: str


@access.team()
@require_GET
def figures(request: HttpRequest, campaign_id: str) -> HttpResponse:
    """Score, groups, rates, trend and break-down of a campaign, and what people wrote."""
    campaign = queries.campaign(campaign_id)
    if campaign is None:
        raise Http404
    typed = _typed(request.GET)
    found, fault = _found(campaign, typed)
    context: dict[str, Any] = {
        "campaign": campaign,
        "typed": typed,
        "kept": _kept(request.GET),
        "fault": fault,
        "traits": queries.traits_of(campaign),
        "countings": [(one.value, saying.counting(one)) for one in Counting],
        "grains": _grains(),
        "groups": [(group.value, scales.group_name(campaign.metric, group)) for group in Group],
    }
    if found is not None:
        context |= _shown(found) | {"page": page_of(request, _comments(campaign, found.wish, typed), COMMENTS)}
    return render(request, "surveys/desk_figures.html", context)


def _typed(query: QueryDict) -> Typed:
    where = [text for text in (_text(one) for one in query.getlist("where")) if text][: wishes.MOST_FILTERS]
    names = ("since", "until", "counting", "grain", "by", "search", "group")
    since, until, counting, grain, by, search, group = (_text(query.get(name, "")) for name in names)
    where += [""] * max(FILTERS - len(where), 0)
    return Typed(since, until, counting, grain, by, where, search, group)


def _text(value: str) -> str:
    return value.replace("\0", "").strip()[:LONGEST]


def _found(campaign: Campaign, typed: Typed) -> tuple[Metrics | None, str]:
    """The figures, or why there are none."""
    try:
        return queries.metrics(campaign, _wish(typed)), ""
    except wishes.Unreadable as fault:
        return None, str(fault)
    except TooManyValues:
        return None, _("It has too many different values to filter so many answers by it. Choose fewer days.")


def _wish(typed: Typed) -> Wish:
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


def _shown(found: Metrics) -> dict[str, Any]:
    formula, tally = found.formula, found.figure.tally
    return {
        "results": found,
        "finding": saying.finding(found),
        "counting": saying.counting(found.wish.counting),
        "score": saying.score(found.figure),
        "bounds": saying.bounds(found.figure),
        "change": saying.change(formula, found.change),
        "before": _("before: %(score)s") % {"score": saying.score(found.before)},
        "asked": _asked(found),
        "response_rate": saying.percent(found.asked.rate if found.asked else None),
        "comment_rate": saying.percent(found.figure.comment_rate),
        "counts": [(scales.group_name(formula.metric, group), count) for group, count in tally.groups.items()],
        "histogram": drawing.histogram(found) if tally.answers else None,
        "trend": drawing.trend(found) if tally.answers else None,
        "rolling": drawing.rolling(found) if tally.answers and found.rolling else None,
        "parts": [
            {
                "value": part.value,
                "score": saying.score(part.figure),
                "bounds": saying.bounds(part.figure),
                "answers": part.figure.tally.answers,
                "rate": saying.percent(part.asked.rate if part.asked else None),
                "difference": saying.from_others(formula, part.from_others),
                "clear": part.from_others.clear,
            }
            for part in found.parts
        ],
    }


def _asked(found: Metrics) -> str:
    if found.asked is None:
        return _("not known with this filter")
    if not found.asked.sent:
        return _("nobody was asked in this time")
    given = {"answered": number(found.asked.answered), "sent": number(found.asked.sent)}
    return _("%(answered)s of %(sent)s that were asked") % given


def _kept(query: QueryDict) -> list[tuple[str, str]]:
    """Everything of the address but what the search for comments says anew."""
    return [
        (name, value) for name, values in query.lists() if name not in ("search", "group", "page") for value in values
    ]


def _comments(campaign: Campaign, wish: Wish, typed: Typed) -> Any:
    """What people wrote, newest first, for the same days and filters."""
    rows = queries.responses(campaign, text=typed.search, with_comment=True, since=wish.first, until=wish.last)
    if typed.group in Group.values:
        rows = rows.filter(score__in=[one for one in campaign.scores if campaign.group_of(one) == typed.group])
    return narrowed(rows, wish.where)


def _grains() -> list[tuple[str, str]]:
    return [("day", _("Days")), ("week", _("Weeks")), ("month", _("Months"))]
