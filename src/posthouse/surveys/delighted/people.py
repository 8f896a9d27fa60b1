"""Calls about people: made, asked, listed, deleted, and what they are going to be asked."""

import base64
import binascii
import json
from datetime import timedelta
from typing import Any

from django.db import transaction

from posthouse.foundation.ids import is_id
from posthouse.surveys import actions, texts
from posthouse.surveys.delighted import finding, shapes
from posthouse.surveys.delighted.calls import LAST_PAGE, Call, Reply
from posthouse.surveys.delighted.faults import Fault, unknown, wrong, wrongs
from posthouse.surveys.delighted.reading import Params, map_of, moment_of, seconds, text_of, truth_of, whole_of
from posthouse.surveys.models import Outcome, Person, Send, SendState

LONGEST_DELAY = int(timedelta(days=366).total_seconds())
SOURCE = "delighted"
OUTCOME = "X-Survey-Outcome"
"""Says in an answer what was decided about a wish to ask, where Delighted's form has no place for it."""
NO_PHONES = "Surveys are sent by e-mail here, not by text message."
PLACES = {"attributes": "properties"}
"""What they call what we call otherwise."""


def create(call: Call) -> Reply:
    """Make or update a person, and ask it, now or later, unless told not to."""
    params = call.params
    send = truth_of(params, "send", otherwise=True)
    if send and text_of(params, "channel") not in (None, "", "email"):
        raise Fault(status=403, message=NO_PHONES)
    delay = timedelta(seconds=whole_of(params, "delay", 0, LONGEST_DELAY) or 0)
    last_sent_at = moment_of(params, "last_sent_at")
    with transaction.atomic():
        person, made = _known(call)
        if last_sent_at:
            _note(call, person, last_sent_at)
        asked = _ask(call, person, delay) if send else None
    body = {
        "id": person.contact_id,
        "email": person.contact.email,
        "name": person.contact.name or None,
        "phone_number": person.phone_number or None,
        "survey_scheduled_at": seconds(_due(call, asked)) if asked else None,
        "properties": map_of(params, "properties") or {},
    }
    return Reply(body, 201 if made else 200, {OUTCOME: asked.outcome} if asked else {})


def _known(call: Call) -> tuple[Person, bool]:
    """The person of the parameters, made or updated. Raises 403 and 422 faults."""
    params = call.params
    number = text_of(params, "phone_number")
    try:
        person, made = actions.know_person(
            campaign=call.campaign,
            email=_email(call, params, number),
            name=text_of(params, "name", 1_000),
            phone_number=text_of(params, "phone_number_update") or number or None,
            attributes=map_of(params, "properties"),
            actor=call.actor,
        )
        if address := text_of(params, "email_update"):
            actions.change_address(person=person, email=address, actor=call.actor)
    except actions.Invalid as fault:
        raise invalid(fault) from fault
    return person, made


def _email(call: Call, params: Params, number: str | None) -> str:
    """By which address the person is known: its own, or that of the person with this number or id."""
    if email := text_of(params, "email"):
        return email
    found = finding.by_phone(call.campaign, number) if number else None
    if found is None and (person_id := text_of(params, "id")):
        found = finding.by_id(call.campaign, person_id)
        if found is None:
            raise unknown("person")
    if found is not None:
        return str(found.email)
    if number:
        raise Fault(status=403, message=f"{NO_PHONES} Send the e-mail address as well.")
    raise wrong("email", "can't be blank")


def _note(call: Call, person: Person, moment: Any) -> None:
    try:
        actions.note_last_sent(call.campaign, person.contact, moment)
    except actions.Refused as refused:
        raise wrong("last_sent_at", str(refused)) from refused


def _ask(call: Call, person: Person, delay: timedelta) -> Send:
    properties = map_of(call.params, "properties") or {}
    language = properties.get("locale")
    known = isinstance(language, str) and texts.LANGUAGE.fullmatch(language)
    wish = actions.Wish(
        contact_id=person.contact_id,
        attributes=properties,
        delay=delay,
        language=str(language)[:20] if known else "",
        source=SOURCE,
    )
    try:
        return actions.ask(campaign=call.campaign, wish=wish, actor=call.actor).send
    except actions.Refused as refused:
        raise wrongs({"properties": [str(refused)]}) from refused


