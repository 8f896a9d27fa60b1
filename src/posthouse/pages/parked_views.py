"""The desk's list of events that consumers could not digest: try again, one or all, or leave one out for good."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_GET, require_POST

from posthouse.foundation.paging import page_of
from posthouse.pages.sentences import sentence
from posthouse.people import access
from posthouse.people import queries as people
from posthouse.people.actions import as_team
from posthouse.timeline import actions as log
from posthouse.timeline import queries as timeline

Request = access.TeamRequest
LATEST = 50
BIGGEST = 2**63


class DiscardForm(forms.Form):
    """Why an event is left out."""

    reason = forms.CharField(label=gettext_lazy("Why it is left out"), max_length=300)


@access.team()
@require_GET
def parked(request: Request) -> HttpResponse:
    """What could not be digested, oldest first, and what was left out, newest first."""
    consumer = _consumer(request.GET)
    rows = timeline.parked().filter(consumer=consumer) if consumer else timeline.parked()
    left_out = list(timeline.discarded()[:LATEST])
    page = page_of(request, rows)
    concerned = {row.customer_id for row in page} | {row.event.customer_id for row in left_out}
    context = {
        "page": page,
        "customers": people.customer_names(concerned - {""}),
        "consumer": consumer,
        "consumers": sorted(timeline.lag()),
        "discarded": [(row, sentence(row.event.type, row.event.data)) for row in left_out],
        "actors": people.actor_names({row.actor for row in left_out}),
        "may_write": access.may_write(request),
    }
    return render(request, "pages/desk_parked.html", context)


@access.team(*access.TEAM_WRITERS)
@require_POST
def retry_all(request: Request) -> HttpResponse:
    """Try all of them (of one consumer) again, now."""
    return _tried(request, log.retry_now(consumer=_consumer(request.POST)))


@access.team(*access.TEAM_WRITERS)
@require_POST
def retry_one(request: Request, parked_id: int) -> HttpResponse:
    """Try one again, now, and if it takes effect those that wait behind it."""
    return _tried(request, log.retry_one(parked_id=_one(parked_id).pk))


@access.team(*access.TEAM_WRITERS)
def discard(request: Request, parked_id: int) -> HttpResponse:
    """Leave one out for good, with a reason; asked once more before."""
    row = _one(parked_id)
    form = DiscardForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        done = log.discard(parked_id=row.pk, reason=form.cleaned_data["reason"], actor=as_team(request.member))
        if done:
            messages.success(request, _("The event is left out; those behind it go on."))
        else:
            messages.warning(request, _("The event took effect meanwhile."))
        return redirect("desk-parked")
    context = {"row": row, "form": form, "text": sentence(row.event.type, row.event.data)}
    return render(request, "pages/desk_parked_discard.html", context)


def _tried(request: HttpRequest, done: int) -> HttpResponse:
    words = ngettext("%(count)d event took effect.", "%(count)d events took effect.", done) % {"count": done}
    if done:
        messages.success(request, words)
    else:
        messages.warning(request, _("Nothing took effect; see the errors."))
    return redirect("desk-parked")


def _consumer(given: Any) -> str:
    return str(given.get("consumer", ""))[:80].replace("\x00", "")


def _one(parked_id: int) -> Any:
    found = timeline.parked().filter(pk=parked_id).first() if parked_id < BIGGEST else None
    if found is None:
        raise Http404
    return found
