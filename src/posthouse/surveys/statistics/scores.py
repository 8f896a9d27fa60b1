"""The figure of a tally with its bounds, and whether two of them differ. No answers give None, never nought."""

import math
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

from posthouse.surveys.scales import Group
from posthouse.surveys.statistics import intervals
from posthouse.surveys.statistics.formulas import Formula, Kind, the_one_of
from posthouse.surveys.statistics.intervals import CONFIDENCE, Interval, Spread
from posthouse.surveys.statistics.students_t import t_quantile
from posthouse.surveys.statistics.tallies import Tally


@dataclass(frozen=True)
class Score:
    """A figure in the unit of its formula; `value` is None without answers, `interval` also where nothing tells it."""

    formula: Formula
    answers: int
    value: float | None
    interval: Interval | None
    exact: Fraction | None = None

    def rounded(self, digits: int = 0) -> Decimal | None:
        """The figure for people: rounded once, from the counts, halves away from zero."""
        return None if self.exact is None else _rounded(self.exact, digits)


@dataclass(frozen=True)
class Difference:
    """One figure less another, with its interval; `clear` where that leaves no doubt about the direction."""

    value: float | None
    interval: Interval | None

    @property
    def clear(self) -> bool:
        """Whether there is a change to speak of."""
        return self.interval is not None and not self.interval.spans_zero


def nps(promoters: int, passives: int, detractors: int) -> float | None:
    """100 · (P - D)/n with the passives in n; None for nobody. Not rounded: that is done once, where it is shown."""
    answers = promoters + passives + detractors
    return 100 * (promoters - detractors) / answers if answers else None


def share_of(part: int, whole: int) -> float | None:
    """Such as answers of delivered invitations (response rate), or comments of answers; None of nothing."""
    return part / whole if whole else None


def score_of(tally: Tally, *, population: int | None = None, confidence: float = CONFIDENCE) -> Score:
    """The figure of a tally by its own formula, with the interval that suits it.

    Net scores: adjusted Wald; shares: Wilson; means: Student's t. `population` is how many people there are in all,
    where nearly all of them were asked: it narrows the interval. Raises TooFewPeople for more answers than people.
    """
    formula, answers = tally.formula, tally.answers
    exact = _exact(tally)
    if exact is None:
        return Score(formula, 0, None, None)
    value = float(exact)
    interval = _interval(tally, confidence)
    if interval is not None and population is not None:
        interval = intervals.of_finite(interval, value, answers, population)
    return Score(formula, answers, value, interval, exact)


def difference(one: Tally, other: Tally, *, confidence: float = CONFIDENCE) -> Difference:
    """By how much `one` is higher than `other`: two periods, or two segments that share nobody.

    (s₁ - s₂) ± 1.96·√(var₁/n₁ + var₂/n₂) with adjusted counts (Rocks 2016; Agresti & Caffo 2000), by Welch's t for
    means. Raises MixedFormulas when the questions differ.
    """
    formula = the_one_of((one.formula, other.formula))
    mine, theirs = _exact(one), _exact(other)
    if mine is None or theirs is None:
        return Difference(None, None)
    spreads = _spread(one), _spread(other)
    interval = _difference_interval(spreads, (one.answers, other.answers), formula, confidence)
    return Difference(float(mine - theirs), interval)


def _difference_interval(
    spreads: tuple[Spread | None, Spread | None], answers: tuple[int, int], formula: Formula, confidence: float
) -> Interval | None:
    one, other = spreads
    if one is None or other is None:
        return None
    if formula.kind is Kind.MEAN:
        degrees = intervals.welch_degrees(one, answers[0], other, answers[1])
        return intervals.of_difference(one, other, quantile=t_quantile((1 + confidence) / 2, degrees))
    found = intervals.of_difference(one, other, quantile=intervals.z_of(confidence)).times(100)
    widest = 200.0 if formula.kind is Kind.NET else 100.0
    return Interval(max(found.low, -widest), min(found.high, widest))


def _exact(tally: Tally) -> Fraction | None:
    answers, groups = tally.answers, tally.groups
    if not answers:
        return None
    match tally.formula.kind:
        case Kind.NET:
            return Fraction(100 * (groups[Group.HIGH] - groups[Group.LOW]), answers)
        case Kind.SHARE:
            return Fraction(100 * groups[Group.HIGH], answers)
        case Kind.MEAN:
            return Fraction(sum(score * count for score, count in tally.histogram.items()), answers)


def _interval(tally: Tally, confidence: float) -> Interval | None:
    formula, groups = tally.formula, tally.groups
    high, low, answers = groups[Group.HIGH], groups[Group.LOW], tally.answers
    match formula.kind:
        case Kind.NET:
            return intervals.adjusted_wald_net(high, low, answers, confidence=confidence).times(100)
        case Kind.SHARE:
            return intervals.wilson(high, answers, confidence=confidence).times(100)
        case Kind.MEAN:
            return intervals.t_of_mean(tally.counts, formula.scores[0], formula.bounds, confidence=confidence)


def _spread(tally: Tally) -> Spread | None:
    groups, answers = tally.groups, tally.answers
    match tally.formula.kind:
        case Kind.NET:
            return intervals.adjusted_net_spread(groups[Group.HIGH], groups[Group.LOW], answers)
        case Kind.SHARE:
            return intervals.adjusted_share_spread(groups[Group.HIGH], answers)
        case Kind.MEAN:
            return intervals.mean_spread(tally.counts, tally.formula.scores[0])


def _rounded(exact: Fraction, digits: int) -> Decimal:
    scaled = abs(exact) * 10**digits
    whole = math.floor(scaled + Fraction(1, 2))
    return (Decimal(whole if exact >= 0 else -whole).scaleb(-digits)).quantize(
        Decimal(1).scaleb(-digits), rounding=ROUND_HALF_UP
    )
