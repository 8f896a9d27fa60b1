"""Public events about contacts."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from posthouse.webhooks.public import PublicEvent, declare

CONTACT_SCHEMA: dict[str, Any] = {
    "type": "object",
    "required": ["id", "email", "name"],
    "properties": {
        "id": {"type": "string"},
        "email": {"type": "string", "description": "The address as it is now."},
        "name": {"type": "string"},
    },
}


def contact_data(contact: Any) -> dict[str, Any]:
    """Who a contact is, as CONTACT_SCHEMA has it."""
    return {"id": contact.pk, "email": contact.email, "name": contact.name}


def unsubscribed(contact: Any, *, category: str, how: str) -> dict[str, Any]:
    """The data of `contact.unsubscribed`."""
    return {"contact": contact_data(contact), "category": category or None, "how": how}


def _example() -> dict[str, Any]:
    return {
        "contact": {"id": "con_01kb0000000000000000000000", "email": "ada@example.org", "name": "Ada"},
        "category": "surveys",
        "how": "one_click",
    }


UNSUBSCRIBED = declare(
    PublicEvent(
        type="contact.unsubscribed",
        summary=_("A person wants a kind of mail no more, or none at all"),
        scope="customers:read",
        schema={
            "type": "object",
            "required": ["contact", "category", "how"],
            "properties": {
                "contact": CONTACT_SCHEMA,
                "category": {
                    "type": ["string", "null"],
                    "description": "The kind of mail, such as surveys; null: everything but service notices.",
                },
                "how": {"type": "string", "description": "By which way: a link, one click in the mail program, desk…"},
            },
        },
        example=_example,
    )
)
