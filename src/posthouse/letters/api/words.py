"""Routes about the words of mails: read, revise, preview, try, and back to the shipped ones."""

from datetime import datetime
from typing import Annotated, Any

from django.conf import settings
from django.http import HttpRequest
from ninja import Path, Query, Router, Schema, Status
from pydantic import Field, StringConstraints

from posthouse.foundation.paging import ApiLimit
from posthouse.foundation.problems import Problem, not_found
from posthouse.letters.api.common import PLAIN, Strict, actor_of
from posthouse.messages import actions, queries
from posthouse.messages.actions import Draft
from posthouse.people.access import scope

router = Router()

KEY = r"^[A-Za-z][A-Za-z0-9_/-]*$"
LONGEST_SENT = 60_000
"""Somewhat more than words may be long, so that the answer says what is too long, with its place."""
LANGUAGES = [code for code, _name in settings.LANGUAGES]
LanguageInPath = Annotated[str, Path(max_length=10, pattern=r"^[a-z]{2}(-[a-z]+)?$")]
KeyInPath = Annotated[str, Path(max_length=80, pattern=KEY)]
Source = Annotated[str, StringConstraints(max_length=LONGEST_SENT)]


class EditionOut(Schema):
    """One mail in one language. `trouble`: why its edited words could not be used and the shipped ones were."""

    key: str
    language: str
    subject: str
    is_edited: bool
    is_shipped: bool
    trouble: str
    updated_at: datetime | None


class EditionPage(Schema):
    """Mails by name and language; ask again with `after` set to `next` (null: that was all)."""

    items: list[EditionOut]
    next: str | None


class MailWordsOut(Schema):
    """The words in force. `revision` counts edits (0: never edited); `values` are what the words may name."""

    key: str
    language: str
    revision: int
    is_shipped: bool
    subject: str
    text: str
    html: str
    values: list[str]


class MailWordsIn(Strict):
    """Subject, plain text and HTML; without HTML it is made from the plain text.

    With `based_on`, the revision these words were made from, an edit by somebody else meanwhile is a 409.
    """

    subject: Source
    text: Source
    html: Source = ""
    note: Annotated[str, StringConstraints(strip_whitespace=True, max_length=200, pattern=PLAIN)] = ""
    based_on: Annotated[int, Field(strict=True, ge=0, le=1_000_000)] | None = None


class MailDraftIn(Strict):
    """Words that need not be saved."""

    key: Annotated[str, StringConstraints(max_length=80, pattern=KEY)]
    language: Annotated[str, StringConstraints(max_length=10)]
    subject: Source
    text: Source
    html: Source = ""


class MailPreviewOut(Schema):
    """The words filled in with sample values, in the frame that all mails share."""

    subject: str
    text: str
    html: str


class MailTestOut(Schema):
    """The mail that is on its way."""

    message_id: str
    to: str


class MailRevisionOut(Schema):
    """Words that were in force from `created_at` on; `is_shipped`: back to the shipped ones."""

    number: int
    subject: str
    text: str
    html: str
    is_shipped: bool
    note: str
    actor: str
    created_at: datetime


class MailRevisionPage(Schema):
    """Revisions, newest first; ask again with `before` set to `next` (null: that was all)."""

    items: list[MailRevisionOut]
    next: int | None


@router.get(
    "/mail-templates",
    response=EditionPage,
    auth=scope("mail:read"),
    operation_id="list_mail_templates",
    summary="Every mail in every language",
)
def list_mail_templates(
    request: HttpRequest,
    after: Annotated[str, Query(max_length=100, description="The `next` of an earlier answer")] = "",
    limit: ApiLimit = 50,
) -> dict[str, Any]:
    """Every mail the house can write, shipped or your own, by name and language."""
    rows = sorted(queries.editions(LANGUAGES), key=_place)
    found = [row for row in rows if _place(row) > after][: limit + 1]
    return {"items": found[:limit], "next": _place(found[limit - 1]) if len(found) > limit else None}


@router.get(
    "/mail-templates/{language}/{path:key}",
    response=MailWordsOut,
    auth=scope("mail:read"),
    operation_id="get_mail_template",
    summary="The words of a mail",
)
def get_mail_template(request: HttpRequest, language: LanguageInPath, key: KeyInPath) -> dict[str, Any]:
    """What is written today."""
    return _words(language, key)


