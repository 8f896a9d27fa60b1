"""Routes about trying rules out."""

from datetime import date, datetime
from typing import Annotated, Any

from django.http import HttpRequest
from ninja import Query, Router, Schema, Status
from pydantic import Field

from posthouse.foundation.paging import ApiLimit
from posthouse.foundation.problems import not_found
from posthouse.people.access import scope
from posthouse.surveys import actions, queries
from posthouse.surveys.actions.trials import MOST_DAYS
from posthouse.surveys.api.common import Id, In, actor_of, campaign_or_404, conflict, invalid
from posthouse.surveys.api.frequency import FrequencyIn
from posthouse.surveys.models import Trial

router = Router()


class TrialIn(In):
    """How many days ahead, today among them, and what to change for the trial alone; what is left out stays."""

    days: Annotated[int, Field(strict=True, ge=1, le=MOST_DAYS)] = 91
    rest_days: int = 30
    rest_days_any: int = 30
    sample_percent: int = 100
    frequency: FrequencyIn = FrequencyIn()


class TrialFigures(Schema):
    """Mails and people of that time; `days` counts mails by day of the vendor, `left_out` contacts by reason."""

    sends: int
    people: int
    contacts: int
    days: dict[str, int]
    left_out: dict[str, int]


class SurveyTrialOut(TrialFigures):
    """What would be sent by the rules tried, and (`as_it_is`) by those in force."""

    id: str
    first: date
    last: date
    made_at: datetime
    changes: dict[str, Any]
    as_it_is: TrialFigures


class TrialSend(Schema):
    """Who would be asked when."""

    contact_id: str
    at: datetime


class TrialSends(Schema):
    """A page of them, the first ones first; ask again with `after` set to `next` (null: that was all)."""

    items: list[TrialSend]
    next: int | None


@router.post(
    "/surveys/{campaign_id}/trials",
    response={201: SurveyTrialOut},
    auth=scope("surveys:write"),
    operation_id="try_survey_rules",
    summary="Try rules out",
)
def try_survey_rules(request: HttpRequest, campaign_id: Id, body: TrialIn) -> Status[dict[str, Any]]:
    """What would be sent in the next days, as if nobody answered and no program asked anybody. Nothing is changed.

    The last few trials of a campaign are kept.
    """
    given = body.dict(exclude_unset=True) | {"days": body.days}
    try:
        trial = actions.try_rules(campaign=campaign_or_404(campaign_id), actor=actor_of(request), **given)
    except actions.Invalid as fault:
        raise invalid(fault) from fault
    except actions.Refused as refused:
        raise conflict(refused) from refused
    return Status(201, _out(trial))


@router.get(
    "/surveys/{campaign_id}/trials/{trial_id}",
    response=SurveyTrialOut,
    auth=scope("surveys:read"),
    operation_id="get_survey_trial",
    summary="One trial",
)
def get_survey_trial(request: HttpRequest, campaign_id: Id, trial_id: Id) -> dict[str, Any]:
    """What came of trying rules out."""
    return _out(_trial_or_404(campaign_id, trial_id))


@router.get(
    "/surveys/{campaign_id}/trials/{trial_id}/sends",
    response=TrialSends,
    auth=scope("surveys:read"),
    operation_id="list_survey_trial_sends",
    summary="Who would be asked",
)
def list_survey_trial_sends(
    request: HttpRequest,
    campaign_id: Id,
    trial_id: Id,
    after: Annotated[int, Query(ge=0, le=2**31, description="The `next` of an earlier answer")] = 0,
    limit: ApiLimit = 50,
) -> dict[str, Any]:
    """Every mail that would be sent, the first ones first."""
    rows = actions.sends_of(_trial_or_404(campaign_id, trial_id))
    items = [{"contact_id": contact_id, "at": at} for contact_id, at in rows[after : after + limit]]
    return {"items": items, "next": after + limit if after + limit < len(rows) else None}


def _out(trial: Trial) -> dict[str, Any]:
    names = ("id", "first", "last", "made_at", "changes")
    return {**trial.result, **{name: getattr(trial, name) for name in names}}


def _trial_or_404(campaign_id: str, trial_id: str) -> Trial:
    found = queries.trial(trial_id)
    if found is None or found.campaign_id != campaign_id:
        raise not_found("trial")
    return found
