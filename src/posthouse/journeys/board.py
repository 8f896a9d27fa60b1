"""The board as it is drawn: lanes, steps with their shares, and the list behind each figure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from posthouse.design.wording import number
from posthouse.journeys.figures import JourneyFigures, StepFigures
from posthouse.journeys.filters import View
from posthouse.journeys.lists import Asked
from posthouse.journeys.stuck import ANY
from posthouse.journeys.words import percent, said, span


@dataclass(frozen=True)
class Step:
    """One step of a lane. `share` is of those who entered the journey; `other` the same in the comparison."""

    figures: StepFigures
    name: str
    share: float
    waits: float
    other: float | None
    reached_href: str
    waiting_href: str
    stuck_href: str
    words: str

    @property
    def top(self) -> float:
        """Where what is drawn ends: those who reached it and, above, those stuck before it."""
        return min(1.0, self.share + self.waits)


@dataclass(frozen=True)
class Lane:
    """One journey."""

    figures: JourneyFigures
    name: str
    href: str
    entered_href: str
    stuck_href: str
    steps: list[Step]
    through: float | None
    other_through: float | None
    other_entered: int | None


def lanes(found: Mapping[str, JourneyFigures], others: Mapping[str, JourneyFigures] | None, view: View) -> list[Lane]:
    """The lanes of a board, each with what it is compared with, if anything."""
    query = view.query().urlencode()
    return [_lane(one, others.get(key) if others else None, view, query) for key, one in found.items()]


def _lane(one: JourneyFigures, other: JourneyFigures | None, view: View, query: str) -> Lane:
    asked = Asked(journey=one.key)
    return Lane(
        figures=one,
        name=said(one.name),
        href=reverse("desk-journey", args=[one.key]) + (f"?{query}" if query else ""),
        entered_href=list_href(asked, view),
        stuck_href=list_href(asked.where(stuck=ANY), view),
        steps=list(_steps(one, other, view, asked)),
        through=_share(one.completed, one.entered),
        other_through=_share(other.completed, other.entered) if other else None,
        other_entered=other.entered if other else None,
    )


def _steps(one: JourneyFigures, other: JourneyFigures | None, view: View, asked: Asked) -> Iterator[Step]:
    before = {step.key: step for step in other.steps} if other else {}
    for step in one.steps:
        was = before.get(step.key)
        waiting = asked.where(waiting=step.key)
        name = said(step.name)
        yield Step(
            figures=step,
            name=name,
            share=_share(step.reached, one.entered) or 0,
            waits=_share(step.stuck.total, one.entered) or 0,
            other=_share(was.reached, other.entered) if was and other else None,
            reached_href=list_href(asked.where(reached=step.key), view),
            waiting_href=list_href(waiting, view),
            stuck_href=list_href(waiting.where(stuck=ANY), view),
            words=step_words(name, step),
        )


def step_words(name: str, step: StepFigures) -> str:
    """A step in a sentence, for those who do not see the drawing and for the tip."""
    said_ = _("%(step)s: %(reached)s of %(entered)s reached it (%(share)s)") % {
        "step": name,
        "reached": number(step.reached),
        "entered": number(step.entered),
        "share": percent(step.conversion),
    }
    if step.median is not None:
        said_ += _(", half within %(time)s") % {"time": span(step.median)}
    if step.stuck.total:
        said_ += ngettext(", %(n)s stuck", ", %(n)s stuck", step.stuck.total) % {"n": number(step.stuck.total)}
    return said_


def finding(found: list[Lane]) -> str:
    """What the board says, in a sentence."""
    stuck = sum(lane.figures.stuck for lane in found)
    if not any(lane.figures.entered for lane in found):
        return _("Nobody entered a journey in this time.")
    if not stuck:
        return _("Nobody is stuck.")
    lane, step = max(
        ((lane, step) for lane in found for step in lane.steps), key=lambda pair: pair[1].figures.stuck.total
    )
    return ngettext(
        "%(n)s is stuck, at “%(step)s” (%(lane)s).",
        "%(n)s are stuck, most of them at “%(step)s” (%(lane)s).",
        stuck,
    ) % {"n": number(stuck), "step": step.name, "lane": lane.name}


def list_href(asked: Asked, view: View) -> str:
    """The list behind a figure."""
    return f"{reverse('desk-runs')}?{asked.query(view).urlencode()}"


def exported(one: JourneyFigures) -> Iterator[dict[str, Any]]:
    """The figures of a journey as rows that leave the house, one for each step."""
    for step in one.steps:
        yield {
            "journey": one.key,
            "entered_journey": one.entered,
            "open": one.open,
            "completed": one.completed,
            "exited": one.exited,
            "step": step.key,
            "name": said(step.name),
            "required": step.required,
            "entered": step.entered,
            "reached": step.reached,
            "left": step.left,
            "waiting": step.waiting,
            "conversion": step.conversion,
            "median_seconds": step.median,
            "slow_after_seconds": step.slow_after,
            "expected_seconds": step.expected,
            "stuck_limit": step.stuck.limit,
            "stuck_slow": step.stuck.slow,
            "stuck_trouble": step.stuck.trouble,
        }


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None
