"""Becoming known, and what is known."""

from typing import Any

from django.db import transaction

from posthouse.foundation.clock import now
from posthouse.people import events, models
from posthouse.people.models import normal_email
from posthouse.timeline.actions import record


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
