"""The columns of one day: a number for each answer's score, and for each trait a number that stands for its value.

Rows have the same order in all columns of a day. A column is a line of JSON, the words its numbers stand for, and
then one or two bytes for each row; number 0 is "not known". Every day has its own words, so that a day is made anew
without looking at others, and nothing of a person stays when its answers go.
"""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

SCORE, GAP = "score", "gap"
"""The columns every day has; the others are called as the trait: `language`, `attributes.plan`."""
COMMENTED = 16
"""Added to the score of who also wrote something; together below BINS."""
BINS = 32
NEVER = 65_535
"""The gap of an answer after which its author gave no other."""
MOST_WORDS = 4096
LONGEST_WORD = 200
MOST_TRAITS = 60
LONGEST_NAME = 300
MOST_LOOSE_NAMES = 200
Codes = npt.NDArray[np.uint8] | npt.NDArray[np.uint16]


class Row(NamedTuple):
    """An answer (or a send, whose score is 1 when it was answered). `gap`: days until the next of the same person."""

    score: int
    commented: bool
    gap: int
    traits: Mapping[str, str]


class Column(NamedTuple):
    """One column, as it is reckoned with."""

    words: list[str]
    codes: Codes

    def code_of(self, word: str) -> int | None:
        """The number of a word (empty: not known); None when nobody has it."""
        if not word:
            return 0
        return self.words.index(word) + 1 if word in self.words else None


class Day(NamedTuple):
    """What is known of a day. `loose` names the traits that are not kept as columns; None: that may be any."""

    day: int
    scores: npt.NDArray[np.uint8]
    gaps: npt.NDArray[np.uint16]
    traits: Mapping[str, Column]
    loose: frozenset[str] | None


def text_of(value: Any) -> str:
    """An attribute's value as a word: numbers and truth values as JSON writes them; empty for what has no one word."""
    if isinstance(value, str):
        return value
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return json.dumps(value) if isinstance(value, int | float) else ""


def traits_of(attributes: Any, **facts: str) -> dict[str, str]:
    """Everything that answers are told apart by, without what is empty."""
    found = {name: word for name, word in facts.items() if word}
    if isinstance(attributes, Mapping):
        found |= {f"attributes.{name}": word for name, value in attributes.items() if (word := text_of(value))}
    return found


def day_of(day: int, rows: Iterable[Row]) -> Day:
    """A day made of its rows."""
    kept = list(rows)
    names = Counter(name for row in kept for name in row.traits)
    chosen = [name for name, _count in names.most_common(MOST_TRAITS) if len(name) <= LONGEST_NAME]
    made = {name: _column([row.traits.get(name, "") for row in kept]) for name in chosen}
    traits = {name: column for name, column in made.items() if column is not None}
    loose = names.keys() - traits.keys()
    return Day(
        day,
        np.array([row.score + COMMENTED * row.commented for row in kept], dtype=np.uint8),
        np.array([min(row.gap, NEVER) for row in kept], dtype=np.uint16),
        traits,
        frozenset(loose) if len(loose) <= MOST_LOOSE_NAMES else None,
    )


def _column(words: list[str]) -> Column | None:
    """None for what has too many different words to be kept, such as ids, or too long ones."""
    different = sorted(set(words) - {""})
    if len(different) > MOST_WORDS or any(len(word) > LONGEST_WORD for word in different):
        return None
    numbers = {word: number for number, word in enumerate(different, 1)} | {"": 0}
    codes = np.array([numbers[word] for word in words], dtype=np.uint16)
    return Column(different, codes.astype(np.uint8) if len(different) < 256 else codes)


def packed(day: Day) -> Iterator[tuple[str, bytes]]:
    """The columns of a day as they are stored."""
    loose = None if day.loose is None else sorted(day.loose)
    yield SCORE, _body(loose, day.scores)
    yield GAP, _body(None, day.gaps)
    for name, column in day.traits.items():
        yield name, _body(column.words, column.codes)


def _body(head: Any, codes: Codes) -> bytes:
    line = json.dumps(head).encode() + b"\n"
    return bytes([codes.itemsize]) + line + codes.astype(codes.dtype.newbyteorder("<")).tobytes()


def unpacked(day: int, bodies: Mapping[str, bytes]) -> Day:
    """A day from those of its columns that were read; without gaps, nobody answered again."""
    loose, scores = _parts(bodies[SCORE])
    gaps = _parts(bodies[GAP])[1] if GAP in bodies else np.empty(0, dtype=np.uint16)
    traits = {name: Column(*_parts(body)) for name, body in bodies.items() if name not in (SCORE, GAP)}
    known = None if loose is None else frozenset(loose)
    return Day(day, scores.astype(np.uint8, copy=False), gaps.astype(np.uint16, copy=False), traits, known)


def _parts(body: bytes) -> tuple[Any, Codes]:
    end = body.index(b"\n")
    return _head(body[1:end]), np.frombuffer(body, dtype="<u2" if body[0] == 2 else "u1", offset=end + 1)


@lru_cache(maxsize=2000)
def _head(line: bytes) -> Any:
    """Most days have the same words, so that they are read once."""
    return json.loads(line)
