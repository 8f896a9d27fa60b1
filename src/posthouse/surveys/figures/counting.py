"""Goes through days of columns once and counts scores: in spans of days, in a moving window, by a trait.

With `latest`, of each person only the latest answer within the span or window counts: an answer does so at the end of
a span when its gap reaches beyond it. So one column serves every span, window and filter. Filters narrow what is left.
"""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from posthouse.surveys.figures.columns import BINS, Column, Day

Counts = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]


class Span(NamedTuple):
    """Numbers of days, both within."""

    first: int
    last: int


@dataclass(frozen=True)
class Question:
    """What is to be counted. `where` is trait and word; an empty word is "not known".

    `spans` may overlap (the first of them is the one that `by` breaks down); `trend` are spans one after the other;
    `window` is a width in days, asked for at each day of the first span.
    """

    spans: tuple[Span, ...]
    where: tuple[tuple[str, str], ...] = ()
    latest: bool = False
    trend: tuple[Span, ...] = ()
    window: int = 0
    by: str = ""

    @property
    def reach(self) -> Span:
        """The days that must be looked at."""
        first = min(span.first for span in self.spans)
        before = self.spans[0].first - self.window + 1 if self.window else first
        return Span(min(first, before), max(span.last for span in self.spans))

    @property
    def traits(self) -> frozenset[str]:
        """The traits that matter."""
        return frozenset({name for name, _word in self.where} | ({self.by} if self.by else set()))


@dataclass
class Counted:
    """Counts by score (with COMMENTED added for those with a comment), one row of BINS for each thing asked for."""

    spans: list[Counts]
    trend: list[Counts]
    window: Counts
    groups: dict[str, Counts] = field(default_factory=dict)


def count(question: Question, days: Iterable[Day]) -> Counted:
    """Count; days outside of the question do no harm."""
    main = question.spans[0]
    found = Counted(
        [_nothing() for _span in question.spans],
        [_nothing() for _span in question.trend],
        np.zeros((main.last - main.first + 1 if question.window else 0, BINS), dtype=np.int64),
    )
    starts = [span.first for span in question.trend]
    for day in days:
        which = _which(question.where, day)
        if which is not False:
            _add(question, starts, _Left(day, which, question.latest), found)
    return found


def _nothing() -> Counts:
    return np.zeros(BINS, dtype=np.int64)


def _which(where: Sequence[tuple[str, str]], day: Day) -> Bools | bool:
    """The rows that fit: all (True), none (False), or which."""
    found: Bools | bool = True
    for name, word in where:
        column = day.traits.get(name)
        if column is None:
            if word:
                return False
            continue
        code = column.code_of(word)
        if code is None:
            return False
        fits = column.codes == code
        found = fits if found is True else found & fits
    return found


class _Left:
    """The rows of a day that fit, and which of them count at the end of a span."""

    def __init__(self, day: Day, which: Bools | bool, latest: bool) -> None:
        self.day, self.which, self.latest = day, which, latest
        self.scores = day.scores if which is True else day.scores[which]
        self.gaps = (day.gaps if which is True else day.gaps[which]) if latest else None
        self._at_end: dict[int, Counts] = {}

    def at_end(self, last: int) -> Counts:
        """By score, those that count in a span which ends on this day."""
        key = last if self.latest else 0
        if key not in self._at_end:
            self._at_end[key] = np.bincount(self._counting(self.scores, last), minlength=BINS)
        return self._at_end[key]

    def within(self, width: int) -> Counts:
        """By number of days that have passed (below `width`) and score, those that still count."""
        if self.gaps is None:
            return np.broadcast_to(self.at_end(0), (width, BINS))
        passed = np.minimum(self.gaps, width).astype(np.int64) * BINS + self.scores
        by_gap = np.bincount(passed, minlength=(width + 1) * BINS).reshape(width + 1, BINS)
        return np.cumsum(by_gap[::-1], axis=0)[::-1][1:]

    def by(self, column: Column | None, last: int) -> tuple[list[str], Counts]:
        """The words of a trait (the first is empty: not known), and the counts of each."""
        if column is None:
            return [""], self.at_end(last).reshape(1, BINS)
        codes = column.codes if self.which is True else column.codes[self.which]
        places = self._counting(codes, last).astype(np.int64) * BINS + self._counting(self.scores, last)
        words = ["", *column.words]
        return words, np.bincount(places, minlength=len(words) * BINS).reshape(-1, BINS)

    def _counting(self, values: npt.NDArray[np.unsignedinteger], last: int) -> npt.NDArray[np.unsignedinteger]:
        return values if self.gaps is None else values[self.gaps > last - self.day.day]


def _add(question: Question, starts: list[int], left: _Left, found: Counted) -> None:
    number = left.day.day
    for position, span in enumerate(question.spans):
        if span.first <= number <= span.last:
            found.spans[position] += left.at_end(span.last)
    place = bisect_right(starts, number) - 1
    if place >= 0 and number <= question.trend[place].last:
        found.trend[place] += left.at_end(question.trend[place].last)
    main = question.spans[0]
    if question.window:
        _add_to_window(question.window, number - main.first, left, found.window)
    if question.by and main.first <= number <= main.last:
        words, counts = left.by(left.day.traits.get(question.by), main.last)
        for word, row in zip(words, counts, strict=True):
            if row.any():
                found.groups[word] = found.groups[word] + row if word in found.groups else row.copy()


def _add_to_window(width: int, place: int, left: _Left, window: Counts) -> None:
    first, last = max(place, 0), min(place + width, len(window))
    if first < last:
        window[first:last] += left.within(width)[first - place : last - place]
