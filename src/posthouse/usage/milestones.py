"""Notices in a batch of calls what a customer does for the first time, and that it is back after a silence."""

from collections.abc import Callable, Iterable
from datetime import datetime

from posthouse.keys import queries as keys
from posthouse.people import queries as people
from posthouse.timeline.actions import record
from posthouse.usage import events, quiet
from posthouse.usage.models import ERROR, CustomerState
from posthouse.usage.rollups import Seen, chunks

First = type[
    events.FirstCall | events.FirstSuccess | events.FirstFailure | events.FirstLiveCall | events.FirstLiveSuccess
]


def _any(call: Seen) -> bool:
    return True


def _succeeded(call: Seen) -> bool:
    return call.status < ERROR


def _failed(call: Seen) -> bool:
    return call.status >= ERROR


def _live(call: Seen) -> bool:
    return call.environment == "live"


def _live_succeeded(call: Seen) -> bool:
    return _live(call) and _succeeded(call)


FIRSTS: dict[str, tuple[First, Callable[[Seen], bool]]] = {
    "first_call_at": (events.FirstCall, _any),
    "first_success_at": (events.FirstSuccess, _succeeded),
    "first_failure_at": (events.FirstFailure, _failed),
    "first_live_at": (events.FirstLiveCall, _live),
    "first_live_success_at": (events.FirstLiveSuccess, _live_succeeded),
}
"""The column that remembers it, what is announced, and which calls count."""


def join(*, gone_id: str, customer_id: str) -> None:
    """Let a customer have done for the first time what it or the one that was merged into it did; nothing is announced.

    The row of the other stays, so that a call still on its way under the old id is not taken for its first.
    """
    gone = CustomerState.objects.select_for_update().filter(pk=gone_id).first()
    if gone is None:
        return
    state = CustomerState.objects.select_for_update().get_or_create(pk=customer_id)[0]
    for column in FIRSTS:
        setattr(state, column, min(filter(None, [getattr(state, column), getattr(gone, column)]), default=None))
    state.last_call_at = max(filter(None, [state.last_call_at, gone.last_call_at]), default=None)
    state.quiet_check_at = min(filter(None, [state.quiet_check_at, gone.quiet_check_at]), default=None)
    gone.quiet_check_at = gone.quiet_since = gone.spike_since = None
    state.save()
    gone.save()


def notice(calls: Iterable[Seen]) -> dict[str, CustomerState]:
    """Announce what is new about the customers of these calls; returns their states, saved."""
    by_customer: dict[str, list[Seen]] = {}
    for call in calls:
        if call.customer_id:
            by_customer.setdefault(call.customer_id, []).append(call)
    states = _states(list(by_customer))
    for customer_id, own in by_customer.items():
        _notice_one(states[customer_id], own)
    CustomerState.objects.bulk_create(
        states.values(),
        update_conflicts=True,
        unique_fields=["customer_id"],
        update_fields=[*FIRSTS, "last_call_at", "quiet_check_at", "quiet_since"],
    )
    return states


def _states(customer_ids: list[str]) -> dict[str, CustomerState]:
    known = {
        state.customer_id: state
        for chunk in chunks(customer_ids)
        for state in CustomerState.objects.filter(customer_id__in=chunk)
    }
    return {
        customer_id: known.get(customer_id) or CustomerState(customer_id=customer_id) for customer_id in customer_ids
    }


def _notice_one(state: CustomerState, calls: list[Seen]) -> None:
    for column, (event, counts) in FIRSTS.items():
        if getattr(state, column) is None:
            first = min((call for call in calls if counts(call)), key=lambda call: call.at, default=None)
            if first:
                setattr(state, column, first.at)
                _announce_first(event, first)
    quiet.heard_from(state, max(call.at for call in calls))


def _announce_first(event: First, call: Seen) -> None:
    customer = people.customer(call.customer_id)
    key = keys.one_of(call.customer_id, call.key_id)
    record(
        event(
            customer_id=call.customer_id,
            call_id=call.id,
            key_id=call.key_id,
            environment=call.environment,
            method=call.method,
            route=call.route,
            status=call.status,
            seconds_since_customer=_seconds(customer.created_at if customer else None, call.at),
            seconds_since_key=_seconds(key.created_at if key else None, call.at),
        ),
        occurred_at=call.at,
        event_id=f"{event.type}:{call.customer_id}",
    )


def _seconds(since: datetime | None, at: datetime) -> float | None:
    return round((at - since).total_seconds(), 3) if since and since <= at else None
