"""What is known of a customer's traffic goes with it when it turns out to be another; what it first called with."""

from posthouse.people import actions as people
from posthouse.timeline.events import Recorded, reacts_to
from posthouse.usage import milestones, queries
from posthouse.usage.tools import tool_of


@reacts_to("customer.merged", consumer="usage")
def follow_customer(event: Recorded) -> None:
    """Calls and roll-ups keep the id they came with and are found under both; only the milestones move."""
    milestones.join(gone_id=event.data["gone_id"], customer_id=event.customer_id)


@reacts_to("call.first_success", consumer="usage")
def note_first_tool(event: Recorded) -> None:
    """The customer's attribute `first_call_with`: the language or tool of its first call that succeeded."""
    call = queries.one_call(event.customer_id, str(event.data.get("call_id", "")))
    if call and (tool := tool_of(sdk=call.sdk, user_agent=call.user_agent)):
        people.note_about_customer(customer_id=event.customer_id, first_call_with=tool)
