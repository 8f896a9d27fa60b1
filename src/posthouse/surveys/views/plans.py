"""The integration planner: its questions one at a time, and the plan as a page to hand on."""

from typing import Any

from django.conf import settings
from django.contrib import messages as flash
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from posthouse.foundation.paging import page_of
from posthouse.people import access
from posthouse.people.actions import as_team
from posthouse.surveys import actions
from posthouse.surveys.forms.plans import FORMS, NameForm
from posthouse.surveys.models import Plan
from posthouse.surveys.planning import acting, finding, requests, steps

Request = access.TeamRequest
FARTHEST = 10_000


@access.team()
@require_GET
def listing(request: Request) -> HttpResponse:
    """All plans, latest first; with `?deleted=<id>` a way to take that one back."""
    rows = page_of(request, finding.plans())
    gone = finding.plan(request.GET.get("deleted", ""), deleted=True)
    context = {"page": rows, "gone": gone, "may_write": access.may_write(request)}
    return render(request, "surveys/plans/list.html", context)


@access.team(*access.TEAM_WRITERS)
def new(request: Request) -> HttpResponse:
    """Begin a plan."""
    form = NameForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        plan = acting.begin(name=form.cleaned_data["name"], actor=as_team(request.member))
        return redirect("desk-survey-plan-step", plan.pk, steps.STEPS[0])
    return render(request, "surveys/plans/new.html", {"form": form}, status=422 if form.errors else 200)


@access.team(*access.TEAM_WRITERS)
def step(request: Request, plan_id: str, step: str) -> HttpResponse:
    """One question. Those before it are answered first."""
    plan = _plan(plan_id)
    if step not in FORMS:
        raise Http404
    first = steps.open_step(plan.answers)
    if first and steps.STEPS.index(step) > steps.STEPS.index(first):
        return redirect("desk-survey-plan-step", plan.pk, first)
    form = FORMS[step](request.POST if request.method == "POST" else None, plan=plan)
    if request.method == "POST" and form.is_valid():
        plan = acting.answer(plan=plan, step=step, given=form.answer(), actor=as_team(request.member))
        following = steps.open_step(plan.answers) if first else ""
        return (
            redirect("desk-survey-plan-step", plan.pk, following)
            if following
            else redirect("desk-survey-plan", plan.pk)
        )
    number = steps.STEPS.index(step) + 1
    earlier = steps.before(step)
    context = {
        "plan": plan,
        "form": form,
        "step": step,
        "number": number,
        "count": len(steps.STEPS),
        "title": steps.TITLES[step],
        "back": reverse("desk-survey-plan-step", args=[plan.pk, earlier]) if earlier else "",
        "is_change": not first,
    }
    return render(request, "surveys/plans/step.html", context, status=422 if form.errors else 200)


@access.team()
@require_GET
def one(request: Request, plan_id: str) -> HttpResponse:
    """The finished plan: answers, the request, and what has happened of it; `?version=` shows an earlier one."""
    plan = _plan(plan_id)
    asked = request.GET.get("version", "")
    number = int(asked) if asked.isascii() and asked.isdigit() and int(asked) < FARTHEST else 0
    earlier = finding.version(plan, number) if number and number != plan.version else None
    if asked and not earlier and number != plan.version:
        raise Http404
    first = steps.open_step(plan.answers)
    may_write = access.may_write(request)
    if first and may_write:
        return redirect("desk-survey-plan-step", plan.pk, first)
    answers = earlier.answers if earlier else plan.answers
    context: dict[str, Any] = {
        "plan": plan,
        "earlier": earlier,
        "versions": list(plan.versions.all()[:20]),
        "may_write": may_write,
        "address": settings.PUBLIC_URL + reverse("desk-survey-plan", args=[plan.pk]),
    }
    if not first and plan.campaign:
        context |= {
            "said": _said(plan, answers),
            "samples": requests.samples(str(answers["campaign"]["id"]), answers),
            "many": requests.is_for_many(answers),
            "source": answers["source"]["kind"],
            "recurring": answers["rhythm"]["kind"] == "recurring",
            "variable": requests.VARIABLE,
            "ticks": finding.ticks(plan),
            "email": request.user.email,
        }
    return render(request, "surveys/plans/plan.html", context)


