"""Backfill: a dry run first, then for real, with how far it is."""

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from posthouse.design.wording import number
from posthouse.foundation.paging import page_of
from posthouse.journeys import actions, queries
from posthouse.journeys.forms import BackfillForm
from posthouse.journeys.models import Replay
from posthouse.journeys.views.editor import EDITORS
from posthouse.journeys.views.tabs import tabs
from posthouse.journeys.words import name_of
from posthouse.people import access
from posthouse.people import queries as people
from posthouse.people.access import TeamRequest
from posthouse.people.actions import as_team

SHOWN = 10


@dataclass(frozen=True)
class Shown:
    """A backfill as it stands on the page."""

    row: Replay
    title: str
    by: str
    counts: str

    @property
    def pk(self) -> int:
        """Its number."""
        return self.row.pk

    @property
    def is_going(self) -> bool:
        """Whether there is something to wait for."""
        return self.row.state in (Replay.State.WAITING, Replay.State.RUNNING)

    @property
    def most(self) -> int:
        """The length of the bar."""
        return max(1, self.row.total)

    @property
    def share(self) -> str:
        """How far, for who sees no bar."""
        return f"{100 * self.row.done // self.most} %"


@access.team()
@require_http_methods(["GET", "HEAD", "POST"])
def backfill(request: TeamRequest) -> HttpResponse:
    """All backfills, and the form for a new one."""
    may_edit = request.member.role in EDITORS
    form = BackfillForm(request.POST or None, journeys=_names())
    if request.method == "POST" and not may_edit:
        raise PermissionDenied
    if request.method == "POST" and form.is_valid():
        actions.backfill(**form.cleaned_data, dry_run=bool(request.POST.get("dry")), actor=as_team(request.member))
        messages.success(request, _("It has begun; this page shows how far it is."))
        return redirect("desk-backfill")
    page = page_of(request, Replay.objects.select_related("journey").order_by("-pk"), SHOWN)
    context = {
        "tabs": tabs("desk-backfill"),
        "form": form,
        "page": page,
        "replays": _shown(list(page)),
        "may_edit": may_edit,
    }
    return render(request, "journeys/desk_backfill.html", context, status=422 if form.errors else 200)


@access.team()
@require_GET
def progress(request: TeamRequest, number: int) -> HttpResponse:
    """How far one of them is: the piece of the page that is fetched again and again."""
    row = Replay.objects.select_related("journey").filter(pk=number).first() if number < 2**31 else None
    if row is None:
        raise Http404
    if not request.headers.get("HX-Request"):
        return redirect(f"{reverse('desk-backfill')}#replay-{row.pk}")
    return render(request, "journeys/_replay.html", {"replay": _shown([row])[0]})


def _names() -> list[tuple[str, str]]:
    return [(row.pk, name_of(row.body, row.pk)) for row in queries.journeys()]


def _shown(rows: list[Replay]) -> list[Shown]:
    by = people.actor_names({row.asked_by for row in rows})
    return [
        Shown(row, name_of(row.journey.body, row.journey_id), by.get(row.asked_by, ""), _counts(row.counts))
        for row in rows
    ]


def _counts(counts: dict[str, Any]) -> str:
    """What was, or would be, changed, in words."""
    said = {
        "entered": _("%(n)s entered"),
        "reached": _("%(n)s steps reached"),
        "completed": _("%(n)s completed"),
        "exited": _("%(n)s left"),
        "gone": _("%(n)s vanished"),
        "changed": _("%(n)s changed"),
        "acts": _("%(n)s would be acted on"),
    }
    found = [
        said.get(name, f"{name}: %(n)s") % {"n": number(count)}
        for name, count in counts.items()
        if isinstance(count, int) and count
    ]
    return ", ".join(found)
