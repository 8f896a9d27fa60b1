"""The desk's page about all traffic."""

from datetime import timedelta
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from posthouse.foundation.clock import now
from posthouse.people import access
from posthouse.people import queries as people
from posthouse.usage import charts, filters, queries
from posthouse.usage.models import CustomerState
from posthouse.usage.queries import PERIOD, Span, Sum

ENOUGH = 20
"""Calls below which a percentile of a route says little."""
SHOWN = 15
QUIET_SHOWN = timedelta(days=60)


@access.team()
@require_GET
def traffic(request: access.TeamRequest) -> HttpResponse:
    """Calls and errors of everybody, slowest routes, who has trouble, who fell silent."""
    period, environment = filters.read_period(request.GET), filters.read_environment(request.GET)
    span = period.span(environment=environment)
    total = next(iter(queries.sums(span)), None)
    customers = queries.sums(span, by=("customer_id",))
    spiking = list(queries.spiking_customers()[:SHOWN])
    quiet = list(queries.quiet_customers().filter(quiet_since__gte=now() - QUIET_SHOWN)[:SHOWN])
    names = _names(customers[: SHOWN + 1], [*spiking, *quiet])
    context = {
        "period": period,
        "periods": queries.PERIODS.values(),
        "environment": environment,
        "total": total,
        "nobodys": sum(row.calls for row in customers if not row.customer_id),
        "callers": sum(1 for row in customers if row.customer_id),
        "finding": charts.calls_sentence(total),
        "calls_chart": charts.calls_over_time(span, queries.sums(span, by=(PERIOD,))),
        "slowest": _slowest(span),
        "errors": queries.top_errors(span),
        "customers": [(row, names.get(row.customer_id, "")) for row in customers if row.customer_id][:SHOWN],
        "spiking": [(state, names.get(state.pk, state.pk)) for state in spiking],
        "quiet": [(state, names.get(state.pk, state.pk)) for state in quiet],
    }
    return render(request, "usage/desk_traffic.html", context)


def _slowest(span: Span) -> list[Sum]:
    routes = [row for row in queries.percentiles(span, by=("method", "route")) if row.calls >= ENOUGH]
    return sorted(routes, key=_by_p95, reverse=True)[:SHOWN]


def _by_p95(row: Sum) -> Any:
    return row.p95 or 0


def _names(rows: list[Sum], states: list[CustomerState]) -> dict[str, str]:
    return people.customer_names([*(row.customer_id for row in rows), *(state.pk for state in states)])
