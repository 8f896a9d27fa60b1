"""The desk's list of contacts and the page of one."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from posthouse.foundation.paging import page_of
from posthouse.people import access, actions, export, models, queries
from posthouse.people.forms.desk import ContactFilter, ContactForm, NewContactForm
from posthouse.people.models import as_team
from posthouse.timeline import queries as timeline


@access.team()
def contacts(request: access.TeamRequest) -> HttpResponse:
    """Everybody who is known."""
    narrowed = ContactFilter(request.GET)
    rows = queries.find_contacts(**narrowed.given()).prefetch_related("memberships__customer")
    return render(
        request,
        "people/desk_contacts.html",
        {
            "filter": narrowed,
            "page": page_of(request, rows),
            "narrowed": any(value for name, value in request.GET.items() if name not in {"page", "sort"}),
            "may_write": access.may_write(request),
        },
    )


@access.team()
def export_contacts(request: access.TeamRequest) -> HttpResponseBase:
    """All rows of the list as it is narrowed now, as CSV or JSON."""
    rows = queries.find_contacts(**ContactFilter(request.GET).given())
    return export.streamed(request, rows, columns=COLUMNS, name="contacts")


COLUMNS: dict[str, export.Column[Any]] = {
    "id": lambda row: row.pk,
    "email": lambda row: row.email,
    "name": lambda row: row.name,
    "job_role": lambda row: row.job_role,
    "use_case": lambda row: row.use_case,
    "channel": lambda row: row.channel,
    "login": lambda row: row.user_id is not None,
    "created_at": lambda row: row.created_at,
    "attributes": lambda row: row.attributes,
}


@access.team()
def contact(request: access.TeamRequest, contact_id: str) -> HttpResponse:
    """One person: what is known, where they are a member, what happened."""
    found = _contact(contact_id)
    if found.pk != contact_id:
        return redirect("desk-contact", contact_id=found.pk)
    events = page_of(request, timeline.of_contact(found.pk))
    return render(
        request,
        "people/desk_contact.html",
        {
            "contact": found,
            "memberships": list(queries.customers_of(found)),
            "events": events,
            "actors": queries.actor_names({event.actor for event in events}),
            "may_write": access.may_write(request),
        },
    )


@access.team(*access.TEAM_WRITERS)
def new_contact(request: access.TeamRequest) -> HttpResponse:
    """A contact made by hand."""
    form = NewContactForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        given = dict(form.cleaned_data)
        actor = as_team(request.member)
        made = actions.know_contact(
            email=given.pop("email"), name=given.pop("name"), attributes=given.pop("attributes"), actor=actor
        )
        actions.update_contact(contact=made, actor=actor, **given)
        messages.success(request, _("%(name)s is known now.") % {"name": made})
        return redirect("desk-contact", contact_id=made.pk)
    return render(request, "people/desk_contact_form.html", {"form": form})


@access.team(*access.TEAM_WRITERS)
def edit_contact(request: access.TeamRequest, contact_id: str) -> HttpResponse:
    """What is known of a person, changed by hand."""
    found = _contact(contact_id)
    initial = {name: getattr(found, name) for name in ContactForm.base_fields}
    form = ContactForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        actions.update_contact(contact=found, actor=as_team(request.member), **form.cleaned_data)
        messages.success(request, _("Saved."))
        return redirect("desk-contact", contact_id=found.pk)
    return render(request, "people/desk_contact_form.html", {"form": form, "contact": found})


def _contact(contact_id: str) -> models.Contact:
    found = queries.contact(contact_id)
    if found is None:
        raise Http404
    return found
