"""Charts of journeys: the curve of a step with its band, distributions; each title states the finding."""

from collections.abc import Sequence

from django.utils.translation import gettext as _

from posthouse.design import charts
from posthouse.design.wording import number
from posthouse.journeys.figures import StepFigures
from posthouse.journeys.patterns import FirstCalls, Phase, Retention
from posthouse.journeys.statistics import Comparison, Curve, Floats
from posthouse.journeys.words import percent, span

POINTS = 48
BEYOND = 1.25
"""How far the curve is drawn past the time by which 95 % of those who get there did."""
SURE = 0.05


def step_curve(name: str, curve: Curve, other: tuple[str, Curve] | None = None, caption: str = "") -> charts.Spec:
    """The share that has reached a step by each time since it could, with the 95 % band."""
    times = _times([curve] + ([other[1]] if other else []))
    arrived = [_percent(1 - curve.waiting_at(time)) for time in times]
    series: list[charts.Series] = [{"name": _("Reached"), "values": list(arrived), "role": "accent"}]
    if other:
        values = [_percent(1 - other[1].waiting_at(time)) for time in times]
        series.append({"name": other[0], "values": list(values), "role": "soft"})
    low = [_percent(1 - _at(curve, curve.upper, time)) for time in times]
    high = [_percent(1 - _at(curve, curve.lower, time)) for time in times]
    return charts.line(
        curve_title(name, curve),
        [span(time) for time in times],
        series,
        band=(_("Likely range"), low, high),
        unit="%",
        caption=caption
        or _("Since the step could be reached. Who is still under way counts as long as they have been."),
        heading=_("Within"),
    )


def curve_title(name: str, curve: Curve) -> str:
    """What the curve says, in a sentence."""
    if not curve.people:
        return _("Nobody has come to “%(step)s” yet") % {"step": name}
    if not curve.times.size:
        return _("Nobody has reached “%(step)s” yet") % {"step": name}
    never = percent(float(curve.waiting[-1]))
    if curve.median is None:
        share = percent(1 - float(curve.waiting[-1]))
        return _("%(share)s have reached “%(step)s” after %(time)s; half have not") % {
            "share": share,
            "step": name,
            "time": span(curve.observed_until),
        }
    low, high = curve.median_between()
    between = (
        _(" (between %(low)s and %(high)s)") % {"low": span(low), "high": span(high)}
        if low is not None and high is not None and span(low) != span(high)
        else ""
    )
    words = (
        _("Half reach “%(step)s” within %(time)s%(between)s; %(never)s not after %(long)s")
        if curve.waiting[-1] > 0
        else _("Half reach “%(step)s” within %(time)s%(between)s, all within %(last)s")
    )
    return words % {
        "last": span(float(curve.times[-1])),
        "step": name,
        "time": span(curve.median),
        "between": between,
        "never": never,
        "long": span(curve.observed_until),
    }


def compared(name: str, one: StepFigures, other: StepFigures, other_words: str, test: Comparison) -> str:
    """The log-rank test in plain words."""
    if not one.reached and not other.reached:
        return _("Nobody reached “%(step)s” in either, so there is nothing to compare.") % {"step": name}
    quicker = test.observed[0] > test.expected[0]
    given = {
        "step": name,
        "time": span(one.median),
        "other": other_words,
        "other_time": span(other.median),
        "p": number(round(test.p_value, 3)) if test.p_value >= 0.001 else "< 0.001",
    }
    if test.p_value >= SURE:
        return (
            _(
                "“%(step)s” takes %(time)s at the median, %(other_time)s for %(other)s. "
                "That may well be chance (log-rank p = %(p)s)."
            )
            % given
        )
    words = (
        _(
            "“%(step)s” is reached faster than by %(other)s: %(time)s at the median, %(other_time)s there. "
            "Hardly chance (log-rank p = %(p)s)."
        )
        if quicker
        else _(
            "“%(step)s” is reached more slowly than by %(other)s: %(time)s at the median, %(other_time)s there. "
            "Hardly chance (log-rank p = %(p)s)."
        )
    )
    return words % given


def _times(curves: Sequence[Curve]) -> list[float]:
    """Evenly spaced times, as far as something happens."""
    ends = [end for curve in curves if (end := curve.percentile_of_passers(0.95))]
    longest = max((curve.observed_until for curve in curves), default=0.0)
    end = min(max(ends, default=longest) * BEYOND, longest) or longest or 1.0
    return [end * step / POINTS for step in range(POINTS + 1)]


