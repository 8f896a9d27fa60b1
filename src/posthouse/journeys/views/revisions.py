"""Revisions of a definition: all of them, what each changes, who would move, publishing."""

from dataclasses import dataclass

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from posthouse.foundation.paging import page_of
from posthouse.journeys import actions, queries
from posthouse.journeys.editing.diff import differences
from posthouse.journeys.editing.preview import preview
from posthouse.journeys.editing.text import to_text
from posthouse.journeys.models import Journey, Revision
from posthouse.journeys.views.editor import EDITORS
from posthouse.journeys.words import name_of, step_names
from posthouse.people import access
from posthouse.people import queries as people
from posthouse.people.access import TeamRequest
from posthouse.people.actions import as_team


@access.team()
@require_GET
def revisions(request: TeamRequest, key: str) -> HttpResponse:
    """All versions of a definition, newest first."""
    journey = journey_or_404(key)
    page = page_of(request, Revision.objects.filter(journey=journey).order_by("-number").defer("carried"))
    context = {
        "journey": journey,
        "title": name_of(journey.body or page.object_list[0].body, key),
        "page": page,
        "actors": people.actor_names({row.created_by for row in page}),
        "may_edit": request.member.role in EDITORS,
    }
    return render(request, "journeys/desk_revisions.html", context)


@access.team()
@require_GET
def revision(request: TeamRequest, key: str, number: int) -> HttpResponse:
    """One version: what it changes of the published one, and with `?count=1` who would move."""
    journey, row = journey_or_404(key), _revision(key, number)
    newer = row.number != journey.number
    context = {
        "journey": journey,
        "row": row,
        "title": name_of(row.body, key),
        "by": people.actor_names({row.created_by}).get(row.created_by, ""),
        "is_published": not newer,
        "lines": differences(journey.body, row.body) if newer and journey.body else [],
        "preview": preview(row.body),
        "text": to_text(row.body),
        "counted": _counted(journey, row) if newer and "count" in request.GET else None,
        "may_edit": request.member.role in EDITORS,
    }
    return render(request, "journeys/desk_revision.html", context)


@access.team(*EDITORS)
@require_POST
def publish(request: TeamRequest, key: str, number: int) -> HttpResponse:
    """Everybody who is not pinned follows this version from now on."""
    journey_or_404(key)
    row = _revision(key, number)
    actions.publish_revision(journey=key, number=row.number, actor=as_team(request.member))
    messages.success(request, _("Revision %(number)s is published.") % {"number": number})
    return redirect("desk-journey", key)


@access.team()
@require_GET
def definition_file(request: TeamRequest, key: str, number: int) -> HttpResponse:
    """A version as a file that can be imported elsewhere."""
    row = _revision(key, number)
    response = HttpResponse(to_text(row.body), content_type="application/yaml; charset=utf-8")
    response.headers["Content-Disposition"] = f'attachment; filename="{key}-{number}.yaml"'
    return response


def journey_or_404(key: str) -> Journey:
    """The journey of an address."""
    found = queries.journey(key)
    if found is None:
        raise Http404
    return found


def _revision(key: str, number: int) -> Revision:
    found = Revision.objects.filter(journey_id=key, number=number).first() if number < 2**31 else None
    if found is None:
        raise Http404
    return found


@dataclass(frozen=True)
class Counted:
    """Who would move where, in words."""

    count: actions.DryCount
    moves: list[tuple[str, str, int]]
    moving: int


def _counted(journey: Journey, row: Revision) -> Counted:
    found = actions.dry_count(revision=row)
    names = step_names(journey.body) | step_names(row.body)
    ends = {"completed": _("have completed it"), "exited": _("leave it"), "": _("are not in it")}
    moves = [
        (names.get(move.was, move.was), ends.get(move.becomes) or names.get(move.becomes, move.becomes), move.people)
        for move in found.moves
    ]
    return Counted(found, moves, sum(move.people for move in found.moves))
