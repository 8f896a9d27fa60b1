"""The desk page on which rules are tried out: what would be sent in the next quarter, to whom, and who is left out."""

from typing import Any

from django.contrib import messages as flash
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from posthouse.design import charts
from posthouse.design.wording import number
from posthouse.foundation.paging import PAGE_SIZE
from posthouse.people import access
from posthouse.people import queries as people
from posthouse.people.actions import as_team
from posthouse.surveys import actions, queries
from posthouse.surveys.forms.trying import TrialForm
from posthouse.surveys.frequency.trying import AUDIENCE, DUE, LATER
from posthouse.surveys.models import Campaign, Outcome, Trial, Turn
from posthouse.surveys.views.schedule import campaign_or_404

REASONS = {
    AUDIENCE: gettext_lazy("The condition does not hold"),
    LATER: gettext_lazy("Its day comes later"),
    DUE: gettext_lazy("On its way at the end of this time"),
}


@access.team(*access.TEAM_WRITERS)
def try_rules(request: access.TeamRequest, campaign_id: str) -> HttpResponse:
    """The form with the rules, which POST tries out without saving them, and the trial that `?trial` names."""
    campaign = campaign_or_404(campaign_id)
    trial = _trial(campaign, request.GET.get("trial", ""))
    posted = request.POST if request.method == "POST" else None
    form = TrialForm(posted, campaign=campaign, tried=trial.changes if trial else None)
    if posted is not None and form.is_valid():
        days = form.cleaned_data["ahead"]
        try:
            made = actions.try_rules(campaign=campaign, days=days, actor=as_team(request.member), **form.changes())
        except actions.Invalid as fault:
            form.take_fault(fault)
        except actions.Refused as refused:
            flash.error(request, str(refused))
            return redirect("desk-survey-try", campaign.pk)
        else:
            return redirect(f"{request.path}?trial={made.pk}")
    context: dict[str, Any] = {"campaign": campaign, "form": form, "trial": trial}
    if trial:
        context |= _shown(trial, request.GET.get("page", ""))
    return render(request, "surveys/try.html", context, status=422 if form.errors else 200)


def _trial(campaign: Campaign, trial_id: str) -> Trial | None:
    if not trial_id:
        return None
    found = queries.trial(trial_id)
    if found is None or found.campaign_id != campaign.pk:
        raise Http404
    return found


def _shown(trial: Trial, page: str) -> dict[str, Any]:
    result, before = trial.result, trial.result["as_it_is"]
    sends = Paginator(actions.sends_of(trial), PAGE_SIZE).get_page(page)
    names = people.contacts({contact_id for contact_id, _at in sends})
    return {
        "result": result,
        "before": before,
        "more": result["sends"] - before["sends"],
        "chart": _chart(trial),
        "left_out": [(reason_name(why), count) for why, count in result["left_out"].items()],
        "page": sends,
        "rows": [(names.get(contact_id), contact_id, at) for contact_id, at in sends],
    }


def _chart(trial: Trial) -> charts.Spec:
    weeks = actions.weeks_of(trial, trial.result)
    series: list[charts.Series] = [
        {"name": _("With the rules typed here"), "values": [count for _week, count in weeks], "role": "accent"}
    ]
    if trial.result["sends"] != trial.result["as_it_is"]["sends"]:
        now = actions.weeks_of(trial, trial.result["as_it_is"])
        series.append({"name": _("With the rules as they are"), "values": [n for _week, n in now], "role": "soft"})
    total = trial.result["sends"]
    title = ngettext("%(n)s mail would be sent", "%(n)s mails would be sent", total) % {"n": number(total)}
    caption = _("Mails in each week, as if nobody answered, unsubscribed or was asked by a program meanwhile.")
    labels: list[charts.Label] = [week for week, _count in weeks]
    return charts.bar(title, labels, series, heading=_("Week from"), caption=caption, stacked=False)


def reason_name(why: str) -> str:
    """Why somebody is left out, in words."""
    known = {**dict(Outcome.choices), **dict(Turn.Why.choices), **REASONS}
    return str(known.get(why, why))
