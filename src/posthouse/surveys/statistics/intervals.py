"""Between which bounds a figure lies, with 95 % confidence unless told otherwise. Shares here are 0 to 1, not per cent.

Sources: for the net score, Lewis & Sauro, MeasuringU 2021-01-19 (three methods on real data), and Rocks 2016, The
American Statistician, who finds the adjusted one best; for a share, Wilson 1927 and Agresti & Coull 1998, "Approximate
is better than exact"; for a difference of shares, Agresti & Caffo 2000; for a mean, Student 1908 and Welch 1947.
"""

import math
from collections.abc import Sequence
from statistics import NormalDist
from typing import NamedTuple

from posthouse.surveys.statistics.students_t import t_quantile

CONFIDENCE = 0.95
EXTRA_ANSWERS, EXTRA_AT_EACH_END = 3.0, 0.75


class Interval(NamedTuple):
    """Bounds of a figure."""

    low: float
    high: float

    @property
    def spans_zero(self) -> bool:
        """Whether nothing can be said about the sign."""
        return self.low <= 0 <= self.high

    def times(self, factor: float) -> "Interval":
        """In another unit."""
        return Interval(self.low * factor, self.high * factor)


class TooFewPeople(ValueError):
    """There cannot be more answers than people."""


class Spread(NamedTuple):
    """A figure's centre and the variance of it (not of one answer)."""

    centre: float
    variance: float


def net_spread(high: float, low: float, answers: float) -> Spread:
    """Answers count +1, 0 or -1: the mean is p - d, and the variance of one answer p + d - (p - d)²."""
    p, d = high / answers, low / answers
    return Spread(p - d, max(p + d - (p - d) ** 2, 0.0) / answers)


def adjusted_net_spread(high: int, low: int, answers: int) -> Spread:
    """The same after adding 3 answers, ¾ of them at each end (Rocks 2016; Lewis & Sauro 2021)."""
    return net_spread(high + EXTRA_AT_EACH_END, low + EXTRA_AT_EACH_END, answers + EXTRA_ANSWERS)


def wald_net(high: int, low: int, answers: int, *, confidence: float = CONFIDENCE) -> Interval:
    """The plain interval of p - d, for comparison: far too narrow for few answers, ±0 for ten promoters of ten.

    Not clipped: it may reach beyond ±1.
    """
    return around(net_spread(high, low, answers), z_of(confidence))


def adjusted_wald_net(high: int, low: int, answers: int, *, confidence: float = CONFIDENCE) -> Interval:
    """The adjusted Wald interval of p - d: right at every number of answers, and no wider."""
    return around(adjusted_net_spread(high, low, answers), z_of(confidence), (-1.0, 1.0))


def wilson(hits: int, answers: int, *, confidence: float = CONFIDENCE) -> Interval:
    """The score interval of a share (Wilson 1927): within 0 and 1 by itself, and never of width zero."""
    z = z_of(confidence)
    share, weight = hits / answers, 1 + z * z / answers
    centre = (share + z * z / (2 * answers)) / weight
    half = z * math.sqrt(share * (1 - share) / answers + z * z / (4 * answers * answers)) / weight
    return Interval(0.0 if hits == 0 else max(centre - half, 0.0), 1.0 if hits == answers else min(centre + half, 1.0))


def adjusted_wald_share(hits: int, answers: int, *, confidence: float = CONFIDENCE) -> Interval:
    """The same by adding z² answers, half of them hits (Agresti & Coull 1998): about the centre of Wilson's."""
    z = z_of(confidence)
    return around(share_spread(hits + z * z / 2, answers + z * z), z, (0.0, 1.0))


def share_spread(hits: float, answers: float) -> Spread:
    """A share, with the variance p(1 - p)/n."""
    share = hits / answers
    return Spread(share, share * (1 - share) / answers)


def adjusted_share_spread(hits: int, answers: int) -> Spread:
    """For differences: one hit and one miss added to each side (Agresti & Caffo 2000)."""
    return share_spread(hits + 1, answers + 2)


def mean_spread(counts: Sequence[int], lowest: int) -> Spread | None:
    """The mean of scores and the variance s²/n of it; None when it cannot be told: one answer, or all the same."""
    answers = sum(counts)
    total = sum(count * score for score, count in enumerate(counts, lowest))
    squares = sum(count * score * score for score, count in enumerate(counts, lowest))
    excess = answers * squares - total * total
    return Spread(total / answers, excess / (answers * answers * (answers - 1))) if excess else None


def t_of_mean(
    counts: Sequence[int], lowest: int, bounds: tuple[float, float], *, confidence: float = CONFIDENCE
) -> Interval | None:
    """Student's interval of a mean; None for one answer, or where all are the same and nothing tells the spread."""
    spread = mean_spread(counts, lowest)
    return around(spread, t_quantile((1 + confidence) / 2, sum(counts) - 1), bounds) if spread else None


def of_difference(one: Spread, other: Spread, *, quantile: float) -> Interval:
    """one - other, of two independent figures: their variances add up."""
    return around(Spread(one.centre - other.centre, one.variance + other.variance), quantile)


def welch_degrees(one: Spread, one_answers: int, other: Spread, other_answers: int) -> float:
    """Degrees of freedom for a difference of two means of unequal spread (Welch 1947, Satterthwaite)."""
    parts = one.variance**2 / (one_answers - 1) + other.variance**2 / (other_answers - 1)
    return max((one.variance + other.variance) ** 2 / parts, 1.0)


def of_finite(interval: Interval, figure: float, answers: int, population: int) -> Interval:
    """Drawn in towards the figure by √((N - n)/(N - 1)), where N people were all there were to ask.

    Where everybody answered the figure is the truth. Raises TooFewPeople for more answers than people.
    """
    if answers > population:
        raise TooFewPeople(f"{answers} answers cannot come from {population} people")
    factor = math.sqrt((population - answers) / (population - 1)) if population > 1 else 0.0
    return Interval(figure + (interval.low - figure) * factor, figure + (interval.high - figure) * factor)


def around(spread: Spread, quantile: float, bounds: tuple[float, float] = (-math.inf, math.inf)) -> Interval:
    """Centre ± quantile · √variance, clipped to what is possible."""
    half = quantile * math.sqrt(spread.variance)
    return Interval(max(spread.centre - half, bounds[0]), min(spread.centre + half, bounds[1]))


def z_of(confidence: float) -> float:
    """The normal quantile of a two-sided interval: 1.96 for 95 %."""
    if not 0 < confidence < 1:
        raise ValueError("confidence must be between 0 and 1")
    return NormalDist().inv_cdf((1 + confidence) / 2)
