"""What is not shown of an anonymous campaign: figures of too few answers, and what would give them away.

A part may be reckoned out as all answers less the others. So whatever is left over beside the parts that are shown is
nothing, or large enough as well; and a filter is answered only where those it leaves out are nobody, or enough.
"""

from dataclasses import replace

from posthouse.surveys.figures.metrics import Figure, Metrics, Part
from posthouse.surveys.statistics.scores import Difference, score_of
from posthouse.surveys.statistics.tallies import Tally, empty

NOTHING = Difference(None, None)


def withheld(found: Metrics, least: int, everybody: Tally) -> Metrics:
    """The figures without what is of fewer than `least` answers; `everybody` are those of the period, unfiltered."""
    mine = found.figure.tally.answers
    if _is_small(mine, least) or _is_small(everybody.answers - mine, least):
        return replace(
            found,
            figure=_nobody(found.figure),
            before=_nobody(found.before),
            change=NOTHING,
            trend=[(period, _nobody(figure)) for period, figure in found.trend],
            rolling=[(day, _nobody(figure)) for day, figure in found.rolling],
            parts=[],
            others=0,
            hidden=len(found.parts) + found.others,
            withheld=True,
        )
    parts = _large_enough(found.parts, least, mine)
    before = _if_enough(found.before, least)
    return replace(
        found,
        before=before,
        change=found.change if before is found.before else NOTHING,
        trend=[(period, _if_enough(figure, least)) for period, figure in found.trend],
        rolling=[(day, _if_enough(figure, least)) for day, figure in found.rolling],
        parts=parts,
        hidden=len(found.parts) - len(parts),
    )


def _large_enough(parts: list[Part], least: int, whole: int) -> list[Part]:
    """The parts that may be shown, largest first as they come; the smallest go too while they give others away."""
    shown = [part for part in parts if part.figure.tally.answers >= least]
    while shown and _is_small(whole - sum(part.figure.tally.answers for part in shown), least):
        shown = shown[:-1]
    return shown


def _is_small(answers: int, least: int) -> bool:
    return 0 < answers < least


def _if_enough(figure: Figure, least: int) -> Figure:
    return _nobody(figure) if _is_small(figure.tally.answers, least) else figure


def _nobody(figure: Figure) -> Figure:
    nothing = empty(figure.tally.formula)
    return Figure(nothing, score_of(nothing))