def _due(call: Call, send: Send) -> Any:
    """When the survey is going to be sent; None when it is not. Asked twice, it is still the first wish that counts."""
    if send.outcome == Outcome.ALREADY_PENDING:
        pending = finding.pending(call.campaign, [send.contact_id]).get(send.contact_id)
        return pending.due_at if pending else None
    return send.due_at if send.state in (SendState.PENDING, SendState.SENT) else None


def save(call: Call) -> Reply:
    """Change a person, known by its id or address; nobody is asked."""
    person, _made = _known(call)
    return Reply(shapes.listed(call.campaign, [person.contact])[0])


def retrieve(call: Call, name: str) -> Reply:
    """One person."""
    return Reply(shapes.listed(call.campaign, [_found(call, name)])[0])


def delete(call: Call, name: str) -> Reply:
    """Delete a person with all that this campaign has of it."""
    actions.delete_person(campaign=call.campaign, contact=_found(call, name), actor=call.actor)
    return Reply({"ok": True}, 202)


def delete_pending(call: Call, name: str) -> Reply:
    """Call off what a person is going to be asked by this campaign."""
    contact = _found(call, name)
    for send in finding.pending(call.campaign, [contact.pk]).values():
        try:
            actions.cancel_send(send=send, actor=call.actor)
        except actions.Refused:
            continue  # it was sent, or called off, meanwhile
    return Reply({"ok": True})


def _found(call: Call, name: str) -> Any:
    contact = finding.by_any(call.campaign, name)
    if contact is None:
        raise unknown("person")
    return contact


def index(call: Call) -> Reply:
    """People in the order in which they became known, with a link to the next page until the end."""
    call.only_one_of("email", "phone_number")
    asked = _asked(call)
    rows = finding.people_of(call.campaign)
    if email := text_of(call.params, "email"):
        rows = _only(rows, finding.by_email(call.campaign, email))
    if number := text_of(call.params, "phone_number"):
        rows = _only(rows, finding.by_phone(call.campaign, number))
    if asked["after"]:
        rows = rows.filter(pk__gt=asked["after"])
    if asked["since"]:
        rows = rows.filter(created_at__gte=moment_of(asked, "since"))
    if asked["until"]:
        rows = rows.filter(created_at__lte=moment_of(asked, "until"))
    found = list(rows[: asked["size"] + 1])
    page = found[: asked["size"]]
    headers = {}
    if len(found) > len(page):
        headers["Link"] = _link(call, "people.json", asked | {"after": page[-1].pk})
    return Reply(shapes.listed(call.campaign, page), headers=headers)


def _only(rows: Any, contact: Any | None) -> Any:
    return rows.filter(pk=contact.pk) if contact else rows.none()


def _asked(call: Call) -> Params:
    """Size, bounds and place of a page: what a next link says is all there is to it. Raises 422 faults."""
    if token := text_of(call.params, "page_info", 1_000):
        return _read(token)
    bounds = {name: seconds(moment_of(call.params, name)) for name in ("since", "until")}
    return {"size": call.per_page, "after": "", **bounds}


def _token(asked: Params) -> str:
    text = json.dumps([asked["size"], asked["after"], asked["since"], asked["until"]], separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _read(token: str) -> Params:
    try:
        text = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
        size, after, since, until = json.loads(text)
    except (binascii.Error, ValueError, TypeError, RecursionError) as error:
        raise _foreign() from error
    asked: Params = {"size": size, "after": after, "since": since, "until": until}
    fit = type(size) is int and 1 <= size <= LAST_PAGE and isinstance(after, str) and (not after or is_id(after))
    if not fit:
        raise _foreign()
    moments = {name: seconds(moment_of(asked, name)) for name in ("since", "until")}
    return asked | moments | {"size": min(size, 100)}


def place_of(call: Call) -> tuple[int, str]:
    """How many rows to show after which id. Raises 422 faults."""
    asked = _asked(call)
    return asked["size"], asked["after"]


def next_link(call: Call, path: str, size: int, after: str) -> str:
    """The Link field of a list that goes on."""
    return _link(call, path, {"size": size, "after": after, "since": None, "until": None})


def _link(call: Call, path: str, asked: Params) -> str:
    return f'<{call.base}{path}?page_info={_token(asked)}>; rel="next"'


def _foreign() -> Fault:
    return wrong("page_info", "is not one that was given out here")


def invalid(fault: actions.Invalid) -> Fault:
    """422 for what the actions refuse, under the name that the clients use."""
    name = fault.place.strip("/").partition("/")[0] or "base"
    return wrong(PLACES.get(name, name), fault.reason)
