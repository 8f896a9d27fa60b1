"""HTTP routes that read the timeline."""

from datetime import datetime
from typing import Annotated, Any

from django.http import Http404, HttpRequest
from ninja import Path, Query, Router, Schema
from pydantic import StringConstraints

from posthouse.foundation.paging import ApiLimit, invalid_cursor, log_cursor
from posthouse.people import queries as people
from posthouse.people.access import scope
from posthouse.timeline import queries as timeline

router = Router(tags=["timeline"])
TypeName = Annotated[str, StringConstraints(max_length=120, pattern=r"^[^\x00]*$")]


class EventOut(Schema):
    """An event as it stands in the log."""

    id: str
    source: str
    type: str
    version: int
    customer_id: str
    contact_id: str
    actor: str
    occurred_at: datetime
    received_at: datetime
    data: dict[str, Any]


class EventPage(Schema):
    """A page of events; ask again with the cursor `next` for what follows (null: nothing yet)."""

    items: list[EventOut]
    next: str | None


@router.get("/events", response=EventPage, auth=scope("timeline:read"), operation_id="list_events")
def list_events(
    request: HttpRequest,
    after: Annotated[str, Query(max_length=42, description="The `next` of an earlier answer")] = "",
    types: Annotated[list[TypeName], Query(alias="type", max_length=50, description="Only these types")] = [],  # noqa: B006  ninja copies it
    limit: ApiLimit = 50,
) -> dict[str, Any]:
    """Every event in the order of the log. A reader that keeps the last cursor misses none and sees none twice."""
    rows = list(timeline.after(log_cursor(after), types=types or None)[:limit])
    return {"items": rows, "next": str(rows[-1].cursor) if rows else (after or None)}


@router.get(
    "/customers/{customer_id}/timeline",
    response=EventPage,
    auth=scope("timeline:read"),
    operation_id="customer_timeline",
    summary="One customer's timeline",
)
def customer_timeline(
    request: HttpRequest,
    customer_id: Annotated[str, Path(max_length=40, pattern=r"^[a-z0-9_]+$")],
    before: Annotated[str, Query(max_length=120, description="The `next` of an earlier answer")] = "",
    limit: ApiLimit = 50,
) -> dict[str, Any]:
    """What happened to a customer and its people, newest first, by the time it happened."""
    customer = people.customer(customer_id)
    if customer is None:
        raise Http404
    rows = timeline.of_customer(customer_id, [member.contact_id for member in people.members(customer)])
    try:
        page = list((timeline.before(rows, before) if before else rows)[: limit + 1])
    except ValueError as error:
        raise invalid_cursor() from error
    more = len(page) > limit
    page = page[:limit]
    return {"items": page, "next": timeline.place_of(page[-1]) if more else None}
