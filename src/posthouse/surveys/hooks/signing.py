"""Whether a delivery is the sender's own, and new.

Three ways, of which a hook takes one, so that nobody can choose a weaker one:
`standard` as Standard Webhooks says (standardwebhooks.com): id, time stamp and body under one signature, in the header
fields `webhook-id`, `webhook-timestamp`, `webhook-signature` (or `svix-…`, as they were called before);
`body` the body alone, as GitHub signs it: `X-Hub-Signature-256: sha256=<hex>`;
`header` the secret itself, for senders that can sign nothing: `Authorization: Bearer …` or `X-Webhook-Secret: …`.
"""

import base64
import hashlib
import hmac
from collections.abc import Mapping
from datetime import datetime, timedelta

from posthouse.foundation import credentials
from posthouse.foundation.clock import now
from posthouse.surveys.models import Hook, Signing

PREFIX = "whsec_"
TOLERANCE = timedelta(minutes=5)
"""How far the sender's clock may be from ours, either way; what is older is a replay."""
LONGEST_ID = 200
MOST_SIGNATURES = 10
"""Of one delivery: a sender that rotates its secret signs with both."""


class Unsigned(Exception):
    """The delivery cannot be trusted; `code` is stable, the text says why without naming the secret."""

    def __init__(self, code: str, reason: str) -> None:
        super().__init__(reason)
        self.code = code


def secret_of(hook: Hook) -> str:
    """The secret as the sender keeps it: `whsec_` and 32 bytes as base64. Empty when its pepper was taken away."""
    return _secret(hook.salt, hook.pepper_id)


def secrets_of(hook: Hook) -> list[str]:
    """Every secret that works now: the newest, and the one before it until its overlap ends."""
    found = [secret_of(hook)]
    if hook.old_ends_at and now() < hook.old_ends_at:
        found.append(_secret(hook.old_salt, hook.old_pepper_id))
    return [secret for secret in found if secret]


def _secret(salt: str, pepper_id: str) -> str:
    key = credentials.derived(f"posthouse.surveys.hook:{salt}", pepper_id)
    return PREFIX + base64.b64encode(key).decode() if key else ""


def checked(hook: Hook, headers: Mapping[str, str], body: bytes) -> str:
    """The id that the signature covers, or empty where the way of signing has none. Raises Unsigned.

    `headers` is asked without regard to upper and lower case.
    """
    return CHECKS[Signing(hook.signing)](secrets_of(hook), headers, body)


def _standard(secrets: list[str], headers: Mapping[str, str], body: bytes) -> str:
    id_, stamp, given = (_either(headers, name) for name in ("id", "timestamp", "signature"))
    if not (id_ and stamp and given):
        raise Unsigned(
            "hook-signature-missing",
            "The header fields webhook-id, webhook-timestamp and webhook-signature are needed.",
        )
    if len(id_) > LONGEST_ID:
        raise Unsigned("hook-signature-invalid", "The webhook-id is too long.")
    _check_time(stamp)
    signed = f"{id_}.{stamp}.".encode("utf-8", "replace") + body
    digests = [base64.b64encode(hmac.digest(_key(secret), signed, hashlib.sha256)).decode() for secret in secrets]
    signatures = [one.removeprefix("v1,") for one in given.split(" ")[:MOST_SIGNATURES] if one.startswith("v1,")]
    if not _any_fits(signatures, digests):
        raise Unsigned("hook-signature-invalid", "None of the signatures fits the body, its id and its time stamp.")
    return id_


def _either(headers: Mapping[str, str], name: str) -> str:
    return headers.get(f"webhook-{name}") or headers.get(f"svix-{name}") or ""


def _key(secret: str) -> bytes:
    return base64.b64decode(secret.removeprefix(PREFIX))


def _check_time(stamp: str) -> None:
    if not (stamp.isascii() and stamp.isdigit() and len(stamp) <= 12):
        raise Unsigned("hook-time-invalid", "The webhook-timestamp is a whole number of seconds since 1970.")
    sent_at = int(stamp)
    if abs(now().timestamp() - sent_at) > TOLERANCE.total_seconds():
        minutes = int(TOLERANCE.total_seconds() // 60)
        raise Unsigned("hook-time-invalid", f"The webhook-timestamp is more than {minutes} minutes from our clock.")


def _body(secrets: list[str], headers: Mapping[str, str], body: bytes) -> str:
    given = headers.get("x-hub-signature-256") or ""
    if not given:
        raise Unsigned("hook-signature-missing", "The header field X-Hub-Signature-256 is needed.")
    digests = [hmac.digest(secret.encode(), body, hashlib.sha256).hex() for secret in secrets]
    if not given.startswith("sha256=") or not _any_fits([given.removeprefix("sha256=").lower()], digests):
        raise Unsigned("hook-signature-invalid", "X-Hub-Signature-256 does not fit the body.")
    return ""


def _header(secrets: list[str], headers: Mapping[str, str], body: bytes) -> str:
    bearer = headers.get("authorization") or ""
    given = headers.get("x-webhook-secret") or (bearer[7:].strip() if bearer[:7].lower() == "bearer " else "")
    if not given:
        raise Unsigned("hook-signature-missing", "The secret is needed: Authorization: Bearer …, or X-Webhook-Secret.")
    if not _any_fits([given], secrets):
        raise Unsigned("hook-signature-invalid", "The secret in the header is not the one of this address.")
    return ""


def _any_fits(given: list[str], right: list[str]) -> bool:
    """Compared in constant time, and all of them."""
    fits = [hmac.compare_digest(one.encode("utf-8", "replace"), other.encode()) for one in given for other in right]
    return any(fits)


CHECKS = {Signing.STANDARD: _standard, Signing.BODY: _body, Signing.HEADER: _header}


def signed(secret: str, id_: str, at: datetime, body: bytes) -> dict[str, str]:
    """The header fields of Standard Webhooks for a body: for examples and tests."""
    stamp = str(int(at.timestamp()))
    digest = hmac.digest(_key(secret), f"{id_}.{stamp}.".encode() + body, hashlib.sha256)
    signature = "v1," + base64.b64encode(digest).decode()
    return {"webhook-id": id_, "webhook-timestamp": stamp, "webhook-signature": signature}
