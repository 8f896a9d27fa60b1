"""Ways through the steps and the coming back of cohorts, prepared for drawing and for tables."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from django.utils.translation import gettext as _

from posthouse.design.wording import day, number
from posthouse.journeys.drawing import Box, Flow, Ribbon, Sankey
from posthouse.journeys.paths import Paths
from posthouse.journeys.patterns import Retention
from posthouse.journeys.words import percent, span

COLUMNS = 5
END = ""
LEVELS = (0.2, 0.4, 0.6, 0.8)


@dataclass(frozen=True)
class NamedBox:
    """A box with the name that stands beside it."""

    box: Box
    name: str
    is_end: bool


@dataclass(frozen=True)
class NamedRibbon:
    """A ribbon with what it says."""

    ribbon: Ribbon
    words: str
    is_end: bool


@dataclass(frozen=True)
class Drawing:
    """The drawing with its names."""

    sankey: Sankey
    boxes: list[NamedBox]
    ribbons: list[NamedRibbon]


def flows(variants: Iterable[tuple[tuple[str, ...], int]]) -> list[Flow]:
    """How many go from the n-th step of their way to the next; where a way ends, to the end."""
    counts: Counter[tuple[int, str, str]] = Counter()
    for way, times in variants:
        shown = [*way[:COLUMNS], *([END] if len(way) < COLUMNS else [])]
        for column in range(len(shown) - 1):
            counts[column, shown[column], shown[column + 1]] += times
    return [Flow(column, source, target, count) for (column, source, target), count in counts.items()]


def labelled(drawn: Sankey, names: Mapping[str, str]) -> Drawing:
    """The drawing with names of steps."""
    return Drawing(
        drawn,
        [NamedBox(box, _name(box.name, names), box.name == END) for box in drawn.boxes],
        [
            NamedRibbon(
                one,
                f"{_name(one.flow.source, names)} → {_name(one.flow.target, names)}: {number(one.flow.count)}",
                one.flow.target == END,
            )
            for one in drawn.ribbons
        ],
    )


@dataclass(frozen=True)
class EdgeRow:
    """One row of the table behind the drawing."""

    first: str
    then: str
    times: int
    time: str


def edges(found: Paths, names: Mapping[str, str]) -> list[EdgeRow]:
    """What follows on what, the most frequent first."""
    return [
        EdgeRow(
            _name(edge.first, names, _("(begins)")),
            _name(edge.then, names, _("(nothing yet)")),
            edge.times,
            span(edge.seconds),
        )
        for edge in found.edges
    ]


def variants(found: Paths, names: Mapping[str, str]) -> list[tuple[str, int, str]]:
    """Whole ways, how often each was taken, and its share."""
    return [
        (
            " → ".join(_name(step, names) for step in way),
            times,
            percent(times / found.sessions if found.sessions else None),
        )
        for way, times in found.variants
    ]


def finding(found: Paths, names: Mapping[str, str]) -> str:
    """What the drawing says, in a sentence."""
    if not found.variants:
        return _("Nobody has taken a step in this time.")
    way, times = found.variants[0]
    return _("%(share)s take the same way: %(way)s.") % {
        "share": percent(times / found.sessions),
        "way": " → ".join(_name(step, names) for step in way),
    }


@dataclass(frozen=True)
class CohortRow:
    """One row of the triangle: those who began together, and the share that was active in each interval."""

    label: str
    people: int
    cells: list[tuple[str, int]]
    """The share in words, and how dark it is (0 to 4)."""


def cohorts(found: Retention, unit: str) -> list[CohortRow]:
    """Cohorts of days put together to days, weeks or months, the newest first."""
    sums: dict[date, tuple[int, list[tuple[int, int]]]] = {}
    for cohort in found.cohorts:
        first = _begin(cohort.day, unit)
        people, cells = sums.get(first, (0, [(0, 0)] * len(cohort.active)))
        added = [
            (seen + cohort.people, active + count) if count is not None else (seen, active)
            for (seen, active), count in zip(cells, cohort.active, strict=True)
        ]
        sums[first] = people + cohort.people, added
    return [
        CohortRow(day(first), people, _cells(cells)) for first, (people, cells) in sorted(sums.items(), reverse=True)
    ]


def _begin(value: date, unit: str) -> date:
    if unit == "month":
        return value.replace(day=1)
    return value - timedelta(days=value.weekday()) if unit == "week" else value


def _cells(cells: Sequence[tuple[int, int]]) -> list[tuple[str, int]]:
    shares = [active / seen if seen else None for seen, active in cells]
    return [
        ("" if share is None else percent(share), sum(share >= level for level in LEVELS) if share else 0)
        for share in shares
    ]


def _name(step: str, names: Mapping[str, str], otherwise: str = "") -> str:
    return names.get(step, step) or otherwise or _("nothing yet")
