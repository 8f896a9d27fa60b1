"""When a customer that called regularly falls silent.

Regular is who called on at least three days of the fourteen before its last call. Its usual gap is the mean distance
between the hours with calls in that time. It has gone quiet when nothing came for five usual gaps, and for 24 hours
at least. Every customer is looked at once per silence: when its time could have come, not over and over.
"""

from datetime import datetime, timedelta

from django.db import transaction

from posthouse.foundation.clock import now
from posthouse.timeline.actions import record
from posthouse.usage import events, figures
from posthouse.usage.models import CustomerState, Grain

AT_LEAST = timedelta(hours=24)
GAPS = 5
LOOKED_BACK = timedelta(days=14)
REGULAR_DAYS = 3
BATCH = 200


def heard_from(state: CustomerState, at: datetime) -> None:
    """Note the newest call of a customer; announces TrafficResumed when that ends a silence. The caller saves."""
    if state.last_call_at and at <= state.last_call_at:
        return
    if state.quiet_since:
        record(
            events.TrafficResumed(
                customer_id=state.customer_id, quiet_seconds=(at - state.quiet_since).total_seconds()
            ),
            occurred_at=at,
        )
        state.quiet_since = None
    state.last_call_at = at
    state.quiet_check_at = at + AT_LEAST


def announce() -> int:
    """Look at those whose silence has become long enough to be told; returns how many were looked at."""
    due = list(CustomerState.objects.filter(quiet_check_at__lte=now()).values_list("pk", flat=True)[:BATCH])
    for customer_id in due:
        _look_at(customer_id)
    return len(due)


@transaction.atomic
def _look_at(customer_id: str) -> None:
    rows = CustomerState.objects.select_for_update().filter(pk=customer_id, quiet_check_at__lte=now())
    state = rows.first()
    if state is None or state.last_call_at is None:
        return
    gap = _usual_gap(customer_id, state.last_call_at)
    since = state.last_call_at
    state.quiet_check_at = None
    if gap is not None:
        told_at = since + max(AT_LEAST, GAPS * gap)
        if told_at > now():
            state.quiet_check_at = told_at
        else:
            state.quiet_since = since
            _announce(customer_id, since, gap, told_at)
    state.save(update_fields=["quiet_check_at", "quiet_since"])


def _announce(customer_id: str, since: datetime, gap: timedelta, told_at: datetime) -> None:
    record(
        events.TrafficGoneQuiet(
            customer_id=customer_id, last_call_at=since.isoformat(), usual_gap_seconds=gap.total_seconds()
        ),
        occurred_at=told_at,
    )


def _usual_gap(customer_id: str, last: datetime) -> timedelta | None:
    """The mean distance between hours with calls, or None for a customer without regular traffic."""
    hours = figures.busy_periods(customer_id, Grain.HOUR, last - LOOKED_BACK, last)
    if len({hour.date() for hour in hours}) < REGULAR_DAYS:
        return None
    return (hours[-1] - hours[0]) / (len(hours) - 1)
