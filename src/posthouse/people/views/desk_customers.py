"""The desk's list of customers: search, filters, export, and customers made or changed by hand."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from posthouse.foundation.paging import page_of
from posthouse.people import access, actions, export, models, queries
from posthouse.people.forms.desk import CustomerFilter, CustomerForm
from posthouse.people.models import as_team


@access.team()
def customers(request: access.TeamRequest) -> HttpResponse:
    """Customers by name, id or a member's address."""
    narrowed = CustomerFilter(request.GET)
    page = page_of(request, queries.find_customers(**narrowed.given()))
    return render(
        request,
        "people/desk_customers.html",
        {"filter": narrowed, "page": page, "narrowed": _narrowed(request), "may_write": access.may_write(request)},
    )


@access.team()
def export_customers(request: access.TeamRequest) -> HttpResponseBase:
    """All rows of the list as it is narrowed now, as CSV or JSON."""
    rows = queries.find_customers(**CustomerFilter(request.GET).given())
    return export.streamed(request, rows, columns=COLUMNS, name="customers")


COLUMNS: dict[str, export.Column[Any]] = {
    "id": lambda row: row.pk,
    "name": lambda row: row.name,
    "external_id": lambda row: row.external_id,
    "country": lambda row: row.country,
    "channel": lambda row: row.channel,
    "created_at": lambda row: row.created_at,
    "members": lambda row: row.member_count,
    "attributes": lambda row: row.attributes,
}


@access.team(*access.TEAM_WRITERS)
def new_customer(request: access.TeamRequest) -> HttpResponse:
    """A customer made by hand."""
    form = CustomerForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            made = actions.add_customer(**form.cleaned_data, actor=as_team(request.member))
        except actions.Refused as refused:
            form.add_error("external_id", str(refused))
        else:
            messages.success(request, _("%(name)s is a customer now.") % {"name": made})
            return redirect("desk-customer", customer_id=made.pk)
    return render(request, "people/desk_customer_form.html", {"form": form})


@access.team(*access.TEAM_WRITERS)
def edit_customer(request: access.TeamRequest, customer_id: str) -> HttpResponse:
    """What is known of a customer, changed by hand."""
    found = queries.customer(customer_id)
    if found is None:
        raise Http404
    form = CustomerForm(request.POST or None, initial=_known(found))
    if request.method == "POST" and form.is_valid():
        try:
            actions.update_customer(customer=found, **form.cleaned_data, actor=as_team(request.member))
        except actions.Refused as refused:
            form.add_error("external_id", str(refused))
        else:
            messages.success(request, _("Saved."))
            return redirect("desk-customer", customer_id=found.pk)
    return render(request, "people/desk_customer_form.html", {"form": form, "customer": queries.customer(customer_id)})


def _known(customer: models.Customer) -> dict[str, Any]:
    return {name: getattr(customer, name) for name in CustomerForm.base_fields}


def _narrowed(request: access.TeamRequest) -> bool:
    return any(value for name, value in request.GET.items() if name not in {"page", "sort"})
