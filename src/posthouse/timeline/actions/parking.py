"""Trying parked events again, in order."""

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction
from django.db.models import Max, Min, Q

from posthouse.foundation.clock import now
from posthouse.timeline import events, models, partitions, queries
from posthouse.timeline.actions.reacting import postpone, react
from posthouse.timeline.actions.recording import record

BATCH = 500
"""Parked events tried in one transaction."""


def retry_parked() -> int:
    """Try parked events whose time has come, oldest first; per key, stop at the first that still fails."""
    if not models.Parked.objects.exists():
        return 0
    return sum(_retry(consumer, keys) for consumer, keys in _due())


def _due() -> Iterable[tuple[str, set[str]]]:
    """Consumers and the keys that stand in one queue, where the queue's first may be tried.

    Only what has failed has a time; a queue without any lost its first and can go on.
    """
    rows = models.Parked.objects.filter(consumer__in=list(events.reactions)).order_by("consumer", "key")
    found = rows.values_list("consumer", "key").annotate(Max("next_try_at"), Min("next_try_at"))
    whom = queries.canonical({key for _consumer, key, _last, _first in found if key})
    queues: dict[tuple[str, str], list[tuple[str, datetime | None]]] = {}
    for consumer, key, last, first in found:
        queues.setdefault((consumer, whom.get(key, "")), []).append((key, last if key else first))
    moment = now()
    for (consumer, _whom), parts in queues.items():
        if all(at is None or at <= moment for _key, at in parts):
            yield consumer, {key for key, _at in parts}


@transaction.atomic
def _retry(consumer: str, keys: set[str]) -> int:
    if not partitions.locked(consumer, keys):
        return 0
    queue = models.Parked.objects.filter(consumer=consumer, key__in=keys).select_related("event")
    if keys == {""}:
        queue = queue.filter(Q(next_try_at=None) | Q(next_try_at__lte=now()))
    done = 0
    for parked in queue.order_by("event__tx", "event__position")[:BATCH]:
        if error := react(consumer, [parked.event.recorded()]):
            postpone(parked, error)
            if parked.key:
                break
        else:
            parked.delete()
            done += 1
    return done


@transaction.atomic
def retry_one(*, parked_id: int) -> int:
    """Try the queue that begins with this event now; returns how many took effect. 0 when it is not parked any more."""
    parked = models.Parked.objects.filter(pk=parked_id).first()
    if parked is None or parked.consumer not in events.reactions:
        return 0
    models.Parked.objects.filter(pk=parked_id, next_try_at__isnull=False).update(next_try_at=now())
    return _retry(parked.consumer, _queue_of(parked))


@transaction.atomic
def discard(*, parked_id: int, reason: str, actor: str) -> models.Discarded | None:
    """Let a consumer never take in a parked event; those behind it go on. Announces EventDiscarded.

    None when it is not parked any more, because it took effect meanwhile.
    """
    found = models.Parked.objects.filter(pk=parked_id).first()
    if found is None:
        return None
    partitions.locked(found.consumer, _queue_of(found), wait=True)
    parked = models.Parked.objects.select_related("event").filter(pk=parked_id).first()
    if parked is None:
        return None
    event = parked.event
    parked.delete()
    told = events.EventDiscarded(
        customer_id=event.customer_id,
        contact_id=event.contact_id,
        consumer=parked.consumer,
        source=event.source,
        event_id=event.id,
        event_type=event.type,
        reason=reason,
    )
    record(told, actor=actor)
    return models.Discarded.objects.create(
        consumer=parked.consumer,
        event=event,
        attempts=parked.attempts,
        error=parked.error,
        reason=reason,
        actor=actor,
        at=now(),
    )


def _queue_of(parked: models.Parked) -> set[str]:
    """The keys that stand in one queue with a parked event."""
    return queries.aliases_of(parked.key) if parked.key else {""}


def retry_now(*, consumer: str = "") -> int:
    """Try every parked event (of one consumer) at once; returns how many took effect."""
    rows = models.Parked.objects.filter(next_try_at__isnull=False)
    if consumer:
        rows = rows.filter(consumer=consumer)
    rows.update(next_try_at=now())
    return retry_parked()
