"""Becoming known, and what is known."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction

from posthouse.foundation.clock import now
from posthouse.foundation.ids import new_id
from posthouse.people import events, models
from posthouse.people.models import normal_email
from posthouse.people.values import check_attributes
from posthouse.timeline.actions import record, record_many
from posthouse.timeline.events import ToRecord


@transaction.atomic
def know_contact(
    *, email: str, name: str = "", attributes: dict[str, Any] | None = None, actor: str = ""
) -> models.Contact:
    """The contact with this address, made if nobody knew it; attributes are merged. Announces ContactCreated."""
    found, created = models.Contact.objects.select_related("merged_into").get_or_create(
        email=normal_email(email), defaults={"name": name, "attributes": attributes or {}, "created_at": now()}
    )
    contact = found.merged_into or found
    if created:
        record(events.ContactCreated(contact_id=contact.pk), actor=actor)
        return contact
    return update_contact(
        contact=contact,
        name=contact.name or name,
        attributes=contact.attributes | (attributes or {}),
        actor=actor,
    )


@dataclass(frozen=True)
class Known:
    """What is to be known of whoever has an address."""

    email: str
    name: str = ""
    attributes: dict[str, Any] = field(default_factory=dict)


@transaction.atomic
def know_contacts(wanted: Sequence[Known], *, actor: str = "") -> list[models.Contact | None]:
    """The same for many addresses, in their order and in as many queries as for one. Announces the same.

    None where the attributes together would be more than a contact may have; of that one nothing is changed.
    Raises ValueError when an address is there twice.
    """
    emails = [normal_email(one.email) for one in wanted]
    if len(set(emails)) < len(emails):
        raise ValueError("an address is there twice")
    known = _by_email(emails)
    new = [
        models.Contact(email=email, name=one.name, attributes=one.attributes, created_at=now())
        for email, one in zip(emails, wanted, strict=True)
        if email not in known and not _too_large(one.attributes)
    ]
    if new:
        models.Contact.objects.bulk_create(new, ignore_conflicts=True)
        known |= _by_email([contact.email for contact in new])
    made = {contact.pk for contact in new} & {contact.pk for contact in known.values()}
    remaining = {row.pk: row for row in (row.merged_into or row for row in known.values())}
    changed: dict[str, set[str]] = {}
    found: list[models.Contact | None] = []
    for email, one in zip(emails, wanted, strict=True):
        row = known.get(email)
        contact = remaining[row.merged_into_id or row.pk] if row else None
        if contact is None or _too_large(contact.attributes | one.attributes):
            found.append(None)
            continue
        if contact.pk not in made and (learned := _learn(contact, one)):
            changed.setdefault(contact.pk, set()).update(learned)
        found.append(contact)
    models.Contact.objects.bulk_update([remaining[pk] for pk in changed], ["name", "attributes"])
    created = [events.ContactCreated(contact_id=contact.pk) for contact in new if contact.pk in made]
    updated = [events.ContactUpdated(contact_id=pk, changed=sorted(names)) for pk, names in changed.items()]
    record_many(ToRecord(event, new_id("evt"), actor) for event in (*created, *updated))
    return found


def _by_email(emails: Sequence[str]) -> dict[str, models.Contact]:
    rows = models.Contact.objects.select_related("merged_into").filter(email__in=emails)
    return {contact.email: contact for contact in rows}


def _learn(contact: models.Contact, one: Known) -> list[str]:
    """Take over what is new; says which fields changed."""
    before = contact.name, contact.attributes
    contact.name, contact.attributes = contact.name or one.name, contact.attributes | one.attributes
    changed = zip(("name", "attributes"), before, (contact.name, contact.attributes), strict=True)
    return [name for name, old, new in changed if old != new]


def _too_large(attributes: dict[str, Any]) -> bool:
    try:
        check_attributes(attributes)
    except ValueError:
        return True
    return False


@transaction.atomic
def update_contact(*, contact: models.Contact, actor: str = "", **changes: Any) -> models.Contact:
    """Change the named fields (name, job_role, use_case, attributes, channel). Announces ContactUpdated if any did."""
    changed = [name for name, value in changes.items() if getattr(contact, name) != value]
    if not changed:
        return contact
    for name in changed:
        setattr(contact, name, changes[name])
    contact.save(update_fields=changed)
    record(events.ContactUpdated(contact_id=contact.pk, changed=sorted(changed)), actor=actor)
    return contact
