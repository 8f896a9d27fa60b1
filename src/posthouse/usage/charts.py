"""Charts of traffic: what they show, and the sentence each begins with."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from posthouse.design import charts
from posthouse.design.wording import day, day_and_time, duration_us, number
from posthouse.usage.queries import Grain, Span, Sum

FIGURES = ("calls", "errors", "mean_us", "p50_us", "p95_us", "p99_us")


def figures_of(row: Sum) -> dict[str, Any]:
    """The figures of a sum under the names of exports and of the HTTP API."""
    return {
        "calls": row.calls,
        "errors": row.errors,
        "mean_us": row.mean,
        "p50_us": row.p50,
        "p95_us": row.p95,
        "p99_us": row.p99,
    }


def calls_over_time(span: Span, rows: Sequence[Sum]) -> charts.Spec:
    """Calls that succeeded and calls that failed, per period."""
    found = {row.period: row for row in rows}
    ok = [found[at].calls - found[at].errors if at in found else 0 for at in span.periods]
    failed = [found[at].errors if at in found else 0 for at in span.periods]
    series: list[charts.Series] = [
        {"name": _("Succeeded"), "values": list(ok), "role": "accent"},
        {"name": _("Failed"), "values": list(failed), "role": "bad"},
    ]
    return charts.bar(_busiest(span, rows), _labels(span), series, caption=_caption(span), heading=_heading(span))


def _busiest(span: Span, rows: Sequence[Sum]) -> str:
    """When most calls were made, in a sentence."""
    if not rows:
        return _("No calls in this period")
    most = max(rows, key=lambda row: row.calls)
    calls = ngettext("%(n)s call", "%(n)s calls", most.calls) % {"n": number(most.calls)}
    when = day(most.period.date()) if span.grain == Grain.DAY else day_and_time(most.period)
    return _("Busiest: %(when)s with %(calls)s") % {"when": when, "calls": calls}


def calls_sentence(total: Sum | None) -> str:
    """How many calls, and how many of them failed, in a sentence."""
    if total is None:
        return _("No calls in this period")
    calls = ngettext("%(n)s call", "%(n)s calls", total.calls) % {"n": number(total.calls)}
    if not total.errors:
        return _("%(calls)s, none failed") % {"calls": calls}
    return _("%(calls)s, %(share)s %% failed") % {"calls": calls, "share": _percent(total.share)}


def _percent(share: float) -> str:
    value = share * 100
    return number(round(value) if value >= 10 else round(value, 1)) if value >= 0.1 else f"< {number(0.1)}"


def latency_over_time(span: Span, rows: Sequence[Sum], total: Sum | None) -> charts.Spec:
    """The median, and the band from it to the 99th percentile, in milliseconds."""
    found = {row.period: row for row in rows}

    def values(name: str) -> list[charts.Value]:
        return [_ms(getattr(found[at], name)) if at in found else None for at in span.periods]

    return charts.line(
        latency_title(total),
        _labels(span),
        [
            {"name": _("Median"), "values": values("p50"), "role": "accent"},
            {"name": "95 %", "values": values("p95"), "role": "soft"},
        ],
        band=(_("Median to 99 %"), values("p50"), values("p99")),
        unit="ms",
        caption=_caption(span),
        heading=_heading(span),
    )


def latency_title(total: Sum | None) -> str:
    """How long calls took, in a sentence."""
    if total is None or total.p50 is None or total.p95 is None:
        return _("No calls, so no times")
    return _("Half of the calls took under %(half)s, 95 of 100 under %(most)s") % {
        "half": duration_us(total.p50),
        "most": duration_us(total.p95),
    }


def _ms(value: int | None) -> float | None:
    return None if value is None else round(value / 1000, 2)


def _labels(span: Span) -> list[datetime | date | str]:
    """Days are days in UTC, whatever the zone of the person; shorter periods are told in the person's zone."""
    return [at.date() if span.grain == Grain.DAY else at for at in span.periods]


def _caption(span: Span) -> str:
    return {
        Grain.DAY: _("Per day (UTC). The last one is still going on."),
        Grain.HOUR: _("Per hour. The last one is still going on."),
        Grain.MINUTE: _("Per minute. The last one is still going on."),
    }[span.grain]


def _heading(span: Span) -> str:
    return str(span.grain.label)
