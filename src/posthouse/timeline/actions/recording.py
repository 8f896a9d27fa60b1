"""Writing to the log."""

import hashlib
import json
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db import connection

from posthouse.foundation.clock import now
from posthouse.foundation.ids import new_id
from posthouse.foundation.plainrows import storing
from posthouse.timeline import events, models

COLUMNS = (
    "source", "id", "type", "version", "customer_id", "contact_id", "actor", "occurred_at", "received_at", "data",
    "digest",
)  # fmt: skip
PLAIN = json.JSONEncoder(sort_keys=True, separators=(",", ":")).encode
LENIENT = json.JSONEncoder(sort_keys=True, separators=(",", ":"), default=str).encode
INSERT = (
    f"INSERT INTO timeline_event ({', '.join(COLUMNS)}) VALUES ({', '.join(['%s'] * len(COLUMNS))}) "  # noqa: S608  our names
    "ON CONFLICT (source, id) DO NOTHING"
)


def record(
    event: events.Event, *, actor: str = "", occurred_at: datetime | None = None, event_id: str = ""
) -> models.Event:
    """Append an event to the log, in the transaction of the change it tells of.

    `actor` is who did it: `contact:<id>`, `team:<user id>` or empty for the house itself. `event_id` makes the call
    idempotent: an event of ours with that id already in the log is returned instead of being recorded again.
    Raises RuntimeError outside of a transaction, because then the change and its announcement could part.
    """
    _within_a_transaction(event)
    fields = _fields(event, actor, occurred_at, now())
    if event_id:
        return models.Event.objects.get_or_create(source=models.INTERNAL_SOURCE, id=event_id, defaults=fields)[0]
    return models.Event.objects.create(source=models.INTERNAL_SOURCE, id=new_id("evt"), **fields)


def record_many(rows: Iterable[events.ToRecord]) -> None:
    """Append many events in the order given, as `record` does; those whose `event_id` is in the log are left out.

    Raises ValueError for one without an `event_id`, and RuntimeError outside of a transaction.
    """
    told = list(rows)
    if not told:
        return
    _within_a_transaction(told[0].event)
    moment, put = now(), storing()
    received_at = put(moment)
    with connection.cursor() as cursor:
        cursor.executemany(INSERT, [_values(one, put(one.occurred_at or moment), received_at) for one in told])


def _values(one: events.ToRecord, occurred_at: Any, received_at: Any) -> tuple[Any, ...]:
    """A row in the order of COLUMNS: plain SQL, for engines record thousands in a second."""
    event = one.event
    if not one.event_id:
        raise ValueError(f"{event.type} needs an event_id to be recorded among many")
    data = PLAIN(event.data)
    return (
        models.INTERNAL_SOURCE, one.event_id, event.type, event.version, event.customer_id, event.contact_id, one.actor,
        occurred_at, received_at, data, _digest(event.type, event.customer_id, event.contact_id, data),
    )  # fmt: skip


def _within_a_transaction(event: events.Event) -> None:
    if not connection.in_atomic_block:
        raise RuntimeError(f"{type(event).__name__} must be recorded in the transaction of the change it announces")


def _fields(event: events.Event, actor: str, occurred_at: datetime | None, moment: datetime) -> dict[str, Any]:
    data = event.data
    return {
        "type": event.type,
        "version": event.version,
        "customer_id": event.customer_id,
        "contact_id": event.contact_id,
        "actor": actor,
        "occurred_at": occurred_at or moment,
        "received_at": moment,
        "data": data,
        "digest": digest_of(event.type, event.customer_id, event.contact_id, data),
    }


def digest_of(type_: str, customer_id: str, contact_id: str, data: dict[str, Any]) -> bytes:
    """16 bytes that tell whether two events with the same (source, id) say the same."""
    return _digest(type_, customer_id, contact_id, LENIENT(data))


def _digest(type_: str, customer_id: str, contact_id: str, data: str) -> bytes:
    body = f"{PLAIN([type_, customer_id, contact_id])[:-1]},{data}]"
    return hashlib.blake2b(body.encode(), digest_size=16).digest()
