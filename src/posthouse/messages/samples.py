"""Values to look at a template with: the names it asks for, filled with something that looks like it."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from django.conf import settings

from posthouse.foundation.clock import now

KNOWN: dict[str, Any] = {
    "name": "Ada Lovelace",
    "contact.id": "con_sample",
    "contact.name": "Ada Lovelace",
    "contact.email": "ada@example.org",
    "customer": "Analytical Engines",
    "customer.id": "cus_sample",
    "customer.name": "Analytical Engines",
    "customer_id": "cus_sample",
    "inviter": "Charles Babbage",
    "role": "Developer",
    "vendor": {},
}
ALWAYS = (
    "contact.name", "contact.email", "vendor.name", "vendor.support_email", "vendor.api_base_url", "public_url",
    "language", "subject", "unsubscribe_url", "preferences_url", "why_link",
)  # fmt: skip
"""What every letter may name."""
OURS = {"vendor", "public_url", "language", "subject"}


def values_for(names: Iterable[str]) -> dict[str, Any]:
    """A mapping in which every name leads to a value; those that the house fills in itself are left to it."""
    found: dict[str, Any] = {}
    for name in sorted({*names, "contact.name", "contact.email"}, key=lambda one: one.count("."), reverse=True):
        if name.partition(".")[0] not in OURS:
            _put(found, name.split("."), _sample(name))
    return found


def _put(into: dict[str, Any], path: list[str], value: Any) -> None:
    for part in path[:-1]:
        into = into.setdefault(part, {})
        if not isinstance(into, dict):
            return
    into.setdefault(path[-1], value)


def _sample(name: str) -> Any:
    last = name.rpartition(".")[2]
    if name in KNOWN:
        return KNOWN[name]
    if last.endswith(("url", "link")):
        return f"{settings.PUBLIC_URL}/sample/"
    if last == "path":
        return "/sample/"
    if last.endswith("_at"):
        return now() + timedelta(days=7)
    return KNOWN.get(last, f"[{name}]")
