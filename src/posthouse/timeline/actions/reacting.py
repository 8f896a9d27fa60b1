"""Calling a consumer's reactions, and parking what makes them fail."""

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

from django.db import transaction

from posthouse.foundation.clock import now
from posthouse.timeline import events, models, queries

logger = logging.getLogger(__name__)

RETRY_AFTER = (timedelta(seconds=10), timedelta(minutes=1), timedelta(minutes=10), timedelta(hours=1))


@dataclass(frozen=True)
class Keyed:
    """An event and the key in whose order it stands."""

    key: str
    event: events.Recorded


class FailedTogetherError(Exception):
    """Events failed together: the transaction is to be given up, and who failed to be looked for in another one."""


def take_in(consumer: str, rows: list[Keyed], *, searching: bool) -> None:
    """React to events in the order of the log; those that fail, and the later ones with the same key, are parked.

    A consumer that takes batches gets all in one call, without a savepoint: SQLite would keep a copy of each page
    changed behind one, and go through them at the end of every statement. Where that fails, FailedTogetherError is
    raised, unless `searching`: then it is tried from behind savepoints, all together, by key, one by one.
    """
    if not rows:
        return
    waiting = _keys_waiting(consumer)
    free = [row for row in rows if row.key not in waiting]
    _park(consumer, [row for row in rows if row.key in waiting])
    if _takes_batches(consumer):
        _together(consumer, free, waiting) if searching else _all(consumer, free)
    else:
        _one_by_one(consumer, free, waiting)


def _keys_waiting(consumer: str) -> set[str]:
    """Keys of parked events, and whom they mean by now; what has no key waits for nobody."""
    keys = set(models.Parked.objects.filter(consumer=consumer).exclude(key="").values_list("key", flat=True).distinct())
    return keys | set(queries.canonical(keys).values())


def _takes_batches(consumer: str) -> bool:
    return any(isinstance(each, events.InBatches) for rows in events.reactions[consumer].values() for each in rows)


def _all(consumer: str, rows: list[Keyed]) -> None:
    try:
        _call(events.reactions[consumer], [row.event for row in rows])
    except Exception as error:
        logger.warning("consumer %s failed on %d events together: %r", consumer, len(rows), error)
        raise FailedTogetherError(consumer) from error


def _together(consumer: str, rows: list[Keyed], waiting: set[str]) -> None:
    """All at once; when that fails, by key; where that fails too, one by one."""
    if not rows or not react(consumer, [row.event for row in rows]):
        return
    groups: dict[object, list[Keyed]] = {}
    for row in rows:
        groups.setdefault(row.key or row.event.position, []).append(row)
    for group in groups.values():
        if len(group) == len(rows) or react(consumer, [row.event for row in group]):
            _one_by_one(consumer, group, waiting)


def _one_by_one(consumer: str, rows: list[Keyed], waiting: set[str]) -> None:
    for row in rows:
        if row.key in waiting:
            _park(consumer, [row])
        elif error := react(consumer, [row.event]):
            _park(consumer, [row], error)
            waiting |= {row.key} - {""}


def _park(consumer: str, rows: Iterable[Keyed], error: str = "") -> None:
    """Keep events for later: the one that failed with its error, those behind it without."""
    tried = {"attempts": 1, "error": error, "next_try_at": now() + RETRY_AFTER[0]} if error else {}
    models.Parked.objects.bulk_create(
        models.Parked(
            consumer=consumer, event_id=row.event.position, customer_id=row.event.customer_id, key=row.key, **tried
        )
        for row in rows
    )


def react(consumer: str, rows: list[events.Recorded]) -> str:
    """Run the reactions of one consumer to some events, all or none; returns the error, or an empty string."""
    try:
        with transaction.atomic():
            _call(events.reactions[consumer], rows)
    except Exception as error:
        if len(rows) == 1:
            logger.exception("consumer %s failed on %s", consumer, rows[0].id)
        else:
            logger.warning("consumer %s failed on %d events together: %r", consumer, len(rows), error)
        return f"{type(error).__name__}: {error}"
    return ""


def _call(wanted: dict[str, list[events.Reaction | events.InBatches]], rows: list[events.Recorded]) -> None:
    batches = {each: None for found in wanted.values() for each in found if isinstance(each, events.InBatches)}
    for batch in batches:
        if mine := [row for row in rows if batch.wants(row.type)]:
            batch.function(mine)
    for row in rows if not batches else ():
        for reaction in wanted.get(row.type, []) + wanted.get("*", []):
            reaction(row)  # type: ignore[operator]  # no batches among them


def postpone(parked: models.Parked, error: str) -> None:
    """Note another failure, and when to try again: later each time."""
    parked.attempts += 1
    parked.error = error
    parked.next_try_at = now() + RETRY_AFTER[min(parked.attempts, len(RETRY_AFTER)) - 1]
    parked.save(update_fields=["attempts", "error", "next_try_at"])
