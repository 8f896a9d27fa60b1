"""What a chart shows, as plain data: the page draws it with Chart.js and keeps the same figures in a table."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, TypedDict

from django.utils import timezone

from posthouse.design.wording import day, day_and_time

Label = str | datetime | date
Value = float | int | None


class Series(TypedDict):
    """One line, or one colour of bars; None is a gap. `role`: accent, good, warn, bad or soft."""

    name: str
    values: list[Value]
    role: str


class Band(TypedDict):
    """A range drawn behind the lines, such as the percentiles 5 to 95."""

    name: str
    low: list[Value]
    high: list[Value]


class Spec(TypedDict):
    """A chart. The title states the finding; the caption says what is counted."""

    kind: str
    title: str
    caption: str
    heading: str
    unit: str
    labels: list[str]
    series: list[Series]
    band: Band | None
    stacked: bool
    log: bool


ROLES = ("accent", "soft", "warn", "good", "bad")


def line(
    title: str,
    labels: Sequence[Label],
    series: Mapping[str, Sequence[Value]] | Sequence[Series],
    *,
    band: tuple[str, Sequence[Value], Sequence[Value]] | None = None,
    unit: str = "",
    caption: str = "",
    heading: str = "",
    log: bool = False,
) -> Spec:
    """Values over time. `series` maps names to values; `band` is (name, low, high); `heading` names the labels' column.

    Give a list of Series to choose the roles of colours. `log` puts the values on a logarithmic scale.
    """
    spec = _spec("line", title, labels, series, unit, caption, heading)
    if band is not None:
        spec["band"] = {"name": str(band[0]), "low": list(band[1]), "high": list(band[2])}
    spec["log"] = log
    return spec


def bar(
    title: str,
    labels: Sequence[Label],
    series: Mapping[str, Sequence[Value]] | Sequence[Series],
    *,
    unit: str = "",
    caption: str = "",
    heading: str = "",
    stacked: bool = True,
) -> Spec:
    """Amounts side by side, or on top of each other."""
    spec = _spec("bar", title, labels, series, unit, caption, heading)
    spec["stacked"] = stacked
    return spec


def rows(spec: Spec) -> list[tuple[str, list[Value]]]:
    """The figures as rows of a table: label, then the value of every column."""
    columns = [series["values"] for series in spec["series"]]
    if band := spec["band"]:
        columns += [band["low"], band["high"]]
    return [
        (label, [column[index] if index < len(column) else None for column in columns])
        for index, label in enumerate(spec["labels"])
    ]


def _spec(
    kind: str,
    title: str,
    labels: Sequence[Label],
    series: Mapping[str, Sequence[Value]] | Sequence[Series],
    unit: str,
    caption: str,
    heading: str,
) -> Spec:
    return {
        "kind": kind,
        "title": str(title),
        "caption": str(caption),
        "heading": str(heading),
        "unit": str(unit),
        "labels": _labels(labels),
        "series": _series(series),
        "band": None,
        "stacked": False,
        "log": False,
    }


def _series(series: Mapping[str, Sequence[Value]] | Sequence[Series]) -> list[Series]:
    if not isinstance(series, Mapping):
        return [{"name": str(one["name"]), "values": list(one["values"]), "role": one["role"]} for one in series]
    return [
        {"name": str(name), "values": list(values), "role": ROLES[index % len(ROLES)]}
        for index, (name, values) in enumerate(series.items())
    ]


def _labels(labels: Sequence[Label]) -> list[str]:
    """Times in the person's zone; whole days when every label is midnight there."""
    local: list[Any] = [timezone.localtime(label) if isinstance(label, datetime) else label for label in labels]
    times = [label for label in local if isinstance(label, datetime)]
    days_only = all((time.hour, time.minute) == (0, 0) for time in times)
    return [_label(label, days_only) for label in local]


def _label(label: Label, days_only: bool) -> str:
    if isinstance(label, datetime) and not days_only:
        return day_and_time(label)
    if isinstance(label, date):
        return day(label)
    return str(label)
