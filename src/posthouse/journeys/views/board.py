"""The board, and the page of one journey."""

from collections.abc import Sequence
from typing import Any

from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_GET

from posthouse.journeys import board as boards
from posthouse.journeys import charts, export, filters, lists, queries, stuck
from posthouse.journeys.editing.preview import preview
from posthouse.journeys.figures import JourneyFigures, StepFigures
from posthouse.journeys.filters import View
from posthouse.journeys.models import Journey
from posthouse.journeys.views.editor import EDITORS
from posthouse.journeys.views.revisions import journey_or_404
from posthouse.journeys.views.tabs import tabs
from posthouse.journeys.words import name_of, said
from posthouse.people import access
from posthouse.people.access import TeamRequest

SHOWN = 8


@access.team()
@require_GET
def board(request: TeamRequest) -> HttpResponse:
    """Where everyone stands: a lane for each journey."""
    view = filters.read(request.GET)
    figures = _figures(view)
    others = view.others()
    found = boards.lanes(figures.of, _figures(others).of if others else None, view)
    context = _frame("desk-journeys", view) | {
        "lanes": found,
        "finding": boards.finding(found),
        "behind_since": figures.behind_since,
        "other_words": view.other_words() if others else "",
        "drafts": [
            (row.pk, name_of(row.body, row.pk))
            for row in queries.journeys(live=False)
            if row.state != Journey.State.LIVE
        ],
        "query": view.query().urlencode(),
        "may_edit": request.member.role in EDITORS,
    }
    return render(request, "journeys/desk_board.html", context)


@access.team()
@require_GET
def export_board(request: TeamRequest, form: str) -> HttpResponseBase:
    """The figures of all steps in the period, as CSV or JSON."""
    found = _figures(filters.read(request.GET)).of.values()
    return export.file_of(request, (list(boards.exported(one)) for one in found), form=form, name="journeys")


@access.team()
@require_GET
def journey(request: TeamRequest, key: str) -> HttpResponse:
    """One journey: its steps in figures, the curve of one of them, who is stuck, and the definition in a sentence."""
    row, view = journey_or_404(key), filters.read(request.GET)
    figures = _figures(view, [key])
    others = view.others()
    one = figures.of.get(key)
    other = _figures(others, [key]).of.get(key) if others else None
    lane = boards.lanes({key: one}, {key: other} if other else None, view)[0] if one else None
    step = _chosen(one, request.GET.get("step", "")) if one else None
    context = _frame("", view) | {
        "journey": row,
        "title": name_of(row.body, key),
        "about": said(row.body.get("about")),
        "lane": lane,
        "step": step,
        "step_name": said(step.name) if step else "",
        "chart": _chart(step, other, view) if step else None,
        "comparisons": _comparisons(one, other, view) if one and other else [],
        "stuck": _stuck(view, lists.Asked(journey=key), row) if one and one.stuck else [],
        "definition": preview(row.body) if row.number else None,
        "other_words": view.other_words() if others else "",
        "query": view.query().urlencode(),
        "runs_href": boards.list_href(lists.Asked(journey=key), view),
        "may_edit": request.member.role in EDITORS,
    }
    return render(request, "journeys/desk_journey.html", context)


class _Figures:
    """The figures of all live journeys by key."""

    def __init__(self, found: Any) -> None:
        self.of: dict[str, JourneyFigures] = {one.key: one for one in found.journeys}
        self.behind_since = found.behind_since


def _figures(view: View, keys: Sequence[str] = ()) -> _Figures:
    return _Figures(queries.board(view.as_period(), view.as_filters(), keys=keys))


def _frame(current: str, view: View) -> dict[str, Any]:
    return {
        "tabs": tabs(current, view),
        "view": view,
        "choices": filters.choices(),
        "periods": filters.PERIODS,
    }


def _chosen(one: JourneyFigures, key: str) -> StepFigures | None:
    """The step asked for, else the one where most are stuck, else the first milestone that takes time."""
    named = next((step for step in one.steps if step.key == key), None)
    if named or not one.steps:
        return named
    return max(one.steps, key=lambda step: (step.stuck.total, step.milestone, step.median or 0))


def _chart(step: StepFigures, other: JourneyFigures | None, view: View) -> Any:
    was = next((one for one in other.steps if one.key == step.key), None) if other else None
    return charts.step_curve(said(step.name), step.curve, (view.other_words(), was.curve) if was else None)


def _comparisons(one: JourneyFigures, other: JourneyFigures, view: View) -> list[str]:
    before = {step.key: step for step in other.steps}
    return [
        charts.compared(said(step.name), step, was, view.other_words(), queries.compare(step, was))
        for step in one.steps
        if (was := before.get(step.key)) and (step.reached or was.reached)
    ]


def _stuck(view: View, asked: lists.Asked, row: Journey) -> list[dict[str, Any]]:
    """Those who are stuck in each of the three ways, the longest first, and the list of all of them."""
    found, steps = [], stuck.steps_waited_for(row.pk)
    for kind, label in stuck.words().items():
        which = asked.where(stuck=kind)
        rows = lists.rows(lists.longest(which, view, steps, SHOWN + 1), {row.pk: row})
        if rows:
            found.append(
                {"label": label, "rows": rows[:SHOWN], "more": len(rows) > SHOWN, "href": boards.list_href(which, view)}
            )
    return found
