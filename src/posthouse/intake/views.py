"""Desk pages about sources, what came from them, and what could not be taken in."""

import json

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from posthouse.foundation.clock import now
from posthouse.foundation.paging import page_of
from posthouse.intake import actions, forms, models, queries, snippets
from posthouse.people import access
from posthouse.people.actions import as_team

Request = access.TeamRequest

SHOWN = 25
LARGEST = 2**63 - 1


@access.team()
@require_GET
def sources(request: Request) -> HttpResponse:
    """All sources."""
    rows = list(queries.sources())
    return render(request, "intake/sources.html", {"sources": rows, "may_write": access.may_write(request)})


@access.team(*access.TEAM_WRITERS)
def new(request: Request) -> HttpResponse:
    """Set up a source."""
    form = forms.SourceForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        source = actions.make_source(**form.cleaned_data, actor=as_team(request.member))
        messages.success(request, _("“%(name)s” is set up. Copy the lines for your client.") % {"name": source.name})
        return redirect("desk-source", source.pk)
    return render(request, "intake/new.html", {"form": form}, status=422 if form.errors else 200)


@access.team()
@require_GET
@never_cache
def one(request: Request, source_id: str) -> HttpResponse:
    """One source: its key and lines to copy for those who may, its counts, and what came last."""
    source = _source(source_id)
    before = request.GET.get("before", "")
    position = int(before) if before.isascii() and before.isdigit() and int(before) <= LARGEST else 0
    found = list(queries.received(source, before=position)[: SHOWN + 1])
    may_write = access.may_write(request)
    context = {
        "source": source,
        "old_key_works": source.old_key_works(now()),
        "may_write": may_write,
        "host": snippets.host_of(source.dialect),
        "snippets": snippets.snippets(source.dialect, source.write_key) if may_write else [],
        "events": found[:SHOWN],
        "older": found[SHOWN - 1].position if len(found) > SHOWN else 0,
        "kept_rejects": queries.rejects(source).count(),
    }
    return render(request, "intake/source.html", context)


@access.team(*access.TEAM_WRITERS)
def edit(request: Request, source_id: str) -> HttpResponse:
    """Rename it, declare types, say how fast it may send."""
    source = _source(source_id)
    form = forms.EditForm(request.POST) if request.method == "POST" else forms.EditForm.of(source)
    if request.method == "POST" and form.is_valid():
        actions.change_source(source=source, actor=as_team(request.member), **form.changes())
        messages.success(request, _("Saved. It holds for what comes from now on."))
        return redirect("desk-source", source.pk)
    status = 422 if form.errors else 200
    return render(request, "intake/edit.html", {"form": form, "source": source}, status=status)


@access.team(*access.TEAM_WRITERS)
def rotate(request: Request, source_id: str) -> HttpResponse:
    """Give it a new write key."""
    source = _source(source_id)
    form = forms.RotateForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        actions.rotate_key(source=source, overlap=form.overlap(), actor=as_team(request.member))
        messages.success(request, _("There is a new write key. Put it into your program."))
        return redirect("desk-source", source.pk)
    status = 422 if form.errors else 200
    return render(request, "intake/rotate.html", {"form": form, "source": source}, status=status)


@access.team(*access.TEAM_WRITERS)
@require_POST
def switch(request: Request, source_id: str) -> HttpResponse:
    """Switch it off, or on again."""
    source = _source(source_id)
    actor = as_team(request.member)
    if source.off_at is None:
        actions.switch_off(source=source, actor=actor)
        messages.success(request, _("“%(name)s” is switched off within a second.") % {"name": source.name})
    else:
        actions.switch_on(source=source, actor=actor)
        messages.success(request, _("“%(name)s” is switched on within a second.") % {"name": source.name})
    return redirect("desk-source", source.pk)


@access.team()
@require_GET
def rejected(request: Request, source_id: str) -> HttpResponse:
    """What of a source could not be taken in, and why."""
    source = _source(source_id)
    form = forms.RejectFilter(request.GET)
    given = form.given()
    context = {
        "source": source,
        "filter": form,
        "narrowed": any(given.values()),
        "page": page_of(request, queries.rejects(source, **given)),
        "counts": [(models.Reason(reason).label, n) for reason, n in sorted(queries.reason_counts(source).items())],
    }
    return render(request, "intake/rejected.html", context)


@access.team()
@require_GET
def rejected_one(request: Request, source_id: str, reject_id: str) -> HttpResponse:
    """One rejected item, with the form to mend it."""
    source, reject = _reject(source_id, reject_id)
    return _rejected_page(request, source, reject, forms.MendForm(initial={"item": _indented(reject.item)}))


@access.team(*access.TEAM_WRITERS)
@require_POST
def mend(request: Request, source_id: str, reject_id: str) -> HttpResponse:
    """Take a rejected item in, as it was mended."""
    source, reject = _reject(source_id, reject_id)
    form = forms.MendForm({"item": reject.item} if reject.event_id else request.POST)
    if form.is_valid():
        try:
            outcome = actions.take_again(reject=reject, text=form.cleaned_data["item"])
        except queries.Misfit as misfit:
            form.add_error("item", f"{models.Reason(misfit.reason).label}. {misfit.detail}")
        else:
            said = _("It is taken in.") if outcome == "accepted" else _("It had been taken in before.")
            messages.success(request, said)
            return redirect("desk-source-rejected", source.pk)
    return _rejected_page(request, source, reject, form, status=422)


@access.team(*access.TEAM_WRITERS)
@require_POST
def forget(request: Request, source_id: str, reject_id: str) -> HttpResponse:
    """Take a rejected item off the list."""
    source, reject = _reject(source_id, reject_id)
    actions.drop_reject(reject=reject)
    messages.success(request, _("The item is forgotten."))
    return redirect("desk-source-rejected", source.pk)


def _rejected_page(
    request: Request, source: models.Source, reject: models.Rejected, form: forms.MendForm, status: int = 200
) -> HttpResponse:
    context = {"source": source, "reject": reject, "form": form, "may_write": access.may_write(request)}
    return render(request, "intake/rejected_one.html", context, status=status)


def _indented(text: str) -> str:
    """JSON for people to read; what is not JSON stays as it is."""
    try:
        return json.dumps(json.loads(text), indent=2, ensure_ascii=False)
    except (ValueError, RecursionError):
        return text


def _source(source_id: str) -> models.Source:
    found = queries.source(source_id)
    if found is None:
        raise Http404
    return found


def _reject(source_id: str, reject_id: str) -> tuple[models.Source, models.Rejected]:
    source = _source(source_id)
    found = queries.reject(source, reject_id)
    if found is None:
        raise Http404
    return source, found
