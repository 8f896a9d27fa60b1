"""Trying an automation on what has happened, before it does anything."""

from datetime import timedelta
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from posthouse.automations import catalogue, definition, figures, queries, sentences, trial
from posthouse.automations.people_of import people_of
from posthouse.automations.views.common import Request, automation_or_404
from posthouse.foundation.clock import now
from posthouse.people import access
from posthouse.timeline import queries as timeline

MONTH = timedelta(days=30)


@access.team()
@require_GET
def past(request: Request, key: str) -> HttpResponse:
    """It would have begun so often last month, for these; and what it would have done about one of the events."""
    automation = automation_or_404(key)
    found = definition.parse(automation.published.body) if automation.published else None
    names = catalogue.names()
    event = _chosen(request)
    trace = trial.on_event(found, event.recorded()) if found and event else None
    tried = _month(automation.published.body) if automation.published and trace is None else queries.Trial()
    return render(
        request,
        "automations/past.html",
        {
            "automation": automation,
            "name": figures.name_of(automation),
            "sentence": sentences.sentence(found, names) if found else "",
            "tried": tried,
            "trace": trace,
            "missing": bool(request.GET.get("event")) and event is None,
            "steps": [(would, sentences.step_words(would.step, names)) for would in trace.steps] if trace else [],
            "people": people_of([trace] if trace else tried.examples),
            "passed_over": [(WHY_NOT[why](), count) for why, count in tried.passed_over.most_common()],
        },
    )


def _month(body: Any) -> queries.Trial:
    return queries.try_on_past(body, since=now() - MONTH)


WHY_NOT = {
    "if": lambda: _("its condition did not hold"),
    "again": lambda: _("too early for another time"),
    "happened": lambda: _("what must not happen did"),
    "late": lambda: _("the event arrived too late"),
    "nobody": lambda: _("the event is about nobody"),
    "not_over": lambda: _("the time is not over yet"),
}


def _chosen(request: Request) -> Any:
    """The event named in the address: `source` and `event`, or an id of our own."""
    event_id, source = (request.GET.get(name, "").strip()[:200] for name in ("event", "source"))
    if not event_id or "\x00" in event_id + source:
        return None
    return timeline.one(source or "posthouse", event_id)
