"""What changed between two bodies, line by line."""

import difflib
import json
from typing import Any, NamedTuple

from posthouse.foundation.ordered import ordered

_IN_STEPS = ("id", "do", "kind", "name", "when", "if", "again", "stop_if", "of", "event", "journey", "step", "act")
_IN_CONDITIONS = ("all", "any", "not", "happened", "times", "within", "where", "field", "op", "value")
_LAST = ("deadline", "then", "else")


class Difference(NamedTuple):
    """One line: `kind` is "gone", "new" or "same"."""

    kind: str
    text: str


def differences(old: Any, new: Any) -> list[Difference]:
    """The lines of the new body, with those of the old one that are no more; nothing when both are alike."""
    kinds = {"- ": "gone", "+ ": "new", "  ": "same"}
    if old == new:
        return []
    lines = difflib.ndiff(_lines(old), _lines(new))
    return [Difference(kinds[line[:2]], line[2:]) for line in lines if line[:2] in kinds]


def to_text(body: Any) -> str:
    """The body as JSON for people, its names in the order in which the documentation tells them."""
    told = ordered(body, _IN_STEPS + _IN_CONDITIONS + _LAST)
    if isinstance(told, dict) and "do" in told:
        told["do"] = told.pop("do")
    return json.dumps(told, ensure_ascii=False, indent=2)


def _lines(body: Any) -> list[str]:
    return to_text(body).splitlines() if body else []
