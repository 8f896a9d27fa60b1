"""Routes about when a campaign asks: what lies ahead of one that comes round, and whose turn was put off."""

from datetime import date
from typing import Annotated, Any, Literal

from django.http import HttpRequest
from ninja import Query, Router, Schema

from posthouse.foundation.paging import ApiLimit
from posthouse.people.access import scope
from posthouse.surveys.api.common import Id, campaign_or_404
from posthouse.surveys.frequency import ahead, saying
from posthouse.surveys.models import Turn

router = Router()

AfterNumber = Annotated[int, Query(ge=0, le=2**53, description="The `next` of an earlier answer; 0: from the start")]


class TurnsOnDay(Schema):
    """How many turns come up on a day of the vendor."""

    day: date
    turns: int


class ScheduleOut(Schema):
    """The rules in words, and the turns of the next days, before rest, refusals and the daily cap."""

    sentences: list[str]
    days: list[TurnsOnDay]


class TurnOut(Schema):
    """A turn that was put off, or is being dealt with: looked at again on `day`."""

    contact_id: str
    email: str
    cycle: date
    first_day: date
    day: date
    why: Literal["", "rest", "hours", "cap", "pending", "missed"]

    @staticmethod
    def resolve_email(turn: Turn) -> str:
        """The contact's address as it is now."""
        return turn.contact.email


class TurnPage(Schema):
    """A page of turns, oldest first; ask again with `after` set to `next` (null: that was all)."""

    items: list[TurnOut]
    next: int | None


@router.get(
    "/surveys/{campaign_id}/schedule",
    response=ScheduleOut,
    auth=scope("surveys:read"),
    operation_id="get_survey_schedule",
    summary="What lies ahead of a campaign",
)
def get_survey_schedule(
    request: HttpRequest,
    campaign_id: Id,
    days: Annotated[int, Query(ge=1, le=ahead.MOST_DAYS, description="How many days ahead, today among them")] = 28,
) -> dict[str, Any]:
    """Turns of a campaign that comes round, by day; of one that does not, none."""
    campaign = campaign_or_404(campaign_id)
    coming = ahead.turns_ahead(campaign, days) if campaign.rules.every else []
    return {"sentences": saying.sentences(campaign), "days": [{"day": day, "turns": n} for day, n in coming]}


@router.get(
    "/surveys/{campaign_id}/turns",
    response=TurnPage,
    auth=scope("surveys:read"),
    operation_id="list_survey_turns",
    summary="Turns that were put off",
)
def list_survey_turns(
    request: HttpRequest, campaign_id: Id, after: AfterNumber = 0, limit: ApiLimit = 50
) -> dict[str, Any]:
    """Whose turn waits for another day, and why."""
    rows = ahead.waiting(campaign_or_404(campaign_id)).order_by("pk").filter(pk__gt=after)
    found = list(rows[: limit + 1])
    return {"items": found[:limit], "next": found[limit - 1].pk if len(found) > limit else None}
