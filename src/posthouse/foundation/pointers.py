"""JSON Pointers (RFC 6901): one value inside a JSON document, named by its way down."""

import re
from typing import Any

MISSING = object()
"""What a pointer leads to that leads nowhere."""
LONGEST = 500
_INDEX = re.compile(r"0|[1-9][0-9]{0,9}", re.ASCII)
_STRAY = re.compile(r"~(?![01])")


def parse(text: str) -> tuple[str, ...]:
    """The parts of a pointer, `~1` and `~0` read (section 4). Raises ValueError for what is none, or is too long."""
    if len(text) > LONGEST or (text and not text.startswith("/")) or _STRAY.search(text):
        raise ValueError("a JSON pointer begins with a slash, and ~ is written ~0, / inside a name ~1")
    return tuple(part.replace("~1", "/").replace("~0", "~") for part in text.split("/")[1:])


def find(document: Any, text: str) -> Any:
    """What a pointer leads to, or MISSING. `-`, the member behind the last of a list, is missing like all others.

    Raises ValueError for a pointer that is none.
    """
    value = document
    for part in parse(text):
        if isinstance(value, dict) and part in value:
            value = value[part]
        elif isinstance(value, list) and _INDEX.fullmatch(part) and int(part) < len(value):
            value = value[int(part)]
        else:
            return MISSING
    return value
