"""How often the intervals of a net score hold the truth, computed exactly: every outcome with its probability.

The figures are those published in the product's reference on survey statistics: 228 pairs of shares of promoters and
detractors in steps of 5 %, nominal 95 %, mean and worst coverage in per cent and mean width in points.
"""

import math
from collections.abc import Callable, Iterator

import numpy as np
import pytest
from scipy import stats

from posthouse.surveys.statistics.intervals import (
    Interval,
    adjusted_wald_net,
    around,
    net_spread,
    wald_net,
)

CERTAIN = ((0, 0), (20, 0), (0, 20))
"""Everybody answers alike: nothing to estimate."""
PAIRS = [(p / 20, d / 20) for p in range(21) for d in range(21 - p) if (p, d) not in CERTAIN]
TABLE = [
    # n, plain mean/worst, t mean/worst, adjusted mean/worst, widths plain → adjusted
    (5, (77, 23), (83, 23), (95, 84), (95, 95)),
    (10, (86, 40), (90, 40), (95, 88), (76, 74)),
    (20, (91, 64), (93, 64), (95, 91), (56, 56)),
    (30, (92, 78), (94, 79), (95, 92), (47, 46)),
    pytest.param(50, (94, 88), (94, 88), (95, 92), (37, 36), marks=pytest.mark.slow),
    pytest.param(100, (94, 88), (95, 88), (95, 94), (26, 26), marks=pytest.mark.slow),
]
ROUNDED = 0.55
"""The table has whole numbers; where ours are on the edge of the next one (78.48 for 79) the last digit may differ."""


def outcomes(n: int) -> Iterator[tuple[int, int]]:
    return ((high, low) for high in range(n + 1) for low in range(n + 1 - high))


def t_of_net(high: int, low: int, n: int) -> Interval:
    """As one would with a spreadsheet: the t interval of the answers +1, 0 and -1."""
    spread = net_spread(high, low, n)
    return around(spread._replace(variance=spread.variance * n / (n - 1)), float(stats.t.ppf(0.975, n - 1)))


def coverage(n: int, interval: Callable[[int, int, int], Interval]) -> tuple[float, float, float]:
    """Mean and worst coverage over the pairs, and the mean width of what is expected, all times 100."""
    results = [(high, low, interval(high, low, n)) for high, low in outcomes(n)]
    high = np.array([row[0] for row in results])
    low = np.array([row[1] for row in results])
    lower, upper = np.array([row[2].low for row in results]), np.array([row[2].high for row in results])
    factorial = np.array([math.lgamma(k + 1) for k in range(n + 1)])
    ways = factorial[n] - factorial[high] - factorial[low] - factorial[n - high - low]
    covers, widths = [], []
    for p, d in PAIRS:
        parts = [_log_power(share, k) for share, k in zip((p, d, 1 - p - d), (high, low, n - high - low), strict=True)]
        chance = np.exp(ways + sum(parts))
        assert chance.sum() == pytest.approx(1)
        covers.append(chance[(lower <= p - d + 1e-12) & (p - d - 1e-12 <= upper)].sum())
        widths.append((chance * (upper - lower)).sum())
    return float(np.mean(covers)) * 100, min(covers) * 100, float(np.mean(widths)) * 100


def _log_power(share, exponents):
    """log(share^k), with 0⁰ = 1."""
    if share > 1e-9:
        return exponents * math.log(share)
    return np.where(exponents == 0, 0.0, -np.inf)


def test_there_are_228_pairs():
    assert len(PAIRS) == 228


@pytest.mark.mission("S7")
@pytest.mark.parametrize(("n", "plain", "student", "adjusted", "widths"), TABLE)
def test_the_table_of_the_reference_is_computed_anew(n, plain, student, adjusted, widths):
    of_plain, of_adjusted = coverage(n, wald_net), coverage(n, adjusted_wald_net)
    assert of_plain[:2] == pytest.approx(plain, abs=ROUNDED)
    assert coverage(n, t_of_net)[:2] == pytest.approx(student, abs=ROUNDED)
    assert of_adjusted[:2] == pytest.approx(adjusted, abs=ROUNDED)
    assert (of_plain[2], of_adjusted[2]) == pytest.approx(widths, abs=ROUNDED)


@pytest.mark.mission("S7")
def test_the_adjusted_interval_is_right_where_the_plain_one_is_not():
    """To two places, so that a change of the formula is noticed."""
    assert coverage(10, wald_net) == pytest.approx((86.01, 40.02, 75.74), abs=0.005)
    assert coverage(10, adjusted_wald_net) == pytest.approx((95.12, 87.91, 74.28), abs=0.005)
