"""The tags of the house: list, make, rename, recolour, delete."""

from typing import Any

from django.contrib import messages as flash
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from posthouse.people import access
from posthouse.people.actions import as_team
from posthouse.surveys import actions
from posthouse.surveys.handling import tagging
from posthouse.surveys.handling_models import Tag, Tone

Request = access.TeamRequest


@access.team()
@require_http_methods(["GET", "POST"])
def tags(request: Request) -> HttpResponse:
    """All tags with how often they are used; POST makes one."""
    typed: dict[str, Any] = {"name": "", "tone": Tone.PLAIN}
    fault = ""
    if request.method == "POST":
        if not access.may_write(request):
            raise PermissionDenied
        typed = {name: request.POST.get(name, "") for name in typed}
        try:
            tagging.make_tag(**typed, actor=as_team(request.member))
        except actions.Invalid as invalid:
            fault = invalid.reason
        else:
            return redirect("desk-survey-tags")
    context = {
        "tags": list(tagging.tags()),
        "tones": Tone.choices,
        "typed": typed,
        "fault": fault,
        "may_write": access.may_write(request),
    }
    return render(request, "surveys/tags.html", context, status=422 if fault else 200)


@access.team(*access.TEAM_WRITERS)
@require_POST
def change(request: Request, tag_id: str) -> HttpResponse:
    """Another name or colour."""
    tag = _tag(tag_id)
    try:
        tagging.change_tag(
            tag=tag,
            name=request.POST.get("name"),
            tone=request.POST.get("tone"),
            actor=as_team(request.member),
        )
    except actions.Invalid as invalid:
        flash.error(request, invalid.reason)
    else:
        flash.success(request, _("Saved."))
    return redirect("desk-survey-tags")


@access.team(*access.TEAM_WRITERS)
@require_http_methods(["GET", "POST"])
def delete(request: Request, tag_id: str) -> HttpResponse:
    """Take a tag off all answers, after a question."""
    tag = _tag(tag_id)
    if request.method == "POST":
        tagging.delete_tag(tag=tag, actor=as_team(request.member))
        flash.success(request, _("The tag “%(name)s” is gone.") % {"name": tag.name})
        return redirect("desk-survey-tags")
    return render(request, "surveys/tag_delete.html", {"tag": tag, "used": tag.taggings.count()})


def _tag(tag_id: str) -> Tag:
    found = tagging.tag(tag_id)
    if found is None:
        raise Http404
    return found