@router.put(
    "/mail-templates/{language}/{path:key}",
    response=MailWordsOut,
    auth=scope("mail:write"),
    operation_id="write_mail_template",
    summary="Write a new revision of a mail",
)
def write_mail_template(
    request: HttpRequest, language: LanguageInPath, key: KeyInPath, body: MailWordsIn
) -> dict[str, Any]:
    """Put words in force at once; a name nobody uses yet makes a mail of your own. Faults come with line and reason."""
    draft = _draft(key=key, language=language, **body.dict(include={"subject", "text", "html"}))
    try:
        actions.save_template(draft=draft, actor=actor_of(request), note=body.note, based_on=body.based_on)
    except actions.WordsRefused as refused:
        raise _refused(refused) from refused
    except actions.EditedMeanwhile:
        raise _edited_meanwhile() from None
    return _words(language, key)


@router.delete(
    "/mail-templates/{language}/{path:key}",
    response={204: None},
    auth=scope("mail:write"),
    operation_id="restore_mail_template",
    summary="Back to the shipped words",
)
def restore_mail_template(request: HttpRequest, language: LanguageInPath, key: KeyInPath) -> Status[None]:
    """The shipped words are in force again; a mail of your own goes out of use. All revisions stay."""
    _words(language, key)
    actions.restore_shipped(key=key, language=language, actor=actor_of(request))
    return Status(204, None)


@router.get(
    "/mail-template-revisions/{language}/{path:key}",
    response=MailRevisionPage,
    auth=scope("mail:read"),
    operation_id="list_mail_template_revisions",
    summary="All words a mail ever had",
)
def list_mail_template_revisions(
    request: HttpRequest,
    language: LanguageInPath,
    key: KeyInPath,
    before: Annotated[int | None, Query(ge=1, le=1_000_000, description="The `next` of an earlier answer")] = None,
    limit: ApiLimit = 50,
) -> dict[str, Any]:
    """Since the first edit, newest first."""
    _words(language, key)
    rows = queries.revisions(key, language)
    found = list((rows.filter(number__lt=before) if before else rows)[: limit + 1])
    return {"items": found[:limit], "next": found[limit - 1].number if len(found) > limit else None}


@router.post(
    "/mail-template-previews",
    response=MailPreviewOut,
    auth=scope("mail:write"),
    operation_id="preview_mail_template",
    summary="See words filled in",
)
def preview_mail_template(request: HttpRequest, body: MailDraftIn) -> Any:
    """Subject, plain text and HTML as they would be sent, with sample values. Nothing is saved."""
    draft = _draft(**body.dict())
    if flaws := actions.flaws_of(draft):
        raise _refused(actions.WordsRefused(flaws))
    return actions.preview(draft)


@router.post(
    "/mail-template-tests",
    response={202: MailTestOut},
    auth=scope("mail:write"),
    operation_id="test_mail_template",
    summary="Send words to yourself",
)
def test_mail_template(request: HttpRequest, body: MailDraftIn) -> Status[dict[str, str]]:
    """A mail with sample values to the team member whose token this is. Nothing is saved."""
    to = request.auth.owner.user.email  # type: ignore[attr-defined]  # set by django-ninja
    try:
        message = actions.send_test(draft=_draft(**body.dict()), to=to)
    except actions.WordsRefused as refused:
        raise _refused(refused) from refused
    return Status(202, {"message_id": message.pk, "to": to})


def _place(row: queries.Edition) -> str:
    return f"{row.key}:{row.language}"


def _words(language: str, key: str) -> dict[str, Any]:
    found = queries.words_in_force(key, language) if language in LANGUAGES else None
    if found is None:
        raise not_found("mail in this language")
    words, number = found
    about = {"key": key, "language": language, "revision": number, "is_shipped": queries.is_shipped(key)}
    return {
        **about,
        "subject": words.subject,
        "text": words.text,
        "html": words.html,
        "values": queries.names_in(key, words),
    }


def _draft(*, language: str, **words: str) -> Draft:
    if language not in LANGUAGES:
        raise not_found("language")
    return Draft(language=language, **words)


def _refused(refused: actions.WordsRefused) -> Problem:
    return Problem(
        status=422,
        code="mail-words-refused",
        title="These words cannot be used",
        detail="Each error names the field, the line in it and the reason.",
        extra={"errors": [{"place": one.place, "line": one.line, "reason": one.reason} for one in refused.flaws]},
    )


def _edited_meanwhile() -> Problem:
    return Problem(
        status=409,
        code="edited-meanwhile",
        title="Somebody else saved these words meanwhile",
        detail="Read the words again, put your changes into them, and send the new `revision` as `based_on`.",
    )
