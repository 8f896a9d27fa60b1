"""HTTP routes about calls and usage."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Annotated, Any, Literal

from django.http import Http404, HttpRequest
from ninja import Path, Query, Router, Schema
from pydantic import Field

from posthouse.foundation.clock import now
from posthouse.foundation.moments import Moment
from posthouse.foundation.paging import ApiLimit, invalid_cursor
from posthouse.foundation.problems import Problem, not_found
from posthouse.people import queries as people
from posthouse.people.access import scope
from posthouse.usage import charts, queries
from posthouse.usage.queries import PERIOD, CallFilter, Grain, Span

router = Router(tags=["usage"])

MOST_PERIODS = 3000
Dimension = Literal["period", "customer_id", "key_id", "environment", "method", "route", "status", "version"]
Text = Annotated[str, Field(max_length=200, pattern=r"^[^\x00]*$")]


class UsageQuery(Schema):
    """Which calls to sum up, over which time, and by what."""

    customer_id: Text = ""
    since: Moment | None = Field(None, description="Default: 24 periods before `until`")
    until: Moment | None = Field(None, description="Default: now")
    grain: Literal["minute", "hour", "day"] = "day"
    group_by: list[Dimension] = Field([], max_length=8)
    environment: Literal["", "test", "live"] = ""
    method: Text = ""
    route: Text = ""
    key_id: Text = ""
    version: Text = ""
    status: int | None = Field(None, ge=100, le=999)


class UsageRow(Schema):
    """Calls that share what was grouped by. Durations in microseconds."""

    group: dict[str, Any]
    calls: int
    errors: int
    mean_us: int
    p50_us: int | None
    p95_us: int | None
    p99_us: int | None


class UsageOut(Schema):
    """The sums of whole periods in [since, until), most calls first."""

    since: datetime
    until: datetime
    grain: str
    rows: list[UsageRow]


@router.get("/usage", response=UsageOut, auth=scope("usage:read"), operation_id="usage", summary="Calls summed up")
def usage(request: HttpRequest, asked: Query[UsageQuery]) -> dict[str, Any]:
    """Calls, errors and latency percentiles by any of the traits of calls. Periods are in UTC."""
    span = _span(asked)
    found = queries.percentiles(span, by=tuple(dict.fromkeys(asked.group_by)))
    return {
        "since": span.periods[0] if span.periods else span.since,
        "until": span.until,
        "grain": asked.grain,
        "rows": [{"group": _plain(row.traits), **charts.figures_of(row)} for row in found],
    }


def _plain(traits: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value.isoformat() if name == PERIOD else value for name, value in traits.items()}


def _span(asked: UsageQuery) -> Span:
    grain = Grain[asked.grain.upper()]
    step = timedelta(minutes=grain.minutes)
    until = asked.until or now()
    since = asked.since or until - 24 * step
    if since.year < 2000 or until.year > 2200 or since >= until:
        raise _invalid_range("`since` must be before `until`, and both between 2000 and 2200.")
    if (until - since) / step > MOST_PERIODS:
        raise _invalid_range(f"At most {MOST_PERIODS} periods at a time: ask for a shorter time or a coarser grain.")
    if asked.customer_id and people.customer(asked.customer_id) is None:
        raise Http404
    traits = ("environment", "method", "route", "key_id", "version", "status")
    where = {name: value for name in traits if (value := getattr(asked, name))}
    return Span(grain, since, until, asked.customer_id or None, where)


def _invalid_range(detail: str) -> Problem:
    return Problem(status=422, code="range-invalid", title="The range is not valid", detail=detail)


class CallQuery(Schema):
    """Which calls."""

    customer_id: Text = ""
    environment: Literal["", "test", "live"] = ""
    status: Annotated[str, Field(pattern=r"^(|ok|failed|[2345]xx|[1-9][0-9]{2})$")] = ""
    method: Text = ""
    route: Text = ""
    key_id: Text = ""
    version: Text = ""
    request_id: Text = ""
    since: Moment | None = None
    until: Moment | None = None


class CallOut(Schema):
    """One call."""

    id: str
    at: datetime
    customer_id: str
    key_id: str
    environment: str
    method: str
    route: str
    path: str
    status: int
    duration_us: int
    request_id: str
    version: str
    sdk: str
    user_agent: str
    error_code: str
    ip: str


class CallDetailsOut(CallOut):
    """One call with what was recorded of its headers and bodies, if anything."""

    details: dict[str, Any] | None


class CallPage(Schema):
    """A page of calls; `next` leads to the older ones (null: there are none)."""

    items: list[CallOut]
    next: str | None


@router.get("/calls", response=CallPage, auth=scope("usage:read"), operation_id="list_calls", summary="Single calls")
def list_calls(
    request: HttpRequest,
    asked: Query[CallQuery],
    before: Annotated[str, Query(max_length=120, description="The `next` of an earlier answer")] = "",
    limit: ApiLimit = 50,
) -> dict[str, Any]:
    """Calls of a customer, newest first; without `customer_id` those of everybody, the last received first."""
    values = asked.dict()
    customer_id = values.pop("customer_id")
    if customer_id and people.customer(customer_id) is None:
        raise Http404
    try:
        page, older = queries.calls_page(customer_id or None, CallFilter(**values), before=before, size=limit)
    except ValueError as error:
        raise invalid_cursor() from error
    return {"items": page, "next": older or None}


@router.get(
    "/calls/{call_id}", response=CallDetailsOut, auth=scope("usage:read"), operation_id="get_call", summary="One call"
)
def get_call(request: HttpRequest, call_id: Annotated[str, Path(max_length=64, pattern=r"^[^\x00]*$")]) -> queries.Call:
    """A call by the id under which it was reported."""
    call = queries.call_by_id(call_id)
    if call is None:
        raise not_found("call")
    return call
