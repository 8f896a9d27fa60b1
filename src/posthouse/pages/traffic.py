"""A customer's traffic in a few figures, for the pages that show it beside other things."""

from dataclasses import dataclass
from typing import Any

from posthouse.usage import queries as usage

SHOWN = 6
FAILED = usage.CallFilter(status="failed")


@dataclass(frozen=True)
class Week:
    """Calls and failed calls of the last seven days."""

    calls: int
    errors: int


def overview(customer_id: str) -> dict[str, Any]:
    """`week`, `last_call` and the latest failed calls as `errors`."""
    sums = usage.sums(usage.PERIODS["7d"].span(customer_id))
    return {
        "week": Week(sums[0].calls, sums[0].errors) if sums else Week(0, 0),
        "last_call": usage.first_calls(customer_id).last_call_at,
        "errors": usage.calls_page(customer_id, FAILED, size=SHOWN)[0],
    }


def latest_calls(customer_id: str) -> list[usage.Call]:
    """The latest calls, whatever their answer."""
    return usage.calls_page(customer_id, size=SHOWN)[0]
