"""From what a client calls an event to a type of ours: `Order Completed` → `order.completed`."""

import hashlib
import re
import unicodedata

from posthouse.intake.dialects.told import Rules
from posthouse.timeline.events import TYPE_PATTERN, catalogue

LONGEST = 120
_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_WORD = re.compile(r"[a-z0-9]+")


def type_for(name: str, rules: Rules) -> str:
    """The declared type; else the normalised name. What only the house itself announces gets the prefix."""
    found = rules.names.get(name) or normal(name, rules.prefix)
    return f"{rules.prefix}.{found}"[:LONGEST] if found in catalogue else found


def normal(name: str, prefix: str) -> str:
    """Object and verb: the last word is the verb, those before it the object. A single word gets the prefix."""
    if TYPE_PATTERN.fullmatch(name) and len(name) <= LONGEST:
        return name
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    words = _WORD.findall(_HUMP.sub(" ", plain).lower())
    if not words:
        words = [f"unnamed_{hashlib.blake2b(name.encode('utf-8', 'replace'), digest_size=4).hexdigest()}"]
    thing, verb = "_".join(words[:-1]) or prefix, words[-1]
    if not thing[0].isalpha():
        thing = f"n{thing}"
    if not verb[0].isalpha():
        verb = f"n{verb}"
    return f"{thing[: LONGEST - 41]}.{verb[:40]}"
