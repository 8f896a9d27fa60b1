"""HTTP routes about sources of events and their rejected items."""

from datetime import datetime, timedelta
from typing import Annotated, Any, Literal

from django.http import Http404, HttpRequest
from ninja import Path, Query, Router, Schema, Status
from pydantic import ConfigDict, Field, StringConstraints

from posthouse.foundation.paging import ApiLimit
from posthouse.foundation.problems import Problem
from posthouse.intake import actions, models, queries, snippets
from posthouse.people import actions as people
from posthouse.people.access import scope

router = Router(tags=["sources"])

PLAIN = r"^[^\x00-\x1f]*$"
Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=80, pattern=PLAIN)]
Prefix = Annotated[str, StringConstraints(max_length=30)]
Rate = Annotated[int, Field(strict=True, ge=1, le=actions.MAX_RATE)]
IdInPath = Annotated[str, Path(max_length=40, pattern=r"^[a-z0-9_]+$")]
Dialect = Literal["segment", "rudderstack", "posthog"]
Kept = Literal["server", "client"]
After = Annotated[str, Query(max_length=40, pattern=r"^[a-z0-9_]*$", description="The `next` of an earlier answer")]


class Strict(Schema):
    """A body in which a member nobody knows is an error, not a surprise."""

    model_config = ConfigDict(extra="forbid")


class SourceIn(Strict):
    """A source to be made. `kept`: on servers only, or where anybody can read its write key."""

    name: Name
    dialect: Dialect
    kept: Kept = "server"


class SourcePatch(Strict):
    """What is left out stays as it is. `names`: types by the name that the client sends."""

    name: Name = ""
    kept: Kept = "server"
    names: dict[str, str] = {}
    prefix: Prefix = "track"
    rate: Rate = 1000


class RotateWriteKeyIn(Strict):
    """For how long the old write key works on."""

    overlap_seconds: Annotated[int, Field(strict=True, ge=0, le=int(actions.MAX_OVERLAP.total_seconds()))] = 86_400


class SourceOut(Schema):
    """A source, without its write key."""

    id: str
    name: str
    dialect: Dialect
    kept: Kept
    host: str
    on: bool
    names: dict[str, str]
    prefix: str
    rate: int
    created_at: datetime
    last_seen_at: datetime | None
    accepted: int
    duplicates: int
    rejected: int

    @staticmethod
    def resolve_on(source: models.Source) -> bool:
        """Whether it is taken in."""
        return source.off_at is None

    @staticmethod
    def resolve_host(source: models.Source) -> str:
        """What its client takes as host."""
        return snippets.host_of(source.dialect)


class WriteKeyOut(Schema):
    """A source with its write key; the old one works until `old_key_ends_at`."""

    source: SourceOut
    write_key: str
    old_key_ends_at: datetime | None


class SourceList(Schema):
    """All sources, oldest first."""

    items: list[SourceOut]


class RejectedOut(Schema):
    """An item that could not be taken in, as it came; with `event_id` its event is on the timeline nevertheless."""

    id: str
    reason: str
    detail: str
    item: str
    cut: bool
    event_id: str
    received_at: datetime


class RejectedPage(Schema):
    """A page of rejected items, newest first; ask again with `after` set to `next` (null: that was all)."""

    items: list[RejectedOut]
    next: str | None


class MendIn(Strict):
    """The item as it should have been; left out: as it came."""

    item: dict[str, Any] | None = None


class TakenOut(Schema):
    """What became of it."""

    status: Literal["accepted", "duplicate"]


@router.get(
    "/sources", response=SourceList, auth=scope("sources:read"), operation_id="list_sources", summary="All sources"
)
def list_sources(request: HttpRequest) -> dict[str, Any]:
    """Sources of foreign events with their counts, oldest first."""
    return {"items": list(queries.sources())}


@router.post(
    "/sources",
    response={201: WriteKeyOut},
    auth=scope("sources:write"),
    operation_id="make_source",
    summary="Set up a source",
)
def make_source(request: HttpRequest, body: SourceIn) -> Status[dict[str, Any]]:
    """A source with its write key."""
    return Status(201, _with_key(actions.make_source(actor=_actor(request), **body.dict())))


@router.get(
    "/sources/{source_id}",
    response=SourceOut,
    auth=scope("sources:read"),
    operation_id="get_source",
    summary="One source",
)
def get_source(request: HttpRequest, source_id: IdInPath) -> models.Source:
    """How it is set up and what came from it."""
    return _source(source_id)


@router.patch(
    "/sources/{source_id}",
    response=SourceOut,
    auth=scope("sources:write"),
    operation_id="change_source",
    summary="Change a source",
)
def change_source(request: HttpRequest, source_id: IdInPath, body: SourcePatch) -> models.Source:
    """Change what was sent; in force within a second."""
    try:
        return actions.change_source(source=_source(source_id), actor=_actor(request), **body.dict(exclude_unset=True))
    except actions.Refused as refused:
        raise _refused(refused) from refused


