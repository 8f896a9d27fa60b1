"""Routes about campaigns."""

from datetime import datetime
from typing import Any, Literal

from django.http import HttpRequest
from ninja import Router, Schema, Status

from posthouse.foundation.paging import ApiLimit
from posthouse.people.access import scope
from posthouse.surveys import actions, queries
from posthouse.surveys.api.common import After, Id, In, actor_of, campaign_or_404, conflict, invalid, page_of
from posthouse.surveys.api.frequency import FrequencyIn, FrequencyOut
from posthouse.surveys.models import Campaign
from posthouse.surveys.rules import as_json

router = Router()

MetricName = Literal["nps", "csat", "ces"]
ScaleName = Literal["0-10", "1-3", "1-5", "1-7"]
FormulaName = Literal["nps", "top_share", "easy_minus_hard", "mean"]
StateName = Literal["draft", "running", "paused", "ended"]


class CampaignPatch(In):
    """What to change; members left out stay as they are. `texts` holds one object of words per language."""

    name: str = ""
    metric: MetricName = "nps"
    scale: ScaleName = "0-10"
    formula: FormulaName = "nps"
    texts: dict[str, Any] = {}
    questions: list[Any] = []
    links: dict[str, str] = {}
    sender_name: str = ""
    reply_to: str = ""
    accent: str = ""
    logo_url: str = ""
    rest_days: int = 30
    rest_days_any: int = 30
    sample_percent: int = 100
    frequency: FrequencyIn = FrequencyIn()
    change_hours: int = 72
    link_days: int = 60
    anonymous: bool = False
    smallest_group: int = 5


class CampaignIn(In):
    """A campaign to be made, as a draft. Scale and formula left out are the usual ones of the metric."""

    name: str
    metric: MetricName
    texts: dict[str, Any]
    scale: ScaleName | Literal[""] = ""
    formula: FormulaName | Literal[""] = ""
    questions: list[Any] = []
    links: dict[str, str] = {}
    sender_name: str = ""
    reply_to: str = ""
    accent: str = ""
    logo_url: str = ""
    rest_days: int = 30
    rest_days_any: int = 30
    sample_percent: int = 100
    frequency: FrequencyIn = FrequencyIn()
    change_hours: int = 72
    link_days: int = 60
    anonymous: bool = False
    smallest_group: int = 5


class StateIn(In):
    """The state a campaign is to come into; nothing comes back from `ended`."""

    state: Literal["running", "paused", "ended"]


class CampaignOut(Schema):
    """A campaign."""

    id: str
    name: str
    metric: MetricName
    scale: ScaleName
    formula: FormulaName
    state: StateName
    texts: dict[str, Any]
    questions: list[Any]
    links: dict[str, str]
    sender_name: str
    reply_to: str
    accent: str
    logo_url: str
    rest_days: int
    rest_days_any: int
    sample_percent: int
    frequency: FrequencyOut
    change_hours: int
    link_days: int
    anonymous: bool
    smallest_group: int
    created_at: datetime
    started_at: datetime | None
    ended_at: datetime | None

    @staticmethod
    def resolve_frequency(campaign: Campaign) -> dict[str, Any]:
        """The rules in full, those that were never set too."""
        return as_json(campaign.rules)


class CampaignPage(Schema):
    """A page of campaigns, newest first; ask again with `after` set to `next` (null: that was all)."""

    items: list[CampaignOut]
    next: str | None


@router.get(
    "/surveys", response=CampaignPage, auth=scope("surveys:read"), operation_id="list_surveys", summary="All campaigns"
)
def list_surveys(
    request: HttpRequest, state: StateName | None = None, after: After = "", limit: ApiLimit = 50
) -> dict[str, Any]:
    """Survey campaigns, newest first."""
    return page_of(queries.campaigns(state=state or ""), after, limit)


@router.post(
    "/surveys",
    response={201: CampaignOut},
    auth=scope("surveys:write"),
    operation_id="make_survey",
    summary="Make a campaign",
)
def make_survey(request: HttpRequest, body: CampaignIn) -> Status[Campaign]:
    """A campaign as a draft; it sends once its state is `running`."""
    try:
        return Status(201, actions.make_campaign(actor=actor_of(request), **_fields(body)))
    except actions.Invalid as fault:
        raise invalid(fault) from fault


@router.get(
    "/surveys/{campaign_id}",
    response=CampaignOut,
    auth=scope("surveys:read"),
    operation_id="get_survey",
    summary="One campaign",
)
def get_survey(request: HttpRequest, campaign_id: Id) -> Campaign:
    """What it asks, in which words, and how often."""
    return campaign_or_404(campaign_id)


@router.patch(
    "/surveys/{campaign_id}",
    response=CampaignOut,
    auth=scope("surveys:write"),
    operation_id="change_survey",
    summary="Change a campaign",
)
def change_survey(request: HttpRequest, campaign_id: Id, body: CampaignPatch) -> Campaign:
    """Change what was sent. Kind and scale stay once somebody has answered."""
    campaign = campaign_or_404(campaign_id)
    try:
        return actions.change_campaign(campaign=campaign, actor=actor_of(request), **_fields(body))
    except actions.Invalid as fault:
        raise invalid(fault) from fault
    except actions.Refused as refused:
        raise conflict(refused) from refused


@router.put(
    "/surveys/{campaign_id}/state",
    response=CampaignOut,
    auth=scope("surveys:write"),
    operation_id="set_survey_state",
    summary="Start, pause or end a campaign",
)
def set_survey_state(request: HttpRequest, campaign_id: Id, body: StateIn) -> Campaign:
    """Pending sends of a paused campaign wait, those of an ended one are called off. A second call changes nothing."""
    try:
        return actions.set_state(campaign=campaign_or_404(campaign_id), state=body.state, actor=actor_of(request))
    except actions.Refused as refused:
        raise conflict(refused) from refused


def _fields(body: CampaignIn | CampaignPatch) -> dict[str, Any]:
    """What was sent; what was not is for the actions to fill in or leave."""
    return body.dict(exclude_unset=True)
