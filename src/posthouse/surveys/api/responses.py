"""Routes about responses."""

from datetime import datetime
from typing import Annotated, Any, Literal

from django.db.models import Q, QuerySet
from django.http import HttpRequest
from ninja import Query, Router, Schema
from pydantic import Field, StringConstraints

from posthouse.foundation.moments import Moment
from posthouse.foundation.paging import ApiLimit, invalid_cursor
from posthouse.foundation.problems import Problem
from posthouse.people.access import scope
from posthouse.surveys import queries, synced
from posthouse.surveys.api.common import Id, campaign_or_404, page_of, response_or_404
from posthouse.surveys.api.metrics import Where, filters_or_422
from posthouse.surveys.figures.narrowing import narrowed
from posthouse.surveys.handling import finding, tagging
from posthouse.surveys.models import Response

router = Router()

GroupName = Literal["low", "middle", "high"]
CampaignId = Annotated[str, StringConstraints(max_length=40, pattern=r"^[A-Za-z0-9_]+$")]


class ResponseChangeOut(Schema):
    """What a response said until `changed_at`."""

    changed_at: datetime
    score: int
    comment: str
    answers: dict[str, Any]


class ResponseOut(Schema):
    """An answer as it stands now; `group` is low, middle or high (NPS: detractor, passive, promoter)."""

    id: str
    campaign_id: str
    send_id: str | None
    contact_id: str | None
    email: str | None
    score: int
    group: GroupName
    comment: str
    answers: dict[str, Any]
    language: str
    channel: str
    device: str
    attributes: dict[str, Any]
    created_at: datetime
    updated_at: datetime | None

    @staticmethod
    def resolve_email(response: Response) -> str | None:
        """The contact's address as it is now; null for an anonymous answer."""
        return response.contact.email if response.contact else None

    @staticmethod
    def resolve_language(response: Response) -> str:
        """Empty in an anonymous campaign, like everything by which few could be told from the others."""
        return "" if response.campaign.anonymous else response.language

    @staticmethod
    def resolve_device(response: Response) -> str:
        """Likewise."""
        return "" if response.campaign.anonymous else response.device

    @staticmethod
    def resolve_channel(response: Response) -> str:
        """Likewise."""
        return "" if response.campaign.anonymous else response.channel

    @staticmethod
    def resolve_attributes(response: Response) -> dict[str, Any]:
        """Likewise."""
        return {} if response.campaign.anonymous else response.attributes

    @staticmethod
    def resolve_group(response: Response) -> str:
        """Where the score lies."""
        return response.campaign.group_of(response.score)


class WholeResponseOut(ResponseOut):
    """An answer with what it said before it was changed, oldest first."""

    changes: list[ResponseChangeOut]

    @staticmethod
    def resolve_changes(response: Response) -> list[Any]:
        """Oldest first."""
        return list(response.changes.all())


class ResponsePage(Schema):
    """A page of responses; ask again with `after` set to `next` (null: that was all).

    `cursor`, where the order is `updated`: where you are. Send it as `after` later, to read what was given or changed
    since.
    """

    items: list[ResponseOut]
    next: str | None
    cursor: str | None


class ResponseFilters(Schema):
    """What narrows a list of responses."""

    min_score: Annotated[int | None, Field(ge=0, le=10)] = None
    max_score: Annotated[int | None, Field(ge=0, le=10)] = None
    commented: Annotated[bool, Field(description="Only those with a comment")] = False
    since: Annotated[Moment | None, Field(description="Answered at or after this moment")] = None
    until: Annotated[Moment | None, Field(description="Answered before this moment")] = None
    updated_since: Annotated[Moment | None, Field(description="Answered or changed at or after this moment")] = None
    group: Annotated[GroupName | None, Field(description="Only scores of this group")] = None
    completion: Annotated[
        Literal["score_only", "with_more"] | None, Field(description="Without, or with, a comment or further answers")
    ] = None
    tag: Annotated[str, Field(max_length=80, description="Only those with this tag, by name")] = ""
    assignee: Annotated[str, Field(pattern=r"^(nobody|\d{1,18})?$", description="A user id, or `nobody`")] = ""
    handled: Annotated[bool | None, Field(description="Only those that are dealt with, or are not")] = None
    contact_id: Annotated[str, Field(max_length=40, pattern=r"^[A-Za-z0-9_]*$")] = ""
    order: Annotated[
        Literal["newest", "updated"],
        Field(description="`updated`: least lately given or changed first; what changes while you read comes again"),
    ] = "newest"
    after: Annotated[
        str, Field(max_length=80, pattern=r"^[A-Za-z0-9_.]*$", description="`next` or `cursor` of an earlier answer")
    ] = ""