def _at(curve: Curve, bound: Floats, time: float) -> float:
    """The band's edge at a time; before the first step both are 1."""
    place = int((curve.times <= time).sum())
    return float(bound[place - 1]) if place else 1.0


def _percent(share: float) -> float:
    return round(share * 100, 1)


EDGES = (60, 300, 900, 3600, 4 * 3600, 86400, 3 * 86400, 7 * 86400, 30 * 86400)
"""Seconds between the bars of a distribution."""


def first_call_finding(total: FirstCalls | None, start: str) -> str:
    """How long the first call takes, in a sentence."""
    if total is None or not total.people:
        return _("Nobody began in this time.")
    share = percent(total.reached / total.people)
    if total.curve.median is None:
        return _("%(share)s of %(n)s have made their first successful call; half have not.") % {
            "share": share,
            "n": number(total.people),
        }
    return _("Half make their first successful call within %(time)s of %(start)s; %(share)s of %(n)s have made it.") % {
        "time": span(total.curve.median),
        "start": start,
        "share": share,
        "n": number(total.people),
    }


def first_call_distribution(total: FirstCalls) -> charts.Spec:
    """How many needed how long, and how many are still without a call after how long."""
    labels = [_("up to %(time)s") % {"time": span(edge)} for edge in EDGES] + [_("longer")]
    made, still = _in_bars(total.took), _in_bars(total.waiting)
    series: list[charts.Series] = [
        {"name": _("Made the call"), "values": list(made), "role": "accent"},
        {"name": _("Still without one"), "values": list(still), "role": "warn"},
    ]
    most = max(range(len(labels)), key=lambda place: made[place])
    title = _("Most need %(bar)s") % {"bar": labels[most].lower()} if total.reached else _("Nobody has made a call yet")
    caption = _("Customers by how long it took, or how long they have been without.")
    return charts.bar(title, labels, series, caption=caption, heading=_("Within"))


def _in_bars(counts: Sequence[tuple[float, int]]) -> list[int]:
    bars = [0] * (len(EDGES) + 1)
    for seconds, people in counts:
        bars[sum(seconds > edge for edge in EDGES)] += people
    return bars


def retention_finding(kept: Retention, unit: str) -> str:
    """Who is still there, in a sentence."""
    known = [one for one in kept.kept[1:] if one.people]
    if not known:
        return _("Nobody has been here for long enough to say who stays.")
    last = known[-1]
    number_of = last.interval.first // max(1, kept.kept[1].interval.first)
    return _("%(share)s of those who began to call still called in %(unit)s %(n)s.") % {
        "share": percent(last.share),
        "unit": unit,
        "n": number_of,
    }


def retention(kept: Retention, unit: str) -> charts.Spec:
    """The share that was active in each interval after the first call."""
    values: list[charts.Value] = [_percent(one.share) for one in kept.kept if one.share is not None]
    return charts.line(
        retention_finding(kept, unit).removesuffix("."),
        [str(place) for place in range(len(values))],
        [{"name": _("Still calling"), "values": values, "role": "accent"}],
        unit="%",
        caption=_("Of those who can be seen for so long. Number of each %(unit)s since the first call.")
        % {"unit": unit},
        heading=unit,
    )


def lifecycle(phases: Sequence[Phase], unit: str) -> charts.Spec:
    """Who called for the first time, again, again after a gap; and who fell silent."""
    series: list[charts.Series] = [
        {"name": _("New"), "values": [one.new for one in phases], "role": "accent"},
        {"name": _("Returning"), "values": [one.returning for one in phases], "role": "soft"},
        {"name": _("Back after a gap"), "values": [one.resurrecting for one in phases], "role": "good"},
        {"name": _("Fell silent"), "values": [*(-one.dormant for one in phases[:-1]), None], "role": "warn"},
    ]
    return charts.bar(
        lifecycle_title(phases, unit),
        [one.begins for one in phases],
        series,
        caption=_(
            "Customers who called, per %(unit)s; those who fell silent stand below the line. "
            "The last one is still going on."
        )
        % {"unit": unit},
        heading=unit,
    )


def lifecycle_title(phases: Sequence[Phase], unit: str) -> str:
    """Whether more come than go, in a sentence."""
    if len(phases) < 2 or not any(one.active for one in phases):
        return _("No calls in this time")
    last = phases[-2]
    return _(
        "In the last full %(unit)s %(active)s customers called: "
        "%(new)s new, %(back)s back after a gap; %(silent)s fell silent"
    ) % {
        "unit": unit,
        "active": number(last.active),
        "new": number(last.new),
        "back": number(last.resurrecting),
        "silent": number(last.dormant),
    }
