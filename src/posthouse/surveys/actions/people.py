"""The people that a campaign's programs tell of: told of, and deleted again."""

import re
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from posthouse.foundation.clock import now
from posthouse.messages.queries import is_address
from posthouse.people import actions as people
from posthouse.people import queries as people_queries
from posthouse.surveys import events
from posthouse.surveys.actions.asking import cancel
from posthouse.surveys.figures import touching
from posthouse.surveys.frequency.turning import SOURCE as RECURRING
from posthouse.surveys.models import Campaign, Person, Response, Send, SendState
from posthouse.surveys.rules import tag_of
from posthouse.surveys.texts import Invalid
from posthouse.timeline.actions import record

PHONE = re.compile(r"\+[1-9][0-9]{6,14}", re.ASCII)
"""E.164."""
LONGEST_NAME = 120


@transaction.atomic
def know_person(
    *,
    campaign: Campaign,
    email: str,
    name: str | None = None,
    phone_number: str | None = None,
    attributes: dict[str, Any] | None = None,
    actor: str = "",
) -> tuple[Person, bool]:
    """Somebody as a person of this campaign, and whether it is one from now on; the contact is made or updated.

    A name replaces the one there is, but not that of a contact with a login, who chose it. Raises Invalid, with the
    place, for an address, a name, a phone number or attributes that cannot be.
    """
    if not is_address(email.strip()):
        raise Invalid("/email", "is not an e-mail address")
    known = people_queries.contact_by_email(email)
    name = _name(name)
    given = _attributes(attributes or {}, known)
    contact = people.know_contact(email=email, name=name, attributes=given, actor=actor)
    if name and contact.name != name and contact.user_id is None:
        people.update_contact(contact=contact, name=name, actor=actor)
    person, made = Person.objects.get_or_create(
        campaign=campaign, contact=contact, defaults={"made_contact": known is None, "created_at": now()}
    )
    if phone_number is not None and phone_number != person.phone_number:
        _give_number(person, phone_number)
    person.contact = contact
    return person, made


def _name(name: str | None) -> str:
    name = (name or "").strip()
    if len(name) > LONGEST_NAME:
        raise Invalid("/name", _("At most %(count)d characters.") % {"count": LONGEST_NAME})
    try:
        return people.check_name(name)
    except ValueError as error:
        raise Invalid("/name", str(error)) from error


def _attributes(given: dict[str, Any], contact: Any) -> dict[str, Any]:
    try:
        people.check_attributes((contact.attributes if contact else {}) | given)
    except ValueError as error:
        raise Invalid("/attributes", str(error)) from error
    return given


def _give_number(person: Person, phone_number: str) -> None:
    if phone_number and not PHONE.fullmatch(phone_number):
        raise Invalid("/phone_number", "is not a number in the form of E.164, such as +14155551212")
    person.phone_number = phone_number
    try:
        with transaction.atomic():
            person.save(update_fields=["phone_number"])
    except IntegrityError as error:
        raise Invalid("/phone_number", "belongs to another person") from error


@transaction.atomic
def change_address(*, person: Person, email: str, actor: str = "") -> None:
    """A person has another address from now on. Raises Invalid for one that is taken, or when it has a login."""
    if not is_address(email.strip()):
        raise Invalid("/email_update", "is not an e-mail address")
    contact, normal = person.contact, email.strip().lower()
    if contact.email == normal:
        return
    if contact.user_id is not None:
        raise Invalid("/email_update", "cannot be changed: this person has a login, and changes its address itself")
    try:
        with transaction.atomic():
            people.update_contact(contact=contact, email=normal, actor=actor)
    except IntegrityError as error:
        raise Invalid("/email_update", "belongs to another person") from error


@transaction.atomic
def delete_person(*, campaign: Campaign, contact: Any, actor: str = "") -> None:
    """Delete what a campaign has of a contact: sends, answers, and that it is known of. Announces SurveyPersonDeleted.

    A contact that became known by this campaign alone and is known to nothing else is erased; from then on the house
    holds a digest of its address, so that it is not written to again by mistake.
    """
    sends = Send.objects.filter(campaign=campaign, contact=contact)
    responses = Response.objects.filter(campaign=campaign, contact=contact)
    for send in sends.select_for_update().filter(state=SendState.PENDING):
        cancel(send, actor)
    touching.touch_answers(responses)
    touching.touch_sends(sends)
    responses.delete()
    sends.delete()
    person = Person.objects.filter(campaign=campaign, contact=contact).first()
    made_contact = bool(person and person.made_contact)
    if person:
        person.delete()
    record(events.SurveyPersonDeleted(campaign_id=campaign.pk, contact_id=contact.pk), actor=actor)
    if made_contact and not _is_known_elsewhere(contact):
        people.erase_contact(contact)


def _is_known_elsewhere(contact: Any) -> bool:
    known = contact.user_id is not None or people_queries.customers_of(contact).exists()
    return known or any(model.objects.filter(contact=contact).exists() for model in (Send, Response, Person))


@transaction.atomic
def join_autopilot(
    *,
    campaign: Campaign,
    email: str,
    name: str | None = None,
    phone_number: str | None = None,
    properties: dict[str, Any] | None = None,
    actor: str = "",
) -> tuple[Person, bool]:
    """Make somebody one of those that are asked again and again, and whether it was none before.

    The contact gets the tag of `tag_of`: a campaign that comes round asks these when its audience says so. Properties
    given again replace those there are. Raises Invalid as `know_person` does.
    """
    person, _made = know_person(
        campaign=campaign, email=email, name=name, phone_number=phone_number, attributes=properties, actor=actor
    )
    is_new = person.member_since is None
    moment = now()
    person.member_since = person.member_since or moment
    person.member_changed_at = moment
    if properties is not None or is_new:
        person.member_properties = properties or {}
    person.save(update_fields=["member_since", "member_changed_at", "member_properties"])
    _tag(person, actor, adds=True)
    return person, is_new


@transaction.atomic
def leave_autopilot(*, person: Person, actor: str = "") -> None:
    """Ask somebody no more by itself; what was planned by itself is called off, what a program asked for stays."""
    planned = Send.objects.select_for_update().filter(
        campaign=person.campaign_id, contact=person.contact_id, state=SendState.PENDING, source=RECURRING
    )
    for send in planned:
        cancel(send, actor)
    person.member_since = person.member_changed_at = None
    person.member_properties = {}
    person.save(update_fields=["member_since", "member_changed_at", "member_properties"])
    _tag(person, actor, adds=False)


def _tag(person: Person, actor: str, *, adds: bool) -> None:
    contact, tag = person.contact, tag_of(person.campaign_id)
    known = contact.attributes.get("tags")
    others = [one for one in known if one != tag] if isinstance(known, list) else []
    attributes = contact.attributes | {"tags": [*others, tag] if adds else others}
    if attributes != contact.attributes:
        people.update_contact(contact=contact, attributes=attributes, actor=actor)
