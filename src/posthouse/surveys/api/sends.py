"""Routes about sends: ask one contact, or up to a thousand; look at what is pending, move it, call it off."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Annotated, Any, Literal

from django.http import HttpRequest
from ninja import Header, Query, Router, Schema, Status
from pydantic import AfterValidator, Field, StringConstraints, ValidationError, model_validator

from posthouse.foundation.moments import Moment
from posthouse.foundation.paging import ApiLimit
from posthouse.foundation.problems import Problem
from posthouse.messages.queries import is_address
from posthouse.people.access import scope
from posthouse.people.actions import check_attributes, check_name
from posthouse.surveys import actions, links, queries, texts
from posthouse.surveys.api.common import (
    After,
    Id,
    In,
    actor_of,
    campaign_or_404,
    conflict,
    page_of,
    send_or_404,
)  # fmt: skip
from posthouse.surveys.models import Channel, Outcome, Send

router = Router()

MOST_ITEMS = 1_000
IN_ONE_TRANSACTION = 100
"""Items of a batch: SQLite's one writer is held for as long."""
LONGEST_DELAY = int(timedelta(days=366).total_seconds())
PLAIN = r"^[\x21-\x7e]*$"

OutcomeName = Literal[
    "scheduled", "throttled", "unsubscribed", "bounced", "sampled_out", "already_pending", "paused"
]  # fmt: skip
SendStateName = Literal["pending", "sent", "refused", "cancelled"]


def _address(text: str) -> str:
    if not is_address(text):
        raise ValueError("not an e-mail address")
    return text


def _language(code: str) -> str:
    if code and not texts.LANGUAGE.fullmatch(code):
        raise ValueError("a language is written like en, es or pt-BR")
    return code


Email = Annotated[str, StringConstraints(strip_whitespace=True, max_length=254), AfterValidator(_address)]
Name = Annotated[str, StringConstraints(strip_whitespace=True, max_length=120), AfterValidator(check_name)]
Key = Annotated[str, StringConstraints(max_length=120, pattern=PLAIN)]
KeyHeader = Annotated[
    str,
    Header(
        alias="Idempotency-Key",
        max_length=120,
        pattern=PLAIN,
        description="A repeat is answered with what the first request led to",
    ),
]


class SendIn(In):
    """Whom to ask. `delay` is in seconds; `send_at` is a moment with a zone; neither: now.

    `attributes` are kept with the contact and with the answer. `last_sent_at` tells when another system asked last.
    """

    email: Email
    name: Name = ""
    attributes: Annotated[dict[str, Any], AfterValidator(check_attributes)] = {}
    delay: Annotated[int, Field(strict=True, ge=0, le=LONGEST_DELAY)] | None = None
    send_at: Moment | None = None
    language: Annotated[str, StringConstraints(max_length=20), AfterValidator(_language)] = ""
    channel: Literal["email", "link"] = "email"
    last_sent_at: Moment | None = None

    @model_validator(mode="after")
    def _one_time(self) -> "SendIn":
        if self.delay is not None and self.send_at is not None:
            raise ValueError("give delay or send_at, not both")
        return self

    def wish(self, key: str) -> actions.Wish:
        """As the actions take it."""
        return actions.Wish(
            email=self.email,
            name=self.name,
            attributes=self.attributes,
            due_at=self.send_at,
            delay=timedelta(seconds=self.delay) if self.delay else None,
            language=self.language,
            channel=self.channel,
            last_sent_at=self.last_sent_at,
            key=key,
        )


class BatchIn(In):
    """Up to a thousand items, each of the form of a single send, with an optional `key` of its own."""

    items: Annotated[list[Any], Field(min_length=1, max_length=MOST_ITEMS)]


class MoveIn(In):
    """When it is to fall due instead."""

    send_at: Moment


class SendOut(Schema):
    """One wish to ask a contact, and what became of it.

    `outcome` says what was decided; `throttled_until` from when the contact may be asked again. `link` is there for
    the channel `link`. `moved_because` says why it did not go when it was first due; `declined_at` when the person
    said "not now". `reminders` were sent of it, the next one is due at `remind_at`.
    """

    id: str
    outcome: OutcomeName
    state: SendStateName
    contact_id: str
    email: str
    send_at: datetime | None
    sent_at: datetime | None
    throttled_until: datetime | None
    moved_because: Literal["", "quiet", "weekday", "cap"]
    declined_at: datetime | None
    reminders: int
    remind_at: datetime | None
    channel: Literal["email", "link"]
    language: str
    attributes: dict[str, Any]
    link: str | None
    created_at: datetime

    @staticmethod
    def resolve_email(send: Send) -> str:
        """The contact's address as it is now."""
        return send.contact.email

    @staticmethod
    def resolve_send_at(send: Send) -> datetime | None:
        """When it falls due."""
        return send.due_at

    @staticmethod
    def resolve_link(send: Send) -> str | None:
        """Where it is answered."""
        return links.address(send.pk) if send.channel == Channel.LINK and send.outcome == Outcome.SCHEDULED else None


class SendPage(Schema):
    """A page of sends, newest first; ask again with `after` set to `next` (null: that was all)."""

    items: list[SendOut]
    next: str | None


class ItemOut(Schema):
    """What became of one item of a batch: a send, or the reason why it was none."""

    index: int
    status: Literal["made", "repeated", "refused"]
    send: SendOut | None = None
    code: str = ""
    errors: list[dict[str, str]] = []


class BatchOut(Schema):
    """A result for each item, in the order of the request."""

    items: list[ItemOut]