@router.get(
    "/surveys/{campaign_id}/responses",
    response=ResponsePage,
    auth=scope("surveys:read"),
    operation_id="list_survey_responses",
    summary="Responses to a campaign",
)
def list_survey_responses(
    request: HttpRequest,
    campaign_id: Id,
    filters: Annotated[ResponseFilters, Query()],
    where: Where = [],  # noqa: B006  django-ninja makes a query parameter of it
    limit: ApiLimit = 50,
) -> dict[str, Any]:
    """What people answered, newest first.

    To keep a copy up to date, read with `order=updated` to the end, keep `cursor`, and send it as `after` next time.
    What is given or changed meanwhile comes behind it, so nothing is skipped; the last two seconds are left for later.
    """
    campaign = campaign_or_404(campaign_id)
    if campaign.anonymous and where:
        raise Problem(
            status=422,
            code="survey-anonymous",
            title="The answers are anonymous",
            detail="Single answers of an anonymous campaign cannot be picked out by what is known of them.",
        )
    return _page(queries.responses(campaign), filters, where, limit)


@router.get(
    "/survey-responses",
    response=ResponsePage,
    auth=scope("surveys:read"),
    operation_id="list_all_survey_responses",
    summary="Responses to all campaigns",
)
def list_all_survey_responses(
    request: HttpRequest,
    filters: Annotated[ResponseFilters, Query()],
    campaign: Annotated[list[CampaignId], Query(max_length=50, description="Only these campaigns")] = [],  # noqa: B006
    where: Where = [],  # noqa: B006  django-ninja makes a query parameter of it
    limit: ApiLimit = 50,
) -> dict[str, Any]:
    """As for one campaign, for several or all; groups are those of each campaign."""
    rows = queries.all_responses()
    return _page(rows.filter(campaign_id__in=campaign) if campaign else rows, filters, where, limit)


def _page(rows: QuerySet[Response], filters: ResponseFilters, where: list[str], limit: int) -> dict[str, Any]:
    narrowing = filters_or_422(where)
    if narrowing:
        rows = rows.filter(campaign__anonymous=False)
    rows = narrowed(_filtered(rows, filters), narrowing)
    if filters.order == "updated":
        try:
            return synced.page_of(rows, filters.after, limit)
        except ValueError as error:
            raise invalid_cursor() from error
    return page_of(rows, filters.after, limit) | {"cursor": None}


def _filtered(rows: QuerySet[Response], filters: ResponseFilters) -> QuerySet[Response]:
    asked = {
        "score__gte": filters.min_score,
        "score__lte": filters.max_score,
        "created_at__gte": filters.since,
        "created_at__lt": filters.until,
        "contact_id": filters.contact_id or None,
    }
    rows = rows.filter(**{name: value for name, value in asked.items() if value is not None})
    if filters.commented:
        rows = rows.exclude(comment="")
    if filters.updated_since:
        rows = rows.filter(queries.touched_since(filters.updated_since))
    if filters.group:
        rows = rows.filter(queries.in_group(filters.group))
    if filters.completion:
        bare = Q(comment="", answers={})
        rows = rows.filter(bare if filters.completion == "score_only" else ~bare)
    state = "" if filters.handled is None else finding.DONE if filters.handled else finding.OPEN
    rows = finding.narrow(rows, None, finding.Sought(assignee=filters.assignee, state=state))
    return rows.filter(taggings__tag__key=tagging.key_of(filters.tag)) if filters.tag else rows


@router.get(
    "/surveys/{campaign_id}/responses/{response_id}",
    response=WholeResponseOut,
    auth=scope("surveys:read"),
    operation_id="get_survey_response",
    summary="One response",
)
def get_survey_response(request: HttpRequest, campaign_id: Id, response_id: Id) -> Response:
    """One answer, with what it said before."""
    return response_or_404(campaign_id, response_id)
