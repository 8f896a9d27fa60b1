"""What is held about a person here, to hand it out and to erase it. For `trust`."""

from typing import Any

from django.db import transaction

from posthouse.messages.actions import forget_person
from posthouse.people import events, models
from posthouse.timeline.actions import record


def export(contact: models.Contact) -> dict[str, Any]:
    """Everything people knows about a person, as JSON can carry it: profile, login, memberships, invitations."""
    user = contact.user
    return {
        "contact": {
            "id": contact.pk,
            "email": contact.email,
            "name": contact.name,
            "job_role": contact.job_role,
            "use_case": contact.use_case,
            "attributes": contact.attributes,
            "channel": contact.channel,
            "created_at": contact.created_at.isoformat(),
        },
        "login": user
        and {
            "email": user.email,
            "language": user.language,
            "time_zone": user.time_zone,
            "joined_at": user.date_joined.isoformat(),
            "last_login": user.last_login.isoformat() if user.last_login else None,
        },
        "memberships": [
            {
                "customer_id": row.customer_id,
                "customer": row.customer.name,
                "role": row.role,
                "since": row.created_at.isoformat(),
            }
            for row in contact.memberships.select_related("customer").order_by("created_at")
        ],
        "invitations": [
            {
                "customer": row.customer.name,
                "role": row.role,
                "sent_at": row.sent_at.isoformat() if row.sent_at else None,
                "accepted_at": row.accepted_at.isoformat() if row.accepted_at else None,
            }
            for row in models.Invitation.objects.filter(email=contact.email).select_related("customer")
        ],
    }


@transaction.atomic
def erase(contact: models.Contact) -> None:
    """Forget who a contact was. The row stays, empty, so that ids elsewhere lead somewhere; the login goes.

    A login that also opens the desk stays, for the vendor's own people are not its contacts. Memberships end even
    when that leaves a customer without an owner: the right to be forgotten goes first. Announces MemberRemoved for
    each, and ContactErased. Addresses and words of mails go here too, because only now the address is known; the words
    of events are emptied by those who hold them.
    """
    forget_person(contact_id=contact.pk, email=contact.email)
    models.Invitation.objects.filter(email=contact.email).delete()
    for merged in contact.merged.all():
        erase(merged)
    for membership in contact.memberships.all():
        record(events.MemberRemoved(customer_id=membership.customer_id, contact_id=contact.pk))
    contact.memberships.all().delete()
    user, contact.user = contact.user, None
    contact.email = f"{contact.pk}@erased.invalid"
    contact.name = contact.job_role = contact.use_case = contact.channel = ""
    contact.attributes = {}
    contact.save()
    if user and not models.TeamMember.objects.filter(user=user).exists():
        user.delete()
    record(events.ContactErased(contact_id=contact.pk))
