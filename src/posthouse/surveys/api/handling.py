"""Routes about what the team does with responses: tags, notes, who looks after them, and taking an act back."""

from datetime import datetime
from typing import Annotated, Any, Literal

from django.http import HttpRequest
from ninja import Router, Schema, Status
from pydantic import Field

from posthouse.foundation.ids import is_id
from posthouse.foundation.problems import not_found
from posthouse.people.access import scope
from posthouse.surveys import actions
from posthouse.surveys.api.common import Id, In, actor_of, conflict, invalid
from posthouse.surveys.api.responses import WholeResponseOut
from posthouse.surveys.handling import acting, finding, tagging
from posthouse.surveys.handling_models import Act, Tag
from posthouse.surveys.models import Response

router = Router()
READ, WRITE = scope("surveys:read"), scope("surveys:write")
ToneName = Literal["plain", "good", "warn", "bad"]


class SurveyTagOut(Schema):
    """A tag of the house; `used` is the number of responses that carry it."""

    id: str
    name: str
    tone: ToneName
    used: int = 0


class SurveyTagsOut(Schema):
    """All tags, by name."""

    items: list[SurveyTagOut]


class SurveyTagIn(In):
    """A tag to be made."""

    name: str
    tone: ToneName = "plain"


class SurveyTagPatch(In):
    """What to change of a tag; what is left out stays."""

    name: str = ""
    tone: ToneName = "plain"


class SurveyNoteOut(Schema):
    """What somebody of the team said about a response; `by` is `team:` and a user id."""

    id: str
    text: str
    at: datetime
    by: str


class SurveyNoteIn(In):
    """A note to be written."""

    text: str


class HandledResponseOut(WholeResponseOut):
    """A response with its tags (names), the team's notes, the user id of who looks after it, and when it was done."""

    tags: list[str]
    notes: list[SurveyNoteOut]
    assignee: int | None
    handled_at: datetime | None

    @staticmethod
    def resolve_tags(response: Response) -> list[str]:
        """By name."""
        return [one.tag.name for one in response.taggings.all()]

    @staticmethod
    def resolve_notes(response: Response) -> list[Any]:
        """Oldest first."""
        return list(response.notes.all())

    @staticmethod
    def resolve_assignee(response: Response) -> int | None:
        """Nobody where there is no row."""
        return getattr(getattr(response, "care", None), "assignee_id", None)

    @staticmethod
    def resolve_handled_at(response: Response) -> datetime | None:
        """Not yet where there is no row."""
        return getattr(getattr(response, "care", None), "done_at", None)


class ResponsePatch(In):
    """What to change; what is left out stays. `tags` are all its tags by name: new names are made, others come off."""

    tags: Annotated[list[str], Field(max_length=50)] = []
    assignee: int | None = None
    handled: bool = False


class SurveyActIn(In):
    """Something to be done to up to 500 responses at once. `tag` is a name, `assignee` a user id or null."""

    act: Literal["tag", "untag", "assign", "done", "reopen"]
    responses: Annotated[list[str], Field(min_length=1, max_length=acting.MOST_AT_ONCE)]
    tag: str = ""
    assignee: int | None = None


class SurveyActOut(Schema):
    """What was done: `id` takes it back (null: nothing changed), `changed` are the responses it changed."""

    id: str | None
    changed: list[str]


class SurveyUndoneOut(Schema):
    """How many responses were put back."""

    count: int


@router.get("/surveys/tags", response=SurveyTagsOut, auth=READ, operation_id="list_survey_tags", summary="All tags")
def list_survey_tags(request: HttpRequest) -> dict[str, Any]:
    """The tags of the house, the same for all campaigns."""
    return {"items": list(tagging.tags())}


@router.post(
    "/surveys/tags", response={201: SurveyTagOut}, auth=WRITE, operation_id="make_survey_tag", summary="Make a tag"
)
def make_survey_tag(request: HttpRequest, body: SurveyTagIn) -> Status[Tag]:
    """A tag with a name nobody else has, however it is capitalised."""
    try:
        return Status(201, tagging.make_tag(**body.dict(), actor=actor_of(request)))
    except actions.Invalid as fault:
        raise invalid(fault) from fault


@router.patch(
    "/surveys/tags/{tag_id}",
    response=SurveyTagOut,
    auth=WRITE,
    operation_id="change_survey_tag",
    summary="Rename or recolour a tag",
)
def change_survey_tag(request: HttpRequest, tag_id: Id, body: SurveyTagPatch) -> Any:
    """It keeps its responses."""
    tag = _tag(tag_id)
    try:
        tagging.change_tag(tag=tag, **body.dict(exclude_unset=True), actor=actor_of(request))
    except actions.Invalid as fault:
        raise invalid(fault) from fault
    return tagging.tags().get(pk=tag.pk)


