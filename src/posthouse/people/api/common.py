"""What the routes about people share."""

from typing import Any

from django.http import HttpRequest

from posthouse.foundation.problems import Problem, not_found
from posthouse.people import models, queries
from posthouse.people.actions import Refused
from posthouse.people.models import as_team


def customer_or_404(customer_id: str) -> models.Customer:
    """The customer with this id."""
    found = queries.customer(customer_id)
    if found is None:
        raise not_found("customer")
    return found


def contact_or_404(contact_id: str) -> models.Contact:
    """The contact with this id."""
    found = queries.contact(contact_id)
    if found is None:
        raise not_found("contact")
    return found


def actor_of(request: HttpRequest) -> str:
    """Who acts: the team member whose token this is."""
    return as_team(request.auth.owner)  # type: ignore[attr-defined]  # set by django-ninja


def conflict(refused: Refused, **extra: Any) -> Problem:
    """409: what was asked for cannot be done as things are."""
    return Problem(status=409, code=refused.code, title="Not possible now", detail=str(refused), extra=extra)


def page_of(rows: Any, after: str, limit: int) -> dict[str, Any]:
    """Rows newest first behind an id; ids sort by the time of their making."""
    rows = rows.order_by("-pk")
    if after:
        rows = rows.filter(pk__lt=after)
    found = list(rows[: limit + 1])
    return {"items": found[:limit], "next": found[limit - 1].pk if len(found) > limit else None}
