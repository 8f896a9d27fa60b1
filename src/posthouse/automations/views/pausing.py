"""Pause and go on, with the three ways to treat what became due meanwhile."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from posthouse.automations import actions, figures
from posthouse.automations.models import PENDING_EFFECTS, PENDING_WAITS, Effect, Wait
from posthouse.automations.views.common import Request, actor_of, automation_or_404
from posthouse.foundation.clock import now
from posthouse.people import access

WAYS = ("skip", "latest", "all")


@access.team(*access.TEAM_WRITERS)
@require_POST
def pause(request: Request, key: str) -> HttpResponse:
    """Let everything wait where it is."""
    actions.pause(automation=automation_or_404(key), actor=actor_of(request))
    messages.success(request, _("It is paused. Runs still begin, and all of them wait."))
    return redirect("desk-automation", key)


@access.team(*access.TEAM_WRITERS)
@require_http_methods(["GET", "POST"])
def resume(request: Request, key: str) -> HttpResponse:
    """Go on: what is overdue is skipped, or only the latest is done for each, or all of it, spread."""
    automation = automation_or_404(key)
    way = request.POST.get("overdue", "")
    if request.method == "POST" and way in WAYS:
        actions.resume(automation=automation, overdue=way, actor=actor_of(request))
        messages.success(request, _("It goes on."))
        return redirect("desk-automation", key)
    waits = Wait.objects.filter(run__automation=automation, state__in=PENDING_WAITS, due_at__lte=now()).count()
    effects = Effect.objects.filter(automation=automation, state__in=PENDING_EFFECTS, due_at__lte=now()).count()
    context = {
        "automation": automation,
        "name": figures.name_of(automation),
        "overdue": waits + effects,
        "missing": request.method == "POST",
    }
    return render(request, "automations/resume.html", context, status=422 if request.method == "POST" else 200)
