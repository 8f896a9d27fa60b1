"""Draws curves of figures over growing sizes as SVG, on two logarithmic axes, readable on light and dark pages."""

from collections.abc import Mapping, Sequence
from html import escape
from math import ceil, floor, log10

Points = Sequence[tuple[float, float]]
WIDE, HIGH, LEFT, RIGHT, TOP, BELOW = 720, 380, 70, 20, 44, 54
COLOURS, DASHES = ("#3b82f6", "#d97706", "#10b981"), ("", "7 4", "2 4")
GREY = "#808793"
TENS = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")


def draw(lines: Mapping[str, Points], *, title: str, across: str, up: str) -> str:
    """An SVG of the lines, named in a legend; all figures must be greater than 0."""
    points = [point for line in lines.values() for point in line]
    x_from, x_to = _decades([x for x, _ in points])
    y_from, y_to = _decades([y for _, y in points])

    def place(x: float, y: float) -> tuple[float, float]:
        right = (log10(x) - x_from) / (x_to - x_from) * (WIDE - LEFT - RIGHT)
        high = (log10(y) - y_from) / (y_to - y_from) * (HIGH - TOP - BELOW)
        return round(LEFT + right, 1), round(HIGH - BELOW - high, 1)

    parts = [_text(LEFT, 18, title, "start", size=14), _text(LEFT, HIGH - 8, across, "start")]
    parts += [_text(LEFT, 36, up, "start")]
    for power in range(x_from, x_to + 1):
        x, y = place(10**power, 10**y_from)
        parts += [_line(x, TOP, x, y), _text(x, y + 18, _ten_to(power), "middle")]
    for power in range(y_from, y_to + 1):
        x, y = place(10**x_from, 10**power)
        parts += [_line(x, y, WIDE - RIGHT, y), _text(x - 8, y + 4, _ten_to(power), "end")]
    for number, (name, line) in enumerate(lines.items()):
        parts += _curve(name, [place(*point) for point in line], number)
    body = "\n".join(parts)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDE} {HIGH}" role="img" '
        f'font-family="system-ui, sans-serif">\n<title>{escape(title)}</title>\n{body}\n</svg>\n'
    )


def _decades(values: Sequence[float]) -> tuple[int, int]:
    """The powers of ten between which all values lie; never the same one twice."""
    least, most = floor(log10(min(values))), ceil(log10(max(values)))
    return least, max(most, least + 1)


def _ten_to(power: int) -> str:
    return "10" + str(power).translate(TENS).replace("-", "⁻")


def _line(x: float, y: float, to_x: float, to_y: float, look: str = f'stroke="{GREY}" stroke-opacity="0.35"') -> str:
    return f'<line x1="{x}" y1="{y}" x2="{to_x}" y2="{to_y}" {look}/>'


def _text(x: float, y: float, text: str, anchor: str, size: int = 12) -> str:
    return f'<text x="{x}" y="{y}" text-anchor="{anchor}" font-size="{size}" fill="{GREY}">{escape(text)}</text>'


def _curve(name: str, places: Sequence[tuple[float, float]], number: int) -> list[str]:
    colour, dash = COLOURS[number % len(COLOURS)], DASHES[number % len(DASHES)]
    way = " ".join(f"{x},{y}" for x, y in places)
    x, y = WIDE - RIGHT - 8, HIGH - BELOW - 14 - 18 * number
    return [
        f'<polyline points="{way}" fill="none" stroke="{colour}" stroke-width="2" stroke-dasharray="{dash}"/>',
        *(f'<circle cx="{at}" cy="{high}" r="3" fill="{colour}"/>' for at, high in places),
        _line(x - 30, y - 4, x, y - 4, f'stroke="{colour}" stroke-width="2" stroke-dasharray="{dash}"'),
        _text(x - 36, y, name, "end"),
    ]
