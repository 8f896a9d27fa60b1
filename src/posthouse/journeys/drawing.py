"""Shapes of drawings made on the server: what stands where in an SVG. Colours come from the style sheet."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

WIDTH, HEIGHT = 960, 420
NODE_WIDTH, GAP, LEAST = 10, 14, 3
LABEL_ROOM = 170


@dataclass(frozen=True)
class Flow:
    """So many went from one box to the next; a box is known by its column and its name."""

    column: int
    source: str
    target: str
    count: int


@dataclass(frozen=True)
class Box:
    """A place in the drawing."""

    name: str
    column: int
    count: int
    x: float
    y: float
    height: float
    width: float = NODE_WIDTH

    @property
    def middle(self) -> float:
        """Where its label stands."""
        return round(self.y + self.height / 2, 1)

    @property
    def label_x(self) -> float:
        """Where its label begins."""
        return round(self.x + self.width + 6, 1)


@dataclass(frozen=True)
class Ribbon:
    """A flow between two boxes as an SVG path."""

    flow: Flow
    path: str


@dataclass(frozen=True)
class Sankey:
    """The whole drawing."""

    boxes: list[Box]
    ribbons: list[Ribbon]
    width: int = WIDTH
    height: int = HEIGHT


def sankey(flows: Iterable[Flow]) -> Sankey:
    """Boxes in columns, the largest on top, and ribbons as thick as what flows through them."""
    found = sorted((flow for flow in flows if flow.count > 0), key=_largest_first)
    if not found:
        return Sankey([], [])
    sizes = _sizes(found)
    columns: dict[int, list[tuple[str, int]]] = defaultdict(list)
    for (column, name), count in sorted(sizes.items(), key=lambda pair: (pair[0][0], -pair[1], pair[0][1])):
        columns[column].append((name, count))
    scale = min(_scale(boxes) for boxes in columns.values())
    step = (WIDTH - NODE_WIDTH - LABEL_ROOM) / max(1, *columns)
    boxes = {
        (box.column, box.name): box
        for column, named in columns.items()
        for box in _stacked(column, named, round(column * step, 1), scale)
    }
    return Sankey(list(boxes.values()), list(_ribbons(found, boxes, scale)))


def _largest_first(flow: Flow) -> tuple[int, int, str, str]:
    return (flow.column, -flow.count, flow.source, flow.target)


def _sizes(flows: Sequence[Flow]) -> dict[tuple[int, str], int]:
    """How much stands in each box: the larger of what comes in and what goes out."""
    out: dict[tuple[int, str], int] = defaultdict(int)
    into: dict[tuple[int, str], int] = defaultdict(int)
    for flow in flows:
        out[flow.column, flow.source] += flow.count
        into[flow.column + 1, flow.target] += flow.count
    return {box: max(out[box], into[box]) for box in {*out, *into}}


def _scale(boxes: Sequence[tuple[str, int]]) -> float:
    room = HEIGHT - GAP * (len(boxes) - 1) - LEAST * len(boxes)
    return max(room, 40) / sum(count for _name, count in boxes)


def _stacked(column: int, named: Sequence[tuple[str, int]], x: float, scale: float) -> Iterable[Box]:
    y = 0.0
    for name, count in named:
        height = round(max(LEAST, count * scale), 1)
        yield Box(name, column, count, x, round(y, 1), height)
        y += height + GAP


def _ribbons(flows: Sequence[Flow], boxes: dict[tuple[int, str], Box], scale: float) -> Iterable[Ribbon]:
    left: dict[tuple[int, str], float] = defaultdict(float)
    right: dict[tuple[int, str], float] = defaultdict(float)
    for flow in flows:
        source, target = (flow.column, flow.source), (flow.column + 1, flow.target)
        thick = max(1.0, flow.count * scale)
        path = _path(boxes[source], boxes[target], left[source], right[target], thick)
        left[source] += flow.count * scale
        right[target] += flow.count * scale
        yield Ribbon(flow, path)


def _path(source: Box, target: Box, down: float, over: float, thick: float) -> str:
    x0, x1 = source.x + source.width, target.x
    y0, y1 = source.y + down, target.y + over
    half = (x0 + x1) / 2
    upper = f"M{x0:.1f} {y0:.1f}C{half:.1f} {y0:.1f} {half:.1f} {y1:.1f} {x1:.1f} {y1:.1f}"
    lower = f"V{y1 + thick:.1f}C{half:.1f} {y1 + thick:.1f} {half:.1f} {y0 + thick:.1f} {x0:.1f} {y0 + thick:.1f}Z"
    return upper + lower
