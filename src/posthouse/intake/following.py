"""Carrying out what identify, group and alias calls tell.

How far a source is believed depends on who can hold its write key. One that stands in pages and apps can be used by
anybody, so such a source makes people known and adds to what is known of them, but never changes it, and makes
neither customers nor members: a membership opens the portal.
"""

import json
from collections.abc import Callable
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.db.models import F

from posthouse.intake import models, queries
from posthouse.intake.dialects.posthog import is_customer
from posthouse.intake.dialects.told import Misfit, group
from posthouse.people import actions as people
from posthouse.people import queries as known
from posthouse.timeline import actions as timeline
from posthouse.timeline import queries as log
from posthouse.timeline.events import Recorded

Traits = dict[str, Any]

EARLIER = 200
"""Calls about somebody that are looked at again once it is known who that is."""
_NAMES = ("email", "name", "firstName", "lastName", "first_name", "last_name")


class TroubleError(Exception):
    """What an event tells cannot be carried out."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason
        self.detail = detail


def follow(event: Recorded) -> None:
    """Carry out what an event tells; what cannot be is kept where the team sees it, and nothing of it is done."""
    source = _source(event)
    if source is None:
        return
    try:
        with transaction.atomic():
            _FOLLOWERS[event.type](event, source)
    except TroubleError as trouble:
        _keep(event, source, trouble)


def follow_again(reject: models.Rejected) -> None:
    """Carry out again what could not be carried out, after somebody mended the cause. Raises Misfit."""
    event = log.one(queries.event_source(reject.source_id), reject.event_id)
    if event is None:
        return
    try:
        _FOLLOWERS[event.type](event.recorded(), reject.source)
    except TroubleError as trouble:
        raise Misfit(trouble.reason, trouble.detail) from None


def know_person(event: Recorded, source: models.Source) -> None:
    """Know the contact, with its traits, and let its ids lead to it.

    Further ids that lead to a contact already stay where they are: two people may use one browser.
    """
    contact_id = _contact_of(event.contact_id) or _contact_by_address(event)
    ends = log.canonical(event.data.get("also", []))
    also = [id_ for id_, end in ends.items() if known.contact(end) is None and id_ != event.contact_id]
    if contact_id:
        _lead(event, source, [event.contact_id, *also], contact_id)
        _learn(event, source, contact_id)
    else:
        _lead(event, source, [id_ for id_ in also if ends[id_] == id_], event.contact_id)


def know_group(event: Recorded, source: models.Source) -> None:
    """Know the customer, with its traits, and make the person a member where it is known who that is."""
    kind = event.data.get("kind")
    if source.kept != models.Kept.SERVER or (kind and not is_customer(kind)):
        return
    customer = _customer(event)
    contact = known.contact(log.canonical([event.contact_id])[event.contact_id])
    if customer is None:
        return
    _describe(event, customer)
    if contact is not None:
        people.join_customer(customer=customer, contact=contact, actor=event.actor)


def join_ids(event: Recorded, source: models.Source) -> None:
    """The id before and the id after lead to the same contact."""
    previous = event.data["previous"]
    ends = log.canonical([previous, event.contact_id])
    before, after = known.contact(ends[previous]), known.contact(ends[event.contact_id])
    if before is not None and after is not None:
        if before.pk != after.pk:
            raise TroubleError(models.Reason.TWO_PEOPLE, f"{before.pk}, {after.pk}")
    elif before is not None:
        _lead(event, source, [event.contact_id], before.pk)
    else:
        _lead(event, source, [previous], ends[event.contact_id])


def lead_to_customer(event: Recorded) -> None:
    """`group:` and the vendor's own id lead to the customer."""
    customer = known.customer(event.customer_id)
    if customer is not None and customer.external_id:
        id_ = group(customer.external_id)
        if log.canonical([id_])[id_] == id_:
            timeline.alias(alias=id_, canonical=customer.pk, kind="customer")


_FOLLOWERS: dict[str, Callable[[Recorded, models.Source], None]] = {
    "intake.identified": know_person,
    "intake.grouped": know_group,
    "intake.aliased": join_ids,
}


def _source(event: Recorded) -> models.Source | None:
    """The source that an event came from; None for what did not come through one."""
    id_ = event.source.removeprefix(models.SOURCE_PREFIX)
    return queries.source(id_) if id_ != event.source else None


def _contact_of(id_: str) -> str:
    """The contact that an id leads to, if it leads to one."""
    end = log.canonical([id_])[id_]
    return end if known.contact(end) is not None else ""


