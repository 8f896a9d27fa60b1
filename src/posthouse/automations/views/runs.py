"""Runs: the list, and one with everything that was decided."""

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET

from posthouse.automations import catalogue, definition, explaining, figures, queries, sentences
from posthouse.automations.models import Automation, AutomationRun, RunState
from posthouse.automations.people_of import people_of
from posthouse.automations.runs import event_of
from posthouse.automations.views.common import Request, run_or_404
from posthouse.foundation.ids import is_id
from posthouse.foundation.paging import page_of
from posthouse.people import access


@access.team()
@require_GET
def listed(request: Request) -> HttpResponse:
    """All runs, newest first, narrowed to an automation, a state, a contact or a customer."""
    given = {name: request.GET.get(name, "").strip() for name in ("automation", "state", "contact", "customer")}
    clean = {name: value if value == "" or is_id(value) else "-" for name, value in given.items()}
    rows = queries.runs(
        key=clean["automation"], state=clean["state"], contact_id=clean["contact"], customer_id=clean["customer"]
    )
    page = page_of(request, rows)
    return render(
        request,
        "automations/runs.html",
        {
            "page": page,
            "given": given,
            "narrowed": any(given.values()),
            "states": RunState.choices,
            "names": {one.key: figures.name_of(one) for one in Automation.objects.select_related("published")},
            "people": people_of(page),
            "counts": figures.counts(),
        },
    )


@access.team()
@require_GET
def one(request: Request, run_id: str) -> HttpResponse:
    """The whole explanation: event, revision, filter, caps, windows, the answer of whoever was called."""
    run = run_or_404(run_id)
    return render(request, "automations/run.html", explained(run, request))


@access.team()
@require_GET
def why(request: Request, effect_id: str) -> HttpResponse:
    """Why was this sent? From the foot of the mail to the run that did it."""
    effect = queries.effect(effect_id) if is_id(effect_id) else None
    if effect is None:
        raise Http404
    return redirect(f"/desk/automations/runs/{effect.run_id}/#{effect.pk}")


def explained(run: AutomationRun, request: Request) -> dict[str, object]:
    """What the page of a run shows."""
    found = definition.parse(run.revision.body)
    names = catalogue.names()
    steps = {step.id: sentences.step_words(step, names) for step in definition.walk(found.do)}
    effects = list(run.effects.order_by("created_at", "pk"))
    steps_of = {effect.pk: effect.step for effect in effects}
    journal = [
        {
            "at": decision.at,
            "text": explaining.sentence(decision),
            "data": decision.data,
            "what": decision.what,
            "effect": decision.effect_id or "",
            "step": steps.get(decision.data.get("step") or steps_of.get(decision.effect_id or "", ""), ""),
        }
        for decision in run.decisions.order_by("pk")
    ]
    return {
        "run": run,
        "name": figures.name_of(run.automation),
        "sentence": sentences.sentence(found, names),
        "event": event_of(run),
        "reason": explaining.reason(run.reason) if run.reason else "",
        "effects": [
            (effect, steps.get(effect.step, effect.kind), explaining.outcome(effect.answer or {})) for effect in effects
        ],
        "journal": journal,
        "waits": list(run.waits.filter(state__in=("waiting", "paused"))),
        "people": people_of([run]),
        "may_write": access.may_write(request),
    }
