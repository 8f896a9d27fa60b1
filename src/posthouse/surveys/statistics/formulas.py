"""How answers become one figure: scale, groups and what is reckoned of them, from `scales`. Never two in one figure."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from posthouse.surveys import scales
from posthouse.surveys.scales import Group


class Kind(StrEnum):
    """What the score is: a difference of two shares, one share (both times 100), or the mean on the scale."""

    NET = "net"
    SHARE = "share"
    MEAN = "mean"


KINDS = {
    # Reichheld 2003, "The One Number You Need to Grow": promoters 9-10 less detractors 0-6, passives in the base.
    scales.Formula.NPS: Kind.NET,
    # The usual "top-2-box" of five points, the top of three; of the seven of CES 2.0 ("made it easy") the share of 5-7.
    scales.Formula.TOP_SHARE: Kind.SHARE,
    # Effort has no single standard: also easy 6-7 less difficult 1-3, or the mean.
    scales.Formula.EASY_MINUS_HARD: Kind.NET,
    scales.Formula.MEAN: Kind.MEAN,
}


class MixedFormulas(ValueError):
    """Answers to different questions, or reckoned in different ways, cannot be put in one figure."""


@dataclass(frozen=True)
class Formula:
    """What a campaign asks for, on which scale, and the figure made of it; the three words are those of `scales`."""

    metric: str
    scale: str
    name: str

    def __str__(self) -> str:
        return f"{self.metric} {self.scale} {self.name}"

    @property
    def kind(self) -> Kind:
        """What the score is."""
        return KINDS[scales.Formula(self.name)]

    @property
    def scores(self) -> range:
        """All answers there can be."""
        return scales.scores(self.scale)

    @property
    def bounds(self) -> tuple[float, float]:
        """The least and the greatest figure there can be."""
        if self.kind is Kind.MEAN:
            return float(self.scores[0]), float(self.scores[-1])
        return (-100.0 if self.kind is Kind.NET else 0.0), 100.0

    def group_of(self, score: int) -> Group:
        """The group of a score. Raises ValueError for one that is not on the scale."""
        if score not in self.scores:
            raise ValueError(f"{score} is not between {self.scores[0]} and {self.scores[-1]}")
        return scales.group_of(score, self.scale, self.name)


ALL = tuple(Formula(metric, scale, name) for (metric, scale), names in scales.FORMULAS.items() for name in names)
"""Every formula that a campaign may have."""


def the_one_of(formulas: Iterable[Formula]) -> Formula:
    """The formula that all share. Raises MixedFormulas when they differ, ValueError when there is none."""
    found = list(dict.fromkeys(formulas))
    if not found:
        raise ValueError("no formula at all")
    if len(found) > 1:
        raise MixedFormulas(f"cannot put {' and '.join(map(str, found))} in one figure")
    return found[0]
