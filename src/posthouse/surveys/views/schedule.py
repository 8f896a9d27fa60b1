"""The desk page about when a campaign asks: its rules in words, what lies ahead, and who waits."""

from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET

from posthouse.design import charts
from posthouse.design.wording import number
from posthouse.foundation.paging import page_of
from posthouse.people import access
from posthouse.surveys import queries
from posthouse.surveys.frequency import ahead, saying
from posthouse.surveys.models import Campaign

DAYS = 28


@access.team()
@require_GET
def schedule(request: access.TeamRequest, campaign_id: str) -> HttpResponse:
    """Its rules in words, how many turns come up on each of the next days, and whose turn was put off."""
    campaign = campaign_or_404(campaign_id)
    coming = ahead.turns_ahead(campaign, DAYS) if campaign.rules.every else []
    context: dict[str, Any] = {
        "campaign": campaign,
        "sentences": saying.sentences(campaign),
        "chart": chart_of(coming) if any(count for _day, count in coming) else None,
        "page": page_of(request, ahead.waiting(campaign)),
        "may_write": access.may_write(request),
    }
    return render(request, "surveys/schedule.html", context)


def chart_of(coming: list[tuple[Any, int]]) -> charts.Spec:
    """Turns by day."""
    total = sum(count for _day, count in coming)
    title = ngettext(
        "%(n)s turn comes up in the next four weeks", "%(n)s turns come up in the next four weeks", total
    ) % {"n": number(total)}
    return charts.bar(
        title,
        [day for day, _count in coming],
        {_("Turns"): [count for _day, count in coming]},
        heading=_("Day"),
        caption=_("Whose day it is, before rest, refusals and the daily cap; trying out tells what is left."),
    )


def campaign_or_404(campaign_id: str) -> Campaign:
    """The campaign of a page."""
    found = queries.campaign(campaign_id)
    if found is None:
        raise Http404
    return found
