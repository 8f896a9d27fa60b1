"""Public identifiers: a readable prefix and 26 characters that sort by time of creation."""

import hashlib
import os
import re
from datetime import datetime

from posthouse.foundation.clock import now

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
_ID = re.compile(r"[A-Za-z0-9_]{1,40}", re.ASCII)


def new_id(prefix: str, at: datetime | None = None) -> str:
    """A new id such as `cus_01kc…`: 48 bits of milliseconds and 80 random bits (the layout of ULID), lower case.

    With `at` it tells that moment instead of the present one: for what must not tell when it was made.
    """
    number = (int((at or now()).timestamp() * 1000) << 80) | int.from_bytes(os.urandom(10))
    return f"{prefix}_" + _written(number)


def _written(number: int) -> str:
    return "".join(_ALPHABET[number >> shift & 31] for shift in range(125, -1, -5))


def id_of(prefix: str, moment: datetime, seed: str) -> str:
    """The id of something that is known elsewhere as `seed`: always the same, sorted by the moment as others are."""
    rest = int.from_bytes(hashlib.blake2b(seed.encode("utf-8", "replace"), digest_size=10).digest())
    return f"{prefix}_" + _written((int(moment.timestamp() * 1000) << 80) | rest)


def is_id(text: str) -> bool:
    """Whether a text could be one of our ids; what could not is not asked of the database (it may hold anything)."""
    return _ID.fullmatch(text) is not None
