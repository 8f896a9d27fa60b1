"""Moments that callers of the HTTP API send: with a zone, and such that every database and every page can show them."""

from datetime import UTC, datetime
from typing import Annotated

from pydantic import AfterValidator, AwareDatetime

FIRST = datetime(1970, 1, 1, tzinfo=UTC)
LAST = datetime(9000, 1, 1, tzinfo=UTC)
"""Far enough from year 9999 that no time zone and no overlap leads beyond what a datetime can hold."""


def _kept(value: datetime) -> datetime:
    if not FIRST <= value < LAST:
        raise ValueError(f"must be between the years {FIRST.year} and {LAST.year}")
    return value


Moment = Annotated[AwareDatetime, AfterValidator(_kept)]
