"""The list of automations, and the page of one."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from posthouse.automations import actions, catalogue, definition, figures, sentences
from posthouse.automations.models import AutomationRun, Switch
from posthouse.automations.people_of import people_of
from posthouse.automations.views.common import Request, actor_of, automation_or_404
from posthouse.people import access

LATEST = 10


@access.team()
@require_GET
def listed(request: Request) -> HttpResponse:
    """Every automation as a sentence, with its state and what it did lately."""
    rows = figures.rows(catalogue.names())
    return render(
        request,
        "automations/list.html",
        {
            "rows": rows,
            "acting": sum(row.automation.state == Switch.ON for row in rows),
            "counts": figures.counts(),
            "may_write": access.may_write(request),
        },
    )


@access.team()
@require_GET
def one(request: Request, key: str) -> HttpResponse:
    """One automation: what it says, how it stands, what it did last."""
    automation = automation_or_404(key)
    revision = automation.published
    runs = list(AutomationRun.objects.filter(automation=automation).order_by("-started_at")[:LATEST])
    found = definition.parse(revision.body) if revision else None
    names = catalogue.names()
    return render(
        request,
        "automations/one.html",
        {
            "automation": automation,
            "name": figures.name_of(automation),
            "sentence": sentences.sentence(found, names) if found else "",
            "outline": sentences.outline(found, names) if found else [],
            "runs": runs,
            "people": people_of(runs),
            "counts": figures.counts(),
            "states": Switch.choices,
            "may_write": access.may_write(request),
        },
    )


@access.team(*access.TEAM_WRITERS)
@require_http_methods(["GET", "POST"])
def switch(request: Request, key: str) -> HttpResponse:
    """Off, dry run or on: what it means is said before it is done."""
    automation = automation_or_404(key)
    data = request.POST if request.method == "POST" else request.GET
    state = data.get("to", "")
    if state not in Switch.values:
        return redirect("desk-automation", key)
    if request.method == "POST":
        actions.switch(automation=automation, state=state, actor=actor_of(request))
        messages.success(request, SWITCHED[state]())
        return redirect("desk-automation", key)
    return render(
        request,
        "automations/switch.html",
        {
            "automation": automation,
            "name": figures.name_of(automation),
            "sentence": figures.sentence_of(automation.published, catalogue.names()),
            "state": state,
            "open": AutomationRun.objects.filter(automation=automation, state="open").count(),
        },
    )


SWITCHED = {
    "on": lambda: _("It is on. From now on it acts."),
    "dry": lambda: _("It runs dry: it notes what it would do, and does nothing."),
    "off": lambda: _("It is off. What was under way has ended."),
}