@router.post(
    "/surveys/{campaign_id}/sends",
    response={200: SendOut, 201: SendOut},
    auth=scope("surveys:send"),
    operation_id="send_survey",
    summary="Ask a contact",
)
def send_survey(request: HttpRequest, campaign_id: Id, body: SendIn, key: KeyHeader = "") -> Status[Send]:
    """Ask the contact with this address, who is made or updated by the same call; `outcome` says what was decided.

    201 for a new send, whatever its outcome; 200 for a repeat with the same Idempotency-Key.
    """
    try:
        asked = actions.ask(campaign=campaign_or_404(campaign_id), wish=body.wish(key), actor=actor_of(request))
    except actions.Refused as refused:
        raise _refused(refused) from refused
    return Status(200 if asked.repeated else 201, asked.send)


@router.post(
    "/surveys/{campaign_id}/sends/batch",
    response=BatchOut,
    auth=scope("surveys:send"),
    operation_id="send_survey_batch",
    summary="Ask up to a thousand contacts",
)
def send_survey_batch(request: HttpRequest, campaign_id: Id, body: BatchIn, key: KeyHeader = "") -> dict[str, Any]:
    """A result per item: what is wrong with one keeps no other from being taken in.

    With an Idempotency-Key the whole batch can be repeated: each item is known by the key and its place.
    """
    campaign, actor = campaign_or_404(campaign_id), actor_of(request)
    read = [_read(item, index, key) for index, item in enumerate(body.items)]
    wishes = [wish for wish in read if isinstance(wish, actions.Wish)]
    asked: list[actions.Asked | actions.Refused] = []
    for start in range(0, len(wishes), IN_ONE_TRANSACTION):
        asked += actions.ask_many(campaign=campaign, wishes=wishes[start : start + IN_ONE_TRANSACTION], actor=actor)
    told = iter(asked)
    results = [
        _result(index, one if isinstance(one, ValidationError) else next(told)) for index, one in enumerate(read)
    ]
    return {"items": results}


@router.get(
    "/surveys/{campaign_id}/sends",
    response=SendPage,
    auth=scope("surveys:read"),
    operation_id="list_survey_sends",
    summary="Sends of a campaign",
)
def list_survey_sends(
    request: HttpRequest,
    campaign_id: Id,
    state: SendStateName | None = None,
    outcome: OutcomeName | None = None,
    email: Annotated[str, Query(max_length=254, description="Exactly this address")] = "",
    after: After = "",
    limit: ApiLimit = 50,
) -> dict[str, Any]:
    """Every wish to ask somebody, granted or not, newest first; `state=pending` is what is on its way."""
    rows = queries.sends(campaign_or_404(campaign_id), state=state or "", outcome=outcome or "", email=email)
    return page_of(rows, after, limit)


@router.get(
    "/surveys/{campaign_id}/sends/{send_id}",
    response=SendOut,
    auth=scope("surveys:read"),
    operation_id="get_survey_send",
    summary="One send",
)
def get_survey_send(request: HttpRequest, campaign_id: Id, send_id: Id) -> Send:
    """What was asked for, what was decided, and what became of it."""
    return send_or_404(campaign_id, send_id)


@router.patch(
    "/surveys/{campaign_id}/sends/{send_id}",
    response=SendOut,
    auth=scope("surveys:send"),
    operation_id="move_survey_send",
    summary="Move a pending send",
)
def move_survey_send(request: HttpRequest, campaign_id: Id, send_id: Id, body: MoveIn) -> Send:
    """Let it fall due at another time."""
    try:
        return actions.move_send(send=send_or_404(campaign_id, send_id), due_at=body.send_at, actor=actor_of(request))
    except actions.Refused as refused:
        raise _refused(refused) from refused


@router.post(
    "/surveys/{campaign_id}/sends/{send_id}/cancel",
    response=SendOut,
    auth=scope("surveys:send"),
    operation_id="cancel_survey_send",
    summary="Cancel a pending send",
)
def cancel_survey_send(request: HttpRequest, campaign_id: Id, send_id: Id) -> Send:
    """Do not ask after all."""
    try:
        return actions.cancel_send(send=send_or_404(campaign_id, send_id), actor=actor_of(request))
    except actions.Refused as refused:
        raise _refused(refused) from refused


def _result(index: int, said: actions.Asked | actions.Refused | ValidationError) -> dict[str, Any]:
    if isinstance(said, ValidationError):
        return {"index": index, "status": "refused", "code": "validation-failed", "errors": list(_faults(said))}
    if isinstance(said, actions.Refused):
        errors = [{"path": "", "message": str(said)}]
        return {"index": index, "status": "refused", "code": said.code, "errors": errors}
    return {"index": index, "status": "repeated" if said.repeated else "made", "send": said.send}


class _Keyed(In):
    key: Key = ""


def _read(item: Any, index: int, key: str) -> actions.Wish | ValidationError:
    members = dict(item) if isinstance(item, dict) else item
    own = members.pop("key", "") if isinstance(members, dict) else ""
    try:
        own = _Keyed.model_validate({"key": own}).key
        return SendIn.model_validate(members).wish(own or (f"{key}:{index}" if key else ""))
    except ValidationError as error:
        return error


def _faults(error: ValidationError) -> Iterator[dict[str, str]]:
    for fault in error.errors():
        yield {"path": "/".join(str(part) for part in fault["loc"]), "message": fault["msg"]}


NOT_NOW = {"idempotency-key-reused", "send-not-pending", "campaign-ended", "throttled"}


def _refused(refused: actions.Refused) -> Problem:
    """409 for what cannot be as things are, 422 for what could never be."""
    if refused.code in NOT_NOW:
        return conflict(refused)
    return Problem(status=422, code=refused.code, title="The send cannot be taken in", detail=str(refused))