@router.delete(
    "/surveys/tags/{tag_id}",
    response={204: None},
    auth=WRITE,
    operation_id="delete_survey_tag",
    summary="Delete a tag",
)
def delete_survey_tag(request: HttpRequest, tag_id: Id) -> Status[None]:
    """It comes off every response, for good."""
    tagging.delete_tag(tag=_tag(tag_id), actor=actor_of(request))
    return Status(204, None)


@router.post(
    "/surveys/responses/acts",
    response=SurveyActOut,
    auth=WRITE,
    operation_id="act_on_survey_responses",
    summary="Tag, assign or tick off many responses",
)
def act_on_survey_responses(request: HttpRequest, body: SurveyActIn) -> dict[str, Any]:
    """All or nothing: a response that does not exist makes it 404. Those that are so already stay as they are."""
    wanted = set(body.responses)
    responses = list(Response.objects.filter(pk__in=[one for one in wanted if is_id(one)]))
    if len(responses) < len(wanted):
        raise not_found("response")
    try:
        done = _done(body, responses, actor_of(request))
    except actions.Invalid as fault:
        raise invalid(fault) from fault
    return {"id": done.pk if done else None, "changed": sorted(done.before) if done else []}


@router.post(
    "/surveys/acts/{act_id}/undo",
    response=SurveyUndoneOut,
    auth=WRITE,
    operation_id="undo_survey_act",
    summary="Take back what was done to responses",
)
def undo_survey_act(request: HttpRequest, act_id: Id) -> dict[str, int]:
    """Once; what somebody changed since stays as it is."""
    found = finding.act(act_id)
    if found is None:
        raise not_found("act")
    try:
        return {"count": acting.undo(act=found, actor=actor_of(request))}
    except actions.Refused as refused:
        raise conflict(refused) from refused


@router.get(
    "/surveys/responses/{response_id}",
    response=HandledResponseOut,
    auth=READ,
    operation_id="get_handled_survey_response",
    summary="One response with tags, notes and who looks after it",
)
def get_handled_survey_response(request: HttpRequest, response_id: Id) -> Response:
    """Of whatever campaign."""
    return _response(response_id)


@router.patch(
    "/surveys/responses/{response_id}",
    response=HandledResponseOut,
    auth=WRITE,
    operation_id="handle_survey_response",
    summary="Set tags, who looks after it, and whether it is done",
)
def handle_survey_response(request: HttpRequest, response_id: Id, body: ResponsePatch) -> Response:
    """Change what was sent; the same again changes nothing."""
    response, actor, sent = _response(response_id), actor_of(request), body.model_fields_set
    try:
        acting.handle(
            response=response,
            tags=body.tags if "tags" in sent else None,
            assign="assignee" in sent,
            assignee=body.assignee,
            done=body.handled if "handled" in sent else None,
            actor=actor,
        )
    except actions.Invalid as fault:
        raise invalid(fault) from fault
    return _response(response_id)


@router.post(
    "/surveys/responses/{response_id}/notes",
    response={201: SurveyNoteOut},
    auth=WRITE,
    operation_id="write_survey_note",
    summary="Write a note on a response",
)
def write_survey_note(request: HttpRequest, response_id: Id, body: SurveyNoteIn) -> Status[Any]:
    """For the team; who answered never sees it."""
    try:
        note = acting.write_note(response=_response(response_id), text=body.text, actor=actor_of(request))
    except actions.Invalid as fault:
        raise invalid(fault) from fault
    return Status(201, note)


@router.delete(
    "/surveys/responses/{response_id}/notes/{note_id}",
    response={204: None},
    auth=WRITE,
    operation_id="delete_survey_note",
    summary="Take a note away",
)
def delete_survey_note(request: HttpRequest, response_id: Id, note_id: Id) -> Status[None]:
    """A note of another response is not found."""
    found = finding.note(note_id)
    if found is None or found.response_id != response_id:
        raise not_found("note")
    acting.delete_note(note=found, actor=actor_of(request))
    return Status(204, None)


def _done(body: SurveyActIn, responses: list[Response], actor: str) -> Act | None:
    match body.act:
        case "assign":
            return acting.assign_responses(responses=responses, assignee=body.assignee, actor=actor)
        case "done" | "reopen":
            return acting.finish_responses(responses=responses, done=body.act == "done", actor=actor)
        case "tag":
            return acting.tag_responses(responses=responses, tag=acting.named_tag(body.tag, actor), actor=actor)
        case _:
            tag = tagging.tag_named(body.tag)
            return acting.untag_responses(responses=responses, tag=tag, actor=actor) if tag else None


def _tag(tag_id: str) -> Tag:
    found = tagging.tag(tag_id)
    if found is None:
        raise not_found("tag")
    return found


def _response(response_id: str) -> Response:
    rows = finding.with_all(Response.objects.filter(pk=response_id)).prefetch_related("changes")
    found = rows.first()
    if found is None:
        raise not_found("response")
    return found
