"""Reads filters, periods and moments from an address. What cannot be read is left out: a link never breaks a page."""

from datetime import datetime
from typing import Any

from django.http import QueryDict
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from posthouse.usage.queries import PERIODS, CallFilter, Period

LONGEST = 200
ENVIRONMENTS = ("test", "live")


def read_calls(query: QueryDict) -> CallFilter:
    """Which calls the request log shows."""
    return CallFilter(
        environment=_one_of(query, "env", ENVIRONMENTS),
        status=_text(query, "status"),
        method=_text(query, "method"),
        route=_text(query, "route"),
        key_id=_text(query, "key"),
        version=_text(query, "version"),
        text=_text(query, "q"),
        since=_moment(query, "since"),
        until=_moment(query, "until"),
    )


def read_period(query: QueryDict, default: str = "24h") -> Period:
    """The period of a usage page."""
    return PERIODS.get(query.get("period", ""), PERIODS[default])


def read_environment(query: QueryDict) -> str:
    """`test`, `live` or empty for both."""
    return _one_of(query, "env", ENVIRONMENTS)


def _one_of(query: QueryDict, name: str, allowed: tuple[str, ...]) -> str:
    value = query.get(name, "")
    return value if value in allowed else ""


def _text(query: QueryDict, name: str) -> str:
    value: Any = query.get(name, "")
    return str(value).replace("\0", "").strip()[:LONGEST]


def _moment(query: QueryDict, name: str) -> datetime | None:
    """A moment, in the person's zone where it names none."""
    try:
        moment = parse_datetime(query.get(name, ""))
        return timezone.make_aware(moment) if moment and timezone.is_naive(moment) else moment
    except (ValueError, OverflowError):
        return None
