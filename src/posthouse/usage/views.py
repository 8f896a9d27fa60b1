"""Portal pages about a customer's calls: request log with live tail, usage."""

import csv
import io
from collections.abc import Iterator
from functools import partial
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse, StreamingHttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils import timezone, translation
from django.views.decorators.http import require_GET

from posthouse.keys import queries as keys
from posthouse.people import access
from posthouse.usage import charts, filters, live, queries
from posthouse.usage.queries import PERIOD, Call

Request = access.CustomerRequest
STATUS_WORDS = ("failed", "ok", "4xx", "5xx")


@access.customer()
@require_GET
def calls(request: Request) -> HttpResponse:
    """The request log: newest first, filtered, or following the calls as they come in."""
    customer_id = request.customer.pk
    which = filters.read_calls(request.GET)
    live_now = "live" in request.GET
    try:
        page, older = queries.calls_page(customer_id, which, before=request.GET.get("before", ""))
    except ValueError as error:
        raise Http404 from error
    context = {
        "calls": page,
        "which": which,
        "status_words": STATUS_WORDS,
        "live": live_now,
        "stream": request.GET.urlencode(),
        "older": _with(request, before=older, live=None) if older else "",
        "newest": _with(request, before=None, live=None) if "before" in request.GET else "",
        "toggle_live": _with(request, before=None, live=None if live_now else "1"),
        "choices": queries.choices(customer_id),
        "keys": list(keys.of_customer(customer_id).prefetch_related(None)),
        "facts": queries.first_calls(customer_id),
    }
    return render(request, "usage/calls.html", context)


@access.customer()
@require_GET
def calls_live(request: Request) -> StreamingHttpResponse:
    """The stream behind the live tail: a row of the table for each call that comes in."""
    customer_id, which = request.customer.pk, filters.read_calls(request.GET)
    language, zone = translation.get_language() or "en", timezone.get_current_timezone()

    def rendered(template: str, context: dict[str, Any]) -> str:
        with translation.override(language), timezone.override(zone):
            return render_to_string(template, {**context, "customer_id": customer_id})

    def row(call: Call) -> str:
        return rendered("usage/_call_row.html", {"call": call})

    def paused() -> str:
        return rendered("usage/_live_paused.html", {"again": request.get_full_path().replace("-live", "")})

    events = live.stream(customer_id, which, row, paused, partial(access.still_inside, request))
    response = StreamingHttpResponse(events, content_type="text/event-stream; charset=utf-8")
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Accel-Buffering"] = "no"
    return response


@access.customer()
@require_GET
def usage(request: Request) -> HttpResponse:
    """Calls, errors and latency over a period, with the figures behind them."""
    customer_id = request.customer.pk
    period, environment = filters.read_period(request.GET), filters.read_environment(request.GET)
    span = period.span(customer_id, environment=environment)
    over_time = queries.percentiles(span, by=(PERIOD,))
    total = next(iter(queries.percentiles(span)), None)
    context = {
        "period": period,
        "periods": queries.PERIODS.values(),
        "environment": environment,
        "query": request.GET.urlencode(),
        "total": total,
        "finding": charts.calls_sentence(total),
        "calls_chart": charts.calls_over_time(span, over_time),
        "latency_chart": charts.latency_over_time(span, over_time, total),
        "routes": queries.percentiles(span, by=("method", "route"))[:50],
        "statuses": sorted(queries.sums(span, by=("status",)), key=lambda row: row.status),
        "errors": queries.top_errors(span),
        "since": span.since.isoformat(timespec="seconds"),
        "facts": queries.first_calls(customer_id),
    }
    return render(request, "usage/usage.html", context)


EXPORTED = (PERIOD, "environment", "method", "route", "status", "version", "key_id")


@access.customer()
@require_GET
def export(request: Request, form: str) -> HttpResponse:
    """The figures of a period as CSV or JSON: a row per period, environment, method, route, status, version and key."""
    period, environment = filters.read_period(request.GET), filters.read_environment(request.GET)
    span = period.span(request.customer.pk, environment=environment)
    rows = sorted(queries.percentiles(span, by=EXPORTED), key=lambda row: tuple(map(str, row.traits.values())))
    name = f"usage-{period.code}"
    if form == "json":
        response: HttpResponse = JsonResponse({"grain": span.grain.name.lower(), "rows": [_plain(row) for row in rows]})
    else:
        response = HttpResponse(_csv(rows), content_type="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = f'attachment; filename="{name}.{form}"'
    return response


def _plain(row: queries.Sum) -> dict[str, Any]:
    traits = {name: value.isoformat() if name == PERIOD else value for name, value in row.traits.items()}
    return traits | charts.figures_of(row)


def _csv(rows: list[queries.Sum]) -> str:
    out = io.StringIO()
    plain = [_plain(row) for row in rows]
    columns = [*EXPORTED, *charts.FIGURES]
    writer = csv.writer(out)
    writer.writerow(columns)
    writer.writerows(list(_cells(row, columns)) for row in plain)
    return out.getvalue()


def _cells(row: dict[str, Any], columns: list[str]) -> Iterator[Any]:
    """Texts that a spreadsheet would take for a formula are marked as texts (OWASP, CSV injection)."""
    for name in columns:
        value = row[name]
        yield f"'{value}" if isinstance(value, str) and value.startswith(("=", "+", "-", "@", "\t", "\r")) else value


def _with(request: HttpRequest, **changes: str | None) -> str:
    query = request.GET.copy()
    for name, value in changes.items():
        query.pop(name, None)
        if value is not None:
            query[name] = value
    return f"?{query.urlencode()}"
