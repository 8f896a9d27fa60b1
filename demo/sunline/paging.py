"""Opaque cursors: where a list goes on, bound to the list it came from."""

import base64
import binascii
import hashlib
from dataclasses import dataclass

import msgspec

from sunline.errors import ProblemError

_MARK_LENGTH = 12


class _Position(msgspec.Struct, array_like=True, forbid_unknown_fields=True):
    mark: str
    offset: int


@dataclass(frozen=True, slots=True)
class PagedList:
    """A list that is read in pages. `identity` is everything that decides what is in it, `length` its whole length."""

    identity: tuple[str, ...]
    length: int

    def start(self, cursor: str | None) -> int:
        """The index at which the page of this cursor begins."""
        if cursor is None:
            return 0
        position = _decode(cursor)
        if position is None or position.mark != self._mark() or not 0 < position.offset < self.length:
            raise ProblemError("cursor-invalid", "The cursor was not given out for this list.", parameter="cursor")
        return position.offset

    def cursor(self, offset: int) -> str | None:
        """The cursor of the page that begins at the offset, None when nothing is there."""
        if offset >= self.length:
            return None
        raw = msgspec.json.encode(_Position(self._mark(), offset))
        return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()

    def _mark(self) -> str:
        return hashlib.sha256(msgspec.json.encode(self.identity)).hexdigest()[:_MARK_LENGTH]


def _decode(cursor: str) -> _Position | None:
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        raw = base64.b64decode(padded.encode("ascii"), altchars=b"-_", validate=True)
        return msgspec.json.decode(raw, type=_Position)
    except (ValueError, binascii.Error, RecursionError):
        return None
