"""Sends and responses go with the person or customer that turns out to be another, and are emptied on erasure."""

from posthouse.surveys import actions
from posthouse.timeline.events import Recorded, reacts_to


@reacts_to("contact.merged", consumer="surveys")
def follow_contact(event: Recorded) -> None:
    """One history for one person; of two pending sends the later one is called off."""
    actions.follow_contact(gone_id=event.data["gone_id"], keep_id=event.contact_id)


@reacts_to("customer.merged", consumer="surveys")
def follow_customer(event: Recorded) -> None:
    """Likewise for the organisation."""
    actions.follow_customer(gone_id=event.data["gone_id"], keep_id=event.customer_id)


@reacts_to("contact.erased", consumer="surveys")
def forget(event: Recorded) -> None:
    """Scores stay, without a word that the person wrote or that was known of it."""
    actions.forget_contact(contact_id=event.contact_id)
