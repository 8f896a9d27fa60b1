"""What is done to answers, one or many at once: tag, untag, assign, deal with, note; and taking an act back.

Every act touches only the answers it changes, announces an event for each of them, and remembers what they were
before, so that taking it back leaves alone what others did since.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from posthouse.foundation.clock import now
from posthouse.people import queries as people
from posthouse.surveys.actions.campaigns import Refused
from posthouse.surveys.handling import events, tagging
from posthouse.surveys.handling_models import Act, Care, Note, Tag, Tagging
from posthouse.surveys.models import Response
from posthouse.surveys.texts import Invalid, check_text
from posthouse.timeline.actions import record

MOST_AT_ONCE = 500
NOTE_LENGTH = 5000
MOST_NOTES = 200
TAG, UNTAG, ASSIGN, DONE, REOPEN = "tag", "untag", "assign", "done", "reopen"


@transaction.atomic
def tag_responses(*, responses: Iterable[Response], tag: Tag, actor: str = "") -> Act | None:
    """Put a tag on answers; those that carry it stay as they are. Announces SurveyResponseTagged for each.

    Gives the act, or None when nothing changed. Raises Refused for more than MOST_AT_ONCE.
    """
    chosen = _locked(responses)
    carry = set(Tagging.objects.filter(tag=tag, response__in=chosen).values_list("response_id", flat=True))
    new = [one for one in chosen if one.pk not in carry]
    Tagging.objects.bulk_create([Tagging(response=one, tag=tag, at=now(), by=actor) for one in new])
    for one in new:
        record(events.SurveyResponseTagged(**_about(one), tag=tag.name), actor=actor)
    return _act(TAG, {one.pk: None for one in new}, actor, tag=tag)


@transaction.atomic
def untag_responses(*, responses: Iterable[Response], tag: Tag, actor: str = "") -> Act | None:
    """Take a tag off. Announces SurveyResponseUntagged for each that carried it. As tag_responses otherwise."""
    chosen = _locked(responses)
    carry = set(Tagging.objects.filter(tag=tag, response__in=chosen).values_list("response_id", flat=True))
    Tagging.objects.filter(tag=tag, response__in=carry).delete()
    for one in chosen:
        if one.pk in carry:
            record(events.SurveyResponseUntagged(**_about(one), tag=tag.name), actor=actor)
    return _act(UNTAG, dict.fromkeys(sorted(carry)), actor, tag=tag)


@transaction.atomic
def assign_responses(*, responses: Iterable[Response], assignee: int | None, actor: str = "") -> Act | None:
    """Have a member of the team (by user id) look after answers, or nobody. Announces SurveyResponseAssigned for each.

    Raises Invalid for who is not in the team, Refused for too many.
    """
    if assignee is not None and assignee not in team_names():
        raise Invalid("/assignee", _("There is nobody of this name in the team."))
    chosen = _locked(responses)
    cares = _cares(chosen)
    before = {one.pk: cares[one.pk].assignee_id for one in chosen if cares[one.pk].assignee_id != assignee}
    for one in chosen:
        if one.pk in before:
            _assign(one, cares[one.pk], assignee, actor)
    return _act(ASSIGN, before, actor, assignee=assignee)


@transaction.atomic
def finish_responses(*, responses: Iterable[Response], done: bool = True, actor: str = "") -> Act | None:
    """Answers have been dealt with, or have not after all. Announces SurveyResponseHandled or -Reopened for each."""
    chosen = _locked(responses)
    cares = _cares(chosen)
    changed = [one for one in chosen if (cares[one.pk].done_at is not None) != done]
    before = {one.pk: _moment(cares[one.pk].done_at) for one in changed}
    for one in changed:
        _finish(one, cares[one.pk], done, actor)
    return _act(DONE if done else REOPEN, before, actor)


@transaction.atomic
def write_note(*, response: Response, text: str, actor: str = "") -> Note:
    """Say something about an answer, for the team. Announces SurveyResponseNoted, without the words. Raises Invalid."""
    words = check_text(text, NOTE_LENGTH, "/text")
    if not words:
        raise Invalid("/text", _("A note needs words."))
    if Note.objects.filter(response=response).count() >= MOST_NOTES:
        raise Invalid("/text", _("There are too many notes on this answer."))
    note = Note.objects.create(response=response, text=words, at=now(), by=actor)
    record(events.SurveyResponseNoted(**_about(response), note_id=note.pk), actor=actor)
    return note


@transaction.atomic
def delete_note(*, note: Note, actor: str = "") -> None:
    """Take a note away. Announces SurveyNoteDeleted."""
    if Note.objects.filter(pk=note.pk).delete()[0]:
        record(events.SurveyNoteDeleted(**_about(note.response), note_id=note.pk), actor=actor)


@transaction.atomic
def undo(*, act: Act, actor: str = "") -> int:
    """Take an act back, once; gives the number of answers put back. What somebody changed since stays as it is.

    Announces what that does to each answer. Raises Refused when it was taken back already.
    """
    act = Act.objects.select_for_update(of=("self",)).select_related("tag").get(pk=act.pk)
    if act.undone_at is not None:
        raise Refused("survey-act-undone", _("That was taken back already."))
    act.undone_at = now()
    act.save(update_fields=["undone_at"])
    responses = list(Response.objects.filter(pk__in=list(act.before)))
    return sum(len(done.before) for done in _put_back(act, responses, actor) if done)


@transaction.atomic
def handle(
    *,
    response: Response,
    tags: list[str] | None = None,
    assign: bool = False,
    assignee: int | None = None,
    done: bool | None = None,
    actor: str = "",
) -> None:
    """Several acts on one answer, all or none. `tags` are all it shall have, by name (None: they stay).

    Raises Invalid.
    """
    if tags is not None:
        wanted = {tag.pk: tag for tag in (named_tag(name, actor) for name in tags)}
        for tag in Tag.objects.filter(taggings__response=response).exclude(pk__in=wanted):
            untag_responses(responses=[response], tag=tag, actor=actor)
        for tag in wanted.values():
            tag_responses(responses=[response], tag=tag, actor=actor)
    if assign:
        assign_responses(responses=[response], assignee=assignee, actor=actor)
    if done is not None:
        finish_responses(responses=[response], done=done, actor=actor)


def named_tag(name: str, actor: str) -> Tag:
    """The tag of this name, made if there is none. Raises Invalid."""
    return tagging.tag_named(tagging.check_name(name)) or tagging.make_tag(name=name, actor=actor)


def team_names() -> dict[int, str]:
    """Who there is in the team, by user id."""
    return {member.user_id: str(member) for member in people.team()}


def _put_back(act: Act, responses: list[Response], actor: str) -> Iterator[Act | None]:
    """The opposite of an act, as acts."""
    match act.kind:
        case "tag":
            yield untag_responses(responses=responses, tag=_tag_of(act), actor=actor)
        case "untag":
            yield tag_responses(responses=responses, tag=_tag_of(act), actor=actor)
        case "assign":
            still = {pk for pk, care in _cares(responses).items() if care.assignee_id == act.assignee}
            team = team_names()
            for was in set(act.before.values()):
                theirs = [one for one in responses if one.pk in still and act.before[one.pk] == was]
                yield assign_responses(responses=theirs, assignee=was if was in team else None, actor=actor)
        case _:
            yield finish_responses(responses=responses, done=act.kind == REOPEN, actor=actor)


def _tag_of(act: Act) -> Tag:
    if act.tag is None:
        raise Refused("survey-act-undone", _("This tag is gone."))
    return act.tag


def _locked(responses: Iterable[Response]) -> list[Response]:
    ids = {one.pk for one in responses}
    if len(ids) > MOST_AT_ONCE:
        raise Refused("survey-too-many", _("At most %(count)d answers at once.") % {"count": MOST_AT_ONCE})
    return list(Response.objects.select_for_update(of=("self",)).filter(pk__in=ids).order_by("pk"))


def _cares(responses: list[Response]) -> dict[str, Care]:
    found = {care.response_id: care for care in Care.objects.filter(response__in=responses)}
    return {one.pk: found.get(one.pk) or Care(response=one) for one in responses}


def _assign(response: Response, care: Care, assignee: int | None, actor: str) -> None:
    care.assignee_id = assignee
    care.assigned_at = None if assignee is None else now()
    care.save()
    record(events.SurveyResponseAssigned(**_about(response), assignee=assignee), actor=actor)


def _finish(response: Response, care: Care, done: bool, actor: str) -> None:
    care.done_at, care.done_by = (now(), actor) if done else (None, "")
    care.save()
    kind = events.SurveyResponseHandled if done else events.SurveyResponseReopened
    record(kind(**_about(response)), actor=actor)


def _act(kind: str, before: Mapping[str, Any], actor: str, **more: Any) -> Act | None:
    return Act.objects.create(kind=kind, before=dict(before), by=actor, at=now(), **more) if before else None


def _about(response: Response) -> dict[str, str]:
    return {
        "customer_id": response.customer_id,
        "contact_id": response.contact_id or "",
        "campaign_id": response.campaign_id,
        "response_id": response.pk,
    }


def _moment(value: Any) -> str | None:
    return value.isoformat() if value else None
