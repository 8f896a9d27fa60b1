"""Bringing in what Delighted knew: one record at a time, from its CSV exports or from its calls.

Records are known by what they say, so bringing one in again changes nothing. What is known here goes first: a name or a
property that somebody has here stays, and whoever took a refusal back since is not refused again.
"""

import json
import re
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from datetime import UTC, datetime, tzinfo
from enum import StrEnum
from typing import Any

from django.db import transaction

from posthouse.foundation import clock
from posthouse.foundation.ids import id_of
from posthouse.foundation.moments import FIRST
from posthouse.messages import actions as messages
from posthouse.messages import queries as mail
from posthouse.people import queries as people
from posthouse.surveys import actions
from posthouse.surveys.clocks import CATEGORY
from posthouse.surveys.models import Campaign, Response, Send

ACTOR = "import"
Fields = dict[str, Any]


class Kind(StrEnum):
    """What a record is about."""

    PEOPLE = "people"
    UNSUBSCRIBES = "unsubscribes"
    BOUNCES = "bounces"
    RESPONSES = "responses"


class Became(StrEnum):
    """What became of a record."""

    NEW = "new"
    KNOWN = "known"


class Unfit(ValueError):
    """This record cannot be brought in; the text says why."""


NAMES: dict[str, tuple[str, ...]] = {
    "id": ("id", "response_id", "survey_response_id"),
    "email": ("email", "person_email", "email_address", "e_mail", "recipient"),
    "name": ("name", "person_name", "full_name"),
    "phone_number": ("phone_number", "phone", "person_phone_number"),
    "score": ("score", "nps_score", "rating"),
    "comment": ("comment", "comments", "feedback"),
    "created_at": ("created_at", "responded_at", "response_date", "date", "created"),
    "updated_at": ("updated_at", "last_updated_at"),
    "last_sent_at": ("last_sent_at", "last_sent", "last_surveyed_at", "sent_at"),
    "unsubscribed_at": ("unsubscribed_at", "unsubscribed", "created_at", "date"),
    "bounced_at": ("bounced_at", "bounced", "created_at", "date"),
    "locale": ("locale", "language"),
}
"""Under which names a column is found, without regard to case, blanks and signs; `--map` names others."""
NOT_PROPERTIES = {"person_id", "person", "survey_type", "permalink", "notes", "tags", "additional_answers"} | {
    name for names in NAMES.values() for name in names
} | {"last_responded_at", "next_survey_scheduled_at", "properties", "person_properties"}  # fmt: skip
OFFSET = re.compile(r"\s*(?:UTC|GMT|Z)$|\s+([+-]\d\d):?(\d\d)$")
SIGNS = re.compile(r"[^a-z0-9]+")


class Record:
    """The fields of one record by their plain names; texts of moments without a zone are of `zone`."""

    def __init__(self, fields: Fields, columns: dict[str, str], zone: tzinfo) -> None:
        self._plain = {plain(name): value for name, value in fields.items()}
        self._own = {plain(name): name for name in fields}
        self._columns = {name: plain(column) for name, column in columns.items()}
        self._zone = zone
        self.fields = fields

    def value(self, name: str) -> Any:
        """What is said under this name, or one that means the same; None where nothing is."""
        names = (self._columns[name],) if name in self._columns else NAMES[name]
        values = (self._plain.get(one) for one in names)
        return next((value for value in values if value not in (None, "")), None)

    def text(self, name: str) -> str:
        """A text, empty where nothing is said. Raises Unfit."""
        value = self.value(name)
        if isinstance(value, dict | list | bool):
            raise Unfit(f"{name} is not a text")
        return "" if value is None else str(value).strip()

    def moment(self, name: str) -> datetime | None:
        """A moment, in seconds since 1970 or written out. Raises Unfit."""
        text = self.text(name)
        return _moment(text, name, self._zone) if text else None

    def properties(self) -> Fields:
        """Everything that has no meaning of its own, and what is gathered as properties."""
        found: Fields = {}
        for gathered in ("person_properties", "properties"):
            if isinstance(self._plain.get(gathered), dict):
                found |= self._plain[gathered]
        taken = NOT_PROPERTIES | set(self._columns.values())
        found |= {
            self._own[name]: value
            for name, value in self._plain.items()
            if name not in taken and value not in (None, "") and not isinstance(value, dict | list)
        }
        return found


def plain(name: str) -> str:
    """`Person: E-mail` as `person_e_mail`."""
    return SIGNS.sub("_", name.strip().lower()).strip("_")


def _moment(text: str, name: str, zone: tzinfo) -> datetime:
    try:
        found = _read(text, zone)
    except (ValueError, OverflowError, OSError) as error:
        raise Unfit(
            f"{name}: {text[:60]!r} is not a moment: write 2026-03-01T12:00:00Z or seconds since 1970"
        ) from error
    if not FIRST <= found <= clock.now():
        raise Unfit(f"{name}: {found.isoformat()} is before 1970 or in the future")
    return found


