"""Questions about calls and traffic."""

from posthouse.usage.figures import DIMENSIONS, PERIOD, TRAITS, Span, Sum
from posthouse.usage.models import Call, CustomerState, Grain
from posthouse.usage.queries.calls import (
    CallFilter,
    Choices,
    call_by_id,
    calls,
    calls_page,
    choices,
    one_call,
    similar_calls,
)
from posthouse.usage.queries.traffic import (
    PERIODS,
    Period,
    active_hours,
    calls_by_customer,
    first_calls,
    percentiles,
    quiet_customers,
    spiking_customers,
    sums,
    top_errors,
    waiting_since,
)

__all__ = [
    "DIMENSIONS",
    "PERIOD",
    "PERIODS",
    "TRAITS",
    "Call",
    "CallFilter",
    "Choices",
    "CustomerState",
    "Grain",
    "Period",
    "Span",
    "Sum",
    "active_hours",
    "call_by_id",
    "calls",
    "calls_by_customer",
    "calls_page",
    "choices",
    "first_calls",
    "one_call",
    "percentiles",
    "quiet_customers",
    "similar_calls",
    "spiking_customers",
    "sums",
    "top_errors",
    "waiting_since",
]
