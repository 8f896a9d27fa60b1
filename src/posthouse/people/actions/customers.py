"""Organisations and who belongs to them."""

from typing import Any

from django.db import IntegrityError, transaction

from posthouse.foundation.clock import now
from posthouse.people import events, models, queries
from posthouse.people.actions import refusals
from posthouse.people.models import Role, as_contact
from posthouse.timeline.actions import record


@transaction.atomic
def add_customer(
    *,
    name: str,
    external_id: str | None = None,
    country: str = "",
    channel: str = "",
    attributes: dict[str, Any] | None = None,
    actor: str = "",
    contact_id: str = "",
) -> models.Customer:
    """A new customer that nobody belongs to yet. Announces CustomerCreated.

    Raises Refused when another customer has the external id.
    """
    try:
        with transaction.atomic():
            customer = models.Customer.objects.create(
                name=name.strip(),
                external_id=external_id or None,
                country=country,
                channel=channel,
                attributes=attributes or {},
                created_at=now(),
            )
    except IntegrityError as error:
        raise refusals.external_id_taken() from error
    record(
        events.CustomerCreated(customer_id=customer.pk, contact_id=contact_id, name=customer.name),
        actor=actor,
    )
    return customer


@transaction.atomic
def found_customer(
    *, name: str, owner: models.Contact, country: str = "", channel: str = "", actor: str = ""
) -> models.Customer:
    """A new customer with its first owner. Announces CustomerCreated and MemberJoined."""
    customer = add_customer(
        name=name, country=country, channel=channel, actor=actor or as_contact(owner), contact_id=owner.pk
    )
    join_customer(customer=customer, contact=owner, role=Role.OWNER, actor=actor)
    return customer


@transaction.atomic
def update_customer(*, customer: models.Customer, actor: str = "", **changes: Any) -> models.Customer:
    """Change the named fields (name, external_id, country, channel, attributes). Announces CustomerUpdated if any did.

    Raises Refused when another customer has the external id.
    """
    if "external_id" in changes:
        changes["external_id"] = changes["external_id"] or None
    changed = [name for name, value in changes.items() if getattr(customer, name) != value]
    if not changed:
        return customer
    for name in changed:
        setattr(customer, name, changes[name])
    try:
        with transaction.atomic():
            customer.save(update_fields=changed)
    except IntegrityError as error:
        raise refusals.external_id_taken() from error
    record(events.CustomerUpdated(customer_id=customer.pk, changed=sorted(changed)), actor=actor)
    return customer


@transaction.atomic
def note_about_customer(*, customer_id: str, actor: str = "", **attributes: Any) -> None:
    """Add attributes that a customer does not have yet; what somebody else noted stays. Announces CustomerUpdated."""
    known = queries.customer(customer_id)
    if known is None:
        return
    customer = models.Customer.objects.select_for_update().get(pk=known.pk)
    update_customer(customer=customer, attributes=attributes | customer.attributes, actor=actor)


@transaction.atomic
def join_customer(
    *, customer: models.Customer, contact: models.Contact, role: str = Role.DEVELOPER, actor: str = ""
) -> models.Membership:
    """Make a contact a member (nothing happens when it is one already). Announces MemberJoined."""
    membership, created = models.Membership.objects.get_or_create(
        customer=customer, contact=contact, defaults={"role": role, "created_at": now()}
    )
    if created:
        record(
            events.MemberJoined(customer_id=customer.pk, contact_id=contact.pk, role=role),
            actor=actor or as_contact(contact),
        )
    return membership


@transaction.atomic
def change_role(*, membership: models.Membership, role: str, actor: str) -> models.Membership:
    """Give a member another role. Announces MemberRoleChanged. Raises Refused when it would take the last owner."""
    before = _locked(membership)
    if before.role == role:
        return before
    if before.role == Role.OWNER:
        _keep_an_owner(before)
    was, before.role = before.role, role
    before.save(update_fields=["role"])
    record(
        events.MemberRoleChanged(customer_id=before.customer_id, contact_id=before.contact_id, role=role, was=was),
        actor=actor,
    )
    return before


@transaction.atomic
def remove_member(*, membership: models.Membership, actor: str) -> None:
    """End a membership. Announces MemberRemoved. Raises Refused when it would take the last owner."""
    row = _locked(membership)
    if row.role == Role.OWNER:
        _keep_an_owner(row)
    row.delete()
    record(events.MemberRemoved(customer_id=row.customer_id, contact_id=row.contact_id), actor=actor)


def leave_customer(*, membership: models.Membership) -> None:
    """End one's own membership; as `remove_member`."""
    remove_member(membership=membership, actor=as_contact(membership.contact))


def _locked(membership: models.Membership) -> models.Membership:
    """The membership as it is now; nobody else changes who belongs to this customer until the transaction ends."""
    models.Customer.objects.select_for_update().get(pk=membership.customer_id)
    return models.Membership.objects.get(pk=membership.pk)


def _keep_an_owner(leaving: models.Membership) -> None:
    owners = models.Membership.objects.filter(customer_id=leaving.customer_id, role=Role.OWNER)
    if not owners.exclude(pk=leaving.pk).exists():
        raise refusals.last_owner()
