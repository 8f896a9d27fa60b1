"""Routes about open links: addresses at which everybody who has them may answer."""

from datetime import datetime
from typing import Annotated, Any, Literal

from django.http import HttpRequest, HttpResponse
from ninja import Query, Router, Schema, Status
from pydantic import Field, StringConstraints

from posthouse.foundation.moments import Moment
from posthouse.foundation.paging import ApiLimit
from posthouse.foundation.problems import not_found
from posthouse.people.access import scope
from posthouse.surveys import actions, links, qr, queries
from posthouse.surveys.api.common import After, Id, In, actor_of, campaign_or_404, conflict, invalid, page_of
from posthouse.surveys.models import OpenLink

router = Router()


class OpenLinkIn(In):
    """An open link to be made. `attributes` names what its address may say, such as `place` in `?place=berlin`."""

    name: Annotated[str, StringConstraints(max_length=80)]
    attributes: Annotated[list[Annotated[str, StringConstraints(max_length=40)]], Field(max_length=10)] = []
    expires_at: Moment | None = None
    most_answers: Annotated[int, Field(strict=True, ge=1, le=1_000_000)] | None = None


class OpenLinkOut(Schema):
    """An open link. `address` is where it is answered; `answers` are those that came in by it."""

    id: str
    campaign_id: str
    name: str
    address: str
    attributes: list[str]
    expires_at: datetime | None
    most_answers: int | None
    answers: int
    created_at: datetime
    withdrawn_at: datetime | None

    @staticmethod
    def resolve_address(link: OpenLink) -> str:
        """Without attributes; they are added by whoever passes it on."""
        return links.open_address(link.token)


class OpenLinkPage(Schema):
    """A page of open links, newest first; ask again with `after` set to `next` (null: that was all)."""

    items: list[OpenLinkOut]
    next: str | None


@router.get(
    "/surveys/{campaign_id}/links",
    response=OpenLinkPage,
    auth=scope("surveys:read"),
    operation_id="list_survey_links",
    summary="Open links of a campaign",
)
def list_survey_links(request: HttpRequest, campaign_id: Id, after: After = "", limit: ApiLimit = 50) -> dict[str, Any]:
    """Withdrawn ones too, for what they brought. A link for one person is a send with the channel `link`."""
    return page_of(queries.open_links(campaign_or_404(campaign_id)), after, limit)


@router.post(
    "/surveys/{campaign_id}/links",
    response={201: OpenLinkOut},
    auth=scope("surveys:write"),
    operation_id="make_survey_link",
    summary="Make an open link",
)
def make_survey_link(request: HttpRequest, campaign_id: Id, body: OpenLinkIn) -> Status[OpenLink]:
    """An address for everybody who has it; it takes answers while the campaign runs."""
    try:
        link = actions.make_open_link(campaign=campaign_or_404(campaign_id), actor=actor_of(request), **body.dict())
    except actions.Invalid as fault:
        raise invalid(fault) from fault
    except actions.Refused as refused:
        raise conflict(refused) from refused
    return Status(201, link)


@router.post(
    "/surveys/{campaign_id}/links/{link_id}/withdraw",
    response=OpenLinkOut,
    auth=scope("surveys:write"),
    operation_id="withdraw_survey_link",
    summary="Withdraw an open link",
)
def withdraw_survey_link(request: HttpRequest, campaign_id: Id, link_id: Id) -> OpenLink:
    """It takes no further answers, and cannot be given back. A second call changes nothing."""
    return actions.withdraw_open_link(link=_link_or_404(campaign_id, link_id), actor=actor_of(request))


@router.get(
    "/surveys/{campaign_id}/links/{link_id}/qr",
    response={200: None},
    auth=scope("surveys:read"),
    operation_id="get_survey_link_qr",
    summary="QR code of an open link",
)
def get_survey_link_qr(
    request: HttpRequest,
    campaign_id: Id,
    link_id: Id,
    form: Annotated[Literal["svg", "png"], Query(description="A drawing, or a picture of points")] = "svg",
) -> HttpResponse:
    """The address as a picture to print, with the quiet zone around it."""
    address = links.open_address(_link_or_404(campaign_id, link_id).token)
    if form == "svg":
        return HttpResponse(qr.svg(address), content_type="image/svg+xml")
    return HttpResponse(qr.png(address), content_type="image/png")


def _link_or_404(campaign_id: str, link_id: str) -> OpenLink:
    found = queries.open_link(link_id)
    if found is None or found.campaign_id != campaign_id:
        raise not_found("link")
    return found
