"""Time to a step, with those who are still under way counted as what they are: censored.

Times are numbers of any unit (seconds everywhere in this house). At equal times the steps come before the censorings,
as is usual. Formulas: Kalbfleisch & Prentice, The Statistical Analysis of Failure Time Data, chapters 1 and 8.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import NormalDist
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Numbers = Sequence[float] | npt.NDArray[Any]


@dataclass(frozen=True)
class Curve:
    """A Kaplan-Meier curve: the share still waiting after each time at which somebody got there.

    `times` ascending; `waiting` S(t) from that time on (before the first time it is 1); `lower` and `upper` bound it;
    `at_risk` just before and `reached` at that time; `people` all who were observed; `observed_until` the longest
    observation.
    """

    times: Floats
    waiting: Floats
    lower: Floats
    upper: Floats
    at_risk: Floats
    reached: Floats
    people: float
    observed_until: float

    def waiting_at(self, time: float) -> float:
        """The share still waiting at a time."""
        place = int(np.searchsorted(self.times, time, side="right"))
        return float(self.waiting[place - 1]) if place else 1.0

    def time_by_which(self, share: float) -> float | None:
        """The smallest time by which at least this share (0 to 1) got there; None when so many never did."""
        hit = np.flatnonzero(self.waiting <= 1 - share + 1e-12)
        return float(self.times[hit[0]]) if hit.size else None

    @property
    def median(self) -> float | None:
        """The smallest t with S(t) ≤ 0.5, which need not exist."""
        return self.time_by_which(0.5)

    def median_between(self) -> tuple[float | None, float | None]:
        """Bounds of the median (Brookmeyer and Crowley): where the band crosses one half."""
        return _crossing(self.times, self.lower), _crossing(self.times, self.upper)

    def percentile_of_passers(self, share: float) -> float | None:
        """The time by which this share of those who ever get there, by the curve, did; None when nobody did."""
        if not self.times.size:
            return None
        ever = 1 - float(self.waiting[-1])
        return self.time_by_which(share * ever)


@dataclass(frozen=True)
class Comparison:
    """The log-rank test of two groups."""

    chi_square: float
    p_value: float
    observed: tuple[float, float]
    expected: tuple[float, float]


@dataclass(frozen=True)
class Incidence:
    """Cumulative incidence of one kind of end among several (Aalen-Johansen): the share that met it by each time."""

    times: Floats
    share: Floats

    def at(self, time: float) -> float:
        """The share that met this end by a time."""
        place = int(np.searchsorted(self.times, time, side="right"))
        return float(self.share[place - 1]) if place else 0.0


def kaplan_meier(durations: Numbers, censored: Numbers = (), *, confidence: float = 0.95) -> Curve:
    """The curve from how long those took who got there, and for how long the others have been seen waiting.

    Raises ValueError for durations that are negative or not numbers.
    """
    took, waited = _checked(durations), _checked(censored)
    times, place = np.unique(np.concatenate([took, waited]), return_inverse=True)
    return kaplan_meier_of_counts(
        times,
        np.bincount(place[: took.size], minlength=times.size),
        np.bincount(place[took.size :], minlength=times.size),
        confidence=confidence,
    )


def kaplan_meier_of_counts(times: Numbers, reached: Numbers, censored: Numbers, *, confidence: float = 0.95) -> Curve:
    """The same curve from counts: at each of the ascending times so many got there, and so many were last seen waiting.

    With times rounded into bins it is exact but for the width of a bin. Raises ValueError when the times do not
    ascend, or a count is negative.
    """
    t, d, c = _checked(times), _checked(reached), _checked(censored)
    if not t.size == d.size == c.size:
        raise ValueError("times and counts must be as many")
    if np.any(np.diff(t) <= 0):
        raise ValueError("times must ascend")
    gone = d + c
    people = float(gone.sum())
    at_risk = people - (np.cumsum(gone) - gone)
    seen = np.flatnonzero(gone > 0)
    steps = d > 0
    t_d, n_d, d_d = t[steps], at_risk[steps], d[steps]
    waiting = np.asarray(np.cumprod(1 - d_d / n_d), dtype=np.float64)
    lower, upper = _band(waiting, n_d, d_d, confidence)
    return Curve(t_d, waiting, lower, upper, n_d, d_d, people, float(t[seen[-1]]) if seen.size else 0.0)


def _checked(values: Numbers) -> Floats:
    array = np.asarray(values, dtype=np.float64).ravel()
    if array.size and not (np.isfinite(array).all() and array.min() >= 0):
        raise ValueError("times and counts must be finite and not negative")
    return array


def _band(waiting: Floats, at_risk: Floats, reached: Floats, confidence: float) -> tuple[Floats, Floats]:
    """Greenwood's variance on the scale of log(-log S), so that the band stays between 0 and 1."""
    if not 0 < confidence < 1:
        raise ValueError("confidence must be between 0 and 1")
    left = at_risk - reached
    inside = (left > 0) & (waiting > 0) & (waiting < 1)
    terms = np.divide(reached, at_risk * left, out=np.zeros_like(reached), where=left > 0)
    variance = np.cumsum(terms)
    log = np.log(waiting, out=np.full_like(waiting, -1.0), where=inside)
    spread = NormalDist().inv_cdf((1 + confidence) / 2) * np.sqrt(variance) / np.abs(log)
    spread = np.minimum(spread, 700.0)
    lower = np.where(inside, np.exp(log * np.exp(spread)), waiting)
    upper = np.where(inside, np.exp(log * np.exp(-spread)), waiting)
    return lower, upper


