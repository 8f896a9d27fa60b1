"""What these routes share."""

from datetime import datetime
from typing import Annotated, Any, Literal

from django.db.models import QuerySet
from django.http import Http404, HttpRequest
from ninja import Path, Query, Schema
from pydantic import AfterValidator, ConfigDict, StringConstraints

from posthouse.messages import queries
from posthouse.people import actions as people

PLAIN = r"^[^\x00-\x08\x0b-\x1f]*$"
IdInPath = Annotated[str, Path(max_length=40, pattern=r"^[a-z0-9_]+$")]
After = Annotated[str, Query(max_length=40, pattern=r"^[a-z0-9_]*$", description="The `next` of an earlier answer")]
ReasonName = Literal["bounce", "complaint", "unsubscribed", "erased", "manual"]
Note = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500, pattern=PLAIN)]


def _is_address(text: str) -> str:
    if not queries.is_address(text):
        raise ValueError("not an e-mail address")
    return text


Email = Annotated[
    str, StringConstraints(strip_whitespace=True, max_length=254, pattern=PLAIN), AfterValidator(_is_address)
]


class Strict(Schema):
    """A body in which a member nobody knows is an error, not a surprise."""

    model_config = ConfigDict(extra="forbid")


class SuppressionOut(Schema):
    """An address that gets no letters, and why; `email` is empty after the person was erased."""

    id: str
    email: str
    reason: ReasonName
    note: str
    actor: str
    created_at: datetime


def actor_of(request: HttpRequest) -> str:
    """Who acts: the team member whose token this is."""
    return people.as_team(request.auth.owner)  # type: ignore[attr-defined]  # set by django-ninja


def found_or_404(row: Any) -> Any:
    """The row, or 404."""
    if row is None:
        raise Http404
    return row


def page_of(rows: QuerySet[Any], after: str, limit: int) -> dict[str, Any]:
    """Rows newest first behind an id; ids sort by the time of their making."""
    rows = rows.order_by("-pk")
    if after:
        rows = rows.filter(pk__lt=after)
    found = list(rows[: limit + 1])
    return {"items": found[:limit], "next": found[limit - 1].pk if len(found) > limit else None}
