"""What waits for its time, and what failed: move, call off, try again, leave out."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from posthouse.automations import actions, figures, queries
from posthouse.automations.models import PENDING_WAITS, Automation, AutomationRun, Effect, Wait
from posthouse.automations.people_of import people_of
from posthouse.automations.views.common import Request, actor_of
from posthouse.foundation.ids import is_id
from posthouse.foundation.paging import page_of
from posthouse.people import access


@access.team()
@require_GET
def waiting(request: Request) -> HttpResponse:
    """What runs wait for, the soonest first."""
    key = request.GET.get("automation", "").strip()
    rows = Wait.objects.filter(state__in=PENDING_WAITS).select_related("run").order_by("due_at", "pk")
    if key:
        rows = rows.filter(run__automation_id=key if is_id(key) else "-")
    page = page_of(request, rows)
    return render(
        request,
        "automations/waiting.html",
        {
            "page": page,
            "key": key,
            "names": _names(),
            "people": people_of(wait.run for wait in page),
            "counts": figures.counts(),
            "may_write": access.may_write(request),
        },
    )


@access.team(*access.TEAM_WRITERS)
@require_POST
def move(request: Request, wait_id: int) -> HttpResponse:
    """Let a run go on at another time."""
    wait = _wait(wait_id)
    due_at = _moment(request.POST.get("due_at", ""))
    if due_at is None:
        messages.error(request, _("That is no day and time. Nothing was moved."))
    elif actions.move_wait(wait=wait, due_at=due_at, actor=actor_of(request)):
        messages.success(request, _("Moved."))
    else:
        messages.warning(request, _("It is over already, so it could not be moved."))
    return redirect("desk-automation-waiting")


@access.team(*access.TEAM_WRITERS)
@require_POST
def cancel(request: Request, wait_id: int) -> HttpResponse:
    """End the run that waits."""
    if actions.cancel_run(run=_wait(wait_id).run, actor=actor_of(request)):
        messages.success(request, _("The run has ended. It does nothing more."))
    else:
        messages.warning(request, _("The run was over already."))
    return redirect("desk-automation-waiting")


@access.team()
@require_GET
def failed(request: Request) -> HttpResponse:
    """What could not be done, or of which nobody knows whether it was; and runs that an error has stopped."""
    page = page_of(request, queries.dead_effects())
    stuck = list(queries.stuck_runs()[:50])
    return render(
        request,
        "automations/failed.html",
        {
            "page": page,
            "stuck": stuck,
            "names": _names(),
            "people": people_of([*page, *stuck]),
            "counts": figures.counts(),
            "may_write": access.may_write(request),
        },
    )


@access.team(*access.TEAM_WRITERS)
@require_POST
def retry(request: Request, effect_id: str) -> HttpResponse:
    """Try it once more."""
    if actions.retry_effect(effect=_effect(effect_id), actor=actor_of(request)):
        messages.success(request, _("It is tried again now."))
    else:
        messages.warning(request, _("It is not among the failed any more."))
    return redirect("desk-automation-failed")


@access.team(*access.TEAM_WRITERS)
@require_POST
def skip(request: Request, effect_id: str) -> HttpResponse:
    """Leave it be."""
    if actions.drop_effect(effect=_effect(effect_id), actor=actor_of(request)):
        messages.success(request, _("It is left out."))
    else:
        messages.warning(request, _("It is not among the failed any more."))
    return redirect("desk-automation-failed")


@access.team(*access.TEAM_WRITERS)
@require_POST
def retry_run(request: Request, run_id: str) -> HttpResponse:
    """Take a run on that an error has stopped."""
    run = AutomationRun.objects.filter(pk=run_id).first() if is_id(run_id) else None
    if run is None:
        raise Http404
    if actions.retry_run(run=run, actor=actor_of(request)):
        messages.success(request, _("It goes on now."))
    else:
        messages.warning(request, _("It is not among the failed any more."))
    return redirect("desk-automation-failed")


def _names() -> dict[str, str]:
    return {one.key: figures.name_of(one) for one in Automation.objects.select_related("published")}


def _wait(wait_id: int) -> Wait:
    found = Wait.objects.select_related("run").filter(pk=wait_id).first() if wait_id < 2**63 else None
    if found is None:
        raise Http404
    return found


def _effect(effect_id: str) -> Effect:
    found = queries.effect(effect_id) if is_id(effect_id) else None
    if found is None:
        raise Http404
    return found


def _moment(text: str) -> datetime | None:
    """What a field for day and time gives, in the person's zone."""
    try:
        found = datetime.fromisoformat(text)
        zone = timezone.get_current_timezone()
        moment = found if found.tzinfo else found.replace(tzinfo=zone if isinstance(zone, ZoneInfo) else UTC)
        return moment.astimezone(UTC) if 2000 <= moment.year < 9000 else None
    except (ValueError, OverflowError):
        return None
