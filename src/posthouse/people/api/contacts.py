"""Routes about contacts."""

from typing import Annotated, Any

from django.http import HttpRequest
from ninja import Query, Router, Status
from pydantic import StringConstraints

from posthouse.foundation.moments import Moment
from posthouse.foundation.paging import ApiLimit
from posthouse.people import actions, models, queries
from posthouse.people.access import scope
from posthouse.people.api.common import actor_of, contact_or_404, page_of
from posthouse.people.api.schemas import After, ContactOut, ContactPage, ContactPatch, ContactPut, Email, Id, Search

router = Router()

AttributeFilter = Annotated[str, StringConstraints(max_length=300, pattern=r"^[^=\x00]+=[^\x00]*$")]


@router.get(
    "/contacts",
    response=ContactPage,
    auth=scope("customers:read"),
    operation_id="list_contacts",
    summary="Find contacts",
)
def list_contacts(
    request: HttpRequest,
    search: Search = "",
    email: Annotated[Email | None, Query(description="Exactly this address")] = None,
    since: Annotated[Moment | None, Query(description="Known at or after this moment")] = None,
    until: Annotated[Moment | None, Query(description="Known before this moment")] = None,
    attribute: Annotated[
        list[AttributeFilter], Query(max_length=10, description="Filters, all of which hold: `plan=pro`")
    ] = [],  # noqa: B006  django-ninja makes a query parameter of it
    after: After = "",
    limit: ApiLimit = 50,
) -> dict[str, Any]:
    """Contacts, newest first, by part of a name or address, by when they became known, and by attributes."""
    rows = queries.find_contacts(search=search)
    asked = {"created_at__gte": since, "created_at__lt": until}
    rows = rows.filter(**{name: value for name, value in asked.items() if value is not None})
    for pair in attribute:
        name, _sign, word = pair.partition("=")
        rows = queries.with_attribute(rows, name, word)
    return page_of(rows.filter(email=email) if email else rows, after, limit)


@router.put(
    "/contacts",
    response={200: ContactOut, 201: ContactOut},
    auth=scope("customers:write"),
    operation_id="put_contact",
    summary="Make or change the contact with an address",
)
def put_contact(request: HttpRequest, body: ContactPut) -> Status[models.Contact]:
    """The contact with this address: made (201), or changed in what was sent (200). Repeating it changes nothing."""
    known = queries.contact_by_email(body.email) is not None
    actor = actor_of(request)
    contact = actions.know_contact(email=body.email, actor=actor, **({} if known else _first(body)))
    return Status(200 if known else 201, actions.update_contact(contact=contact, actor=actor, **body.changes()))


@router.get(
    "/contacts/{contact_id}",
    response=ContactOut,
    auth=scope("customers:read"),
    operation_id="get_contact",
    summary="One contact",
)
def get_contact(request: HttpRequest, contact_id: Id) -> models.Contact:
    """What is known of a person."""
    return contact_or_404(contact_id)


@router.patch(
    "/contacts/{contact_id}",
    response=ContactOut,
    auth=scope("customers:write"),
    operation_id="change_contact",
    summary="Change a contact",
)
def change_contact(request: HttpRequest, contact_id: Id, body: ContactPatch) -> models.Contact:
    """Change what was sent."""
    return actions.update_contact(contact=contact_or_404(contact_id), actor=actor_of(request), **body.changes())


def _first(body: ContactPut) -> dict[str, Any]:
    """What a new contact is made with, so that making it is one event."""
    return {"name": body.name or "", "attributes": body.attributes or {}}
