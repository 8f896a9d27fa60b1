"""How far a customer has come, read from its timeline."""

import statistics
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext_lazy as _

from posthouse.pages import models
from posthouse.timeline import queries as timeline


@dataclass(frozen=True)
class Step:
    """One line of a checklist. `at` is when it happened; `is_next` marks the first that has not."""

    name: str
    label: Any
    at: datetime | None
    is_next: bool = False


STARTED = [
    ("account", _("Account")),
    ("confirmed", _("Address confirmed")),
    ("profile", _("Profile")),
    ("test_key", _("Test key")),
    ("first_call", _("First call")),
    ("error", _("Look into an error")),
    ("live_key", _("Live key")),
    ("live", _("Go live")),
]
GOLIVE = [
    ("live_key", _("A live key is made")),
    ("error", _("You know what to do when a call fails")),
    ("limits", _("You know your limits")),
    ("incidents", _("We know whom to write to when something is wrong")),
    ("live", _("The first live call has arrived")),
]
NAMES = {
    "account.created": "account",
    "email.confirmed": "confirmed",
    "profile.completed": "profile",
    "call.first": "first_call",
    "error.examined": "error",
    "call.first_live": "live",
}


def getting_started(customer_id: str, contact_id: str) -> list[Step]:
    """The way from sign-up to live, as the person `contact_id` of the customer has gone it."""
    return _steps(STARTED, _moments(customer_id, contact_id))


def golive(customer_id: str) -> list[Step]:
    """The go-live checklist: what happened, and what was confirmed by hand."""
    row = models.GoLive.objects.filter(pk=customer_id).first()
    moments = _moments(customer_id, "")
    if row:
        moments |= {"limits": row.limits_known_at, "incidents": row.incident_set_at}
    return _steps(GOLIVE, moments)


def incident_email(customer_id: str) -> str:
    """Whom to write to when something is wrong with a customer's calls; empty when it did not say."""
    row = models.GoLive.objects.filter(pk=customer_id).first()
    return row.incident_email if row else ""


def _moments(customer_id: str, contact_id: str) -> dict[str, datetime | None]:
    """When each step happened first."""
    types = ["key.created", *NAMES]
    moments: dict[str, datetime | None] = {}
    for event in timeline.steps_of(customer_id, contact_id, types):
        name = NAMES.get(event.type) or f"{event.data.get('environment')}_key"
        moments.setdefault(name, event.occurred_at)
    return moments


def _steps(lines: Iterable[tuple[str, Any]], moments: dict[str, datetime | None]) -> list[Step]:
    return list(_marked(lines, moments))


def _marked(lines: Iterable[tuple[str, Any]], moments: dict[str, datetime | None]) -> Iterator[Step]:
    next_is_marked = False
    for name, label in lines:
        at = moments.get(name)
        yield Step(name, label, at, is_next=at is None and not next_is_marked)
        next_is_marked = next_is_marked or at is None


FEW = 5
LATEST = 200
REMEMBERED_SECONDS = 600.0
_typical: tuple[float, int | None] | None = None


def typical_minutes() -> int | None:
    """Minutes from the first test key to the first call: the median of the latest customers; None with too few."""
    global _typical
    if _typical is None or time.monotonic() - _typical[0] > REMEMBERED_SECONDS:
        _typical = (time.monotonic(), _median_minutes())
    return _typical[1]


def _median_minutes() -> int | None:
    called = {row.customer_id: row.occurred_at for row in timeline.newest(types=["call.first"])[:LATEST]}
    made = timeline.newest(types=["key.created"]).filter(customer_id__in=called).order_by("-occurred_at")
    first_key = {row.customer_id: row.occurred_at for row in made}
    waits = [(called[one] - first_key[one]).total_seconds() for one in called if one in first_key]
    waits = [wait for wait in waits if wait >= 0]
    return max(1, round(statistics.median(waits) / 60)) if len(waits) >= FEW else None
