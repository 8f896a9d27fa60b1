"""Every way in which the edge says no."""

from typing import Any

from posthouse.foundation.problems import Problem

OVERLOAD_PAUSE = "1"
"""Seconds a caller should wait when the edge is busy: commits take milliseconds, so it is soon free again."""


def bad_request(detail: str) -> Problem:
    """400: the request cannot be read at all."""
    return Problem(status=400, code="bad-request", title="The request cannot be read", detail=detail)


def token_invalid() -> Problem:
    """401: no token, or one that is not valid."""
    return Problem(
        status=401,
        code="token-invalid",
        title="Token missing or not valid",
        detail="Send a team token: Authorization: Bearer … . Tokens are made in the desk under Team.",
        headers={"WWW-Authenticate": 'Bearer realm="posthouse"'},
    )


def scope_missing(name: str) -> Problem:
    """403: the token is good, but not for this."""
    return Problem(
        status=403,
        code="scope-missing",
        title="The token lacks a scope",
        detail=f"This needs the scope {name}. Make a token with it in the desk under Team.",
        extra={"scope": name},
    )


def not_found() -> Problem:
    """404: nothing answers at this address."""
    return Problem(status=404, code="not-found", title="Not found", detail="There is no such page.")


def method_not_allowed(allowed: str) -> Problem:
    """405, naming the methods there are."""
    return Problem(
        status=405,
        code="method-not-allowed",
        title="Method not allowed",
        detail=f"This address answers {allowed}.",
        headers={"Allow": allowed},
    )


def too_slow() -> Problem:
    """408: the body did not arrive in time."""
    return Problem(
        status=408,
        code="request-timeout",
        title="The request took too long to arrive",
        detail="Send it again, in smaller batches if the line is slow.",
        headers={"Connection": "close"},
    )


def event_conflict(source: str, event_id: str) -> Problem:
    """409: another event was taken in under this source and id."""
    return Problem(
        status=409,
        code="event-conflict",
        title="An event with this id says something else",
        detail="An event with this source and id is already known and has another content. Give each event its own id.",
        extra={"source": source, "id": event_id},
    )


def cursor_gone() -> Problem:
    """410: the place in the log is not known here."""
    return Problem(
        status=410,
        code="cursor-gone",
        title="The cursor is not known",
        detail="Take a new snapshot from /api/v1/keys/snapshot and follow from its cursor.",
    )


def too_large(detail: str) -> Problem:
    """413: more than is taken in at once."""
    return Problem(status=413, code="too-large", title="The request is too large", detail=detail)


def unsupported_media(detail: str, headers: dict[str, str] | None = None) -> Problem:
    """415: a media type or content coding that is not understood."""
    return Problem(
        status=415,
        code="unsupported-media-type",
        title="Media type not supported",
        detail=detail,
        headers=headers or {},
    )


def invalid(errors: list[dict[str, Any]]) -> Problem:
    """422: readable, but not of the documented form."""
    return Problem(
        status=422,
        code="invalid-request",
        title="The request is not valid",
        detail="; ".join(f"{error['path']}: {error['message']}".lstrip(": ") for error in errors[:3]),
        extra={"errors": errors},
    )


def overloaded() -> Problem:
    """503: as much is under way as can be; nothing was taken in."""
    return Problem(
        status=503,
        code="overloaded",
        title="Busy",
        detail="Too much is under way at the moment. Send the same request again.",
        headers={"Retry-After": OVERLOAD_PAUSE},
    )


def unavailable(detail: str) -> Problem:
    """503: the database does not answer; what was sent may or may not have been stored."""
    return Problem(
        status=503,
        code="unavailable",
        title="Not available at the moment",
        detail=detail,
        headers={"Retry-After": "2"},
    )


def verifier_unavailable() -> Problem:
    """503: what is known of the keys is too old to decide upon."""
    return Problem(
        status=503,
        code="verifier-unavailable",
        title="API keys cannot be verified at the moment",
        detail="Posthouse cannot read its database. Try again shortly.",
        headers={"Retry-After": "2"},
    )


def internal() -> Problem:
    """500: a fault of ours, which the log tells about."""
    return Problem(status=500, code="internal", title="Something broke here", detail="It was logged.")
