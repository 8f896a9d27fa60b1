"""Whether a value can be kept as JSON by both databases, and its text."""

from collections.abc import Iterable
from typing import Any, NamedTuple

import msgspec

BYTES = 64 * 1024
DEPTH = 64
"""SQLite and PostgreSQL both refuse JSON that is nested much deeper."""
NUL = "\x00"

_encoder = msgspec.json.Encoder()


class Stored(NamedTuple):
    """The text as bytes, and what is wrong with the value: a word and a sentence, both empty when it is fit."""

    text: bytes
    fault: str = ""
    why: str = ""


def store(value: dict[str, Any]) -> Stored:
    """Faults are `unreadable`, `too-large` and `too-deep`. NUL is looked for by `has_nul`."""
    if not value:
        return Stored(b"{}")
    try:
        text = _encoder.encode(value)
    except (OverflowError, RecursionError, UnicodeError, msgspec.MsgspecError):
        return Stored(b"", "unreadable", "This cannot be kept as JSON")
    if len(text) > BYTES:
        return Stored(text, "too-large", f"Expected at most {BYTES} bytes")
    if text.count(b"{") + text.count(b"[") > DEPTH and depth(value) > DEPTH:
        return Stored(text, "too-deep", f"Expected at most {DEPTH} levels")
    return Stored(text)


def depth(value: Any) -> int:
    """Levels of nesting, counted without recursion."""
    level, found = [value], 0
    while level:
        found += 1
        deeper: list[Any] = []
        for each in level:
            inner: Iterable[Any] = each.values() if isinstance(each, dict) else each
            deeper += [one for one in inner if isinstance(one, dict | list)]
        level = deeper
    return found


def has_nul(value: Any) -> bool:
    """Whether a NUL character, which PostgreSQL cannot store, is anywhere in a decoded value."""
    if isinstance(value, str):
        return NUL in value
    if isinstance(value, dict):
        return any(NUL in key or has_nul(inner) for key, inner in value.items())
    if isinstance(value, list):
        return any(has_nul(inner) for inner in value)
    return False
