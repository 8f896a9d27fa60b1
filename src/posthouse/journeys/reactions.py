"""Moves journeys along with the log, and the board's summary along with what is known of people."""

from posthouse.journeys import actions, automating, summaries
from posthouse.timeline.events import Recorded, reacts_in_batches

AT_ONCE = 3000
"""Events in one call, while that does not take long: many of them move the same people."""

__all__ = ["automating", "follow", "sum_up_anew"]


@reacts_in_batches("*", consumer="journeys", interest=actions.interest, at_once=AT_ONCE)
def follow(batch: list[Recorded]) -> None:
    """Take in what happened: definitions are data, and say which types matter."""
    actions.take_in(batch)


@reacts_in_batches(
    "customer.created", "customer.updated", "contact.created", "contact.updated", consumer="journeys_summary"
)
def sum_up_anew(batch: list[Recorded]) -> None:
    """Plan, channel or country may be others: the sums by them are made anew where these people are."""
    summaries.touch_subjects("customer", {event.customer_id for event in batch if event.customer_id})
    summaries.touch_subjects("contact", {event.contact_id for event in batch if event.contact_id})
