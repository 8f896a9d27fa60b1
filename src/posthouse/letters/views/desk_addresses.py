"""Whom we do not write to, on the desk: the suppression list, and one address with its choices and their history."""

from typing import Any

from django.contrib import messages as flash
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from posthouse.foundation.paging import page_of
from posthouse.letters import lists
from posthouse.letters.export import csv_file
from posthouse.letters.forms import ImportForm, ReleaseForm, SuppressForm, SuppressionFilter
from posthouse.messages import actions, queries
from posthouse.people import access
from posthouse.people.actions import as_team
from posthouse.people.queries import contact_by_email

SHOWN_WRONG = 20


@access.team()
@require_GET
def suppressed(request: access.TeamRequest) -> HttpResponse:
    """The list, newest first."""
    return _list(request)


def _list(request: access.TeamRequest, status: int = 200, **forms: Any) -> HttpResponse:
    narrowed = SuppressionFilter(request.GET)
    context = {
        "filter": narrowed,
        "narrowed": any(narrowed.given().values()),
        "page": page_of(request, queries.suppressions(**narrowed.given())),
        "may_write": access.may_write(request),
        "add_form": SuppressForm(),
        "import_form": ImportForm(),
        **forms,
    }
    return render(request, "letters/suppressed.html", context, status=status)


@access.team(*access.TEAM_WRITERS)
@require_POST
def add(request: access.TeamRequest) -> HttpResponse:
    """Write no more letters to an address. What is on the list already stays as it is."""
    form = SuppressForm(request.POST)
    if not form.is_valid():
        return _list(request, 422, add_form=form)
    known = queries.addressee(form.cleaned_data["email"])
    added = actions.suppress(
        addressee=known,
        reason=queries.Reason.MANUAL,
        how=queries.How.DESK,
        note=form.cleaned_data["note"],
        actor=as_team(request.member),
    )
    if added:
        flash.success(request, _("No more letters go to %(address)s.") % {"address": known.email})
    else:
        flash.info(request, _("%(address)s was on the list already.") % {"address": known.email})
    return redirect("desk-mail-suppressed")


@access.team(*access.TEAM_WRITERS)
@require_POST
def remove(request: access.TeamRequest, suppression_id: str) -> HttpResponse:
    """Take an address off the list, with a reason."""
    row = queries.suppression_by_id(suppression_id)
    if row is None:
        raise Http404
    form = ReleaseForm(request.POST)
    if not form.is_valid():
        flash.error(request, _("Say why the address may be written to again."))
        return redirect(_address_of(row))
    note = form.cleaned_data["note"]
    actions.release(suppression=row, how=queries.How.DESK, note=note, actor=as_team(request.member))
    flash.success(request, _("The address may be written to again."))
    return redirect("desk-mail-suppressed")


@access.team(*access.TEAM_WRITERS)
@require_POST
def bring_in(request: access.TeamRequest) -> HttpResponse:
    """Add the addresses of a file; lines that are none are named, the others count."""
    form = ImportForm(request.POST, request.FILES)
    if not form.is_valid():
        return _list(request, 422, import_form=form)
    try:
        lines = lists.addresses_in(form.cleaned_data["file"])
    except lists.Unreadable as error:
        reasons = {
            "encoding": _("The file is not text in UTF-8."),
            "length": _("The file has more than 20,000 lines. Bring it in in parts."),
        }
        form.add_error("file", reasons[str(error)])
        return _list(request, 422, import_form=form)
    result = actions.import_suppressions(lines=lines, actor=as_team(request.member))
    words = _("%(added)s added, %(known)s were on the list already, %(wrong)s lines hold no address.")
    counts = {"added": result.added, "known": result.known, "wrong": len(result.wrong)}
    return _list(request, imported=words % counts, wrong=result.wrong[:SHOWN_WRONG])


@access.team(*access.TEAM_WRITERS)
@require_GET
def export(request: HttpRequest) -> HttpResponseBase:
    """The list as it is narrowed now, as CSV; those whose address was erased are left out."""
    rows = queries.suppressions(**SuppressionFilter(request.GET).given()).exclude(email="")
    columns = ("email", "reason", "note", "created_at")
    return csv_file(rows.values_list(*columns), columns, "suppressed.csv")


@access.team()
@require_GET
def address(request: access.TeamRequest) -> HttpResponse:
    """What one address (`?email=`, or `?id=` of the list) wants, why it may get nothing, how that came about."""
    row = queries.suppression_by_id(request.GET.get("id", "")[:40].replace("\x00", ""))
    email = (row.email if row else request.GET.get("email", "")).strip()[:254].replace("\x00", "")
    if not email and row is None:
        raise Http404
    known = queries.addressee(email) if email else queries.Addressee("", (row.digest if row else "",))
    context = {
        "known": known,
        "choices": queries.choices(known),
        "suppression": queries.suppression(known),
        "history": page_of(request, queries.changes(known)),
        "contact": contact_by_email(email) if email else None,
        "form": ReleaseForm(),
        "may_write": access.may_write(request),
    }
    return render(request, "letters/address.html", context)


def _address_of(row: queries.Suppression) -> str:
    return f"{reverse('desk-mail-address')}?{urlencode({'id': row.pk})}"
