"""The form of one event, whatever dialect it was written in."""

from datetime import datetime
from typing import Annotated, Any

import msgspec
from msgspec import Meta

MOST = 1_000
"""Events in a batch."""

Moment = Annotated[datetime, Meta(tz=True)]


class EventIn(msgspec.Struct, gc=False):
    """One event in our own JSON; the other forms are turned into it."""

    id: Annotated[str, Meta(min_length=1, max_length=200)]
    type: Annotated[str, Meta(min_length=1, max_length=120)]
    source: Annotated[str, Meta(max_length=200)] | None = None
    customer_id: Annotated[str, Meta(max_length=64)] | None = None
    contact_id: Annotated[str, Meta(max_length=64)] | None = None
    email: Annotated[str, Meta(max_length=254)] | None = None
    occurred_at: Moment | None = None
    sent_at: Moment | None = None
    data: dict[str, Any] = {}