def _contact_by_address(event: Recorded) -> str:
    """The contact with the address in the traits, or with the id where that is one; made if need be."""
    traits = event.data.get("once", {}) | event.data.get("traits", {})
    address = traits.get("email") or event.data.get("original_id", "")
    if not traits.get("email") and "@" not in address:
        return ""
    try:
        validate_email(address)
        if len(address) > 254:
            raise ValidationError("")
    except (ValidationError, TypeError):
        raise TroubleError(models.Reason.ADDRESS, str(address)[:200]) from None
    return people.know_contact(email=address, name=_name(traits), actor=event.actor).pk


def _lead(event: Recorded, source: models.Source, ids: list[str], end: str) -> None:
    """Let ids lead to an end. What was told of them before is learnt where the end is a contact."""
    before = log.aliases_of(end)
    ends = log.canonical(ids)
    for id_ in ids:
        if id_ == end or ends[id_] == end:
            continue
        try:
            timeline.alias(alias=id_, canonical=end, actor=event.actor)
        except timeline.AliasError as error:
            raise TroubleError(models.Reason.TWO_PEOPLE, str(error)) from None
    fresh = log.aliases_of(end) - before - {end}
    if fresh and known.contact(end) is not None:
        _learn_of_before(event, source, end, fresh)


def _learn_of_before(event: Recorded, source: models.Source, contact_id: str, ids: set[str]) -> None:
    """Carry out what was told of a person under these ids before it was known who that is."""
    rows = log.of_contact(contact_id).filter(contact_id__in=ids, position__lt=event.position, source=event.source)
    for row in rows.filter(type__in=("intake.identified", "intake.grouped")).order_by("position")[:EARLIER]:
        if row.type == "intake.grouped":
            know_group(row.recorded(), source)
        else:
            _learn(row.recorded(), source, contact_id)


def _learn(event: Recorded, source: models.Source, contact_id: str) -> None:
    """Traits become attributes; those of a source that anybody can use only where there is none."""
    contact = known.contact(contact_id)
    if contact is None:
        return
    traits, once = event.data.get("traits", {}), event.data.get("once", {})
    if source.kept != models.Kept.SERVER:
        traits, once = {}, once | traits
    told = {key: value for key, value in (once | contact.attributes | traits).items() if key not in _NAMES}
    address = traits.get("email")
    if isinstance(address, str) and address.strip().lower() != contact.email:
        told["email"] = address
    try:
        people.check_attributes(told)
    except ValueError as error:
        raise TroubleError(models.Reason.ATTRIBUTES, str(error)) from None
    name = contact.name or _name(once | traits)
    people.update_contact(contact=contact, name=name, attributes=told, actor=event.actor)


def _name(traits: Traits) -> str:
    """The person's name, when it is one that may stand in a mail."""
    first = traits.get("firstName") or traits.get("first_name") or ""
    last = traits.get("lastName") or traits.get("last_name") or ""
    name = traits.get("name") or f"{first} {last}"
    try:
        return people.check_name(str(name).strip())[:120]
    except ValueError:
        return ""


def _customer(event: Recorded) -> Any:
    """The customer of a group; made if nobody knew it."""
    id_ = event.customer_id
    end = log.canonical([id_])[id_]
    found = known.customer(end) or known.customer_by_external_id(event.data.get("original_id", ""))
    if found is None and id_.startswith("cus_"):
        return None
    if found is None:
        original = event.data["original_id"]
        name = _name({"name": event.data["traits"].get("name") or original}) or original
        found = people.add_customer(name=name[:120], external_id=original[:120], actor=event.actor)
    if end != found.pk and end == id_:
        timeline.alias(alias=id_, canonical=found.pk, kind="customer", actor=event.actor)
    return found


def _describe(event: Recorded, customer: Any) -> None:
    told = customer.attributes | {key: value for key, value in event.data["traits"].items() if key != "name"}
    try:
        people.check_attributes(told)
    except ValueError as error:
        raise TroubleError(models.Reason.ATTRIBUTES, str(error)) from None
    people.update_customer(customer=customer, attributes=told, actor=event.actor)


def _keep(event: Recorded, source: models.Source, trouble: TroubleError) -> None:
    text = json.dumps(event.data, ensure_ascii=False, indent=2)
    _, is_new = models.Rejected.objects.get_or_create(
        source=source,
        digest=models.digest_of_item(event.id.encode(), trouble.reason),
        defaults={
            "received_at": event.received_at,
            "reason": trouble.reason,
            "detail": trouble.detail[:300],
            "item": text[: models.ITEM_CHARACTERS],
            "cut": len(text) > models.ITEM_CHARACTERS,
            "event_id": event.id,
        },
    )
    if is_new:
        models.Source.objects.filter(pk=source.pk).update(rejected=F("rejected") + 1)
