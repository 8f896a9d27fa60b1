"""The signed addresses under which a survey is answered: each holds one send and, in a mail, one score."""

from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.core.signing import BadSignature, Signer

from posthouse.foundation.ids import is_id
from posthouse.foundation.moments import FIRST

_SALT = "posthouse.surveys.links"
NO_SCORE = "x"


@dataclass(frozen=True)
class Link:
    """What a link says; `score` None: none was chosen yet."""

    send_id: str
    score: int | None


def address(send_id: str, score: int | None = None) -> str:
    """Where a send is answered, with a score chosen beforehand or without."""
    return f"{settings.PUBLIC_URL}/survey/{token(send_id, score)}/"


def open_address(token: str) -> str:
    """Where an open link is answered."""
    return f"{settings.PUBLIC_URL}/survey/open/{token}/"


def decline_address(send_id: str) -> str:
    """Where "not now" is said to a send."""
    return f"{address(send_id)}not-now/"


def token(send_id: str, score: int | None = None) -> str:
    """Send and score under a signature (HMAC-SHA-256 with the server's secret); nothing in it can be exchanged."""
    return _signer().sign(f"{send_id}.{NO_SCORE if score is None else score}").replace(":", "~")


def read(text: str) -> Link | None:
    """What a token says; None when it is not one of ours, as it was made."""
    try:
        send_id, _, score = _signer().unsign(text.replace("~", ":")).rpartition(".")
    except BadSignature:
        return None
    if not is_id(send_id) or not (score == NO_SCORE or score.isdecimal()):
        return None
    return Link(send_id, None if score == NO_SCORE else int(score))


def iso(moment: datetime) -> str:
    """A moment for programs and people alike, to the second."""
    return max(moment, FIRST).isoformat(timespec="seconds")


def _signer() -> Signer:
    return Signer(salt=_SALT)
