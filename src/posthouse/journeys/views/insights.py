"""Pages about everybody: time to first call, who comes back, which ways are taken."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET

from posthouse.foundation.clock import now
from posthouse.journeys import charts, drawing, export, filters, patterns, queries, ways, words
from posthouse.journeys import paths as ways_taken
from posthouse.journeys.filters import View
from posthouse.journeys.views.tabs import tabs
from posthouse.people import access
from posthouse.people.access import TeamRequest

EARLIEST = timedelta(days=3650)
STARTS = {"first_key": gettext_lazy("the first key"), "sign_up": gettext_lazy("the sign-up")}
FIRST_CALL_WITH = "attributes.first_call_with"
GROUPS = {
    "channel": gettext_lazy("channel"),
    FIRST_CALL_WITH: gettext_lazy("language or tool of the call"),
    "plan": gettext_lazy("plan"),
    "country": gettext_lazy("country"),
}
MOST_GROUPS = 12
UNITS = {"day": (14, 1), "week": (12, 7), "month": (12, 30)}
"""How many intervals are looked at, and of how many days."""
PER_UNIT = {"day": gettext_lazy("day"), "week": gettext_lazy("week"), "month": gettext_lazy("month")}
WAYS = 12


@access.team()
@require_GET
def first_calls(request: TeamRequest) -> HttpResponse:
    """How long customers need from their key, or their sign-up, to the first call that succeeds."""
    view = filters.read(request.GET)
    start = _one_of(request, "start", STARTS, "first_key")
    since, until = _span(view)
    where = view.group.customers()
    everybody = patterns.first_calls(start, since=since, until=until, where=where)
    total = everybody[0] if everybody else None
    groups = (
        {by: patterns.first_calls(start, since=since, until=until, by=by, where=where)[:MOST_GROUPS] for by in GROUPS}
        if total
        else {}
    )
    context = _frame("desk-first-calls", view) | {
        "start": start,
        "starts": STARTS,
        "total": total,
        "finding": charts.first_call_finding(total, str(STARTS[start])),
        "distribution": charts.first_call_distribution(total) if total else None,
        "curve": charts.step_curve(_("First call"), total.curve) if total else None,
        "groups": [(label, groups[by], by) for by, label in GROUPS.items() if _tells(groups.get(by, []))],
        "nobody_without_call": FIRST_CALL_WITH,
        "list_names": filters.NAMES,
    }
    return render(request, "journeys/desk_first_calls.html", context)


@access.team()
@require_GET
def export_first_calls(request: TeamRequest, form: str) -> HttpResponseBase:
    """The figures of each group, as CSV or JSON."""
    view = filters.read(request.GET)
    start = _one_of(request, "start", STARTS, "first_key")
    since, until = _span(view)
    portions = (
        [
            {
                "by": by,
                "group": one.group,
                "customers": one.people,
                "reached": one.reached,
                "median_seconds": one.curve.median,
            }
            for one in patterns.first_calls(start, since=since, until=until, by=by, where=view.group.customers())
        ]
        for by in GROUPS
    )
    return export.file_of(request, portions, form=form, name="first-calls")


@access.team()
@require_GET
def returning(request: TeamRequest) -> HttpResponse:
    """Who goes on calling after the first week, and how the crowd changes from week to week."""
    view = filters.read(request.GET)
    unit = _one_of(request, "unit", UNITS, "week")
    count, days = UNITS[unit]
    since, until = _span(view)
    later = request.GET.get("kind") == "later"
    intervals = (patterns.unbounded if later else patterns.n_day)(count, days)
    zone = timezone.get_current_timezone_name()
    starts, activity = patterns.calls(), patterns.calls()
    if (where := view.group.customers()) is not None:
        starts = starts._replace(rows=starts.rows.filter(who__in=where))
        activity = activity._replace(rows=activity.rows.filter(who__in=where))
    kept = patterns.retention(starts, activity, intervals, since=since, until=until)
    phases = patterns.lifecycle(
        activity, since=max(since, until - timedelta(days=days * count * 2)), until=until, unit=unit, zone=zone
    )
    context = _frame("desk-returning", view) | {
        "unit": unit,
        "units": PER_UNIT,
        "later": later,
        "kept": kept,
        "finding": charts.retention_finding(kept, str(PER_UNIT[unit])),
        "retention_chart": charts.retention(kept, str(PER_UNIT[unit])),
        "cohorts": ways.cohorts(kept, unit),
        "columns": [str(n) for n in range(len(intervals))],
        "lifecycle_chart": charts.lifecycle(phases, str(PER_UNIT[unit])),
    }
    return render(request, "journeys/desk_returning.html", context)


@access.team()
@require_GET
def paths(request: TeamRequest) -> HttpResponse:
    """Which step comes after which, of one journey or over the milestones of all."""
    view = filters.read(request.GET)
    journeys = {row.pk: row for row in queries.journeys()}
    key = request.GET.get("journey", "")
    chosen = journeys.get(key) or journeys.get("integration") or next(iter(journeys.values()), None)
    runs = queries.runs_of(chosen, view.as_period(), view.as_filters()) if chosen else None
    found = ways_taken.paths(runs.trail(), most=40) if runs else None
    names = words.step_names(chosen.body) if chosen else {}
    context = _frame("desk-paths", view) | {
        "journey": chosen.pk if chosen else "",
        "journeys": [(one, words.name_of(row.body, one)) for one, row in journeys.items()],
        "found": found,
        "finding": ways.finding(found, names) if found else "",
        "behind_since": runs.behind_since if runs else None,
        "drawing": ways.labelled(drawing.sankey(ways.flows(found.variants)), names) if found else None,
        "edges": ways.edges(found, names) if found else [],
        "variants": ways.variants(found, names)[:WAYS] if found else [],
    }
    return render(request, "journeys/desk_paths.html", context)


def _frame(current: str, view: View) -> dict[str, Any]:
    return {"tabs": tabs(current, view), "view": view, "choices": filters.choices(), "periods": filters.PERIODS}


def _span(view: View) -> tuple[datetime, datetime]:
    at = now()
    return view.since or at - EARLIEST, view.until or at


def _one_of(request: HttpRequest, name: str, allowed: Any, otherwise: str) -> str:
    value = request.GET.get(name, "")
    return value if value in allowed else otherwise


def _tells(groups: Sequence[patterns.FirstCalls]) -> bool:
    """Whether there is more than one group that is known."""
    return sum(1 for one in groups if one.group) > 0
