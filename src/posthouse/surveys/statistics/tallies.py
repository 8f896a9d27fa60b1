"""How many gave which score, and how many of them wrote something: all that a figure needs of the answers."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from posthouse.surveys.scales import Group
from posthouse.surveys.statistics.formulas import Formula, the_one_of


@dataclass(frozen=True)
class Tally:
    """Answers to one question: `counts` has a place for each score of the scale, from the lowest."""

    formula: Formula
    counts: tuple[int, ...]
    commented: int = 0

    def __post_init__(self) -> None:
        """Raises ValueError for counts that cannot be."""
        if len(self.counts) != len(self.formula.scores):
            raise ValueError(f"{self.formula} has {len(self.formula.scores)} scores, not {len(self.counts)}")
        if min(self.counts) < 0 or not 0 <= self.commented <= sum(self.counts):
            raise ValueError("counts must not be negative, and no more can comment than answer")

    def __add__(self, other: "Tally") -> "Tally":
        """Both together. Raises MixedFormulas when they are answers to different questions."""
        formula = the_one_of((self.formula, other.formula))
        counts = tuple(mine + theirs for mine, theirs in zip(self.counts, other.counts, strict=True))
        return Tally(formula, counts, self.commented + other.commented)

    def __sub__(self, part: "Tally") -> "Tally":
        """All but a part. Raises MixedFormulas as adding does, ValueError for what is no part of this."""
        formula = the_one_of((self.formula, part.formula))
        counts = tuple(mine - theirs for mine, theirs in zip(self.counts, part.counts, strict=True))
        return Tally(formula, counts, self.commented - part.commented)

    @property
    def answers(self) -> int:
        """n: everybody who gave a score, those in the middle as well."""
        return sum(self.counts)

    @property
    def histogram(self) -> dict[int, int]:
        """How many gave each score, those nobody gave as well."""
        return dict(zip(self.formula.scores, self.counts, strict=True))

    @property
    def groups(self) -> dict[Group, int]:
        """How many are in each group."""
        found = dict.fromkeys(Group, 0)
        for score, count in self.histogram.items():
            found[self.formula.group_of(score)] += count
        return found


def tally(formula: Formula, histogram: Mapping[int, int], commented: int = 0) -> Tally:
    """From how many gave which score. Raises ValueError for scores off the scale."""
    if strange := set(histogram) - set(formula.scores):
        raise ValueError(f"not on the scale of {formula}: {sorted(strange)}")
    return Tally(formula, tuple(histogram.get(score, 0) for score in formula.scores), commented)


def empty(formula: Formula) -> Tally:
    """Nobody answered."""
    return Tally(formula, (0,) * len(formula.scores))


def pooled(tallies: Iterable[Tally]) -> Tally:
    """All together, by adding counts: figures of parts are never averaged.

    Raises MixedFormulas when the questions differ, ValueError when there is nothing to add up.
    """
    parts = list(tallies)
    the_one_of(part.formula for part in parts)
    total = parts[0]
    for part in parts[1:]:
        total += part
    return total
