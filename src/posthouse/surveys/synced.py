"""Responses in the order in which they were given or changed last, for programs that keep a copy.

A response that is changed moves to the end, so who reads on from a place meets it again; and nothing can move to a
place already passed. What was written in the last SETTLING is left for later: a transaction that has taken its time
but not committed yet would otherwise appear behind readers.
"""

from datetime import UTC, datetime, timedelta
from typing import Any

from django.db.models import Q, QuerySet

from posthouse.foundation.clock import now
from posthouse.foundation.ids import is_id
from posthouse.surveys.models import Response

SETTLING = timedelta(seconds=2)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
FURTHEST = 2**58
"""Microseconds since 1970: beyond what the API takes for moments."""


def page_of(rows: QuerySet[Response], after: str, limit: int) -> dict[str, Any]:
    """The rows behind a cursor. Raises ValueError for one that was not given out here."""
    rows = rows.filter(touched_at__lt=now() - SETTLING).order_by("touched_at", "pk")
    if after:
        moment, pk = _read(after)
        rows = rows.filter(Q(touched_at__gt=moment) | Q(touched_at=moment, pk__gt=pk))
    found = list(rows[: limit + 1])
    items = found[:limit]
    cursor = _written(items[-1]) if items else after
    return {"items": items, "next": cursor if len(found) > limit else None, "cursor": cursor or None}


def _written(response: Response) -> str:
    return f"{(response.touched_at - EPOCH) // MICROSECOND}.{response.pk}"


def _read(cursor: str) -> tuple[datetime, str]:
    number, _point, pk = cursor.partition(".")
    if not (number.isascii() and number.isdigit() and len(number) < 20 and is_id(pk)) or int(number) > FURTHEST:
        raise ValueError("not a cursor")
    return EPOCH + int(number) * MICROSECOND, pk
