"""What these routes share."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any

from django.db.models import QuerySet
from django.http import Http404
from ninja import Path, Query, Schema
from pydantic import ConfigDict

from posthouse.automations.definition import Fault
from posthouse.foundation.problems import Problem
from posthouse.people import actions as people

IdInPath = Annotated[str, Path(max_length=60, pattern=r"^[a-z0-9_]+$")]
IdInQuery = Annotated[str, Query(max_length=64, pattern=r"^[A-Za-z0-9_]*$")]


class Strict(Schema):
    """A body in which a member nobody knows is an error, not a surprise."""

    model_config = ConfigDict(extra="forbid")


class DecisionOut(Schema):
    """One line of the journal of a run: what was decided, and on what."""

    at: datetime
    what: str
    effect_id: str | None
    data: dict[str, Any]


def actor_of(request: Any) -> str:
    """Who acts: the team member whose token this is."""
    return people.as_team(request.auth.owner)


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


def invalid(faults: Sequence[Fault]) -> Problem:
    """422: everything that is wrong with the body, each with its JSON pointer."""
    return Problem(
        status=422,
        code="automation-invalid",
        title="The automation cannot be used",
        detail="Each error names its place in the body as a JSON pointer.",
        extra={"errors": [{"place": fault.place, "reason": fault.reason} for fault in faults]},
    )


def not_possible(detail: str) -> Problem:
    """409: as things are it cannot be done."""
    return Problem(status=409, code="not-possible-now", title="Not possible now", detail=detail)
