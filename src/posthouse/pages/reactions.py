"""Ends the go-live checklist when its last point has happened, and lets it go with a customer that was another."""

from posthouse.pages import actions
from posthouse.timeline.events import Recorded, reacts_to


@reacts_to("key.created", "error.examined", "golive.confirmed", "call.first_live", consumer="golive")
def end_golive_checklist(event: Recorded) -> None:
    """Any of these may be the last one."""
    if event.customer_id:
        actions.complete_golive(customer_id=event.customer_id)


@reacts_to("customer.merged", consumer="golive")
def follow_customer(event: Recorded) -> None:
    """What either confirmed is confirmed."""
    actions.join_golive(gone_id=event.data["gone_id"], customer_id=event.customer_id)
