"""Carries deliveries out: claim with a lease → call → keep what was answered.

Calls are made in threads that touch no database, some at a time and few for one subscription, so that an address
which hangs holds up neither the others nor the worker. A process that dies leaves claims that run out: the delivery is
made again under the same id. So each event arrives at least once, in no particular order.
"""

import queue
import random
import re
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Q, QuerySet

from posthouse.foundation import calling
from posthouse.foundation.clock import now
from posthouse.webhooks.models import Attempt, Delivery, DeliveryState, OffReason, Subscription
from posthouse.webhooks.switching import switch_off

AT_ONCE = 8
"""Calls under way in one process."""
EACH = 3
"""Of them to one subscription."""
WAIT_SECONDS = 0.5
"""For how long a round of the worker waits for answers before it turns to other work."""
LEASE_MARGIN = timedelta(seconds=30)
"""Beyond what a call can take: looking the name up, connecting, being answered."""
PAUSES = (
    timedelta(seconds=5),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=5),
    timedelta(hours=10),
    timedelta(hours=14),
    timedelta(hours=20),
    timedelta(hours=24),
)
"""Between the attempts, a little over three days in all (the schedule that Standard Webhooks gives as example)."""
TRIES = len(PAUSES) + 1
JITTER = 0.2
"""A pause is longer by up to this share, so that what failed together does not come back together."""
OFF_AFTER = timedelta(days=3)
"""After so long without one success, and a delivery given up, a subscription is switched off."""
LONGEST_PAUSE = timedelta(hours=24)
_SECRETS = re.compile(r"(whsec_|v1,|Bearer\s+)[A-Za-z0-9+/=_.~-]+", re.IGNORECASE)
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")


@dataclass(frozen=True)
class Outcome:
    """What came of a call."""

    delivery: Delivery
    duration_ms: int
    answer: calling.Answer | None = None
    error: str = ""

    @property
    def is_good(self) -> bool:
        """Whether the receiver took it."""
        return self.answer is not None and 200 <= self.answer.status < 300


@dataclass
class _Flying:
    """What this process has under way."""

    calls: dict[str, str] = field(default_factory=dict)
    """Subscription by delivery."""
    landed: "queue.SimpleQueue[Outcome]" = field(default_factory=queue.SimpleQueue)


_flying = _Flying()


def carry_on() -> int:
    """A round of the worker: keep what was answered, call what is due. Returns how much was done."""
    done = _keep_landed()
    claimed = claim()
    for delivery in claimed:
        _fly(delivery)
    deadline = time.monotonic() + WAIT_SECONDS
    while _flying.calls and (left := deadline - time.monotonic()) > 0:
        try:
            outcome = _flying.landed.get(timeout=left)
        except queue.Empty:
            break
        _keep(outcome)
        done += 1
    return done + len(claimed)


def due() -> QuerySet[Delivery]:
    """Deliveries whose time has come, and those whose claim ran out."""
    moment = now()
    waiting = Q(state=DeliveryState.DUE, due_at__lte=moment)
    return Delivery.objects.filter(waiting | Q(state=DeliveryState.CLAIMED, leased_until__lte=moment))


def claim() -> list[Delivery]:
    """Take as many as there is room for, few of each subscription, for the length of a lease."""
    room = AT_ONCE - len(_flying.calls)
    if room <= 0 or not due().exists():
        return []
    busy = Counter(_flying.calls.values())
    taken: list[Delivery] = []
    with transaction.atomic():
        waiting = list(due().order_by().values_list("subscription_id", flat=True).distinct())
        random.shuffle(waiting)
        for subscription_id in waiting:
            most = min(EACH - busy[subscription_id], room - len(taken))
            if most > 0:
                taken += _locked(due().filter(subscription_id=subscription_id).order_by("due_at", "pk"))[:most]
        for delivery in taken:
            _lease(delivery)
    return taken


def _locked(rows: QuerySet[Delivery]) -> QuerySet[Delivery]:
    rows = rows.select_related("subscription")
    if connection.features.has_select_for_update_skip_locked:
        return rows.select_for_update(skip_locked=True, of=("self",))
    return rows


def _lease(delivery: Delivery) -> None:
    if delivery.state == DeliveryState.CLAIMED:
        lost = "The process that made this call ended before the answer was kept; it is made again."
        Attempt.objects.create(delivery=delivery, at=now(), error=lost)
    delivery.state = DeliveryState.CLAIMED
    delivery.leased_until = now() + lease()
    delivery.attempts += 1
    delivery.save(update_fields=["state", "leased_until", "attempts"])


def lease() -> timedelta:
    """For how long a claim holds."""
    return 2 * timedelta(seconds=settings.WEBHOOK_TIMEOUT) + LEASE_MARGIN


def _fly(delivery: Delivery) -> None:
    headers = headers_of(delivery, now())
    _flying.calls[delivery.pk] = delivery.subscription_id
    arguments = (delivery, delivery.subscription.url, headers)
    threading.Thread(target=_call_in_a_thread, args=arguments, daemon=True, name="webhook").start()


