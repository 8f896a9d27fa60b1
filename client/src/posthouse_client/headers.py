"""The one module for rate-limit fields, Retry-After, problem details and challenges on the wire.

`RateLimit` and `RateLimit-Policy` after draft-ietf-httpapi-ratelimit-headers-11 (23 May 2026), written
as RFC 9651 structured fields; problem details after RFC 9457. Used by the middleware and by Posthouse.
"""

import functools
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from posthouse_client.limits import Limit, LimitState

PROBLEM_MEDIA_TYPE = "application/problem+json"
RATELIMIT = "RateLimit"
RATELIMIT_POLICY = "RateLimit-Policy"
RETRY_AFTER = "Retry-After"

TYPE_BASE = "urn:posthouse:problem:"
"""What comes before the code in a problem's `type`, unless the caller has documentation pages of its own."""

_LARGEST_INTEGER = 999_999_999_999_999
"""RFC 9651, section 3.3.1: an Integer has at most 15 digits."""


@dataclass(frozen=True, slots=True)
class Problem:
    """What is the same every time a code is answered: status, title, and a type of its own or None."""

    status: int
    title: str
    type: str | None = None


PROBLEMS: Mapping[str, Problem] = {
    "key-missing": Problem(401, "This request needs an API key"),
    "key-malformed": Problem(401, "This is not an API key; a part of it may be missing"),
    "key-unknown": Problem(401, "This API key does not exist"),
    "key-revoked": Problem(401, "This API key was revoked"),
    "key-expired": Problem(401, "This API key has expired"),
    "customer-suspended": Problem(403, "This customer is suspended"),
    "ip-not-allowed": Problem(403, "This API key may not be used from this address"),
    "scope-missing": Problem(403, "This API key does not have the scope this request needs"),
    "quota-exceeded": Problem(
        429,
        "Request cannot be satisfied as assigned quota has been exceeded",
        "https://iana.org/assignments/http-problem-types#quota-exceeded",
    ),
    "verifier-unavailable": Problem(503, "API keys cannot be verified at the moment"),
}
"""Every code a decision can refuse with."""


def status_of(code: str) -> int:
    """The HTTP status of a refusal. Raises KeyError for a code that is not in `PROBLEMS`."""
    return PROBLEMS[code].status


def problem(
    code: str,
    *,
    detail: str | None = None,
    instance: str | None = None,
    limits: Sequence[LimitState] = (),
    type_base: str = TYPE_BASE,
    problems: Mapping[str, Problem] = PROBLEMS,
) -> dict[str, Any]:
    """The members of a problem details object for a code.

    With `limits` of a refused decision, `violated-policies` names those that refused, as the draft asks.
    Raises KeyError for a code that is not in `problems`.
    """
    known = problems[code]
    members: dict[str, Any] = {
        "type": known.type or type_base + code,
        "title": known.title,
        "status": known.status,
        "code": code,
    }
    if detail is not None:
        members["detail"] = detail
    if instance is not None:
        members["instance"] = instance
    violated = [state.name for state in limits if state.retry_after]
    if violated:
        members["violated-policies"] = violated
    return members


def problem_body(members: Mapping[str, Any]) -> bytes:
    """A problem details object as the bytes of an answer's body."""
    return json.dumps(members, ensure_ascii=False, separators=(",", ":")).encode()


def ratelimit_policy(limits: Sequence[Limit | LimitState]) -> str:
    """`"burst";q=10;w=1, "daily";q=1000;w=86400`. A window of broken seconds is rounded up."""
    return ", ".join([_policy_item(one.name, one.quota, one.window) for one in limits])


def ratelimit(states: Sequence[LimitState]) -> str:
    """`"burst";r=5;t=1, "daily";r=998;t=87`: what is left, and the seconds until one more is.

    In a refusal only the limits that refused carry `t`: Retry-After should not point earlier than any
    `t` (draft, section 6), and another limit's next unit is not what the client has to wait for.
    """
    refused = False
    for state in states:
        if state.retry_after:
            refused = True
    items = []
    for state in states:
        item = f"{_string(state.name)};r={min(state.remaining, _LARGEST_INTEGER)}"
        if state.retry_after or not refused:
            reset = state.reset
            if reset != math.inf:
                item = f"{item};t={_seconds(reset)}"
        items.append(item)
    return ", ".join(items)


def ratelimit_text(limits: Sequence[Limit], gap: str) -> str:
    """What `ratelimit` says of a call that was let through, with `gap` in place of each number: for each limit
    what is left, and the seconds until one more is. For limits whose quota is above 0.
    """
    return ", ".join([f"{_string(one.name)};r={gap};t={gap}" for one in limits])


def retry_after(seconds: float | None) -> str | None:
    """Whole seconds, rounded up and at least 1; None when there is nothing worth waiting for."""
    if seconds is None or seconds == math.inf:
        return None
    return str(max(1, _seconds(seconds)))


def refusal_headers(
    code: str, states: Sequence[LimitState], wait: float | None, realm: str = "api"
) -> list[tuple[str, str]]:
    """The header fields of a refused call, without those that describe its body.

    RateLimit and RateLimit-Policy when limits were looked at, Retry-After on 429 and 503, and on 401 the
    challenge RFC 9110 requires, in the form of RFC 6750.
    """
    fields = limit_headers(states)
    pause = retry_after(wait)
    if pause is not None:
        fields.append((RETRY_AFTER, pause))
    if status_of(code) == 401:
        error = "" if code == "key-missing" else ', error="invalid_token"'
        fields.append(("WWW-Authenticate", f"Bearer realm={_string(realm)}{error}"))
    return fields


def limit_headers(states: Sequence[LimitState]) -> list[tuple[str, str]]:
    """`RateLimit-Policy` and `RateLimit`; empty when the key has no limits."""
    if not states:
        return []
    return [(RATELIMIT_POLICY, ratelimit_policy(states)), (RATELIMIT, ratelimit(states))]


@functools.lru_cache(maxsize=4096)
def _policy_item(name: str, quota: int, window: float) -> str:
    return f"{_string(name)};q={min(quota, _LARGEST_INTEGER)};w={_seconds(window)}"


@functools.lru_cache(maxsize=4096)
def _string(text: str) -> str:
    """An RFC 9651 String. Raises ValueError when the text is not printable ASCII."""
    if not (text.isascii() and text.isprintable()):
        raise ValueError("a structured field's string is printable ASCII")
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _seconds(seconds: float) -> int:
    return min(math.ceil(seconds), _LARGEST_INTEGER)
