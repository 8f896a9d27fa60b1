"""Contacts and customers as conditions see them (`foundation.conditions`), and the zone that a person lives in."""

from collections.abc import Mapping
from typing import Any
from zoneinfo import ZoneInfo

from posthouse.foundation.conditions import dig
from posthouse.foundation.timing import zone_named

CONTACT_COLUMNS = {
    **{f"contact.{name}": name for name in ("id", "email", "name", "job_role", "channel", "created_at", "attributes")},
    "contact.language": "user__language",
    "contact.time_zone": "user__time_zone",
}
"""Where fields of conditions stand in the table of contacts."""
CONTACT = ("id", "email", "name", "job_role", "channel", "created_at", "attributes")
CUSTOMER = ("id", "name", "external_id", "country", "channel", "created_at", "attributes")


def contact_values(contact: Any) -> dict[str, Any]:
    """A contact as conditions see it, with the language and the zone of its login."""
    found = {name: contact.pk if name == "id" else getattr(contact, name) for name in CONTACT}
    user = contact.user
    return found | {"language": user.language if user else None, "time_zone": user.time_zone if user else None}


def customer_values(customer: Any) -> dict[str, Any]:
    """A customer as conditions see it; its plan is an attribute."""
    found = {name: customer.pk if name == "id" else getattr(customer, name) for name in CUSTOMER}
    return found | {"plan": dig(customer.attributes, ["plan"])}


def zone_of(contact: Mapping[str, Any], customer: Mapping[str, Any], otherwise: str) -> ZoneInfo:
    """The zone of a person (as conditions see it), else of its customer, else the zone named `otherwise`, else UTC."""
    own = contact.get("time_zone") or ""
    theirs = customer.get("attributes", {}).get("time_zone", "")
    names = [own, theirs if isinstance(theirs, str) else "", otherwise, "UTC"]
    return next(zone for name in names if (zone := zone_named(name)))
