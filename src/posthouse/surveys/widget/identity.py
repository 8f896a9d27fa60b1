"""Who the visitor of a page is, as the vendor's own backend signed it.

    v1.<payload>.<signature>

`payload` is JSON as base64url without padding: `{"email": …}` or `{"contact_id": …}`, `at` (Unix time in seconds), and
if wished `name`, `language`, `attributes`. `signature` is the hexadecimal HMAC-SHA-256 of
`v1.<id of the widget>.<payload>` with the widget's secret: a token of one widget never fits another.
"""

import base64
import binascii
import hashlib
import hmac
import json
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from posthouse.foundation import credentials
from posthouse.foundation.clock import now
from posthouse.foundation.ids import is_id
from posthouse.messages.queries import is_address
from posthouse.people.actions import check_attributes, check_name
from posthouse.surveys.models import Widget
from posthouse.surveys.texts import LANGUAGE

PREFIX = "wsec_"
VERSION = "v1"
LONGEST = 8_000
LASTS = timedelta(hours=24)
AHEAD = timedelta(minutes=5)
"""How far the vendor's clock may be before ours."""
MEMBERS = frozenset({"email", "contact_id", "at", "name", "language", "attributes"})


class Forged(Exception):
    """The token cannot be trusted or not be read; `code` is stable, the text is for whoever signs."""

    def __init__(self, code: str, reason: str) -> None:
        super().__init__(reason)
        self.code = code


@dataclass(frozen=True, kw_only=True)
class Identity:
    """Whom the vendor's backend vouches for: by address, or by the id of a contact."""

    email: str = ""
    contact_id: str = ""
    name: str = ""
    language: str = ""
    attributes: dict[str, Any] = field(default_factory=dict)


def secret_of(widget: Widget) -> str:
    """The secret as the vendor keeps it; empty when its pepper was taken away."""
    return _secret(widget.salt, widget.pepper_id)


def secrets_of(widget: Widget) -> list[str]:
    """Every secret that works now."""
    found = [secret_of(widget)]
    if widget.old_ends_at and now() < widget.old_ends_at:
        found.append(_secret(widget.old_salt, widget.old_pepper_id))
    return [secret for secret in found if secret]


def sign(widget_id: str, secret: str, payload: dict[str, Any]) -> str:
    """A token, as the vendor's backend makes it."""
    body = base64.urlsafe_b64encode(json.dumps(payload).encode()).decode().rstrip("=")
    return f"{VERSION}.{body}.{_signature(widget_id, secret, body)}"


def read(widget: Widget, token: str) -> Identity:
    """Whom a token names. Raises Forged."""
    version, _dot, rest = token.partition(".")
    body, _dot, signature = rest.partition(".")
    if len(token) > LONGEST or version != VERSION or not token.isascii():
        raise Forged("identity-invalid", "The token is not of the form v1.<payload>.<signature>.")
    known = [_signature(widget.pk, secret, body) for secret in secrets_of(widget)]
    if not any(hmac.compare_digest(signature, one) for one in known):
        raise Forged("identity-invalid", "The signature does not fit this widget and its secret.")
    return _identity(_payload(body))


def _payload(body: str) -> dict[str, Any]:
    try:
        said = json.loads(base64.b64decode(body + "=" * (-len(body) % 4), altchars=b"-_", validate=True))
    except (binascii.Error, ValueError, RecursionError) as error:
        raise Forged("identity-invalid", "The payload is not JSON as base64url.") from error
    if not isinstance(said, dict) or not set(said) <= MEMBERS:
        raise Forged("identity-invalid", f"The payload is an object with some of: {', '.join(sorted(MEMBERS))}.")
    return said


def _identity(said: dict[str, Any]) -> Identity:
    moment = said.get("at")
    if not isinstance(moment, int) or isinstance(moment, bool):
        raise Forged("identity-invalid", "`at` is the time of signing, in whole seconds.")
    age = now().timestamp() - moment
    if not -AHEAD.total_seconds() <= age <= LASTS.total_seconds():
        raise Forged("identity-expired", "The token is older than a day, or its time lies ahead.")
    email, contact_id = said.get("email", ""), said.get("contact_id", "")
    if not isinstance(email, str) or not isinstance(contact_id, str) or bool(email) == bool(contact_id):
        raise Forged("identity-invalid", "The payload names either `email` or `contact_id`.")
    if (email and not is_address(email)) or (contact_id and not is_id(contact_id)):
        raise Forged("identity-invalid", "This is no address, or no id, that there can be.")
    return Identity(
        email=email,
        contact_id=contact_id,
        name=_name(said.get("name", "")),
        language=_language(said.get("language", "")),
        attributes=_attributes(said.get("attributes", {})),
    )


def _name(value: Any) -> str:
    try:
        if isinstance(value, str) and len(value) <= 120:
            return str(check_name(value))
    except ValueError as error:
        raise Forged("identity-invalid", f"`name`: {error}") from error
    raise Forged("identity-invalid", "`name` is a text of at most 120 letters.")


def _language(value: Any) -> str:
    if isinstance(value, str) and (not value or LANGUAGE.fullmatch(value)):
        return value
    raise Forged("identity-invalid", "`language` is written like en, es or pt-BR.")


def _attributes(value: Any) -> dict[str, Any]:
    try:
        return dict(check_attributes(value))
    except ValueError as error:
        raise Forged("identity-invalid", f"`attributes`: {error}") from error


def _signature(widget_id: str, secret: str, body: str) -> str:
    return hmac.new(secret.encode(), f"{VERSION}.{widget_id}.{body}".encode(), hashlib.sha256).hexdigest()


def _secret(salt: str, pepper_id: str) -> str:
    key = credentials.derived(f"posthouse.surveys.widget:{salt}", pepper_id)
    return PREFIX + base64.urlsafe_b64encode(key).decode().rstrip("=") if key else ""
