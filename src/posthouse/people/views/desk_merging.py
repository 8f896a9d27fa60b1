"""The desk's pages that make one of two contacts, or of two customers: which, what will happen, and doing it."""

from collections.abc import Callable
from typing import TypeVar

from django import forms
from django.contrib import messages
from django.db.models import QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from posthouse.people import access, actions, models, queries
from posthouse.people.forms.merging import OtherContactForm, OtherCustomerForm
from posthouse.people.models import as_team

SUGGESTED = 8

M = TypeVar("M", models.Contact, models.Customer)


@access.team(*access.TEAM_WRITERS)
def merge_contact(request: access.TeamRequest, contact_id: str) -> HttpResponse:
    """Which other contact is the same person; those that look like it are suggested."""
    keep = _contact(contact_id)
    form = OtherContactForm(request.GET or None)
    if form.is_valid() and (other := _other(form, keep)):
        return redirect("desk-contact-merge-with", contact_id=keep.pk, gone_id=other.pk)
    named = _named(form, queries.find_contacts, keep)
    like = (named or queries.like_contact(keep)).prefetch_related("memberships__customer")[:SUGGESTED]
    return render(request, "people/desk_merge_contact.html", {"keep": keep, "form": form, "like": like})


@access.team(*access.TEAM_WRITERS)
def merge_contact_with(request: access.TeamRequest, contact_id: str, gone_id: str) -> HttpResponse:
    """What merging these two will do; POST does it."""
    keep, gone = _contact(contact_id), _contact(gone_id)
    if keep == gone:
        return redirect("desk-contact-merge", contact_id=keep.pk)
    if request.method == "POST":
        return _merged(request, keep, gone)
    context = {
        "keep": keep,
        "gone": gone,
        "moved": list(queries.customers_of(gone)),
        "login_moves": gone.user is not None and keep.user is None,
        "login_ends": gone.user is not None and keep.user is not None and queries.team_member(gone.user) is None,
    }
    return render(request, "people/desk_merge_contact_confirm.html", context)


@access.team(*access.TEAM_WRITERS)
def merge_customer(request: access.TeamRequest, customer_id: str) -> HttpResponse:
    """Which other customer is the same organisation; those that look like it are suggested."""
    keep = _customer(customer_id)
    form = OtherCustomerForm(request.GET or None)
    if form.is_valid() and (other := _other(form, keep)):
        return redirect("desk-customer-merge-with", customer_id=keep.pk, gone_id=other.pk)
    like = (_named(form, queries.find_customers, keep) or queries.like_customer(keep))[:SUGGESTED]
    return render(request, "people/desk_merge_customer.html", {"keep": keep, "form": form, "like": like})


@access.team(*access.TEAM_WRITERS)
def merge_customer_with(request: access.TeamRequest, customer_id: str, gone_id: str) -> HttpResponse:
    """What merging these two will do; POST does it."""
    keep, gone = _customer(customer_id), _customer(gone_id)
    if keep == gone:
        return redirect("desk-customer-merge", customer_id=keep.pk)
    if request.method == "POST":
        return _merged(request, keep, gone)
    context = {
        "keep": keep,
        "gone": gone,
        "moved": list(queries.members(gone)),
        "invited": queries.open_invitations(gone).count(),
        "external_id": gone.external_id if gone.external_id and not keep.external_id else "",
    }
    return render(request, "people/desk_merge_customer_confirm.html", context)


def _merged(request: access.TeamRequest, keep: M, gone: M) -> HttpResponse:
    try:
        if isinstance(keep, models.Contact):
            actions.merge_contacts(keep=keep, gone=gone, actor=as_team(request.member))
        else:
            actions.merge_customers(keep=keep, gone=gone, actor=as_team(request.member))
    except actions.Refused as refused:
        messages.error(request, str(refused))
    else:
        messages.success(request, _("The two are one now: %(name)s.") % {"name": keep})
    if isinstance(keep, models.Contact):
        return redirect("desk-contact", contact_id=keep.pk)
    return redirect("desk-customer", customer_id=keep.pk)


def _named(form: forms.Form, find: Callable[..., QuerySet[M]], keep: M) -> QuerySet[M] | None:
    """Those whose name holds what was typed where an id was asked for; the form then asks to choose."""
    typed = form["other"].value() if form.is_bound and form.errors.get("other") else ""
    text = str(typed or "").replace("\x00", "").strip()[:120]
    found = find(search=text).exclude(pk=keep.pk) if text else None
    if found is None or not found.exists():
        return None
    form.errors["other"] = form.error_class([_("Several may be meant by this: choose one below.")])
    return found


def _other(form: forms.Form, keep: models.Contact | models.Customer) -> models.Contact | models.Customer | None:
    """The one named, unless it is the same; the form then says so."""
    other: models.Contact | models.Customer = form.cleaned_data["other"]
    if other != keep:
        return other
    form.add_error("other", _("These are one and the same already."))
    return None


def _contact(contact_id: str) -> models.Contact:
    found = queries.contact(contact_id)
    if found is None:
        raise Http404
    return found


def _customer(customer_id: str) -> models.Customer:
    found = queries.customer(customer_id)
    if found is None:
        raise Http404
    return found
