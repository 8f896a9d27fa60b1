"""Routes about the suppression list: addresses that get no letters."""

from typing import Annotated, Any

from django.http import HttpRequest
from ninja import Query, Router, Schema, Status
from pydantic import Field, StringConstraints

from posthouse.foundation.paging import ApiLimit
from posthouse.letters.api.common import (
    PLAIN,
    After,
    Email,
    IdInPath,
    Note,
    ReasonName,
    Strict,
    SuppressionOut,
    actor_of,
    found_or_404,
    page_of,
)
from posthouse.messages import actions, queries
from posthouse.people.access import scope

router = Router()

MOST_AT_ONCE = 1_000


class SuppressionPage(Schema):
    """A page of the list, newest first; ask again with `after` set to `next` (null: that was all)."""

    items: list[SuppressionOut]
    next: str | None


class SuppressIn(Strict):
    """An address to which no letters are to go any more, and why."""

    email: Email
    note: Note


class Line(Strict):
    """An address of another list; what is no address is named in the answer."""

    email: Annotated[str, StringConstraints(max_length=500)]
    note: Annotated[str, StringConstraints(max_length=500, pattern=PLAIN)] = ""


class ImportIn(Strict):
    """Many addresses at once."""

    items: Annotated[list[Line], Field(min_length=1, max_length=MOST_AT_ONCE)]


class WrongLine(Schema):
    """An item that is no address: its place, counted from 1."""

    place: int
    email: str


class ImportedOut(Schema):
    """What became of the items; `known` were on the list already and stay as they are."""

    added: int
    known: int
    wrong: list[WrongLine]


class ReleaseIn(Strict):
    """Why the address may be written to again."""

    note: Note


@router.get(
    "/suppressions",
    response=SuppressionPage,
    auth=scope("mail:read"),
    operation_id="list_suppressions",
    summary="Addresses that get no letters",
)
def list_suppressions(
    request: HttpRequest,
    search: Annotated[str, Query(max_length=254, pattern=PLAIN, description="Part of an address")] = "",
    reason: ReasonName | None = None,
    after: After = "",
    limit: ApiLimit = 50,
) -> dict[str, Any]:
    """The suppression list, newest first. A whole address is found after the person was erased, too."""
    return page_of(queries.suppressions(text=search, reason=reason or ""), after, limit)


@router.post(
    "/suppressions",
    response={200: SuppressionOut, 201: SuppressionOut},
    auth=scope("mail:write"),
    operation_id="suppress_address",
    summary="Write no more letters to an address",
)
def suppress_address(request: HttpRequest, body: SuppressIn) -> Status[queries.Suppression | None]:
    """Put an address on the list (201); one that is there for as strong a reason stays as it is (200)."""
    known = queries.addressee(body.email)
    added = actions.suppress(
        addressee=known, reason=queries.Reason.MANUAL, how=queries.How.API, note=body.note, actor=actor_of(request)
    )
    return Status(201 if added else 200, queries.suppression(known))


@router.post(
    "/suppressions/import",
    response=ImportedOut,
    auth=scope("mail:write"),
    operation_id="import_suppressions",
    summary="Bring in another list",
)
def import_suppressions(request: HttpRequest, body: ImportIn) -> dict[str, Any]:
    """Put many addresses on the list. Items that are no address are named; the others count."""
    lines = [(place, item.email, item.note) for place, item in enumerate(body.items, 1)]
    result = actions.import_suppressions(lines=lines, actor=actor_of(request))
    wrong = [{"place": place, "email": email} for place, email in result.wrong]
    return {"added": result.added, "known": result.known, "wrong": wrong}


@router.get(
    "/suppressions/{suppression_id}",
    response=SuppressionOut,
    auth=scope("mail:read"),
    operation_id="get_suppression",
    summary="One address of the list",
)
def get_suppression(request: HttpRequest, suppression_id: IdInPath) -> queries.Suppression:
    """Why an address gets no letters."""
    return _suppression(suppression_id)


@router.post(
    "/suppressions/{suppression_id}/release",
    response={204: None},
    auth=scope("mail:write"),
    operation_id="release_address",
    summary="Write letters to an address again",
)
def release_address(request: HttpRequest, suppression_id: IdInPath, body: ReleaseIn) -> Status[None]:
    """Take an address off the list, with the reason, which stays in its history."""
    row = _suppression(suppression_id)
    actions.release(suppression=row, how=queries.How.API, note=body.note, actor=actor_of(request))
    return Status(204, None)


def _suppression(suppression_id: str) -> queries.Suppression:
    row: queries.Suppression = found_or_404(queries.suppression_by_id(suppression_id))
    return row
