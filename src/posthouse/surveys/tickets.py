"""The signed field in the page of somebody whom we did not write to: which answer it will become, and by which door.

An address anybody may have cannot tell one answer from the next. So the page carries the id that its answer is going to
have, under a signature: pressing the button twice, or changing one's mind while the page is open, changes one answer.
It is never part of an address, so it stands in no log and in nobody's history.
"""

from django.core.signing import BadSignature, SignatureExpired, TimestampSigner

from posthouse.foundation.ids import is_id

_SALT = "posthouse.surveys.tickets"
HOURS = 24
"""For which an open page can be sent."""


class Expired(ValueError):
    """The page was open for too long."""


def ticket(door: str, response_id: str) -> str:
    """For a page behind a door (the id of an open link, or of a widget) whose answer is going to have this id."""
    return _signer().sign(f"{door}.{response_id}")


def read(text: str, door: str) -> str | None:
    """The id of the answer; None for what is not ours, or of another door. Raises Expired."""
    try:
        known, _dot, response_id = _signer().unsign(text, max_age=HOURS * 3600).rpartition(".")
    except SignatureExpired as error:
        raise Expired from error
    except BadSignature:
        return None
    return response_id if known == door and is_id(response_id) else None


def _signer() -> TimestampSigner:
    return TimestampSigner(salt=_SALT)
