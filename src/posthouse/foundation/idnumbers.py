"""Numbers of 64 bits that stand for ids, so that millions of them can be compared as arrays."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

Numbers = npt.NDArray[np.uint64]
START = np.uint64(0x9E3779B97F4A7C15)
MIX = ((30, np.uint64(0xBF58476D1CE4E5B9)), (27, np.uint64(0x94D049BB133111EB)))
"""The finalizer of SplitMix64 (Steele, Lea, Flood 2014), a bijection: with 10⁷ ids the chance of any pair is 3·10⁻⁶."""


def numbers_of(ids: Sequence[str]) -> Numbers:
    """A number for each id, the same wherever and whenever it is asked for."""
    if not ids:
        return np.empty(0, np.uint64)
    texts = np.array([id_.encode() for id_ in ids])
    width = -(-texts.itemsize // 8)
    words = texts.astype(f"S{width * 8}").view("<u8").reshape(len(ids), width)
    found = np.full(len(ids), START)
    for column in words.T:
        # An empty word comes behind the end only, where a longer neighbour decides how wide the array is.
        found = np.where(column == 0, found, _mixed(found ^ column))
    return found


def _mixed(numbers: Numbers) -> Numbers:
    for shift, factor in MIX:
        numbers = (numbers ^ (numbers >> np.uint64(shift))) * factor
    return numbers ^ (numbers >> np.uint64(31))


def among(numbers: Numbers, wanted: Numbers) -> npt.NDArray[np.bool_]:
    """Which of the numbers are among those wanted; `wanted` ascends. Quickest where the numbers ascend too."""
    if not len(wanted):
        return np.zeros(len(numbers), np.bool_)
    place = np.minimum(np.searchsorted(wanted, numbers), len(wanted) - 1)
    return np.asarray(wanted[place] == numbers, dtype=np.bool_)
