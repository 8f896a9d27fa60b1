"""Asking somebody to join a customer. The link's secret is shown in the mail alone; the table holds a digest."""

import secrets
from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.urls import reverse

from posthouse.foundation.clock import now
from posthouse.messages.actions import send_mail
from posthouse.people import events, models, queries
from posthouse.people.actions import refusals
from posthouse.people.actions.customers import join_customer
from posthouse.people.models import Role, as_contact, digest_of_secret, normal_email
from posthouse.timeline.actions import record

LASTS = timedelta(days=7)
AGAIN_AFTER = timedelta(minutes=1)
MOST_OPEN = 100


@transaction.atomic
def invite_member(
    *,
    customer: models.Customer,
    email: str,
    role: str = Role.DEVELOPER,
    by: models.Contact | None = None,
    actor: str = "",
) -> models.Invitation:
    """Ask an address to join. An open invitation of the same address is sent anew with this role.

    Announces InvitationSent and mails a link that works once, for seven days. Raises Refused for a member, when it
    was sent within the last minute, and when a hundred are open.
    """
    address = normal_email(email)
    models.Customer.objects.select_for_update().get(pk=customer.pk)
    if models.Membership.objects.filter(customer=customer, contact__email=address).exists():
        raise refusals.already_member()
    open_now = queries.open_invitations(customer)
    invitation = open_now.filter(email=address).first()
    if invitation is None and open_now.count() >= MOST_OPEN:
        raise refusals.too_many_open()
    invitation = invitation or models.Invitation(customer=customer, email=address, invited_by=by)
    invitation.role = role
    return _send(invitation, actor or (as_contact(by) if by else ""))


@transaction.atomic
def resend_invitation(*, invitation: models.Invitation, actor: str) -> models.Invitation:
    """Send an invitation with a new link and seven more days; the old link ends.

    Announces InvitationSent. Raises Refused when it was accepted or withdrawn, or sent within the last minute.
    """
    row = models.Invitation.objects.select_for_update(of=("self",)).select_related("customer").get(pk=invitation.pk)
    if row.accepted_at or row.withdrawn_at:
        raise refusals.invitation_closed()
    return _send(row, actor)


@transaction.atomic
def withdraw_invitation(*, invitation: models.Invitation, actor: str) -> None:
    """End an open invitation. Announces InvitationWithdrawn (nothing happens when it is closed already)."""
    rows = models.Invitation.objects.filter(pk=invitation.pk, accepted_at=None, withdrawn_at=None)
    if rows.update(withdrawn_at=now()):
        record(
            events.InvitationWithdrawn(
                customer_id=invitation.customer_id, invitation_id=invitation.pk, email=invitation.email
            ),
            actor=actor,
        )


@transaction.atomic
def accept_invitation(*, invitation: models.Invitation, contact: models.Contact) -> models.Membership:
    """Join the customer. Announces InvitationAccepted and MemberJoined.

    Raises Refused when it is for another address or no longer open; who is a member already keeps the role.
    """
    row = models.Invitation.objects.select_for_update(of=("self",)).select_related("customer").get(pk=invitation.pk)
    if row.email != contact.email:
        raise refusals.wrong_address()
    if not row.is_open(now()):
        raise refusals.invitation_closed()
    row.accepted_at = now()
    row.save(update_fields=["accepted_at"])
    record(
        events.InvitationAccepted(customer_id=row.customer_id, contact_id=contact.pk, invitation_id=row.pk),
        actor=as_contact(contact),
    )
    return join_customer(customer=row.customer, contact=contact, role=row.role)


def _send(invitation: models.Invitation, actor: str) -> models.Invitation:
    moment = now()
    if invitation.sent_at and moment - invitation.sent_at < AGAIN_AFTER:
        raise refusals.just_sent()
    secret = secrets.token_urlsafe(32)
    invitation.digest = digest_of_secret(secret)
    invitation.sent_at, invitation.expires_at = moment, moment + LASTS
    invitation.save()
    record(
        events.InvitationSent(
            customer_id=invitation.customer_id,
            invitation_id=invitation.pk,
            email=invitation.email,
            role=invitation.role,
        ),
        actor=actor,
    )
    send_mail(
        template="people/invitation",
        to=invitation.email,
        language=queries.language_of(invitation.email, invitation.invited_by),
        context={
            "customer": invitation.customer.name,
            "inviter": str(invitation.invited_by or ""),
            "role": invitation.get_role_display,
            "url": settings.PUBLIC_URL + reverse("invitation", args=[secret]),
            "expires_at": invitation.expires_at,
        },
        customer_id=invitation.customer_id,
        forget_when_sent=True,
    )
    return invitation
