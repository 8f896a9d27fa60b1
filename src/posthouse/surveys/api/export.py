"""A route that hands out all responses of a campaign at once."""

from datetime import date
from typing import Annotated, Any, Literal

from django.http import HttpRequest
from ninja import Query, Router

from posthouse.foundation.problems import Problem
from posthouse.people.access import scope
from posthouse.surveys.api.common import Id, campaign_or_404
from posthouse.surveys.api.metrics import Where, filters_or_422
from posthouse.surveys.api.responses import GroupName
from posthouse.surveys.exporting import files
from posthouse.surveys.exporting.forms import NoParquet
from posthouse.surveys.handling import finding

router = Router()
Words = Annotated[str, Query(max_length=finding.LONGEST, pattern=r"^[^\x00]*$")]


@router.get(
    "/surveys/{campaign_id}/export/{form}",
    auth=scope("surveys:read"),
    operation_id="export_survey_responses",
    summary="All responses of a campaign as a file",
    openapi_extra={"responses": {200: {"description": "The file, streamed", "content": {}}}},
)
def export_survey_responses(
    request: HttpRequest,
    campaign_id: Id,
    form: Literal["csv", "json", "jsonl", "parquet"],
    since: Annotated[date | None, Query(description="Answered on or after this day (UTC)")] = None,
    until: Annotated[date | None, Query(description="Answered on or before this day (UTC)")] = None,
    search: Words = "",
    group: GroupName | None = None,
    tag: Annotated[str, Query(max_length=40, description="The id of a tag")] = "",
    assignee: Annotated[str, Query(pattern=r"^(nobody|\d{1,18})?$", description="A user id, or `nobody`")] = "",
    handled: bool | None = None,
    where: Where = [],  # noqa: B006  django-ninja makes a query parameter of it
) -> Any:
    """Streamed in the order of ids, whatever their number. Parquet needs the extra `parquet` to be installed."""
    campaign = campaign_or_404(campaign_id)
    state = "" if handled is None else finding.DONE if handled else finding.OPEN
    asked = {"search": search, "group": group or "", "tag": tag, "assignee": assignee, "state": state}
    try:
        return files.file_of(
            request,
            campaign,
            finding.sought(asked),
            form=form,
            since=since,
            until=until,
            where=filters_or_422(where),
        )
    except NoParquet as error:
        raise Problem(
            status=501,
            code="parquet-missing",
            title="Parquet cannot be written here",
            detail="The library for it is not installed: pip install 'posthouse[parquet]'.",
        ) from error
