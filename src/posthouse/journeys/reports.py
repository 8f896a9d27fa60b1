"""The figures of one journey as data and as text: exact, from the runs one by one, to be compared with other tools."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

import numpy as np
from django.db.models import Count

from posthouse.foundation.clock import now
from posthouse.foundation.conditions import Condition
from posthouse.journeys import crowds, figures, models, standing, statistics
from posthouse.journeys.figures import JourneyFigures, StepFigures

POINTS = 200
"""A curve is told at so many of its times at most, unless all are asked for."""


def report(
    key: str,
    *,
    since: datetime | None = None,
    until: datetime | None = None,
    where: Condition | None = None,
    as_of: datetime | None = None,
    points: int = POINTS,
) -> dict[str, Any]:
    """Per step: entered, reached, conversion, median and curve by Kaplan-Meier, stuck, left (see README.md).

    Of the runs entered in [since, until), of those for whom `where` holds, as they stood at `as_of` (now). Durations
    are seconds. `points` 0 gives the whole curve. Raises Journey.DoesNotExist, conditions.Invalid and Unqueryable.
    """
    journey = models.Journey.objects.get(pk=key)
    at = as_of or now()
    stages = standing.stages_of(journey.body)
    subject = journey.body.get("subject", "customer")
    rows = crowds.of_those(crowds.entered(key, since, until), subject, where)
    crowd = crowds.load(rows, stages).crowd
    crowd = crowd.seen_at(at, stages) if as_of else crowd
    told = figures.of_crowd(journey.body, crowd, at)
    ends = rows.filter(state=models.RunState.EXITED, ended_at__lte=at)
    return {
        "journey": key,
        "name": journey.body["name"],
        "subject": subject,
        "revision": journey.number,
        "since": _iso(since),
        "until": _iso(until),
        "as_of": _iso(at),
        "where": where or None,
        "entered": told.entered,
        "open": told.open,
        "completed": told.completed,
        "exited": told.exited,
        "exits": dict(ends.order_by("reason").values_list("reason").annotate(Count("pk"))),
        "steps": [_step(step, told, points) for step in told.steps],
    }


def _iso(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None


def _step(step: StepFigures, told: JourneyFigures, points: int) -> dict[str, Any]:
    low, high = step.curve.median_between()
    return {
        "key": step.key,
        "mission": step.mission,
        "name": step.name,
        "required": step.required,
        "entered": step.entered,
        "reached": step.reached,
        "conversion": _rounded(step.conversion),
        "overall": _rounded(step.reached / told.entered if told.entered else None),
        "left": step.left,
        "waiting": step.waiting,
        "expected_seconds": step.expected,
        "median_seconds": step.median,
        "median_between_seconds": [low, high],
        "slow_after_seconds": step.slow_after,
        "stuck": {
            "total": step.stuck.total,
            "limit": step.stuck.limit,
            "slow": step.stuck.slow,
            "trouble": step.stuck.trouble,
        },
        "curve": _curve(step, points),
    }


def _rounded(share: float | None) -> float | None:
    return None if share is None else round(share, 6)


def _curve(step: StepFigures, points: int) -> list[dict[str, float]]:
    """The curve at the times when somebody got there; `got_there` is the incidence, where leaving excludes it."""
    curve, tally = step.curve, step.tally
    incidence = statistics.cumulative_incidence(
        {"got_there": tally.took.times, "left": tally.left.times}, tally.waiting.ages
    )["got_there"]
    return [
        {
            "seconds": float(curve.times[place]),
            "waiting": round(float(curve.waiting[place]), 6),
            "lower": round(float(curve.lower[place]), 6),
            "upper": round(float(curve.upper[place]), 6),
            "at_risk": round(float(curve.at_risk[place])),
            "reached": round(float(curve.reached[place])),
            "got_there": round(incidence.at(float(curve.times[place])), 6),
        }
        for place in _chosen(len(curve.times), points)
    ]


def _chosen(size: int, points: int) -> Sequence[int]:
    """Places spread evenly over a curve, its ends among them."""
    if not points or size <= points:
        return range(size)
    return [int(place) for place in np.unique(np.linspace(0, size - 1, points).round())]


def as_text(told: Mapping[str, Any], language: str = "en") -> str:
    """A report for a terminal."""
    return "\n".join(_lines(told, language))


HEAD = ("step", "entered", "reached", "conv.", "median", "95 % between", "waiting", "stuck", "left")


def _lines(told: Mapping[str, Any], language: str) -> Iterator[str]:
    span = " to ".join(part[:10] if part else "…" for part in (told["since"], told["until"]))
    name = f"{_said(told['name'], language)} ({told['journey']}, revision {told['revision']})"
    yield f"{name}, entered {span}, as of {told['as_of'][:19]}"
    exits = ", ".join(f"{reason or 'no reason'} {number}" for reason, number in told["exits"].items())
    yield (
        f"{told['entered']} entered: {told['open']} under way, {told['completed']} completed, {told['exited']} left"
        + (f" ({exits})" if exits else "")
    )
    yield ""
    rows = [HEAD, *(_row(step, language) for step in told["steps"])]
    widths = [max(len(row[place]) for row in rows) for place in range(len(HEAD))]
    for row in rows:
        first, *rest = (
            cell.ljust(width) if place == 0 else cell.rjust(width)
            for place, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        yield "  ".join([first, *rest]).rstrip()


def _said(texts: Mapping[str, str], language: str) -> str:
    return texts.get(language) or texts.get("en") or next(iter(texts.values()))


def _row(step: Mapping[str, Any], language: str) -> tuple[str, ...]:
    low, high = step["median_between_seconds"]
    between = f"{_time(low)} - {_time(high)}" if step["median_seconds"] is not None else ""
    conversion = "" if step["conversion"] is None else f"{step['conversion']:.1%}"
    return (
        _said(step["name"], language),
        str(step["entered"]),
        str(step["reached"]),
        conversion,
        _time(step["median_seconds"]),
        between,
        str(step["waiting"]),
        str(step["stuck"]["total"]),
        str(step["left"]),
    )


def _time(seconds: float | None) -> str:
    """Short, with the two digits that matter; a dash where there is none."""
    if seconds is None:
        return "-"
    for unit, length in (("d", 86_400), ("h", 3600), ("min", 60)):
        if seconds >= length:
            return f"{seconds / length:.3g} {unit}"
    return f"{seconds:.3g} s"
