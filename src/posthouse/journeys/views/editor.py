"""The editor of definitions: as a form or as text, with preview; saving makes a revision that nobody follows yet."""

from typing import Any

from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from posthouse.journeys import actions, posted, queries
from posthouse.journeys.definition import Malformed
from posthouse.journeys.editing.preview import preview
from posthouse.journeys.forms import NoteForm
from posthouse.journeys.models import Revision
from posthouse.journeys.posted import FORM, TEXT, Problem, Turn
from posthouse.journeys.reading import LARGEST
from posthouse.journeys.words import name_of
from posthouse.people import access
from posthouse.people.access import TeamRequest, TeamRole
from posthouse.people.actions import as_team
from posthouse.timeline import queries as timeline

EDITORS = (TeamRole.ADMIN, TeamRole.ENGINEER)
ON_STEPS = ("add", "remove", "up", "down")


@access.team(*EDITORS)
@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: TeamRequest, key: str) -> HttpResponse:
    """Change a journey: from its newest revision, or from the one in `?from=`."""
    return _editor(request, _start(key, request.GET.get("from", "")), key)


@access.team(*EDITORS)
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: TeamRequest) -> HttpResponse:
    """A journey from nothing, or from a file."""
    return _editor(request, {"entry": {}, "steps": [{}]}, "")


def _start(key: str, number: str) -> dict[str, Any]:
    rows = Revision.objects.filter(journey_id=key)
    rows = rows.filter(number=int(number)) if number.isdecimal() and len(number) < 9 else rows
    found = rows.order_by("-number").first()
    if found is None:
        raise Http404
    return dict(found.body)


def _editor(request: TeamRequest, start: dict[str, Any], key: str) -> HttpResponse:
    if request.method != "POST":
        wanted = TEXT if request.GET.get("view") == TEXT else FORM
        return _page(request, posted.shown(start, wanted), key, NoteForm(), start)
    note, act = NoteForm(request.POST), request.POST.get("act", "")
    turn = _turn(request, act)
    if act in (FORM, TEXT, "import") or act.partition("-")[0] in ON_STEPS:
        return _page(request, turn, key, note, start, status=422 if turn.problems else 200)
    good = posted.judge(turn) and _keeps_its_key(turn, key)
    if not (good and note.is_valid()):
        return _page(request, turn, key, note, start, status=422)
    if act == "save":
        return _save(request, turn, key, note, start)
    return _page(request, turn, key, note, start, previewed=True)


def _turn(request: TeamRequest, act: str) -> Turn:
    """What was sent, shown as is wanted next."""
    file = request.FILES.get("file")
    if act == "import":
        return _from_file(file) if isinstance(file, UploadedFile) else _nothing_chosen(request)
    if request.POST.get("view") == TEXT:
        return posted.read_text(request.POST.get("text", ""), wanted=FORM if act == FORM else TEXT)
    on_steps = act if act.partition("-")[0] in ON_STEPS else ""
    return posted.read_form(request.POST, act=on_steps, wanted=TEXT if act == TEXT else FORM)


def _from_file(file: "UploadedFile[Any]") -> Turn:
    source = file.read(LARGEST + 1) if file else b""
    return posted.read_text(source.decode("utf-8-sig", "replace"), wanted=FORM)


def _nothing_chosen(request: TeamRequest) -> Turn:
    turn = _turn(request, "preview")
    turn.problems = [Problem(_("From a file"), _("Choose a file first."), "#id_file")]
    return turn


def _keeps_its_key(turn: Turn, key: str) -> bool:
    """A revision belongs to its journey; a new journey takes a key that is free."""
    assert turn.body is not None
    found = str(turn.body["key"])
    if key and found != key:
        turn.problems = [Problem(_("Key"), _("The key is %(key)s and stays so.") % {"key": key})]
    elif not key and queries.journey(found) is not None:
        turn.problems = [Problem(_("Key"), _("There is a journey with this key already."), "#id_j-key")]
    return not turn.problems


def _save(request: TeamRequest, turn: Turn, key: str, note: NoteForm, start: dict[str, Any]) -> HttpResponse:
    assert turn.body is not None
    try:
        made = actions.add_revision(turn.body, note=note.cleaned_data["note"], actor=as_team(request.member))
    except Malformed as error:
        turn.problems = [Problem(place, reason) for place, reason in error.problems]
        return _page(request, turn, key, note, start, status=422)
    messages.success(request, _("Saved as revision %(number)s. It is not published yet.") % {"number": made.number})
    return redirect("desk-journey-revision", made.journey_id, made.number)


def _page(
    request: TeamRequest,
    turn: Turn,
    key: str,
    note: NoteForm,
    start: dict[str, Any],
    *,
    previewed: bool = False,
    status: int = 200,
) -> HttpResponse:
    context = {
        "key": key,
        "title": name_of(start, key),
        "view": turn.view,
        "forms": turn.forms,
        "text": turn.text,
        "problems": turn.problems,
        "note": note,
        "preview": preview(turn.body) if previewed and turn.body else None,
        "known_types": timeline.known_types(),
    }
    return render(request, "journeys/desk_edit.html", context, status=status)
