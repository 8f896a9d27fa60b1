"""Scales, the groups that scores fall into, and which formulas fit which kind of survey. No tables."""

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class Metric(models.TextChoices):
    """What is measured."""

    NPS = "nps", _("NPS: would they recommend it")
    CSAT = "csat", _("CSAT: how satisfied they are")
    CES = "ces", _("CES: how easy it was")


class Scale(models.TextChoices):
    """Which scores can be given, both ends included."""

    ZERO_TO_TEN = "0-10", "0–10"
    ONE_TO_THREE = "1-3", "1–3"
    ONE_TO_FIVE = "1-5", "1–5"
    ONE_TO_SEVEN = "1-7", "1–7"


class Formula(models.TextChoices):
    """How scores become one figure. There is no single standard for CSAT and CES, so it is a setting."""

    NPS = "nps", _("Share of promoters minus share of detractors")
    TOP_SHARE = "top_share", _("Share of those who answered at the top of the scale")
    EASY_MINUS_HARD = "easy_minus_hard", _("Share of easy (6–7) minus share of difficult (1–3)")
    MEAN = "mean", _("Mean of all scores")


class Group(models.TextChoices):
    """Where a score lies: what NPS calls detractor, passive and promoter."""

    LOW = "low", pgettext_lazy("score group", "Low")
    MIDDLE = "middle", pgettext_lazy("score group", "Middle")
    HIGH = "high", pgettext_lazy("score group", "High")


SCALES: dict[str, tuple[str, ...]] = {
    Metric.NPS: (Scale.ZERO_TO_TEN,),
    Metric.CSAT: (Scale.ONE_TO_FIVE, Scale.ONE_TO_THREE),
    Metric.CES: (Scale.ONE_TO_SEVEN, Scale.ONE_TO_FIVE),
}
"""Which scales a metric may have; the first is the usual one."""

FORMULAS: dict[tuple[str, str], tuple[str, ...]] = {
    (Metric.NPS, Scale.ZERO_TO_TEN): (Formula.NPS,),
    (Metric.CSAT, Scale.ONE_TO_FIVE): (Formula.TOP_SHARE, Formula.MEAN),
    (Metric.CSAT, Scale.ONE_TO_THREE): (Formula.TOP_SHARE, Formula.MEAN),
    (Metric.CES, Scale.ONE_TO_SEVEN): (Formula.MEAN, Formula.TOP_SHARE, Formula.EASY_MINUS_HARD),
    (Metric.CES, Scale.ONE_TO_FIVE): (Formula.TOP_SHARE, Formula.MEAN),
}
"""Which formulas fit, the usual one first."""

_HIGHEST_LOW_AND_MIDDLE = {
    Scale.ZERO_TO_TEN: (6, 8),
    Scale.ONE_TO_THREE: (1, 2),
    Scale.ONE_TO_FIVE: (2, 3),
    Scale.ONE_TO_SEVEN: (3, 4),
}
_EASY_FROM_SIX = (3, 5)

NPS_GROUPS = {Group.LOW: _("Detractors"), Group.MIDDLE: _("Passives"), Group.HIGH: _("Promoters")}


def pairs() -> list[tuple[str, str]]:
    """Every scale with every formula that it may have."""
    return sorted({(scale, formula) for (_metric, scale), formulas in FORMULAS.items() for formula in formulas})


def scores(scale: str) -> range:
    """Every score that can be given, lowest first."""
    lowest, highest = (int(end) for end in scale.split("-"))
    return range(lowest, highest + 1)


def bounds(scale: str, formula: str) -> tuple[int, int]:
    """The highest score that is low, and the highest that is in the middle.

    NPS: 0-6, 7-8, 9-10. CSAT: 1-2, 3, 4-5, and 1, 2, 3. CES on 1-5 as CSAT; on 1-7: 1-3, 4, 5-7, or with the
    difference of easy and difficult 1-3, 4-5, 6-7.
    """
    return _EASY_FROM_SIX if formula == Formula.EASY_MINUS_HARD else _HIGHEST_LOW_AND_MIDDLE[Scale(scale)]


def group_of(score: int, scale: str, formula: str) -> Group:
    """Where a score of this scale lies."""
    low, middle = bounds(scale, formula)
    if score <= low:
        return Group.LOW
    return Group.MIDDLE if score <= middle else Group.HIGH


def group_name(metric: str, group: str) -> str:
    """How a group of this metric is called, in the language of the page."""
    return str(NPS_GROUPS[Group(group)] if metric == Metric.NPS else Group(group).label)


def fits(metric: str, scale: str, formula: str) -> bool:
    """Whether these three go together."""
    return formula in FORMULAS.get((metric, scale), ())