def _read(text: str, zone: tzinfo) -> datetime:
    try:
        return datetime.fromtimestamp(float(text), UTC)
    except ValueError:
        ending = OFFSET.search(text)
        if ending:
            text = text[: ending.start()] + (f"{ending[1]}:{ending[2]}" if ending[1] else "+00:00")
        moment = datetime.fromisoformat(text)
        return (moment if moment.tzinfo else moment.replace(tzinfo=zone)).astimezone(UTC)


def bring(campaign: Campaign, kind: Kind, record: Record) -> Became:
    """Bring in one record, or nothing of it. Raises Unfit."""
    try:
        with transaction.atomic():
            return BRINGERS[kind](campaign, record)
    except actions.Invalid as fault:
        raise Unfit(f"{fault.place.strip('/')}: {fault.reason}") from fault
    except actions.Refused as refused:
        raise Unfit(str(refused)) from refused


def _person(campaign: Campaign, record: Record) -> tuple[Any, bool]:
    """The contact of a record, and whether the campaign did not know of it; fills gaps and overwrites nothing."""
    email = record.text("email")
    if not email:
        raise Unfit("there is no e-mail address")
    known = people.contact_by_email(email) if mail.is_address(email) else None
    here = known.attributes if known else {}
    person, made = actions.know_person(
        campaign=campaign,
        email=email,
        name="" if known and known.name else record.text("name"),
        phone_number=record.text("phone_number") or None,
        attributes={name: value for name, value in record.properties().items() if name not in here},
        actor=ACTOR,
    )
    return person.contact, made


def _bring_person(campaign: Campaign, record: Record) -> Became:
    with _then(record.moment("created_at")):
        contact, made = _person(campaign, record)
    sent_at = record.moment("last_sent_at")
    before = Send.objects.filter(campaign=campaign, contact=contact).count() if sent_at else 0
    if sent_at:
        actions.note_last_sent(campaign, contact, sent_at)
        made = made or Send.objects.filter(campaign=campaign, contact=contact).count() > before
    return Became.NEW if made else Became.KNOWN


def _bring_refusal(campaign: Campaign, record: Record) -> Became:
    return _refused(
        campaign,
        record,
        record.moment("unsubscribed_at"),
        lambda known: messages.unsubscribe(addressee=known, category=CATEGORY, how=mail.How.IMPORT, actor=ACTOR),
    )


def _bring_bounce(campaign: Campaign, record: Record) -> Became:
    return _refused(
        campaign,
        record,
        record.moment("bounced_at"),
        lambda known: messages.suppress(
            addressee=known, reason=mail.Reason.BOUNCE, how=mail.How.IMPORT, actor=ACTOR, note="Delighted"
        ),
    )


def _refused(
    campaign: Campaign, record: Record, at: datetime | None, refuse: Callable[[mail.Addressee], bool]
) -> Became:
    """As of then, unless something was chosen about the address since."""
    with _then(at):
        contact, _made = _person(campaign, record)
        known = messages.addressee(contact.email, contact.pk)
        latest = mail.changes(known).first()
        if latest and latest.at >= clock.now():
            return Became.KNOWN
        return Became.NEW if refuse(known) else Became.KNOWN


def _bring_response(campaign: Campaign, record: Record) -> Became:
    created_at = record.moment("created_at")
    if created_at is None:
        raise Unfit("there is no moment at which it was given")
    updated_at, comment, properties = record.moment("updated_at"), record.text("comment"), record.properties()
    told = actions.Told(
        score=_score(record),
        comment=comment,
        attributes=properties,
        language=record.text("locale")[:20],
        created_at=created_at,
        updated_at=updated_at,
    )
    seed = record.text("id") or json.dumps(record.fields, sort_keys=True, default=str)
    response_id = id_of("rsp", created_at, f"{campaign.pk}:{seed}")
    earlier = Response.objects.filter(pk=response_id).select_related("campaign").first()
    if earlier is not None:
        return _corrected(earlier, told)
    with _then(created_at):
        contact, _made = _person(campaign, record)
        actions.record_response(campaign=campaign, contact=contact, told=told, actor=ACTOR, imported_as=response_id)
    return Became.NEW


def _corrected(earlier: Response, told: actions.Told) -> Became:
    """What was changed elsewhere since it was brought in, and not here, is changed here too."""
    if told.updated_at is None or told.updated_at <= (earlier.updated_at or earlier.created_at):
        return Became.KNOWN
    with _then(told.updated_at):
        changed = actions.correct_response(response=earlier, told=told, actor=ACTOR)
    return Became.NEW if changed.updated_at == told.updated_at else Became.KNOWN


def _score(record: Record) -> int:
    text = record.text("score")
    try:
        number = float(text)
    except ValueError:
        number = 0.5
    if not text or not number.is_integer():
        raise Unfit(f"score: {text[:20]!r} is not a whole number")
    return int(number)


def _then(moment: datetime | None) -> AbstractContextManager[None]:
    """As of a moment; without one, now."""
    return clock.at(moment) if moment else nullcontext()


BRINGERS: dict[Kind, Callable[[Campaign, Record], Became]] = {
    Kind.PEOPLE: _bring_person,
    Kind.UNSUBSCRIBES: _bring_refusal,
    Kind.BOUNCES: _bring_bounce,
    Kind.RESPONSES: _bring_response,
}
