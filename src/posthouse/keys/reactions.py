"""Keys go with their customer when it turns out to be another."""

from posthouse.keys import actions
from posthouse.timeline.events import Recorded, reacts_to


@reacts_to("customer.merged", consumer="keys")
def follow_customer(event: Recorded) -> None:
    """They go on working all the while; verifiers hear whose they are now."""
    actions.move_keys(gone_id=event.data["gone_id"], customer_id=event.customer_id)
