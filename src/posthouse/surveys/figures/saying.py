"""Figures in words: a score in its unit, its bounds, and whether it changed."""

from decimal import Decimal

from django.utils.translation import gettext as _

from posthouse.design.wording import number
from posthouse.surveys import scales
from posthouse.surveys.figures.metrics import Figure, Metrics
from posthouse.surveys.statistics.formulas import Formula, Kind
from posthouse.surveys.statistics.people import Counting
from posthouse.surveys.statistics.scores import Difference

DASH = "–"


def digits(formula: Formula) -> int:
    """How many decimals are shown."""
    return 1 if formula.kind is Kind.MEAN else 0


def amount(formula: Formula, value: float | Decimal | None) -> str:
    """A score, or a bound of one, in its unit."""
    if value is None:
        return DASH
    shown = number(round(float(value), digits(formula)) + 0)  # no minus before a nought
    return f"{shown} %" if formula.kind is Kind.SHARE else shown


def score(figure: Figure) -> str:
    """A figure's score, rounded once."""
    formula = figure.score.formula
    return amount(formula, figure.score.rounded(digits(formula)))


def bounds(figure: Figure) -> str:
    """Between what the score lies, in a few words; empty where nobody knows."""
    interval, formula = figure.score.interval, figure.score.formula
    if interval is None:
        return ""
    given = {"low": amount(formula, interval.low), "high": amount(formula, interval.high)}
    return _("between %(low)s and %(high)s") % given


def change(formula: Formula, found: Difference) -> str:
    """By how much something differs; "no clear change" unless that is beyond doubt."""
    if found.value is None:
        return DASH
    if not found.clear:
        return _("no clear change")
    given = {"by": amount(formula, abs(found.value))}
    return (_("higher by %(by)s") if found.value > 0 else _("lower by %(by)s")) % given


def from_others(formula: Formula, found: Difference) -> str:
    """The same for a part and all others."""
    return _("no clear difference") if found.value is not None and not found.clear else change(formula, found)


def percent(share: float | None) -> str:
    """0.784 -> 78 %; a dash when there is nothing to take a share of."""
    return DASH if share is None else f"{number(round(share * 100, 1) if 0 < share < 0.1 else round(share * 100))} %"


def counting(which: Counting) -> str:
    """What the figures are made of."""
    return _("all answers") if which is Counting.ALL else _("the latest answer of each person")


def finding(found: Metrics) -> str:
    """What the page says first."""
    figure = found.figure
    if found.withheld:
        return _("Too few answers to be shown")
    if not figure.tally.answers:
        return _("Nobody answered in this time")
    return _("%(metric)s %(score)s, %(bounds)s, from %(count)s answers") % {
        "metric": scales.Metric(found.formula.metric).value.upper(),
        "score": score(figure),
        "bounds": bounds(figure) or _("how sure is not known"),
        "count": number(figure.tally.answers),
    }
