"""What the routes about surveys share."""

from typing import Annotated, Any

from django.http import HttpRequest
from ninja import Path, Query, Schema
from pydantic import ConfigDict

from posthouse.foundation.problems import Problem, not_found
from posthouse.people import actions as people
from posthouse.surveys import actions, queries
from posthouse.surveys.models import Campaign, Response, Send

Id = Annotated[str, Path(max_length=40, pattern=r"^[A-Za-z0-9_]+$")]
After = Annotated[str, Query(max_length=40, pattern=r"^[A-Za-z0-9_]*$", description="The `next` of an earlier answer")]


class In(Schema):
    """A body in which a member nobody knows is an error, not a surprise."""

    model_config = ConfigDict(extra="forbid")


def actor_of(request: HttpRequest) -> str:
    """Who acts: the team member whose token this is."""
    return people.as_team(request.auth.owner)  # type: ignore[attr-defined]  # set by django-ninja


def campaign_or_404(campaign_id: str) -> Campaign:
    """The campaign with this id."""
    found = queries.campaign(campaign_id)
    if found is None:
        raise not_found("campaign")
    return found


def send_or_404(campaign_id: str, send_id: str) -> Send:
    """A send of this campaign; one of another campaign is not found."""
    found = queries.send(send_id)
    if found is None or found.campaign_id != campaign_id:
        raise not_found("send")
    return found


def response_or_404(campaign_id: str, response_id: str) -> Response:
    """A response of this campaign; one of another campaign is not found."""
    found = queries.response(response_id)
    if found is None or found.campaign_id != campaign_id:
        raise not_found("response")
    return found


def page_of(rows: Any, after: str, limit: int) -> dict[str, Any]:
    """Rows newest first behind an id; ids sort by the time of their making."""
    rows = rows.order_by("-pk")
    if after:
        rows = rows.filter(pk__lt=after)
    found = list(rows[: limit + 1])
    return {"items": found[:limit], "next": found[limit - 1].pk if len(found) > limit else None}


def conflict(refused: actions.Refused) -> Problem:
    """409: what was asked for cannot be done as things are."""
    return Problem(status=409, code=refused.code, title="Not possible now", detail=str(refused))


def invalid(fault: actions.Invalid) -> Problem:
    """422: what was sent cannot be; `errors` names the place by a JSON pointer."""
    return Problem(
        status=422,
        code="survey-invalid",
        title="The survey cannot be set up like this",
        detail=fault.reason,
        extra={"errors": [{"path": fault.place, "message": fault.reason}]},
    )
