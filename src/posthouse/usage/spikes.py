"""When far more of a customer's calls fail than usual.

A spike begins when, in the ten minutes up to a call, at least 20 calls were made, at least a quarter of them failed,
and the share is at least three times the usual one (that of the seven days before; capped, so that 90 % always
counts). It ends when the share in ten minutes falls below an eighth, or when ten minutes pass without a call. All by
the times of the calls, so that calls reported late are judged as if they had been on time.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction

from posthouse.foundation.clock import now
from posthouse.timeline.actions import record
from posthouse.usage import events, figures
from posthouse.usage.figures import Span
from posthouse.usage.models import ERROR, CustomerState, Grain
from posthouse.usage.rollups import Seen

WINDOW = timedelta(minutes=10)
CALLS = 20
SHARE = 0.25
TIMES_USUAL = 3
ALWAYS = 0.9
OVER_BELOW = SHARE / 2
USUAL_FROM = timedelta(days=7)


@dataclass(frozen=True)
class Window:
    """Ten minutes of a customer's calls."""

    calls: int
    errors: int
    worst_route: str
    worst_status: int

    @property
    def share(self) -> float:
        """Which part of the calls failed."""
        return self.errors / self.calls if self.calls else 0.0


def judge(calls: Iterable[Seen], states: dict[str, CustomerState]) -> None:
    """Begin and end spikes of the customers of these calls, whose roll-ups must be up to date."""
    newest: dict[str, Seen] = {}
    failing: dict[str, Seen] = {}
    for call in calls:
        _keep_newest(newest, call)
        if call.status >= ERROR:
            _keep_newest(failing, call)
    for customer_id, state in states.items():
        if state.spike_since is not None:
            _end(state, newest[customer_id].at)
    for customer_id in _suspects([call for call in failing.values() if call.customer_id]):
        if states[customer_id].spike_since is None:
            _begin(states[customer_id], failing[customer_id].at)


def _suspects(failing: list[Seen]) -> list[str]:
    """Customers with enough failed calls for a spike: one question for all of them, before each is judged."""
    if not failing:
        return []
    since, _ = figures.window(min(call.at for call in failing), WINDOW)
    until = max(call.at for call in failing) + timedelta(minutes=1)
    counts = figures.error_counts((call.customer_id for call in failing), since, until)
    return [customer_id for customer_id, errors in counts.items() if errors >= CALLS * SHARE]


def _keep_newest(kept: dict[str, Seen], call: Seen) -> None:
    known = kept.get(call.customer_id)
    if known is None or call.at > known.at:
        kept[call.customer_id] = call


def _begin(state: CustomerState, at: datetime) -> None:
    window = _window(state.customer_id, at)
    if window.calls < CALLS or window.share < SHARE:
        return
    usual = _usual_share(state.customer_id, at - WINDOW)
    if window.share < min(TIMES_USUAL * usual, ALWAYS):
        return
    state.spike_since = at
    state.save(update_fields=["spike_since"])
    record(
        events.ErrorSpike(
            customer_id=state.customer_id,
            calls=window.calls,
            errors=window.errors,
            share=round(window.share, 4),
            usual_share=round(usual, 4),
            route=window.worst_route,
            status=window.worst_status,
        ),
        occurred_at=at,
    )


def _end(state: CustomerState, at: datetime) -> None:
    began = state.spike_since
    if began is None or at <= began or _window(state.customer_id, at).share >= OVER_BELOW:
        return
    state.spike_since = None
    state.save(update_fields=["spike_since"])
    record(events.ErrorSpikeEnded(customer_id=state.customer_id, seconds=(at - began).total_seconds()), occurred_at=at)


def end_silent() -> int:
    """End spikes of customers that have not called for ten minutes; returns how many."""
    silent = CustomerState.objects.filter(spike_since__isnull=False, last_call_at__lte=now() - WINDOW)
    if not silent.exists():
        return 0
    with transaction.atomic():
        ended = list(silent.select_for_update())
        for state in ended:
            if state.last_call_at:
                _end(state, state.last_call_at + WINDOW + timedelta(minutes=1))
    return len(ended)


def _window(customer_id: str, at: datetime) -> Window:
    span = Span(Grain.MINUTE, *figures.window(at, WINDOW), customer_id)
    rows = figures.sums(span, by=("method", "route", "status"))
    failed = [row for row in rows if row.status >= ERROR]
    worst = max(failed, key=lambda row: row.calls, default=None)
    return Window(
        calls=sum(row.calls for row in rows),
        errors=sum(row.calls for row in failed),
        worst_route=f"{worst.method} {worst.route}" if worst else "",
        worst_status=worst.status if worst else 0,
    )


def _usual_share(customer_id: str, before: datetime) -> float:
    rows = figures.sums(Span(Grain.HOUR, before - USUAL_FROM, before - timedelta(hours=1), customer_id))
    return rows[0].share if rows else 0.0
