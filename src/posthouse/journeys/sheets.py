"""Sheets: all runs of a journey entered on one day, packed side by side, for what no sum can answer.

Two traits together, a condition on attributes and the ways through the steps need the runs one by one. A sheet holds
all that the figures look at (standing.Crowd) in some eighty bytes a run, exactly, so that a million runs are a
sequential read and not two joins. Whose a run is stands there as a number (foundation.idnumbers), in ascending order.
"""

from collections.abc import Iterable, Sequence

import numpy as np
import numpy.typing as npt

from posthouse.foundation.idnumbers import Numbers, among, numbers_of
from posthouse.journeys.crowds import Loaded
from posthouse.journeys.standing import Crowd, Floats

TROUBLE, SLOW = 1, 2
NOTHING = 255
"""In a way: no further step."""
Ways = npt.NDArray[np.uint8]
Rows = npt.NDArray[np.void]


def layout(steps: int) -> np.dtype[np.void]:
    """One run; moments are microseconds since 1970, 0 is never."""
    moments = [(name, "<i8") for name in ("entered", "ended", "window", "since", "late_at")]
    small = [("state", "i1"), ("waits_for", "<i2"), ("flags", "u1")]
    return np.dtype([("who", "<u8"), *moments, *small, ("reached", "<i8", (steps,)), ("way", "u1", (steps,))])


def made(loaded: Loaded) -> Rows:
    """Runs as rows of a sheet, in the order in which they came."""
    crowd = loaded.crowd
    rows = np.empty(len(crowd), layout(crowd.reached.shape[1]))
    rows["who"] = numbers_of(loaded.subjects)
    for name in ("entered", "ended", "window", "since", "late_at", "reached"):
        rows[name] = np.nan_to_num(getattr(crowd, name))
    rows["state"], rows["waits_for"], rows["way"] = crowd.state, crowd.waits_for, way(crowd.reached, loaded.positions)
    rows["flags"] = crowd.trouble * TROUBLE + (crowd.slow * SLOW if crowd.slow is not None else 0)
    return rows


def way(reached: Floats, positions: Floats) -> Ways:
    """Of each run the places of its steps in the order they were reached; at equal moments the log's order decides."""
    order = np.lexsort((positions, reached), axis=-1)
    number = (~np.isnan(reached)).sum(axis=1)
    return np.where(np.arange(reached.shape[1]) < number[:, None], order, NOTHING).astype(np.uint8)


def packed(rows: Rows) -> bytes:
    """As a sheet is stored."""
    return rows[np.argsort(rows["who"], kind="stable")].tobytes()


def unpacked(bodies: Iterable[bytes], steps: int, whose: Numbers | None) -> Rows:
    """The runs on some sheets, of those wanted (their numbers, ascending); None: of everybody."""
    kind = layout(steps)
    parts = [np.empty(0, kind)]
    for body in bodies:
        rows = np.frombuffer(body, kind)
        parts.append(rows if whose is None else rows[among(rows["who"], whose)])
    return np.concatenate(parts)


def crowd(rows: Rows) -> Crowd:
    """The runs as the figures want them."""
    return Crowd(
        **{name: _moments(rows[name]) for name in ("entered", "ended", "window", "since", "late_at", "reached")},
        state=rows["state"],
        waits_for=rows["waits_for"],
        trouble=(rows["flags"] & TROUBLE) > 0,
        slow=(rows["flags"] & SLOW) > 0,
    )


def _moments(whole: npt.NDArray[np.int64]) -> Floats:
    return np.where(whole == 0, np.nan, whole)


def whose(ids: Sequence[str]) -> Numbers:
    """The numbers of some customers or contacts, as unpacked() wants them."""
    return np.sort(numbers_of(ids))
