"""Which ways people take: what follows directly on what, and whole ways, of events or of the steps of a journey."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from typing import Any, NamedTuple, Protocol

import numpy as np
import numpy.typing as npt
from django.db.models import F, QuerySet

from posthouse.journeys import sqlparts, standing
from posthouse.journeys.sheets import NOTHING, Rows
from posthouse.timeline import queries as timeline

Ints = npt.NDArray[np.int64]
CHUNK = 50_000
LONGEST_WAY = 12
"""Steps of a way beyond these are cut off when whole ways are compared."""


@dataclass(frozen=True)
class Edge:
    """How often `then` came directly after `first` in a session, and the mean time between, in seconds.

    An empty `first` is the beginning of a session, an empty `then` its end.
    """

    first: str
    then: str
    times: int
    seconds: float | None


@dataclass(frozen=True)
class Paths:
    """The edges, most frequent first, how many there are beside them, and whole ways with how often each was taken."""

    edges: tuple[Edge, ...]
    edges_left_out: int
    times_left_out: int
    variants: tuple[tuple[tuple[str, ...], int], ...]
    sessions: int


class Read(NamedTuple):
    """Who, what and when (in seconds) as numbers, in the order of each one's life; what the numbers of `what` mean."""

    who: Ints
    what: Ints
    at: Ints
    names: Sequence[str]


class Trail(Protocol):
    """What happened to whom."""

    def read(self) -> Read:
        """All of it."""


class Happenings(NamedTuple):
    """A query of what happened to whom, and its columns: who, what, the moment, and what decides between equal ones."""

    rows: QuerySet[Any]
    who: str
    what: str
    at: str
    tie: str

    def read(self) -> Read:
        """In arrays, because three windows over all rows in SQL took three times as long."""
        second = sqlparts.Seconds(F(self.at))
        rows = self.rows.order_by().annotate(t_at=second).values_list(self.who, self.what, "t_at", self.tie)
        whos: dict[str, int] = {}
        whats: dict[str, int] = {}
        parts = [np.empty((0, 4), np.int64)]
        found = iter(rows.iterator(CHUNK))
        while chunk := list(islice(found, CHUNK)):
            numbers = [
                (whos.setdefault(who, len(whos)), whats.setdefault(what, len(whats)), at, tie)
                for who, what, at, tie in chunk
            ]
            parts.append(np.array(numbers, np.int64))
        who, what, at, tie = np.concatenate(parts).T
        order = np.lexsort((tie, at, who))
        return Read(who[order], what[order], at[order], list(whats))


class Steps(NamedTuple):
    """Runs of a journey as rows of sheets, and the keys of its steps."""

    rows: Rows
    names: Sequence[str]

    def read(self) -> Read:
        """The steps in the order in which each run reached them."""
        ways = self.rows["way"]
        who, place = np.nonzero(ways != NOTHING)
        what = ways[who, place].astype(np.int64)
        return Read(who.astype(np.int64), what, self.rows["reached"][who, what] // standing.SECOND, self.names)


def of_events(types: Sequence[str], *, subject: str = "customer", since: datetime, until: datetime) -> Happenings:
    """The trail of events of the timeline."""
    rows = timeline.happenings(types, subject=subject, since=since, until=until)
    return Happenings(rows, "who", "type", "occurred_at", "position")


def paths(trail: Trail, *, gap: timedelta | None = None, most: int = 30, repeats: bool = False) -> Paths:
    """What follows directly on what, per person; after a pause longer than `gap` a new session begins.

    `most` edges and ways are given, the most frequent; without `repeats` the same thing again at once counts as one.
    """
    who, what, at, names = trail.read()
    took = np.diff(at, prepend=at[:1])
    fresh = np.diff(who, prepend=-1) != 0
    if gap:
        fresh |= took > int(gap.total_seconds())
    before = np.where(fresh, -1, np.concatenate([[-1], what[:-1]])) if len(what) else what
    kept = fresh | repeats | (before != what)
    before, what, took, fresh = before[kept], what[kept], took[kept], fresh[kept]
    last = np.append(fresh[1:], True)[: len(what)]
    edges = _edges(before, what, took, last, ["", *names])
    starts = np.flatnonzero(fresh)
    return Paths(
        tuple(edges[:most]),
        len(edges[most:]),
        sum(edge.times for edge in edges[most:]),
        tuple(_ways(what, starts, names)[:most]),
        len(starts),
    )


def _edges(before: Ints, what: Ints, took: Ints, last: npt.NDArray[np.bool_], names: Sequence[str]) -> list[Edge]:
    """Every edge, most frequent first; in `names` the beginning and the end come first."""
    size = len(names)
    pair = (before + 1) * size + what + 1
    times = np.bincount(pair, minlength=size * size)
    seconds = np.bincount(pair, weights=took, minlength=size * size)
    ends = np.bincount((what[last] + 1) * size, minlength=size * size)
    edges = [
        Edge(names[first], names[then], int(number), float(seconds[first * size + then] / number) if first else None)
        for number, first, then in zip(
            times, *(part.tolist() for part in np.divmod(np.arange(size * size), size)), strict=True
        )
        if number
    ]
    edges += [Edge(names[place // size], "", int(ends[place]), None) for place in np.flatnonzero(ends).tolist()]
    return sorted(edges, key=lambda edge: (-edge.times, edge.first, edge.then))


def _ways(what: Ints, starts: Ints, names: Sequence[str]) -> list[tuple[tuple[str, ...], int]]:
    """Whole ways, up to their twelfth step, most frequent first: each step gives every distinct beginning a number."""
    sizes = np.diff(np.append(starts, len(what)))
    way = np.zeros(len(starts), np.int64)
    ways: list[tuple[str, ...]] = [()]
    for step in range(min(LONGEST_WAY, int(sizes.max(initial=0)))):
        goes_on = sizes > step
        following = np.zeros(len(starts), np.int64)
        following[goes_on] = what[starts[goes_on] + step] + 1
        pair = way * (len(names) + 1) + following
        pairs = np.flatnonzero(np.bincount(pair))
        numbers = np.zeros(len(ways) * (len(names) + 1), np.int64)
        numbers[pairs] = np.arange(len(pairs))
        way = numbers[pair]
        ways = [
            (*ways[pair // (len(names) + 1)], *names[pair % (len(names) + 1) - 1 : pair % (len(names) + 1)])
            for pair in pairs.tolist()
        ]
    times = np.bincount(way, minlength=len(ways)).tolist()
    found = [(one, number) for one, number in zip(ways, times, strict=True) if number]
    return sorted(found, key=lambda pair: (-pair[1], pair[0]))
