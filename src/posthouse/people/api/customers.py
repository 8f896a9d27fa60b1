"""Routes about customers."""

from typing import Any

from django.http import HttpRequest
from ninja import Router, Status

from posthouse.foundation.paging import ApiLimit
from posthouse.people import actions, models, queries
from posthouse.people.access import scope
from posthouse.people.api.common import actor_of, conflict, customer_or_404, page_of
from posthouse.people.api.schemas import (
    After,
    CustomerIn,
    CustomerOut,
    CustomerPage,
    CustomerPatch,
    Exactly,
    Id,
    InCountry,
    Search,
)

router = Router()


@router.get(
    "/customers",
    response=CustomerPage,
    auth=scope("customers:read"),
    operation_id="list_customers",
    summary="Find customers",
)
def list_customers(
    request: HttpRequest,
    search: Search = "",
    external_id: Exactly = "",
    country: InCountry = "",
    channel: Exactly = "",
    after: After = "",
    limit: ApiLimit = 50,
) -> dict[str, Any]:
    """Customers, newest first, by name, id, a member's address, country or channel."""
    rows = queries.find_customers(search=search, country=country, channel=channel)
    if external_id:
        rows = rows.filter(external_id=external_id)
    return page_of(rows, after, limit)


@router.post(
    "/customers",
    response={201: CustomerOut, 200: CustomerOut},
    auth=scope("customers:write"),
    operation_id="create_customer",
    summary="Make a customer",
)
def create_customer(request: HttpRequest, body: CustomerIn) -> Status[models.Customer]:
    """A new customer (201). A repeat with the same `external_id` and the same content answers the first one (200).

    409 `external-id-taken` when the customer with this `external_id` is described otherwise.
    """
    given = body.model_dump()
    try:
        return Status(201, actions.add_customer(**given, actor=actor_of(request)))
    except actions.Refused as refused:
        existing = queries.customer_by_external_id(given["external_id"])
        if existing and all(getattr(existing, name) == value for name, value in given.items()):
            return Status(200, existing)
        raise conflict(refused, customer_id=existing.pk if existing else None) from refused


@router.get(
    "/customers/{customer_id}",
    response=CustomerOut,
    auth=scope("customers:read"),
    operation_id="get_customer",
    summary="One customer",
)
def get_customer(request: HttpRequest, customer_id: Id) -> models.Customer:
    """What is known of a customer."""
    return customer_or_404(customer_id)


@router.patch(
    "/customers/{customer_id}",
    response=CustomerOut,
    auth=scope("customers:write"),
    operation_id="change_customer",
    summary="Change a customer",
)
def change_customer(request: HttpRequest, customer_id: Id, body: CustomerPatch) -> models.Customer:
    """Change what was sent. 409 `external-id-taken` when another customer has the id."""
    try:
        return actions.update_customer(customer=customer_or_404(customer_id), actor=actor_of(request), **body.changes())
    except actions.Refused as refused:
        raise conflict(refused) from refused
