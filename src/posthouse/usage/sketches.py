"""Durations kept so that percentiles can be told later and for any sum of periods.

Up to 48 durations are kept as they are (4 bytes each), so small numbers of calls give exact percentiles; beyond that
a t-digest of 100 centroids (fastdigest), whose 99th percentile is off by about one per cent at most.
"""

import struct
from collections.abc import Iterable, Sequence

from fastdigest import TDigest, merge_all

KEPT_WHOLE = 48
CENTROIDS = 100
_WHOLE, _DIGEST = b"\0", b"\1"


def add(sketch: bytes, durations: Sequence[int]) -> bytes:
    """The sketch with more durations (in microseconds); an empty sketch is `b""`."""
    if sketch[:1] == _DIGEST:
        digest = TDigest.from_bytes(sketch[1:])
        digest.batch_update(durations)
        return _DIGEST + bytes(digest.to_bytes())
    if len(sketch[1:]) // 4 + len(durations) <= KEPT_WHOLE:
        return (sketch or _WHOLE) + struct.pack(f"<{len(durations)}I", *durations)
    return _DIGEST + bytes(TDigest.from_values([*_whole(sketch), *durations], max_centroids=CENTROIDS).to_bytes())


def percentiles(sketches: Iterable[bytes], wanted: Sequence[float] = (0.5, 0.95, 0.99)) -> list[int | None]:
    """The durations below which the wanted shares of all calls lie; None each when there were no calls."""
    values: list[int] = []
    digests: list[TDigest] = []
    for sketch in sketches:
        if sketch[:1] == _DIGEST:
            digests.append(TDigest.from_bytes(sketch[1:]))
        else:
            values += _whole(sketch)
    if not values and not digests:
        return [None] * len(wanted)
    if values:
        digests.append(TDigest.from_values(values, max_centroids=10 * CENTROIDS))
    whole = merge_all(digests, max_centroids=10 * CENTROIDS)
    return [round(whole.quantile(share)) for share in wanted]


def _whole(sketch: bytes) -> Sequence[int]:
    return struct.unpack(f"<{len(sketch) // 4}I", sketch[1:])
