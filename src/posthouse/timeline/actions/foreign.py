"""Taking in what happened elsewhere, one event at a time; the edge does the same for many."""

from datetime import datetime
from typing import Any, Literal

from posthouse.foundation.clock import now
from posthouse.timeline import models
from posthouse.timeline.actions.recording import digest_of


def store_foreign(
    *,
    source: str,
    event_id: str,
    type_: str,
    customer_id: str = "",
    contact_id: str = "",
    occurred_at: datetime,
    sent_at: datetime | None = None,
    data: dict[str, Any],
) -> Literal["accepted", "duplicate", "conflict"]:
    """Append an event of another source than the house, once per (source, id).

    `duplicate` when it is in the log already, `conflict` when something else is in the log under its id.
    """
    digest = digest_of(type_, customer_id, contact_id, data)
    event, is_new = models.Event.objects.get_or_create(
        source=source,
        id=event_id,
        defaults={
            "type": type_,
            "customer_id": customer_id,
            "contact_id": contact_id,
            "actor": source[:80],
            "occurred_at": occurred_at,
            "sent_at": sent_at,
            "received_at": now(),
            "digest": digest,
            "data": data,
        },
    )
    if is_new:
        return "accepted"
    return "duplicate" if bytes(event.digest) == digest else "conflict"
