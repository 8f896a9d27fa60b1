"""Routes about who belongs to a customer, and who was asked to."""

from typing import Any

from django.http import HttpRequest
from ninja import Router, Status

from posthouse.foundation.clock import now
from posthouse.foundation.problems import not_found
from posthouse.people import actions, models, queries
from posthouse.people.access import scope
from posthouse.people.api.common import actor_of, conflict, contact_or_404, customer_or_404
from posthouse.people.api.schemas import (
    Id,
    InvitationIn,
    InvitationList,
    InvitationOut,
    MemberList,
    MemberOut,
    RoleIn,
)

router = Router()


@router.get(
    "/customers/{customer_id}/members",
    response=MemberList,
    auth=scope("customers:read"),
    operation_id="list_members",
    summary="Who belongs to a customer",
    by_alias=False,
)
def list_members(request: HttpRequest, customer_id: Id) -> dict[str, Any]:
    """Everybody who belongs to a customer."""
    return {"items": list(queries.members(customer_or_404(customer_id)))}


@router.put(
    "/customers/{customer_id}/members/{contact_id}",
    response={200: MemberOut, 201: MemberOut},
    auth=scope("customers:write"),
    operation_id="put_member",
    summary="Make a contact a member, or change its role",
    by_alias=False,
)
def put_member(request: HttpRequest, customer_id: Id, contact_id: Id, body: RoleIn) -> Status[models.Membership]:
    """The contact belongs to the customer with this role: added (201) or as it is now (200). Can be repeated.

    409 `last-owner` when it would leave the customer without an owner.
    """
    customer, contact = customer_or_404(customer_id), contact_or_404(contact_id)
    known = queries.members(customer).filter(contact=contact).first()
    actor = actor_of(request)
    if known is None:
        return Status(201, actions.join_customer(customer=customer, contact=contact, role=body.role, actor=actor))
    try:
        return Status(200, actions.change_role(membership=known, role=body.role, actor=actor))
    except actions.Refused as refused:
        raise conflict(refused) from refused


@router.delete(
    "/customers/{customer_id}/members/{contact_id}",
    response={204: None},
    auth=scope("customers:write"),
    operation_id="remove_member",
    summary="End a membership",
)
def remove_member(request: HttpRequest, customer_id: Id, contact_id: Id) -> Status[None]:
    """The contact no longer belongs to the customer. 404 when it does not; 409 `last-owner` for the last owner."""
    known = queries.members(customer_or_404(customer_id)).filter(contact_id=contact_id).first()
    if known is None:
        raise not_found("member")
    try:
        actions.remove_member(membership=known, actor=actor_of(request))
    except actions.Refused as refused:
        raise conflict(refused) from refused
    return Status(204, None)


@router.get(
    "/customers/{customer_id}/invitations",
    response=InvitationList,
    auth=scope("customers:read"),
    operation_id="list_invitations",
    summary="Who was asked to join",
)
def list_invitations(request: HttpRequest, customer_id: Id) -> dict[str, Any]:
    """Invitations that were neither accepted nor withdrawn."""
    return {"items": [_shown(row) for row in queries.open_invitations(customer_or_404(customer_id))]}


@router.post(
    "/customers/{customer_id}/invitations",
    response={201: InvitationOut},
    auth=scope("customers:write"),
    operation_id="invite_member",
    summary="Ask an address to join",
)
def invite_member(request: HttpRequest, customer_id: Id, body: InvitationIn) -> Status[dict[str, Any]]:
    """Mail a link that works once, for seven days. An open invitation of the address is sent anew with this role.

    409 `already-member`, `just-sent` (within the last minute) or `too-many-invitations`.
    """
    customer = customer_or_404(customer_id)
    try:
        sent = actions.invite_member(customer=customer, email=body.email, role=body.role, actor=actor_of(request))
    except actions.Refused as refused:
        raise conflict(refused) from refused
    return Status(201, _shown(sent))


@router.delete(
    "/customers/{customer_id}/invitations/{invitation_id}",
    response={204: None},
    auth=scope("customers:write"),
    operation_id="withdraw_invitation",
    summary="Withdraw an invitation",
)
def withdraw_invitation(request: HttpRequest, customer_id: Id, invitation_id: Id) -> Status[None]:
    """End an open invitation; one that is closed already stays as it is."""
    found = queries.invitation(invitation_id, customer_or_404(customer_id))
    if found is None:
        raise not_found("invitation")
    actions.withdraw_invitation(invitation=found, actor=actor_of(request))
    return Status(204, None)


def _shown(row: models.Invitation) -> dict[str, Any]:
    names = ("id", "email", "role", "created_at", "sent_at", "expires_at")
    return {name: getattr(row, name) for name in names} | {"state": "open" if row.is_open(now()) else "expired"}