@router.get(
    "/sources/{source_id}/write-key",
    response=WriteKeyOut,
    auth=scope("sources:write"),
    operation_id="get_write_key",
    summary="The write key of a source",
)
def get_write_key(request: HttpRequest, source_id: IdInPath) -> dict[str, Any]:
    """What its clients carry."""
    return _with_key(_source(source_id))


@router.post(
    "/sources/{source_id}/rotate",
    response=WriteKeyOut,
    auth=scope("sources:write"),
    operation_id="rotate_write_key",
    summary="Give a source a new write key",
)
def rotate_write_key(request: HttpRequest, source_id: IdInPath, body: RotateWriteKeyIn) -> dict[str, Any]:
    """A new write key; the old one works on for the overlap, one from an earlier overlap ends now."""
    overlap = timedelta(seconds=body.overlap_seconds)
    return _with_key(actions.rotate_key(source=_source(source_id), overlap=overlap, actor=_actor(request)))


@router.post(
    "/sources/{source_id}/off",
    response=SourceOut,
    auth=scope("sources:write"),
    operation_id="switch_source_off",
    summary="Switch a source off",
)
def switch_source_off(request: HttpRequest, source_id: IdInPath) -> models.Source:
    """Nothing is taken in any more, within a second. A second call changes nothing."""
    actions.switch_off(source=_source(source_id), actor=_actor(request))
    return _source(source_id)


@router.post(
    "/sources/{source_id}/on",
    response=SourceOut,
    auth=scope("sources:write"),
    operation_id="switch_source_on",
    summary="Switch a source on",
)
def switch_source_on(request: HttpRequest, source_id: IdInPath) -> models.Source:
    """Taken in again, within a second. A second call changes nothing."""
    actions.switch_on(source=_source(source_id), actor=_actor(request))
    return _source(source_id)


@router.get(
    "/sources/{source_id}/rejected",
    response=RejectedPage,
    auth=scope("sources:read"),
    operation_id="list_rejected",
    summary="Rejected items of a source",
)
def list_rejected(
    request: HttpRequest,
    source_id: IdInPath,
    reason: Annotated[str, Query(max_length=20, description="Only with this reason")] = "",
    after: After = "",
    limit: ApiLimit = 50,
) -> dict[str, Any]:
    """What could not be taken in, and why, newest first."""
    rows = queries.rejects(_source(source_id), reason=reason).order_by("-pk")
    found = list((rows.filter(pk__lt=after) if after else rows)[: limit + 1])
    return {"items": found[:limit], "next": found[limit - 1].pk if len(found) > limit else None}


@router.post(
    "/sources/{source_id}/rejected/{reject_id}/retry",
    response=TakenOut,
    auth=scope("sources:write"),
    operation_id="retry_rejected",
    summary="Take a rejected item in",
)
def retry_rejected(request: HttpRequest, source_id: IdInPath, reject_id: IdInPath, body: MendIn) -> dict[str, str]:
    """As it was mended, with the times at which it first came."""
    reject = _reject(source_id, reject_id)
    text = reject.item if body.item is None else queries.item_text(body.item)
    try:
        return {"status": actions.take_again(reject=reject, text=text)}
    except queries.Misfit as misfit:
        raise Problem(
            status=422,
            code="item-refused",
            title="The item still cannot be taken in",
            detail=misfit.detail or str(models.Reason(misfit.reason).label),
            extra={"reason": misfit.reason},
        ) from misfit


@router.delete(
    "/sources/{source_id}/rejected/{reject_id}",
    response={204: None},
    auth=scope("sources:write"),
    operation_id="forget_rejected",
    summary="Forget a rejected item",
)
def forget_rejected(request: HttpRequest, source_id: IdInPath, reject_id: IdInPath) -> Status[None]:
    """Take it off the list."""
    actions.drop_reject(reject=_reject(source_id, reject_id))
    return Status(204, None)


def _with_key(source: models.Source) -> dict[str, Any]:
    return {"source": source, "write_key": source.write_key, "old_key_ends_at": source.old_key_ends_at}


def _source(source_id: str) -> models.Source:
    found = queries.source(source_id)
    if found is None:
        raise Http404
    return found


def _reject(source_id: str, reject_id: str) -> models.Rejected:
    found = queries.reject(_source(source_id), reject_id)
    if found is None:
        raise Http404
    return found


def _actor(request: Any) -> str:
    return people.as_team(request.auth.owner)


def _refused(refused: actions.Refused) -> Problem:
    return Problem(
        status=422, code="source-refused", title="The source cannot be set up like this", detail=str(refused)
    )
