"""Public events: what programs outside may be told of. Each is declared once, by the feature it happens in."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise


@dataclass(frozen=True)
class PublicEvent:
    """A kind of event that can be subscribed to.

    `schema` is the JSON Schema of `data`, `example` an example of it; `version` goes up when a member changes its
    meaning or goes away, never for one that is added. `scope` is what a token needs to hear of it. `by_campaign`: it
    can be narrowed to survey campaigns.
    """

    type: str
    summary: str | Promise
    scope: str
    schema: dict[str, Any]
    example: Callable[[], dict[str, Any]]
    version: int = 1
    by_campaign: bool = False

    def envelope_schema(self) -> dict[str, Any]:
        """The JSON Schema of the whole body."""
        return {
            "type": "object",
            "description": str(self.summary),
            "required": ["id", "type", "version", "timestamp", "data"],
            "properties": {
                "id": {"type": "string", "description": "The event's id; the header webhook-id says the same."},
                "type": {"const": self.type},
                "version": {"const": self.version},
                "timestamp": {"type": "string", "format": "date-time", "description": "When it happened."},
                "test": {"type": "boolean", "description": "True for a test delivery; left out otherwise."},
                "data": self.schema,
            },
        }


_declared: dict[str, PublicEvent] = {}


def declare(event: PublicEvent) -> PublicEvent:
    """Let a kind of event be subscribed to."""
    _declared[event.type] = event
    return event


def declared() -> dict[str, PublicEvent]:
    """All of them by type."""
    return dict(sorted(_declared.items()))
