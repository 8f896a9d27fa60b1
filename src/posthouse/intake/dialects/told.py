"""What an item of a foreign dialect says in our words, and the small readers that every dialect shares. No database."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from posthouse.foundation.ids import is_id

Item = dict[str, Any]

LONGEST_ID = 64
"""Characters of an event's customer and contact id."""
LONGEST_EVENT_ID = 200
LONGEST_GIVEN = 1_000
"""Characters of a name or an id as the caller may send it."""
EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)
AHEAD = timedelta(days=1)
"""After correction for the caller's clock, a moment further ahead than this is a mistake."""
KEEP = "intake"
"""Member of an event's data for everything that is not one of its own properties."""


class Misfit(Exception):
    """An item that cannot be taken in: a reason that the desk can name, and the particulars."""

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(detail or reason)
        self.reason = reason
        self.detail = detail


@dataclass(frozen=True)
class Rules:
    """How one source wishes its events to be called."""

    names: Mapping[str, str] = field(default_factory=dict)
    """Declared types of ours, by the name that the client sends (`page:Pricing` for a page view of that name)."""
    prefix: str = "track"


@dataclass(frozen=True)
class Envelope:
    """When the request was sent, by the caller's clock, and when it came, by ours."""

    received_at: datetime
    sent_at: datetime | None = None


@dataclass
class Told:
    """One event for the timeline. `original_at` is by the caller's clock."""

    id: str
    type: str
    contact_id: str
    customer_id: str
    data: Item
    original_at: datetime | None = None
    trusts_clock: bool = False
    """Whether `original_at` is to be believed as it stands."""

    def occurred_at(self, envelope: Envelope) -> datetime:
        """When it happened by our clock: received - (sent - original). Raises Misfit for what lies far ahead."""
        if self.original_at is None:
            return envelope.received_at
        moment = self.original_at
        if envelope.sent_at is not None and not self.trusts_clock:
            try:
                moment = envelope.received_at - (envelope.sent_at - moment)
            except OverflowError:
                raise Misfit("moment", "timestamp and sentAt lie too far apart") from None
        if not EARLIEST <= moment <= envelope.received_at + AHEAD:
            raise Misfit("moment", f"{moment.isoformat()} is before 1970 or in the future")
        return moment


def text_of(item: Item, name: str) -> str:
    """A text, stripped; numbers become texts, what is left out or null becomes empty. Raises Misfit."""
    value = item.get(name)
    if value is None:
        return ""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise Misfit("misshapen", f"{name}: expected a text")
    text = str(value).strip()
    if len(text) > LONGEST_GIVEN:
        raise Misfit("misshapen", f"{name}: expected at most {LONGEST_GIVEN} characters")
    return text


def object_of(item: Item, name: str) -> Item:
    """An object; empty when it is left out or null. Raises Misfit."""
    value = item.get(name)
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise Misfit("misshapen", f"{name}: expected an object")
    return value


def moment_of(value: Any, name: str) -> datetime | None:
    """A moment; one without a zone is in UTC. Raises Misfit."""
    if value is None or value == "":
        return None
    if not isinstance(value, str) or len(value) > 64:
        raise Misfit("moment", f"{name}: expected a moment such as 2026-11-23T08:15:00.000Z")
    try:
        moment = datetime.fromisoformat(value)
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):
        raise Misfit("moment", f"{name}: “{value}” is not a moment") from None


def person(original: str) -> str:
    """The id under which events of a person stand until it is known who that is; ids of ours stay as they are."""
    return _ours(original, "con_", "person:")


def group(original: str) -> str:
    """The same for an organisation."""
    return _ours(original, "cus_", "group:")


def event_id(given: str, raw: bytes) -> str:
    """The caller's id; made from the item when there is none that could be kept, so a repetition is recognised."""
    if given and given.isprintable() and len(given) <= LONGEST_EVENT_ID:
        return given
    return f"sum:{hashlib.blake2b(given.encode('utf-8', 'replace') or raw, digest_size=16).hexdigest()}"


def _ours(original: str, prefix: str, kind: str) -> str:
    if not original:
        return ""
    if original.startswith(prefix) and is_id(original):
        return original
    if len(kind + original) <= LONGEST_ID and original.isprintable():
        return kind + original
    return f"{kind}~{hashlib.blake2b(original.encode('utf-8', 'replace'), digest_size=16).hexdigest()}"
