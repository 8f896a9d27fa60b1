"""The board's summary: for each journey and day of entry (and month), the tally of every step in a few kilobytes.

A cell holds how many runs there are in each state, for each step how many needed how long (in bins 2 % wide, so that
a time is off by 1 % at most) and how many left after how long, and for those who wait since when: to the minute while
that is recent, more roughly as it recedes, always within 1 % of how long they wait. So a cell never needs to be made
anew only because time passes. There is one cell for all runs and one for each plan, channel and country.
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from posthouse.journeys import standing
from posthouse.journeys.figures import Counted, Tally, Waiting
from posthouse.journeys.standing import EXITED, OPEN, SECOND, Crowd, Floats, Stage

GROWTH = 1.02
PRECISION = 0.01
MINUTE = 60
DONE = np.dtype([("step", "u1"), ("kind", "u1"), ("bin", "<u2"), ("people", "<u4")])
WAITS = np.dtype(
    [("step", "u1"), ("flags", "u1"), ("since", "<u4"), ("late", "<u4"), ("until", "<u4"), ("people", "<u4")]
)
STATE, TOOK, LEFT, STOPPED = range(4)
NEXT, LATE, TROUBLE, SLOW = 1, 2, 4, 8
FLAGS = 16
Ints = npt.NDArray[np.int64]


class Cell(NamedTuple):
    """What is kept of some runs; both arrays have one row per distinct combination, with its number of people."""

    done: npt.NDArray[np.void]
    waits: npt.NDArray[np.void]

    def packed(self) -> bytes:
        """As it is stored."""
        return len(self.done).to_bytes(4, "little") + self.done.tobytes() + self.waits.tobytes()


EMPTY = Cell(np.empty(0, DONE), np.empty(0, WAITS))


def unpack(bodies: Iterable[bytes]) -> Cell:
    """Stored cells one after the other, not yet summed up."""
    done, waits = [], []
    for body in bodies:
        middle = 4 + int.from_bytes(body[:4], "little") * DONE.itemsize
        done.append(body[4:middle])
        waits.append(body[middle:])
    return Cell(np.frombuffer(b"".join(done), DONE), np.frombuffer(b"".join(waits), WAITS))


def bin_of(seconds: Floats) -> Ints:
    """0 for less than a second, then bins that each end 2 % later."""
    bins = np.ceil(np.log(np.maximum(seconds, 1)) / np.log(GROWTH)) + (seconds >= 1)
    return np.asarray(bins, dtype=np.int64)


TIMES = np.concatenate([[0.0], GROWTH ** (np.arange(1100) - 0.5)])
"""The time that stands for each bin: the (geometric) middle of it. The last one ends after 80 years."""


def made(crowd: Crowd, stages: Sequence[Stage], groups: Ints, at: datetime) -> dict[int, Cell]:
    """Cells of runs by group (one number per run), as of a moment."""
    now = standing.micros(at)
    done: list[tuple[Ints, Ints]] = [(groups, _done_key(0, STATE, crowd.state.astype(np.int64)))]
    waits: list[tuple[Ints, Ints, Ints]] = []
    for place in range(len(stages)):
        begun, reached, left, waiting = standing.hands(crowd, stages, place)
        over = waiting & (crowd.window <= now) & (crowd.state != OPEN)
        for kind, which, ends in (
            (TOOK, reached, crowd.reached[:, place]),
            (LEFT, left, crowd.ended),
            (STOPPED, over, crowd.window),
        ):
            seconds = np.maximum(ends[which] - begun[which], 0) / SECOND
            done.append((groups[which], _done_key(place, kind, bin_of(seconds))))
        still = waiting & ~over
        waits.append((groups[still], *_waits_keys(crowd, place, begun, still, now)))
    return _by_group(
        [np.concatenate(part) for part in zip(*done, strict=True)],
        [np.concatenate(part) for part in zip(*waits, strict=True)],
        now // (SECOND * MINUTE),
    )


def _done_key(place: int, kind: int, bins: Ints) -> Ints:
    return np.asarray((place << 24 | kind << 16) | bins, dtype=np.int64)


def _waits_keys(crowd: Crowd, place: int, begun: Floats, still: npt.NDArray[np.bool_], now: int) -> tuple[Ints, Ints]:
    """Everything about those who wait, in two numbers: (step, flags, since) and (late, until); 0 is never."""
    late_at, until = crowd.late_at[still], crowd.window[still]
    following = (crowd.waits_for[still] == place) & (crowd.state[still] == OPEN)
    is_late = following & (late_at <= now)
    flags = following * NEXT + is_late * LATE + (following & crowd.trouble[still]) * TROUBLE
    if crowd.slow is not None:
        flags = flags + (following & crowd.slow[still]) * SLOW
    late = np.where(following & (late_at > now), late_at, 0)
    first = (place << 8 | flags.astype(np.int64)) << 32 | _minutes(begun[still])
    return first, -(-_whole(late) // (SECOND * MINUTE)) << 32 | _minutes(np.nan_to_num(until))


def _minutes(moments: Floats) -> Ints:
    return _whole(moments) // (SECOND * MINUTE)


def _whole(moments: Floats) -> Ints:
    return moments.astype(np.int64)


def _by_group(done: Sequence[Ints], waits: Sequence[Ints], minute: int) -> dict[int, Cell]:
    """Sums up what is the same within a group, and takes the groups apart."""
    cells: dict[int, Cell] = {}
    done_group, done_key, _none, done_people = _counted(done[0], done[1], np.zeros_like(done[1]), np.ones_like(done[1]))
    wait_group, first, second, wait_people = _counted(
        waits[0], _coarse(waits[1], minute), waits[2], np.ones_like(waits[1])
    )
    done_rows, wait_rows = _done_rows(done_key, done_people), _wait_rows(first, second, wait_people)
    for group in np.unique(done_group):
        a, b = np.searchsorted(done_group, [group, group + 1])
        c, d = np.searchsorted(wait_group, [group, group + 1])
        cells[int(group)] = Cell(done_rows[a:b], wait_rows[c:d])
    return cells


def _coarse(first: Ints, minute: int) -> Ints:
    """Since when, rounded to a power of two of minutes that is within 1 % of how long it is ago."""
    since = first & 0xFFFFFFFF
    step = np.maximum((minute - since) * PRECISION, 1.0)
    bits = np.floor(np.log2(step)).astype(np.int64)
    return np.asarray((first - since) | (since >> bits << bits), dtype=np.int64)


def _counted(groups: Ints, first: Ints, second: Ints, people: Ints) -> tuple[Ints, Ints, Ints, Ints]:
    """The distinct rows in order, and the sum of people for each."""
    order = np.lexsort((second, first, groups))
    groups, first, second, people = groups[order], first[order], second[order], people[order]
    if not len(groups):
        return groups, first, second, people
    new = np.r_[True, (np.diff(groups) != 0) | (np.diff(first) != 0) | (np.diff(second) != 0)]
    starts = np.flatnonzero(new)
    return groups[starts], first[starts], second[starts], np.add.reduceat(people, starts)


def _done_rows(keys: Ints, people: Ints) -> npt.NDArray[np.void]:
    rows = np.empty(len(keys), DONE)
    rows["step"], rows["kind"], rows["bin"], rows["people"] = keys >> 24, keys >> 16 & 0xFF, keys & 0xFFFF, people
    return rows


def _wait_rows(first: Ints, second: Ints, people: Ints) -> npt.NDArray[np.void]:
    rows = np.empty(len(first), WAITS)
    rows["step"], rows["flags"], rows["since"] = first >> 40, first >> 32 & 0xFF, first & 0xFFFFFFFF
    rows["late"], rows["until"], rows["people"] = second >> 32, second & 0xFFFFFFFF, people
    return rows


def merged(cell: Cell, at: datetime) -> Cell:
    """The same with equal rows summed up, and what recedes rounded: what a month is made of its days by."""
    minute = standing.micros(at) // (SECOND * MINUTE)
    done, waits = cell
    key = done["step"].astype(np.int64) << 24 | done["kind"].astype(np.int64) << 16 | done["bin"]
    none = np.zeros_like(key)
    _g, key, _s, people = _counted(none, key, none, done["people"].astype(np.int64))
    passed = (waits["late"] > 0) & (waits["late"] <= minute)
    flags = waits["flags"].astype(np.int64) | passed * LATE
    first = (waits["step"].astype(np.int64) << 8 | flags) << 32 | waits["since"]
    second = np.where(passed, 0, waits["late"].astype(np.int64)) << 32 | waits["until"]
    _g, first, second, waiting = _counted(
        np.zeros_like(first), _coarse(first, minute), second, waits["people"].astype(np.int64)
    )
    return Cell(_done_rows(key, people), _wait_rows(first, second, waiting))


def states_of(cell: Cell) -> tuple[int, int, int]:
    """How many runs are open, completed, exited."""
    rows = cell.done[cell.done["kind"] == STATE]
    found = np.bincount(rows["bin"], weights=rows["people"], minlength=EXITED + 1)
    return int(found[0]), int(found[1]), int(found[2])


def tallies_of(cell: Cell, steps: int, at: datetime) -> list[Tally]:
    """The tally of each step, as of a moment."""
    done = cell.done
    place = (done["step"].astype(np.int64) * 4 + done["kind"]) * len(TIMES) + done["bin"]
    sums = np.bincount(place, weights=done["people"], minlength=steps * 4 * len(TIMES)).reshape(-1, 4, len(TIMES))
    waiting = _waiting(cell.waits, steps, at)
    return [
        Tally(_counts(sums[step, TOOK]), _counts(sums[step, LEFT]), _with_stopped(sums[step, STOPPED], waiting[step]))
        for step in range(steps)
    ]


def _counts(people: Floats) -> Counted:
    some = np.flatnonzero(people)
    return Counted(TIMES[some], people[some])


def _waiting(waits: npt.NDArray[np.void], steps: int, at: datetime) -> list[Waiting]:
    """Those who wait, by how long (in the same bins) and by what else is known of them."""
    minute = standing.micros(at) // (SECOND * MINUTE)
    until = np.where(waits["until"] > 0, np.minimum(waits["until"].astype(np.int64), minute), minute)
    ages = np.maximum(until - waits["since"].astype(np.int64), 0) * MINUTE
    flags = waits["flags"] | ((waits["late"] > 0) & (waits["late"] <= minute)) * np.uint8(LATE)
    place = (waits["step"].astype(np.int64) * FLAGS + flags) * len(TIMES) + bin_of(ages.astype(np.float64))
    sums = np.bincount(place, weights=waits["people"], minlength=steps * FLAGS * len(TIMES)).reshape(
        -1, FLAGS, len(TIMES)
    )
    return [_waiting_of(sums[step]) for step in range(steps)]


def _waiting_of(sums: Floats) -> Waiting:
    flags, bins = np.nonzero(sums)
    return Waiting(
        TIMES[bins],
        sums[flags, bins],
        (flags & NEXT) > 0,
        (flags & LATE) > 0,
        (flags & TROUBLE) > 0,
        (flags & SLOW) > 0,
    )


def _with_stopped(stopped: Floats, waiting: Waiting) -> Waiting:
    """Those whose window is over wait no more, but were seen without the step for so long."""
    extra = _counts(stopped)
    if not len(extra.times):
        return waiting
    no = np.zeros(len(extra.times), dtype=np.bool_)
    flags = (np.concatenate([no if part is None else part, no]) for part in waiting[2:])
    return Waiting(np.concatenate([waiting.ages, extra.times]), np.concatenate([waiting.people, extra.people]), *flags)


def number_of(day: date) -> int:
    """A day as the number it has in cells."""
    return (day - date(1970, 1, 1)).days


def beginning(number: int) -> datetime:
    """When a day begins, in UTC."""
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(days=number)
