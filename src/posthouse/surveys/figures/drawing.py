"""Charts of a campaign's figures; each title states the finding."""

from django.utils.translation import gettext as _

from posthouse.design import charts
from posthouse.surveys import scales
from posthouse.surveys.figures import saying
from posthouse.surveys.figures.metrics import Figure, Metrics
from posthouse.surveys.scales import Group
from posthouse.surveys.statistics.formulas import Kind

ROLES = {Group.LOW: "bad", Group.MIDDLE: "soft", Group.HIGH: "good"}


def histogram(found: Metrics) -> charts.Spec:
    """How many gave each score, in the colours of the groups."""
    counts = found.figure.tally.histogram
    most = max(counts, key=lambda score: counts[score])
    series: list[charts.Series] = [
        {
            "name": scales.group_name(found.formula.metric, group),
            "values": [count if found.formula.group_of(score) is group else None for score, count in counts.items()],
            "role": ROLES[group],
        }
        for group in Group
    ]
    return charts.bar(
        _("The most frequent answer is %(score)s") % {"score": most},
        [str(score) for score in counts],
        series,
        heading=_("Score"),
        caption=_("How many gave each score."),
    )


def trend(found: Metrics) -> charts.Spec:
    """The score of each period, with its bounds."""
    compared = _("Compared with the time before: %(change)s") % {"change": saying.change(found.formula, found.change)}
    return _line(
        _("The score over time") if found.change.value is None else compared,
        [(period.first, figure) for period, figure in found.trend],
        _("Each point is the score of its own answers alone. Where nobody answered there is none."),
        found,
    )


def rolling(found: Metrics) -> charts.Spec:
    """The moving window."""
    title = _("Answers of %(days)s days together, ending with each day") % {"days": found.wish.window}
    return _line(title, list(found.rolling), _("Answers are added up, scores are never averaged."), found)


def _line(title: str, points: list[tuple[object, Figure]], caption: str, found: Metrics) -> charts.Spec:
    digits = 2 if found.formula.kind is Kind.MEAN else 1
    intervals = [figure.score.interval for _place, figure in points]
    band = (
        _("Likely range"),
        [round(interval.low, digits) if interval else None for interval in intervals],
        [round(interval.high, digits) if interval else None for interval in intervals],
    )
    values = [None if (value := figure.score.rounded(digits)) is None else float(value) for _place, figure in points]
    unit = "%" if found.formula.kind is Kind.SHARE else ""
    labels: list[charts.Label] = [place for place, _figure in points]  # type: ignore[misc]  # days
    return charts.line(title, labels, {_("Score"): values}, band=band, unit=unit, caption=caption, heading=_("From"))
