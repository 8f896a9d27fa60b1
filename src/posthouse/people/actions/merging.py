"""Two contacts that are one person, two customers that are one organisation."""

from dataclasses import dataclass
from typing import Literal, TypeVar

from django.db import transaction

from posthouse.foundation.clock import now
from posthouse.people import events, models
from posthouse.people.actions import refusals
from posthouse.people.models import Role
from posthouse.timeline.actions import AliasError, alias, record

M = TypeVar("M", models.Contact, models.Customer)

STRONGEST_FIRST = (Role.OWNER, Role.DEVELOPER, Role.BILLING, Role.AUDITOR)


@transaction.atomic
def merge_contacts(*, keep: models.Contact, gone: models.Contact, actor: str) -> models.Contact:
    """Make one person of two: `keep` gets the memberships of `gone`, and what it did not know about itself.

    The login goes with it where `keep` has none; else it ends, unless it opens the desk. The id and the address of
    `gone` lead to `keep` from now on. Announces IdentityAliased and ContactMerged. Raises Refused for one and the same.
    """
    keep, gone = _locked(keep, gone)
    _fill(keep, gone, "name", "job_role", "use_case", "channel")
    _move_memberships(_Move("contact", "customer"), keep.pk, gone.pk, actor)
    models.Invitation.objects.filter(invited_by=gone).update(invited_by=keep)
    _hand_over_login(keep, gone)
    _alias(gone.pk, keep.pk, "contact", actor)
    record(events.ContactMerged(contact_id=keep.pk, gone_id=gone.pk), actor=actor)
    return keep


@transaction.atomic
def merge_customers(*, keep: models.Customer, gone: models.Customer, actor: str) -> models.Customer:
    """Make one organisation of two: `keep` gets the members and invitations of `gone`, and what was not known of it.

    The ids of `gone`, ours and the vendor's, lead to `keep` from now on. Other features move what they hold when they
    hear of it. Announces IdentityAliased and CustomerMerged. Raises Refused for one and the same.
    """
    keep, gone = _locked(keep, gone)
    if gone.external_id and not keep.external_id:
        external_id, gone.external_id = gone.external_id, None
        gone.save(update_fields=["external_id"])
        keep.external_id = external_id
    _fill(keep, gone, "country", "channel")
    _move_memberships(_Move("customer", "contact"), keep.pk, gone.pk, actor)
    _move_invitations(keep, gone)
    _alias(gone.pk, keep.pk, "customer", actor)
    record(events.CustomerMerged(customer_id=keep.pk, gone_id=gone.pk, name=gone.name), actor=actor)
    return keep


def _locked(keep: M, gone: M) -> tuple[M, M]:
    """Both as they are now, nobody else changing them. Raises Refused unless they are two."""
    rows = type(keep).objects.select_for_update(of=("self",)).filter(pk__in=[keep.pk, gone.pk]).order_by("pk")
    found = {row.pk: row for row in rows if row.merged_into_id is None}
    if len(found) < 2:
        raise refusals.same_one()
    return found[keep.pk], found[gone.pk]


def _fill(keep: M, gone: M, *names: str) -> None:
    """Let `keep` know what only `gone` knew, and let all that led to `gone` lead to `keep`."""
    for name in names:
        setattr(keep, name, getattr(keep, name) or getattr(gone, name))
    keep.attributes = gone.attributes | keep.attributes
    keep.created_at = min(keep.created_at, gone.created_at)
    keep.save()
    type(keep).objects.filter(merged_into=gone).update(merged_into=keep)
    type(keep).objects.filter(pk=gone.pk).update(merged_into=keep)


def _alias(gone: str, keep: str, kind: Literal["contact", "customer"], actor: str) -> None:
    try:
        alias(alias=gone, canonical=keep, kind=kind, actor=actor)
    except AliasError as error:  # the timeline was told otherwise by somebody else
        raise refusals.same_one() from error


@dataclass(frozen=True)
class _Move:
    """Which side of a membership changes, and which stays."""

    side: str
    other: str


def _move_memberships(move: _Move, keep: str, gone: str, actor: str) -> None:
    """Each membership of `gone` becomes one of `keep`; where there is one already, the stronger role counts."""
    rows = models.Membership.objects.select_for_update(of=("self",))
    own = {getattr(row, f"{move.other}_id"): row for row in rows.filter(**{move.side: keep})}
    for row in rows.filter(**{move.side: gone}):
        there = own.get(getattr(row, f"{move.other}_id"))
        if there is None:
            setattr(row, f"{move.side}_id", keep)
            row.save(update_fields=[move.side])
        else:
            _fuse(there, row, actor)


def _fuse(there: models.Membership, row: models.Membership, actor: str) -> None:
    role = min(there.role, row.role, key=[str(each) for each in STRONGEST_FIRST].index)
    row.delete()
    if role != there.role:
        was, there.role = there.role, role
        there.save(update_fields=["role"])
        record(
            events.MemberRoleChanged(customer_id=there.customer_id, contact_id=there.contact_id, role=role, was=was),
            actor=actor,
        )


def _hand_over_login(keep: models.Contact, gone: models.Contact) -> None:
    user = gone.user
    if user is None:
        return
    models.Contact.objects.filter(pk=gone.pk).update(user=None)
    if keep.user_id is None:
        models.Contact.objects.filter(pk=keep.pk).update(user=user)
        keep.user = user
    elif not models.TeamMember.objects.filter(user=user).exists():
        models.User.objects.filter(pk=user.pk).update(is_active=False)


def _move_invitations(keep: models.Customer, gone: models.Customer) -> None:
    """Invitations go on under the other name; who was asked by both, or belongs to it already, is asked once."""
    asked = set(keep.invitations.filter(accepted_at=None, withdrawn_at=None).values_list("email", flat=True))
    asked |= set(keep.memberships.values_list("contact__email", flat=True))
    gone.invitations.filter(accepted_at=None, withdrawn_at=None, email__in=asked).update(withdrawn_at=now())
    gone.invitations.update(customer=keep)