def _crossing(times: Floats, share: Floats) -> float | None:
    hit = np.flatnonzero(share <= 0.5)
    return float(times[hit[0]]) if hit.size else None


def log_rank(
    one: tuple[Numbers, Numbers],
    other: tuple[Numbers, Numbers],
) -> Comparison:
    """Whether two groups, each (durations, censored), get there equally fast: chi-square with one degree of freedom."""
    times = np.unique(np.concatenate([_checked(part) for group in (one, other) for part in group]))
    counts = [[_at(times, _checked(part)) for part in group] for group in (one, other)]
    return log_rank_of_counts(times, (counts[0][0], counts[0][1]), (counts[1][0], counts[1][1]))


def _at(times: Floats, values: Floats) -> Floats:
    return np.bincount(np.searchsorted(times, values), minlength=times.size).astype(np.float64)


def log_rank_of_counts(times: Numbers, one: tuple[Numbers, Numbers], other: tuple[Numbers, Numbers]) -> Comparison:
    """The same from counts at ascending times: each group is (reached, censored) at these times."""
    size = _checked(times).size
    d1, c1, d2, c2 = (_checked(part) for part in (*one, *other))
    if not d1.size == c1.size == d2.size == c2.size == size:
        raise ValueError("times and counts must be as many")
    n1, n2 = _at_risk(d1 + c1), _at_risk(d2 + c2)
    d, n = d1 + d2, n1 + n2
    steps = d > 0
    d, n, n1, d1 = d[steps], n[steps], n1[steps], d1[steps]
    expected = d * n1 / n
    spread = np.divide(d * (n1 / n) * (1 - n1 / n) * (n - d), n - 1, out=np.zeros_like(d), where=n > 1)
    variance, excess = float(spread.sum()), float((d1 - expected).sum())
    chi_square = excess * excess / variance if variance > 0 else 0.0
    total, first, awaited = float(d.sum()), float(d1.sum()), float(expected.sum())
    # The chi-square distribution with one degree of freedom is a squared normal one: P(Z² > x) = erfc(√(x/2)).
    p_value = math.erfc(math.sqrt(chi_square / 2))
    return Comparison(chi_square, p_value, (first, total - first), (awaited, total - awaited))


def _at_risk(gone: Floats) -> Floats:
    return np.asarray(gone.sum() - (np.cumsum(gone) - gone), dtype=np.float64)


def cumulative_incidence(ends: Mapping[str, Numbers], censored: Numbers = ()) -> dict[str, Incidence]:
    """For each kind of end (the step, leaving, …), the share that met it by each time, where one excludes the others.

    With competing ends 1 - Kaplan-Meier says too much; these shares and the share still waiting add up to 1.
    """
    met = {kind: _checked(times) for kind, times in ends.items()}
    waited = _checked(censored)
    times = np.unique(np.concatenate([waited, *met.values()]))
    counts = {kind: _at(times, values) for kind, values in met.items()}
    any_end = sum(counts.values(), np.zeros_like(times))
    at_risk = np.maximum(_at_risk(any_end + _at(times, waited)), 1)
    after = np.cumprod(1 - any_end / at_risk)
    before = np.concatenate([[1.0], after[:-1]]) if times.size else after
    return {
        kind: Incidence(times[any_end > 0], np.cumsum(before * count / at_risk)[any_end > 0])
        for kind, count in counts.items()
    }
