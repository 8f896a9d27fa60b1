"""Tells mail, which stands below, whom a contact's id or an address belongs to."""

from posthouse.messages.actions import Recipient, address_book
from posthouse.people import models


@address_book
def recipient(contact_id: str, email: str) -> Recipient | None:
    """The contact by id, or else by address."""
    rows = models.Contact.objects.select_related("user")
    wanted = {"pk": contact_id} if contact_id else {"email": models.normal_email(email)}
    found = rows.filter(**wanted).first() if contact_id or email else None
    if found is None:
        return None
    return Recipient(found.pk, found.email, found.user.language if found.user else "", found.name)
