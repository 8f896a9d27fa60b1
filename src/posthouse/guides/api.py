"""HTTP routes about guides."""

from typing import Annotated, Any

from django.http import HttpRequest
from ninja import Query, Router, Schema

from posthouse.foundation.problems import Problem
from posthouse.guides import actions
from posthouse.guides.openapi.findings import Finding, ImportRefused
from posthouse.guides.openapi.source import MAX_BYTES
from posthouse.people.access import scope
from posthouse.people.actions import as_team

router = Router(tags=["guides"])


class NoteOut(Schema):
    """A flaw of the document that did not stop the import."""

    path: str
    message: str


class DocumentOut(Schema):
    """An imported document."""

    id: str
    title: str
    version: str
    openapi: str
    operations: int
    schemas: int
    notes: list[NoteOut]


@router.put(
    "/guides/document",
    response=DocumentOut,
    auth=scope("guides:write"),
    operation_id="put_document",
    summary="Publish the API's OpenAPI document",
)
def put_document(
    request: HttpRequest,
    name: Annotated[str, Query(max_length=200, description="What the file is called")] = "",
) -> dict[str, Any]:
    """The body is the document itself: OpenAPI 3.0 or 3.1, JSON or YAML, at most 20 MB.

    Sending the same document again changes nothing.
    """
    source = request.read(MAX_BYTES + 1)
    token = request.auth  # type: ignore[attr-defined]  # set by ninja
    try:
        document = actions.import_document(source=source, name=name, actor=as_team(token.owner))
    except ImportRefused as error:
        raise _refused(error) from error
    return {
        "id": document.pk,
        "title": document.title,
        "version": document.version,
        "openapi": document.openapi,
        "operations": document.operation_count,
        "schemas": document.schema_count,
        "notes": [{"path": note["place"], "message": Finding(**note).reason} for note in document.notes],
    }


def _refused(error: ImportRefused) -> Problem:
    first = error.findings[0]
    large = first.code == "too-large"
    return Problem(
        status=413 if large else 422,
        code="document-too-large" if large else "document-refused",
        title="The document was not imported",
        detail=str(error),
        extra={"errors": [{"path": found.place, "message": found.reason} for found in error.findings]},
    )
