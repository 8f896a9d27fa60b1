"""Routes about the widget of a campaign."""

from datetime import datetime
from typing import Any

from django.http import HttpRequest
from ninja import Router, Schema

from posthouse.foundation.problems import not_found
from posthouse.people.access import scope
from posthouse.surveys import actions, queries
from posthouse.surveys.api.common import Id, In, actor_of, campaign_or_404, invalid
from posthouse.surveys.models import Widget
from posthouse.surveys.widget.identity import secret_of

router = Router()


class WidgetIn(In):
    """Where and to whom the question is shown. `target` maps names of attributes to lists of values; all must fit."""

    on: bool = True
    origins: list[str] = []
    target: dict[str, list[str]] = {}
    attributes: list[str] = []
    share: int = 100
    wait_seconds: int = 5
    remember: bool = True


class WidgetOut(Schema):
    """The widget of a campaign; `id` is what its line of HTML names."""

    id: str
    campaign_id: str
    on: bool
    origins: list[str]
    target: dict[str, list[str]]
    attributes: list[str]
    share: int
    wait_seconds: int
    remember: bool
    old_ends_at: datetime | None


class WidgetSecretOut(Schema):
    """The secret that signs who a visitor is; the one before works until `old_ends_at`."""

    secret: str
    old_ends_at: datetime | None


@router.get(
    "/surveys/{campaign_id}/widget",
    response=WidgetOut,
    auth=scope("surveys:read"),
    operation_id="get_survey_widget",
    summary="The widget of a campaign",
)
def get_survey_widget(request: HttpRequest, campaign_id: Id) -> Widget:
    """Not found until it is set up."""
    return _widget_or_404(campaign_id)


@router.put(
    "/surveys/{campaign_id}/widget",
    response=WidgetOut,
    auth=scope("surveys:write"),
    operation_id="put_survey_widget",
    summary="Set up the widget of a campaign",
)
def put_survey_widget(request: HttpRequest, campaign_id: Id, body: WidgetIn) -> Widget:
    """As it is to be: what is left out is as for a new one. The secret stays."""
    campaign = campaign_or_404(campaign_id)
    try:
        return actions.set_up_widget(campaign=campaign, actor=actor_of(request), **body.dict())
    except actions.Invalid as fault:
        raise invalid(fault) from fault


@router.post(
    "/surveys/{campaign_id}/widget/rotate",
    response=WidgetSecretOut,
    auth=scope("surveys:write"),
    operation_id="rotate_survey_widget",
    summary="Exchange the secret of the widget",
)
def rotate_survey_widget(request: HttpRequest, campaign_id: Id) -> dict[str, Any]:
    """A new secret; the one before works for another day."""
    widget = actions.rotate_widget(widget=_widget_or_404(campaign_id), actor=actor_of(request))
    return {"secret": secret_of(widget), "old_ends_at": widget.old_ends_at}


def _widget_or_404(campaign_id: str) -> Widget:
    found = queries.widget_of(campaign_or_404(campaign_id))
    if found is None:
        raise not_found("widget")
    return found
