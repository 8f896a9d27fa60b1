"""What one revision changes of another, line by line of their texts."""

from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any

from posthouse.journeys.editing.text import to_text

AROUND = 2


@dataclass(frozen=True)
class Line:
    """One line; `kind` is "same", "added", "gone" or "left-out" (for lines that did not change)."""

    kind: str
    text: str


def differences(old: dict[str, Any], new: dict[str, Any]) -> list[Line]:
    """The lines that changed, with some around them; empty when nothing did."""
    before, after = to_text(old).splitlines(), to_text(new).splitlines()
    return list(_lines(before, after)) if before != after else []


def _lines(before: list[str], after: list[str]) -> Iterator[Line]:
    for group in SequenceMatcher(None, before, after, autojunk=False).get_grouped_opcodes(AROUND):
        if group[0][1] > 0:
            yield Line("left-out", "…")
        for kind, first, last, to_first, to_last in group:
            if kind == "equal":
                yield from (Line("same", line) for line in before[first:last])
                continue
            yield from (Line("gone", line) for line in before[first:last])
            yield from (Line("added", line) for line in after[to_first:to_last])
