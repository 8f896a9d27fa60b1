"""The list of runs: search, filters, export, and acts on many at once, asked for again before they are done."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from posthouse.design.wording import number
from posthouse.journeys import actions, export, filters, lists, queries, stuck, words
from posthouse.journeys.models import Journey, Run, RunState
from posthouse.journeys.views.tabs import tabs
from posthouse.people import access
from posthouse.people import queries as people
from posthouse.people.access import TeamRequest
from posthouse.people.actions import as_team
from posthouse.timeline import queries as timeline

MOST_AT_ONCE = 500
ACTS = ("exit", "replay")
CHUNK = 500


@access.team()
@require_GET
def runs(request: TeamRequest) -> HttpResponse:
    """Everybody on a journey: by journey, step, state, kind of stuck, name, period and group."""
    asked, view = lists.looked_up(lists.read(request.GET)), filters.read(request.GET)
    journeys = {row.pk: row for row in queries.journeys(live=False)}
    before = filters.text_in(request.GET, "before")
    found, older = lists.page(asked, view, before)
    chosen = journeys.get(asked.journey)
    context = {
        "tabs": tabs("desk-runs", view),
        "asked": asked,
        "view": view,
        "choices": filters.choices(),
        "periods": filters.PERIODS,
        "rows": lists.rows(found, journeys),
        "older": _at(request, older) if older else "",
        "newest": _at(request, "") if before else "",
        "journeys": [(key, words.name_of(row.body, key)) for key, row in journeys.items()],
        "steps": words.step_names(chosen.body) if chosen else {},
        "states": RunState.choices,
        "stuck_kinds": stuck.words(),
        "finding": _finding(asked, lists.count(asked, view), chosen),
        "query": asked.query(view).urlencode(),
        "may_write": request.member.role in access.TEAM_WRITERS,
    }
    return render(request, "journeys/desk_runs.html", context)


def _at(request: TeamRequest, before: str) -> str:
    """The address of this list from a place on."""
    query = request.GET.copy()
    query.pop("before", None)
    return "?" + query.urlencode() + (f"&before={quote(before)}" if before else "")


def _finding(asked: lists.Asked, count: lists.Count, journey: Journey | None) -> str:
    """What the list holds, in a sentence."""
    body = journey.body if journey else {}
    names = words.step_names(body)
    shown = {"n": number(count.number)}
    said = (
        ngettext("%(n)s run", "%(n)s runs", count.number) % shown if count.exact else _("More than %(n)s runs") % shown
    )
    if journey:
        said = _("%(runs)s of %(journey)s") % {"runs": said, "journey": words.name_of(body, journey.pk)}
    if asked.reached:
        said = _("%(runs)s that reached “%(step)s”") % {"runs": said, "step": names.get(asked.reached, asked.reached)}
    if asked.waiting:
        said = _("%(runs)s that wait for “%(step)s”") % {"runs": said, "step": names.get(asked.waiting, asked.waiting)}
    if asked.stuck:
        kind = stuck.words().get(asked.stuck, _("stuck"))
        said = _("%(runs)s, %(kind)s") % {"runs": said, "kind": kind}
    return said


@access.team()
@require_GET
def export_runs(request: TeamRequest, form: str) -> HttpResponseBase:
    """All rows of the list as it is narrowed now."""
    found = lists.runs(lists.looked_up(lists.read(request.GET)), filters.read(request.GET))
    return export.file_of(request, _portions(found), form=form, name="runs")


def _portions(found: Any) -> Iterator[list[dict[str, Any]]]:
    journeys = {row.pk: row for row in queries.journeys(live=False)}
    keys = list(found.values_list("pk", flat=True))
    for start in range(0, len(keys), CHUNK):
        portion = Run.objects.in_bulk(keys[start : start + CHUNK])
        some = [portion[key] for key in keys[start : start + CHUNK] if key in portion]
        yield [lists.exported(row) for row in lists.rows(some, journeys)]


@access.team()
@require_GET
def run(request: TeamRequest, run_id: str) -> HttpResponse:
    """One run: each step with its date and the event that reached it, what is expected next, and why."""
    found = queries.run(run_id)
    if found is None:
        raise Http404
    row = lists.rows([found], {found.journey_id: found.journey})[0]
    place = queries.place(found)
    context = {
        "row": row,
        "run": found,
        "place": place,
        "title": _("%(who)s in %(journey)s") % {"who": row.who, "journey": place.name},
        "entered_by": timeline.at(found.position),
        "may_write": request.member.role in access.TEAM_WRITERS,
    }
    return render(request, "journeys/desk_run.html", context)


@access.team(*access.TEAM_WRITERS)
@require_POST
def act(request: TeamRequest) -> HttpResponse:
    """Take the chosen runs out of their journey, or replay whom they belong to; asked again before anything is done."""
    what = request.POST.get("act", "")
    chosen = [one for one in request.POST.getlist("run")[:MOST_AT_ONCE] if "\0" not in one]
    back = _back(request)
    found = list(Run.objects.filter(pk__in=chosen).select_related("journey").order_by("pk"))
    if what not in ACTS or not found:
        messages.warning(request, _("Choose at least one run, and what to do."))
        return redirect(back)
    if "sure" not in request.POST:
        journeys = {row.journey_id: row.journey for row in found}
        context = {"act": what, "rows": lists.rows(found, journeys), "back": back}
        return render(request, "journeys/desk_runs_act.html", context)
    done = _exit(request, found) if what == "exit" else _replay(request, found)
    messages.success(request, done)
    return redirect(back)


def _exit(request: TeamRequest, found: list[Run]) -> str:
    reason = request.POST.get("reason", "").strip()[:60].replace("\0", "") or "by_hand"
    still = [row for row in found if row.state == RunState.OPEN]
    for row in still:
        actions.exit_run(run=row, reason=reason, actor=as_team(request.member))
    return ngettext("%(n)d was taken out.", "%(n)d were taken out.", len(still)) % {"n": len(still)}


def _replay(request: TeamRequest, found: list[Run]) -> str:
    subjects = {(row.kind, row.subject) for row in found}
    for kind, subject in sorted(subjects):
        actions.replay_subject(kind=kind, subject=subject, actor=as_team(request.member))
    return ngettext("%(n)d was replayed.", "%(n)d were replayed.", len(subjects)) % {"n": len(subjects)}


@access.team(*access.TEAM_WRITERS)
@require_POST
def enrol(request: TeamRequest) -> HttpResponse:
    """Put a customer or a person into a journey by hand."""
    journey = queries.journey(request.POST.get("journey", "").replace("\0", ""))
    given = request.POST.get("subject", "").strip()[:200].replace("\0", "")
    if journey is None or not journey.number:
        raise Http404
    is_contact = journey.body.get("subject") == "contact"
    subject = people.contact(given) or people.contact_by_email(given) if is_contact else people.customer(given)
    if subject is None:
        messages.error(request, _("Nobody with the id “%(id)s” is known.") % {"id": given})
        return redirect(_back(request))
    actions.enrol(journey=journey.pk, subject=subject.pk, actor=as_team(request.member))
    messages.success(
        request, _("%(who)s was put into %(journey)s.") % {"who": subject, "journey": words.name_of(journey.body)}
    )
    return redirect(reverse("desk-runs") + f"?journey={journey.pk}&q={subject.pk}&period=all")


def _back(request: TeamRequest) -> str:
    """The list as it was."""
    given = request.POST.get("back", "")
    known = url_has_allowed_host_and_scheme(given, {request.get_host()}, require_https=request.is_secure())
    return given if known and given.startswith("/") else reverse("desk-runs")
