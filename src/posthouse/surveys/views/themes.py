"""What comments are about, on the desk: themes with share, score and examples, and what the team changes about them."""

from typing import Any

from django.contrib import messages as flash
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from posthouse.people import access
from posthouse.people.actions import as_team
from posthouse.surveys import actions, queries
from posthouse.surveys.figures import saying, wishes
from posthouse.surveys.figures.metrics import Figure, formula_of
from posthouse.surveys.models import Campaign
from posthouse.surveys.statistics.scores import Difference
from posthouse.surveys.statistics.tallies import empty
from posthouse.surveys.themes import report, settling
from posthouse.surveys.themes.lexicon import FOUND, KEYS, RIGHT
from posthouse.surveys.views import wished

Request = access.TeamRequest


@access.team()
@require_GET
def themes(request: Request, campaign_id: str) -> HttpResponse:
    """The themes of the period and filters of the address."""
    campaign = _campaign(campaign_id)
    shown = settling.Shown()
    context: dict[str, Any] = {
        "campaign": campaign,
        "typed": wished.typed_in(request.GET),
        "query": request.GET.urlencode(),
        "may_write": access.may_write(request),
        "all_themes": [(key, shown.name(key), shown.settings.get(key)) for key in KEYS],
    }
    try:
        wish = wished.wish_of(request.GET)
    except wishes.Unreadable as fault:
        return render(request, "surveys/themes.html", context | {"fault": str(fault)})
    found = report.report(campaign, wish)
    rows = [_row(campaign, one) for one in found.themes]
    context |= {"wish": wish, "themed": found, "rows": rows, "right": RIGHT, "all_found": FOUND}
    return render(request, "surveys/themes.html", context)


@access.team(*access.TEAM_WRITERS)
@require_POST
def change(request: Request, campaign_id: str, theme: str) -> HttpResponse:
    """Another name, merge into another theme, hide or show."""
    campaign, given = _campaign(campaign_id), request.POST
    if theme not in KEYS:
        raise Http404
    try:
        settling.change_theme(
            key=theme,
            name=given.get("name"),
            merged_into=given.get("merged_into"),
            hidden="hidden" in given,
            actor=as_team(request.member),
        )
    except actions.Invalid as fault:
        flash.error(request, fault.reason)
    else:
        flash.success(request, _("Saved."))
    return redirect(_back(campaign, given))


@access.team(*access.TEAM_WRITERS)
@require_POST
def correct(request: Request, response_id: str) -> HttpResponse:
    """An answer is about a theme, is not, or its words decide again (`about`: yes, no, words)."""
    response, given = queries.response(response_id), request.POST
    about = {"yes": True, "no": False, "words": None}
    if response is None or given.get("theme") not in KEYS or given.get("about") not in about:
        raise Http404
    settling.correct(response=response, key=given["theme"], about=about[given["about"]], actor=as_team(request.member))
    if given.get("from") == "answer":
        return redirect(reverse("desk-survey-response", args=[response.pk]) + "#care")
    flash.success(request, _("Put right. The page of the answer takes it back."))
    return redirect(_back(response.campaign, given))


def _row(campaign: Campaign, one: report.Theme) -> dict[str, Any]:
    formula = formula_of(campaign)
    figure = Figure(empty(formula), one.score)
    given = {"low": saying.percent(max(one.bounds.low, 0.0)), "high": saying.percent(one.bounds.high)}
    return {
        "theme": one,
        "share": saying.percent(one.share),
        "bounds": _("between %(low)s and %(high)s") % given,
        "rise": _rise(one.rise),
        "score": saying.score(figure),
        "score_bounds": saying.bounds(figure),
        "difference": saying.from_others(formula, one.from_others),
        "examples": [(example, example.themes[one.key]) for example in one.examples],
    }


def _rise(found: Difference) -> str:
    if found.value is None:
        return saying.DASH
    if not found.clear:
        return _("no clear change")
    points = max(round(abs(found.value)), 1)
    more = ngettext("more often by %(count)d point", "more often by %(count)d points", points)
    less = ngettext("less often by %(count)d point", "less often by %(count)d points", points)
    return (more if found.value > 0 else less) % {"count": points}


def _back(campaign: Campaign, given: QueryDict) -> str:
    query = QueryDict(given.get("query", "")[:2000])
    return f"{reverse('desk-survey-themes', args=[campaign.pk])}?{query.urlencode()}"


def _campaign(campaign_id: str) -> Campaign:
    found = queries.campaign(campaign_id)
    if found is None:
        raise Http404
    return found
