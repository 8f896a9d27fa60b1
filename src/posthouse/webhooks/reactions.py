"""What of the house's own log is public, and people who become one or are forgotten."""

from posthouse.people import queries as people
from posthouse.timeline.events import Recorded, reacts_to
from posthouse.webhooks import actions
from posthouse.webhooks.contact_events import UNSUBSCRIBED, unsubscribed


@reacts_to("message.unsubscribed", consumer="webhooks")
def tell_of_unsubscribing(event: Recorded) -> None:
    """A person wants a kind of mail no more, or none at all."""
    contact = people.contact(event.contact_id)
    if contact is not None:
        data = unsubscribed(contact, category=event.data["category"], how=event.data["how"])
        actions.publish(
            UNSUBSCRIBED.type,
            event_id=event.id,
            at=event.occurred_at,
            data=lambda: data,
            contact_id=contact.pk,
        )


@reacts_to("contact.merged", consumer="webhooks")
def follow_contact(event: Recorded) -> None:
    """What was told of one is forgotten with the other."""
    actions.follow_contact(gone_id=event.data["gone_id"], keep_id=event.contact_id)


@reacts_to("contact.erased", consumer="webhooks")
def forget(event: Recorded) -> None:
    """Nothing of a person stays in what was sent."""
    actions.forget_contact(contact_id=event.contact_id)
