"""Problem details (RFC 9457) for the parts of the house that answer programs."""

from dataclasses import dataclass, field
from typing import Any

TYPE_BASE = "/docs/problems/"
MEDIA_TYPE = "application/problem+json"


@dataclass(kw_only=True)
class Problem(Exception):
    """An error a caller can act upon; `code` is stable, `detail` says what happened and what to do next."""

    status: int
    code: str
    title: str
    detail: str = ""
    extra: dict[str, Any] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)

    def body(self, instance: str = "") -> dict[str, Any]:
        """The members of the answer: type, title, status, detail, instance, code and any extras."""
        members: dict[str, Any] = {
            "type": TYPE_BASE + self.code,
            "title": self.title,
            "status": self.status,
            "code": self.code,
        }
        if self.detail:
            members["detail"] = self.detail
        if instance:
            members["instance"] = instance
        return members | self.extra


def not_found(what: str = "page") -> Problem:
    """404, used for what does not exist and for what belongs to somebody else alike."""
    return Problem(status=404, code="not-found", title="Not found", detail=f"There is no such {what}.")
