"""Words and pairs of words that low scores use more than high ones, or the other way round.

Log-odds ratio with an informative Dirichlet prior (Monroe, Colaresi and Quinn 2008, "Fightin' Words", Political
Analysis 16, equations 15, 16 and 22): the prior is all comments together, so that rare words say little, and the
z-score tells how sure the difference is.
"""

import itertools
import math
from collections import Counter
from collections.abc import Iterable
from typing import NamedTuple

from posthouse.surveys.themes.words import STOP, language_of, stem, words

SURE = 2.58
"""The z-score of 99 %: many words are looked at, so that 95 % would let chance through."""
LEAST = 3
"""A word said by fewer people says nothing."""
PRIOR = 500.0
"""How many words all comments together weigh."""


class Telling(NamedTuple):
    """A word or pair as people wrote it most, how sure it is (z; below zero: low scores), and in how many comments."""

    phrase: str
    z: float
    people: int


def telling(low: Iterable[str], high: Iterable[str], most: int = 8) -> tuple[list[Telling], list[Telling]]:
    """What sets comments of low scores apart, and those of high scores; each comment counts a phrase once."""
    shapes: dict[str, Counter[str]] = {}
    one, other = _counts(low, shapes), _counts(high, shapes)
    both = one + other
    total = sum(both.values())
    if not sum(one.values()) or not sum(other.values()) or len(both) < 2:  # one phrase alone tells nothing apart
        return [], []
    found = []
    for phrase, count in both.items():
        if count >= LEAST:
            prior = PRIOR * count / total
            z = _z(other[phrase] + prior, sum(other.values()) + PRIOR, one[phrase] + prior, sum(one.values()) + PRIOR)
            found.append(Telling(shapes[phrase].most_common(1)[0][0], z, count))
    found.sort(key=lambda row: (-abs(row.z), row.phrase))
    sure = [row for row in found if abs(row.z) >= SURE]
    return [row for row in sure if row.z < 0][:most], [row for row in sure if row.z > 0][:most]


def _z(mine: float, all_mine: float, theirs: float, all_theirs: float) -> float:
    delta = math.log(mine / (all_mine - mine)) - math.log(theirs / (all_theirs - theirs))
    return delta / math.sqrt(1 / mine + 1 / theirs)


def _counts(comments: Iterable[str], shapes: dict[str, Counter[str]]) -> Counter[str]:
    """By stems, how many comments hold them; `shapes` gathers how people wrote them."""
    found: Counter[str] = Counter()
    for text in comments:
        language = language_of(text)
        kept = [word if word not in STOP[language] and len(word) > 1 else "" for word in words(text)]
        grams = [(word,) for word in kept if word]
        grams += [pair for pair in itertools.pairwise(kept) if all(pair)]  # type: ignore[misc]  # a pair
        seen = {" ".join(stem(word, language) for word in gram): " ".join(gram) for gram in grams}
        found.update(seen.keys())
        for root, shape in seen.items():
            shapes.setdefault(root, Counter())[shape] += 1
    return found
