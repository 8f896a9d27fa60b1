"""Quantiles of Student's t: exact for few degrees of freedom, by an expansion beyond."""

import math
from functools import lru_cache
from statistics import NormalDist

FEW = 30


@lru_cache(maxsize=1024)
def t_quantile(probability: float, degrees: float) -> float:
    """The value that a t variable stays below with this probability (0.5 and more).

    Between whole degrees up to 30 it is interpolated in 1/degrees, as for printed tables. Raises ValueError for others.
    """
    if not 0.5 <= probability < 1 or degrees < 1:
        raise ValueError("needs a probability from a half to one, and one degree of freedom or more")
    if degrees >= FEW:
        return _expansion(probability, degrees)
    below, above = math.floor(degrees), math.ceil(degrees)
    if below == above:
        return _exact(probability, below)
    weight = (1 / below - 1 / degrees) / (1 / below - 1 / above)
    return (1 - weight) * t_quantile(probability, below) + weight * t_quantile(probability, above)


def _exact(probability: float, degrees: int) -> float:
    """By bisection of the distribution in the angle θ = arctan(t/√degrees), which keeps everything bounded."""
    low, high = 0.0, math.pi / 2
    for _ in range(80):
        middle = (low + high) / 2
        low, high = (middle, high) if _below(middle, degrees) < probability else (low, middle)
    return math.tan(low) * math.sqrt(degrees)


def _below(angle: float, degrees: int) -> float:
    """P(T < t) as a finite series (Abramowitz & Stegun 26.7.3 for odd degrees of freedom, 26.7.4 for even ones)."""
    sine, cosine = math.sin(angle), math.cos(angle)
    term, series = (1.0, 0.0) if degrees % 2 == 0 else (cosine, 0.0)
    for step in range(1 if degrees % 2 == 0 else 2, degrees, 2):
        series += term
        term *= cosine * cosine * step / (step + 1)
    between = sine * series if degrees % 2 == 0 else (angle + sine * series) * 2 / math.pi
    return 0.5 + between / 2


def _expansion(probability: float, degrees: float) -> float:
    """Cornish and Fisher's expansion around the normal quantile (Abramowitz & Stegun 26.7.5)."""
    z = NormalDist().inv_cdf(probability)
    terms = (
        (z**3 + z) / 4,
        (5 * z**5 + 16 * z**3 + 3 * z) / 96,
        (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384,
        (79 * z**9 + 776 * z**7 + 1482 * z**5 - 1920 * z**3 - 945 * z) / 92160,
    )
    return z + sum(term / degrees ** (place + 1) for place, term in enumerate(terms))
