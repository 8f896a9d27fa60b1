"""Making and recognising secrets: the one place where the server's peppers are used with the key format."""

import base64
import hashlib
import hmac
from dataclasses import dataclass

from django.conf import settings

from posthouse_client import keyformat


@dataclass(frozen=True)
class NewSecret:
    """A secret just made: its text is shown once, the rest is stored."""

    text: str
    digest: bytes
    pepper_id: str
    hint: str


def peppers() -> dict[str, bytes]:
    """All peppers by id; the last one is used for new secrets."""
    return {pepper_id: base64.b64decode(text) for pepper_id, text in settings.PEPPERS.items()}


def make_secret(kind: str) -> NewSecret:
    """A new secret of a kind: `test`, `live`, `team` or `poll`."""
    text = keyformat.make(settings.ISSUER, kind)
    pepper_id, pepper = list(peppers().items())[-1]
    return NewSecret(text, keyformat.digest(pepper, text), pepper_id, keyformat.hint(text))


def digests(text: str) -> list[bytes]:
    """Under which digests a presented secret may be stored: none when it is not one of ours, else one per pepper."""
    if keyformat.parse(text) is None:
        return []
    return [keyformat.digest(pepper, text) for pepper in peppers().values()]


def newest_pepper() -> str:
    """The id of the pepper that new secrets are made with."""
    return list(peppers())[-1]


def derived(purpose: str, pepper_id: str) -> bytes | None:
    """32 bytes for a purpose, the same at every call and stored nowhere; None when the pepper was taken away.

    For secrets that both sides must know, as those that sign webhooks: HMAC-SHA-256 of the purpose under the pepper.
    """
    pepper = peppers().get(pepper_id)
    return hmac.digest(pepper, purpose.encode(), hashlib.sha256) if pepper else None
