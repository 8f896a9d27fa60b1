"""Kinds of values, the same for judging and for asking."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from posthouse.foundation.conditions.facts import MISSING
from posthouse.foundation.durations import duration


def kind_of(value: Any) -> str:
    """`text`, `number`, `truth`, `moment`, `list`, or empty for no value (missing, null) and for objects."""
    if isinstance(value, bool):
        return "truth"
    for kind, types in (("text", str), ("number", (int, float)), ("moment", datetime), ("list", (list, tuple))):
        if isinstance(value, types):
            return kind
    return ""


def is_there(value: Any) -> bool:
    """Whether a field has a value."""
    return value is not None and value is not MISSING and value != ""


def same(left: Any, right: Any) -> bool:
    """Equal, and of one kind."""
    return kind_of(left) == kind_of(right) != "" and bool(left == right)


def moment_of(value: Any) -> datetime | None:
    """A moment from ISO 8601 or a datetime; a day or a time without a zone is UTC; None when it is none."""
    if isinstance(value, str) and 8 <= len(value) <= 40:
        try:
            value = datetime.fromisoformat(value)
        except ValueError:
            return None
    if not isinstance(value, datetime):
        return None
    try:
        return (value if value.tzinfo else value.replace(tzinfo=UTC)).astimezone(UTC)
    except OverflowError:
        return None


def wanted_moment(value: Any, moment: datetime) -> datetime:
    """The moment that a checked condition names, where `moment` is the present."""
    if isinstance(value, Mapping):
        return moment - duration(value["ago"])
    found = moment_of(value)
    if found is None:
        raise ValueError("an unchecked condition")
    return found
