"""Public identifiers: a readable prefix and 26 characters that sort by time of creation."""

import os
import re

from posthouse.foundation.clock import now

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
_ID = re.compile(r"[A-Za-z0-9_]{1,40}", re.ASCII)


def new_id(prefix: str) -> str:
    """A new id such as `cus_01kc…`: 48 bits of milliseconds and 80 random bits (the layout of ULID), lower case."""
    number = (int(now().timestamp() * 1000) << 80) | int.from_bytes(os.urandom(10))
    return f"{prefix}_" + "".join(_ALPHABET[number >> shift & 31] for shift in range(125, -1, -5))


def is_id(text: str) -> bool:
    """Whether a text could be one of our ids; what could not is not asked of the database (it may hold anything)."""
    return _ID.fullmatch(text) is not None
