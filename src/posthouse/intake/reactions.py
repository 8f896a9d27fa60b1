"""What follows when a client of another tool tells who somebody is, to whom one belongs, and who is whom."""

from posthouse.intake import following
from posthouse.timeline.events import Recorded, reacts_to


@reacts_to("intake.identified", "intake.grouped", "intake.aliased", consumer="intake")
def follow(event: Recorded) -> None:
    """Contacts, customers and members become known, and ids lead to them; what cannot be carried out is shown."""
    following.follow(event)


@reacts_to("customer.created", "customer.updated", consumer="intake")
def lead_to_customer(event: Recorded) -> None:
    """What clients call by the vendor's own id of a customer leads to it."""
    following.lead_to_customer(event)
