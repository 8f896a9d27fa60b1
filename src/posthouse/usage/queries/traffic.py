"""Sums of calls, percentiles, and what is known of each customer's traffic."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import F, QuerySet
from django.utils.translation import gettext_lazy as _

from posthouse.foundation.clock import now
from posthouse.keys import queries as keys
from posthouse.usage import figures
from posthouse.usage.figures import Span, Sum
from posthouse.usage.models import ERROR, CustomerState, Grain, Rollup

sums = figures.sums
percentiles = figures.percentiles


@dataclass(frozen=True)
class Period:
    """A span of time that ends now, and how finely it is drawn."""

    code: str
    length: timedelta
    grain: Grain
    label: Any

    def span(self, customer_id: str | None = None, **where: Any) -> Span:
        """The roll-ups of this period up to now; empty values in `where` do not matter."""
        until = now()
        step = timedelta(minutes=self.grain.minutes)
        fixed = {name: value for name, value in where.items() if value}
        return Span(self.grain, until - self.length + step, until, customer_id, fixed)


PERIODS = {
    period.code: period
    for period in (
        Period("1h", timedelta(hours=1), Grain.MINUTE, _("Last hour")),
        Period("24h", timedelta(hours=24), Grain.HOUR, _("Last 24 hours")),
        Period("7d", timedelta(days=7), Grain.DAY, _("Last 7 days")),
        Period("30d", timedelta(days=30), Grain.DAY, _("Last 30 days")),
        Period("90d", timedelta(days=90), Grain.DAY, _("Last 90 days")),
    )
}


def top_errors(span: Span, limit: int = 10) -> list[Sum]:
    """The failing combinations of method, route and status in a span, most frequent first."""
    return [row for row in sums(span, by=("method", "route", "status")) if row.status >= ERROR][:limit]


def calls_by_customer(since: datetime) -> dict[str, Sum]:
    """Calls and errors since a day, by customer. Calls of nobody are under `""`."""
    return {row.customer_id: row for row in sums(Span(Grain.DAY, since, now()), by=("customer_id",))}


def active_hours(since: datetime | None = None, until: datetime | None = None) -> QuerySet[Rollup]:
    """The hours in which customers called (`start`), with `who`; a row for each kind of call, so hours repeat."""
    rows = Rollup.objects.filter(grain=Grain.HOUR).exclude(series__customer_id="")
    rows = rows.filter(start__gte=since) if since else rows
    rows = rows.filter(start__lt=until) if until else rows
    return rows.annotate(who=F("series__customer_id"))


def first_calls(customer_id: str) -> CustomerState:
    """When a customer made its first calls and its last one; every moment None when there was none."""
    return CustomerState.objects.filter(pk=customer_id).first() or CustomerState(customer_id=customer_id)


def waiting_since(customer_id: str) -> datetime | None:
    """Since when a customer has a key that works and has not called yet; None when it is not waiting."""
    if first_calls(customer_id).first_call_at:
        return None
    return min((key.created_at for key in keys.active_of(customer_id)), default=None)


def spiking_customers() -> QuerySet[CustomerState]:
    """Customers with an error spike going on, the newest first."""
    return CustomerState.objects.filter(spike_since__isnull=False).order_by("-spike_since")


def quiet_customers() -> QuerySet[CustomerState]:
    """Customers that called regularly and have stopped, the latest first."""
    return CustomerState.objects.filter(quiet_since__isnull=False).order_by("-quiet_since")
