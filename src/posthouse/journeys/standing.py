"""Where a crowd of runs stands, as arrays, and from it the clock of each step: who got there, who waits, who left.

The clock of a step starts once the required step before it (in the order of the file) has been reached, or at the
entry; from then on the step is expected. It counts from the latest step before it, optional ones included; a step
reached out of order counts from the latest that came before it in time, or from the entry. Then it is one of

- reached: it ran until the step was reached;
- waiting: it runs still (a completed run goes on counting optional steps), at most until the run's window is over;
- left: the run ended without the step, by an exit rule or because its window was over.

Steps whose clock never started have not been come to. All times are microseconds since 1970, durations are seconds.
"""

import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple, Self

import numpy as np
import numpy.typing as npt

from posthouse.foundation.durations import duration

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
SECOND = 1_000_000
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
OPEN, COMPLETED, EXITED = 0, 1, 2
STATES = {"open": OPEN, "completed": COMPLETED, "exited": EXITED}


def micros(moment: datetime) -> int:
    """A moment as microseconds since 1970, exactly."""
    return (moment - EPOCH) // timedelta(microseconds=1)


class Stage(NamedTuple):
    """What must be known of a step to run its clock; `after` is the place of the required step before it, or -1."""

    key: str
    required: bool
    after: int
    expected: float | None


def stages_of(body: Mapping[str, Any]) -> tuple[Stage, ...]:
    """The steps of a definition."""
    found: list[Stage] = []
    after = -1
    for place, step in enumerate(body["steps"]):
        required = step.get("required", True)
        expected = duration(step["expected"]).total_seconds() if "expected" in step else None
        found.append(Stage(step["key"], required, after, expected))
        after = place if required else after
    return tuple(found)


def shape_of(stages: Sequence[Stage]) -> int:
    """A number that changes when steps are added, removed, moved, or made required or optional."""
    return zlib.crc32(" ".join(f"{stage.key}:{stage.required:d}" for stage in stages).encode())


@dataclass(frozen=True)
class Crowd:
    """Runs, one per row. `reached` has one column per stage; NaN is never. `waits_for` is a place of a stage, or -1.

    `slow`: announced as slow where they wait now; None where that is not known, as at an earlier moment.
    """

    entered: Floats
    state: npt.NDArray[np.int8]
    ended: Floats
    window: Floats
    waits_for: npt.NDArray[np.int16]
    since: Floats
    late_at: Floats
    trouble: Flags
    slow: Flags | None
    reached: Floats

    def __len__(self) -> int:
        return len(self.entered)

    def only(self, which: Flags) -> Self:
        """The runs chosen."""
        parts = {part.name: getattr(self, part.name) for part in fields(self)}
        chosen: dict[str, Any] = {name: None if part is None else part[which] for name, part in parts.items()}
        return replace(self, **chosen)

    def seen_at(self, moment: datetime, stages: Sequence[Stage]) -> Self:
        """The same runs as they stood at an earlier moment: later steps and ends have not happened yet."""
        at = float(micros(moment))
        there = self.only(self.entered <= at)
        reached = np.where(there.reached <= at, there.reached, np.nan)
        still = ~(there.ended <= at)
        state = np.where(still, OPEN, there.state).astype(np.int8)
        waits_for, since, late_at = _outlook(stages, there.entered, reached, state)
        return replace(
            there,
            state=state,
            ended=np.where(still, np.nan, there.ended),
            waits_for=waits_for,
            since=since,
            late_at=late_at,
            slow=None,
            reached=reached,
        )


def _outlook(
    stages: Sequence[Stage], entered: Floats, reached: Floats, state: npt.NDArray[np.int8]
) -> tuple[npt.NDArray[np.int16], Floats, Floats]:
    """The first required step not reached, since when it is awaited, and when it is late."""
    waits_for = np.full(len(entered), -1, dtype=np.int16)
    since, late_at = np.full(len(entered), np.nan), np.full(len(entered), np.nan)
    latest = entered
    for place, stage in enumerate(stages):
        here = (state == OPEN) & (waits_for < 0) & np.isnan(reached[:, place]) & stage.required
        waits_for[here] = place
        since[here] = latest[here]
        if stage.expected is not None:
            late_at[here] = latest[here] + stage.expected * SECOND
        latest = np.fmax(latest, reached[:, place])
    return waits_for, since, late_at


@dataclass(frozen=True)
class Clock:
    """The clock of one step over a crowd. `took` and `left_after` are durations; the rest describes those who wait.

    `since` when their clocks started, `until` when their window is over (NaN: never), `next` whether it is this step
    that the run waits for, `late_at`, `trouble` and `slow` as the engine has them.
    """

    took: Floats
    left_after: Floats
    since: Floats
    until: Floats
    next: Flags
    late_at: Floats
    trouble: Flags
    slow: Flags | None

    @property
    def entered(self) -> int:
        """How many clocks started."""
        return len(self.took) + len(self.left_after) + len(self.since)


class Hands(NamedTuple):
    """Of each run, when the clock of a step began, and which of the three it is; of none where it has not started."""

    begun: Floats
    reached: Flags
    left: Flags
    waiting: Flags


def hands(crowd: Crowd, stages: Sequence[Stage], place: int) -> Hands:
    """The clock of the stage at a place, run by run."""
    at = crowd.reached[:, place]
    after = stages[place].after
    got_there = ~np.isnan(at)
    started = got_there | (True if after < 0 else ~np.isnan(crowd.reached[:, after]))
    begun = crowd.entered
    for before in crowd.reached[:, :place].T:
        begun = np.where(got_there & ~(before <= at), begun, np.fmax(begun, before))
    still = started & ~got_there
    exited = crowd.state == EXITED
    return Hands(begun, got_there, still & exited, still & ~exited)


def clock(crowd: Crowd, stages: Sequence[Stage], place: int) -> Clock:
    """The clock of the stage at a place, over all runs."""
    begun, got_there, left, waiting = hands(crowd, stages, place)
    return Clock(
        took=np.maximum(crowd.reached[got_there, place] - begun[got_there], 0) / SECOND,
        left_after=np.maximum(crowd.ended[left] - begun[left], 0) / SECOND,
        since=begun[waiting],
        until=crowd.window[waiting],
        next=((crowd.waits_for == place) & (crowd.state == OPEN))[waiting],
        late_at=crowd.late_at[waiting],
        trouble=crowd.trouble[waiting],
        slow=None if crowd.slow is None else crowd.slow[waiting],
    )


def waited(which: Clock, at: datetime) -> Floats:
    """How long those who wait have been seen waiting by a moment."""
    seen_until = np.fmin(float(micros(at)), which.until)
    return np.asarray(np.maximum(seen_until - which.since, 0) / SECOND, dtype=np.float64)
