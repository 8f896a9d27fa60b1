"""The wordings an automation has had, what changed from one to the next, and going back to one."""

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from posthouse.automations import actions, catalogue, figures
from posthouse.automations.differences import differences
from posthouse.automations.models import AutomationRevision
from posthouse.automations.views.common import Request, actor_of, automation_or_404
from posthouse.foundation.paging import page_of
from posthouse.people import access
from posthouse.people import queries as people


@access.team()
@require_GET
def listed(request: Request, key: str) -> HttpResponse:
    """Newest first, with who wrote it and why."""
    automation = automation_or_404(key)
    page = page_of(request, automation.revisions.order_by("-number"))
    return render(
        request,
        "automations/revisions.html",
        {
            "automation": automation,
            "name": figures.name_of(automation),
            "page": page,
            "actors": people.actor_names({revision.created_by for revision in page}),
        },
    )


@access.team()
@require_GET
def one(request: Request, key: str, number: int) -> HttpResponse:
    """One wording, and what it changed of the one before."""
    automation = automation_or_404(key)
    revision = _revision(key, number)
    before = automation.revisions.filter(number__lt=number).order_by("-number").first()
    return render(
        request,
        "automations/revision.html",
        {
            "automation": automation,
            "name": figures.name_of(automation),
            "revision": revision,
            "before": before,
            "sentence": figures.sentence_of(revision, catalogue.names()),
            "differences": differences(before.body if before else {}, revision.body),
            "current": automation.published_id == revision.pk,
            "may_write": access.may_write(request),
        },
    )


@access.team(*access.TEAM_WRITERS)
@require_POST
def restore(request: Request, key: str, number: int) -> HttpResponse:
    """Go back to an earlier wording, as a new revision: history is never rewritten."""
    automation_or_404(key)
    note = _("Back to revision %(number)s") % {"number": number}
    body = _revision(key, number).body
    revision = actions.save_revision(key=key, body=body, note=note, actor=actor_of(request))
    actions.publish_revision(revision=revision, actor=actor_of(request))
    messages.success(request, _("Revision %(number)s says what that one said.") % {"number": revision.number})
    return redirect("desk-automation", key)


def _revision(key: str, number: int) -> AutomationRevision:
    found = AutomationRevision.objects.filter(automation_id=key, number=min(number, 2**31 - 1)).first()
    if found is None:
        raise Http404
    return found
