"""Routes about responses."""

from datetime import datetime
from typing import Annotated, Any, Literal

from django.db.models import Q
from django.http import HttpRequest
from ninja import Query, Router, Schema

from posthouse.foundation.moments import Moment
from posthouse.foundation.paging import ApiLimit
from posthouse.people.access import scope
from posthouse.surveys import queries
from posthouse.surveys.api.common import After, Id, campaign_or_404, page_of, response_or_404
from posthouse.surveys.api.metrics import Where, filters_or_422
from posthouse.surveys.figures.narrowing import narrowed
from posthouse.surveys.handling import finding, tagging
from posthouse.surveys.models import Response

router = Router()

GroupName = Literal["low", "middle", "high"]
Score = Annotated[int | None, Query(ge=0, le=10)]


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
    """A page of responses, newest first; ask again with `after` set to `next` (null: that was all)."""

    items: list[ResponseOut]
    next: str | None


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
    min_score: Score = None,
    max_score: Score = None,
    commented: Annotated[bool, Query(description="Only those with a comment")] = False,
    since: Annotated[Moment | None, Query(description="Answered at or after this moment")] = None,
    until: Annotated[Moment | None, Query(description="Answered before this moment")] = None,
    updated_since: Annotated[Moment | None, Query(description="Answered or changed at or after this moment")] = None,
    group: Annotated[GroupName | None, Query(description="Only scores of this group")] = None,
    completion: Annotated[
        Literal["score_only", "with_more"] | None, Query(description="Without, or with, a comment or further answers")
    ] = None,
    where: Where = [],  # noqa: B006  django-ninja makes a query parameter of it
    tag: Annotated[str, Query(max_length=80, description="Only those with this tag, by name")] = "",
    assignee: Annotated[str, Query(pattern=r"^(nobody|\d{1,18})?$", description="A user id, or `nobody`")] = "",
    handled: Annotated[bool | None, Query(description="Only those that are dealt with, or are not")] = None,
    contact_id: Annotated[str, Query(max_length=40, pattern=r"^[A-Za-z0-9_]*$")] = "",
    after: After = "",
    limit: ApiLimit = 50,
) -> dict[str, Any]:
    """What people answered, newest first."""
    campaign = campaign_or_404(campaign_id)
    lowest = campaign.scores.start if min_score is None else min_score
    highest = campaign.scores.stop - 1 if max_score is None else max_score
    rows = queries.responses(campaign, scores=range(lowest, highest + 1), with_comment=commented)
    asked = {
        "created_at__gte": since,
        "created_at__lt": until,
        "contact_id": contact_id or None,
    }
    rows = rows.filter(**{name: value for name, value in asked.items() if value is not None})
    if updated_since:
        rows = rows.filter(queries.touched_since(updated_since))
    if group:
        rows = rows.filter(score__in=[score for score in campaign.scores if campaign.group_of(score) == group])
    if completion:
        bare = Q(comment="", answers={})
        rows = rows.filter(bare if completion == "score_only" else ~bare)
    state = "" if handled is None else finding.DONE if handled else finding.OPEN
    rows = finding.narrow(rows, campaign, finding.Sought(assignee=assignee, state=state))
    if tag:
        rows = rows.filter(taggings__tag__key=tagging.key_of(tag))
    rows = narrowed(rows, filters_or_422(where))
    return page_of(rows, after, limit)


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