def _said(plan: Plan, answers: dict[str, Any]) -> list[tuple[str, Any, str]]:
    """Step, question and answer in words."""
    delay = steps.delay_seconds(answers)
    rhythm, language = answers["rhythm"], answers["language"]["code"]
    trigger = steps.word(steps.TRIGGERS, answers["trigger"]["kind"])
    words = {
        "campaign": plan.campaign.name if plan.campaign else "",
        "trigger": f"{trigger}: {answers['trigger']['words']}" if answers["trigger"].get("words") else trigger,
        "source": steps.word(steps.SOURCES, answers["source"]["kind"]),
        "attributes": ", ".join(answers["attributes"]["values"]) or _("none"),
        "rhythm": steps.word(steps.RHYTHMS, rhythm["kind"])
        + (f" · {rhythm['delay']} {steps.word(steps.UNITS, rhythm['unit'])}" if delay else ""),
        "language": _("In the language of each person, as far as it is known")
        if language == steps.OF_CONTACT
        else language,
    }
    return [(name, steps.TITLES[name], words[name]) for name in steps.STEPS]


@access.team(*access.TEAM_WRITERS)
@require_POST
def rename(request: Request, plan_id: str) -> HttpResponse:
    """Call it something else."""
    plan, form = _plan(plan_id), NameForm(request.POST)
    if form.is_valid():
        acting.rename(plan=plan, name=form.cleaned_data["name"])
        flash.success(request, _("Saved."))
    else:
        flash.error(request, _("A plan needs a name of at most 120 letters."))
    return redirect("desk-survey-plan", plan.pk)


@access.team(*access.TEAM_WRITERS)
@require_POST
def test(request: Request, plan_id: str) -> HttpResponse:
    """Send the survey as a test to oneself."""
    plan = _plan(plan_id)
    if plan.campaign is None:
        raise Http404
    chosen = plan.answers.get("language", {}).get("code", steps.OF_CONTACT)
    language = chosen if chosen in plan.campaign.texts else next(iter(plan.campaign.texts), "en")
    actions.send_test(campaign=plan.campaign, to=request.user.email, language=language)
    flash.success(request, _("A test mail to %(to)s is on its way.") % {"to": request.user.email})
    return redirect("desk-survey-plan", plan.pk)


@access.team(*access.TEAM_WRITERS)
@require_POST
def duplicate(request: Request, plan_id: str) -> HttpResponse:
    """Another with the same answers."""
    copy = acting.duplicate(plan=_plan(plan_id), actor=as_team(request.member))
    flash.success(request, _("This is the copy."))
    return redirect("desk-survey-plan", copy.pk)


@access.team(*access.TEAM_WRITERS)
@require_POST
def delete(request: Request, plan_id: str) -> HttpResponse:
    """Off the list, which then offers to take it back."""
    plan = _plan(plan_id)
    acting.delete(plan=plan)
    return redirect(f"{reverse('desk-survey-plans')}?deleted={plan.pk}")


@access.team(*access.TEAM_WRITERS)
@require_POST
def take_back(request: Request, plan_id: str) -> HttpResponse:
    """Undo of a deletion."""
    plan = finding.plan(plan_id, deleted=True)
    if plan is None:
        raise Http404
    acting.take_back(plan=plan)
    flash.success(request, _("“%(name)s” is back.") % {"name": plan.name})
    return redirect("desk-survey-plan", plan.pk)


def _plan(plan_id: str) -> Plan:
    found = finding.plan(plan_id)
    if found is None:
        raise Http404
    return found