def headers_of(delivery: Delivery, moment: datetime) -> dict[str, str]:
    """What a delivery is sent with at a moment: its id, the time, and a signature for each secret that is good."""
    stamp, body = str(int(moment.timestamp())), delivery.body.encode()
    secrets = delivery.subscription.secrets(moment)
    return {
        "Content-Type": "application/json",
        "User-Agent": "Posthouse",
        "webhook-id": delivery.event_id,
        "webhook-timestamp": stamp,
        "webhook-signature": " ".join(calling.sign(delivery.event_id, stamp, body, secret) for secret in secrets),
    }


def _call_in_a_thread(delivery: Delivery, url: str, headers: dict[str, str]) -> None:
    _flying.landed.put(call(delivery, url, headers))


def call(delivery: Delivery, url: str, headers: dict[str, str]) -> Outcome:
    """POST it; whatever happens is an outcome."""
    began = time.monotonic()
    answer, error = None, ""
    try:
        answer = calling.post(url, delivery.body.encode(), headers)
    except (calling.Forbidden, calling.NotReached, calling.Unanswered) as failure:
        error = str(failure)
    except Exception as failure:  # noqa: BLE001  an outcome must come back, or the place would stay taken
        error = f"{type(failure).__name__}: {failure}"
    return Outcome(delivery, int((time.monotonic() - began) * 1000), answer, error)


def _keep_landed() -> int:
    kept = 0
    while True:
        try:
            outcome = _flying.landed.get_nowait()
        except queue.Empty:
            return kept
        _keep(outcome)
        kept += 1


def _keep(outcome: Outcome) -> None:
    _flying.calls.pop(outcome.delivery.pk, None)
    finish(outcome)


@transaction.atomic
def finish(outcome: Outcome) -> None:
    """Keep what was answered, unless the claim ran out and somebody else has taken it over."""
    claimed = outcome.delivery
    mine = Delivery.objects.filter(pk=claimed.pk, state=DeliveryState.CLAIMED, leased_until=claimed.leased_until)
    delivery = mine.select_for_update().first()
    if delivery is None:
        return
    answer = outcome.answer
    Attempt.objects.create(
        delivery=delivery,
        at=now(),
        duration_ms=outcome.duration_ms,
        status=answer.status if answer else None,
        answer=clean(answer.text) if answer else "",
        error=clean(outcome.error)[:300],
    )
    delivery.leased_until = None
    if outcome.is_good:
        _delivered(delivery)
    else:
        _failed(delivery, outcome)


def clean(text: str) -> str:
    """An answer as it may be kept and shown: without control characters, signatures, secrets and bearer tokens."""
    return _SECRETS.sub(r"\1…", _CONTROL.sub(" ", text))


def _delivered(delivery: Delivery) -> None:
    delivery.state, delivery.delivered_at = DeliveryState.DELIVERED, now()
    delivery.save(update_fields=["state", "delivered_at", "leased_until"])
    rows = Subscription.objects.filter(pk=delivery.subscription_id)
    rows.update(failing_since=None, last_error="", last_success_at=now())


def _failed(delivery: Delivery, outcome: Outcome) -> None:
    subscription = Subscription.objects.select_for_update().get(pk=delivery.subscription_id)
    if not delivery.is_test:
        subscription.failing_since = subscription.failing_since or now()
    status = outcome.answer.status if outcome.answer else 0
    subscription.last_error = (f"HTTP {status}" if status else clean(outcome.error))[:300]
    subscription.save(update_fields=["failing_since", "last_error"])
    delivery.tries_left = max(delivery.tries_left - 1, 0)
    if delivery.tries_left:
        delivery.state, delivery.due_at = DeliveryState.DUE, now() + pause_after(delivery, outcome)
    else:
        delivery.state = DeliveryState.FAILED
    delivery.save(update_fields=["state", "due_at", "leased_until", "tries_left"])
    if subscription.off_at is not None or delivery.is_test:
        return
    since = subscription.failing_since or now()
    if status == 410:
        switch_off(subscription=subscription, reason=OffReason.GONE)
    elif delivery.state == DeliveryState.FAILED and now() - since >= OFF_AFTER:
        switch_off(subscription=subscription, reason=OffReason.FAILING)


def pause_after(delivery: Delivery, outcome: Outcome) -> timedelta:
    """Until the next attempt: by the schedule, longer by chance, and not before the receiver wants to be asked."""
    step = PAUSES[max(0, min(TRIES - delivery.tries_left, len(PAUSES)) - 1)]
    pause = step * (1 + random.random() * JITTER)  # noqa: S311  not a secret
    wished = outcome.answer.retry_after if outcome.answer else None
    return max(pause, min(timedelta(seconds=wished), LONGEST_PAUSE)) if wished else pause


def forget_old() -> int:
    """Delete deliveries that are done with and older than WEBHOOK_RETENTION_DAYS, some at a time."""
    before = now() - timedelta(days=settings.WEBHOOK_RETENTION_DAYS)
    over = (DeliveryState.DELIVERED, DeliveryState.FAILED, DeliveryState.DROPPED)
    ids = list(Delivery.objects.filter(created_at__lt=before, state__in=over).values_list("pk", flat=True)[:500])
    if not ids:
        return 0
    Delivery.objects.filter(pk__in=ids).delete()
    return len(ids)
