"""The desk page that shows what a campaign's answers say."""

from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from posthouse.design.wording import number
from posthouse.people import access
from posthouse.surveys import queries, scales
from posthouse.surveys.figures import drawing, saying, wishes
from posthouse.surveys.figures.asking import TooManyValues
from posthouse.surveys.figures.metrics import Metrics
from posthouse.surveys.models import Campaign
from posthouse.surveys.statistics.people import Counting
from posthouse.surveys.views import comments, wished


@access.team()
@require_GET
def figures(request: access.TeamRequest, campaign_id: str) -> HttpResponse:
    """Score, groups, rates, trend and break-down of a campaign, and what people wrote."""
    campaign = queries.campaign(campaign_id)
    if campaign is None:
        raise Http404
    typed = wished.typed_in(request.GET)
    found, fault = _found(campaign, typed)
    context: dict[str, Any] = {
        "campaign": campaign,
        "typed": typed,
        "fault": fault,
        "traits": queries.traits_of(campaign),
        "countings": [(one.value, saying.counting(one)) for one in Counting],
        "grains": _grains(),
    } | comments.kept(request)
    if found is not None:
        context |= _shown(found) | comments.shown(request, campaign, found.wish)
    return render(request, "surveys/desk_figures.html", context)


def _found(campaign: Campaign, typed: wished.Typed) -> tuple[Metrics | None, str]:
    """The figures, or why there are none."""
    try:
        return queries.metrics(campaign, wished.wish(typed)), ""
    except wishes.Unreadable as fault:
        return None, str(fault)
    except TooManyValues:
        return None, _("It has too many different values to filter so many answers by it. Choose fewer days.")


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


def _grains() -> list[tuple[str, str]]:
    return [("day", _("Days")), ("week", _("Weeks")), ("month", _("Months"))]
