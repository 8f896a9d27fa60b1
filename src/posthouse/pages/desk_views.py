"""The desk's first pages: what happened today, one customer's timeline, the whole log."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, time
from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET

from posthouse.automations import queries as automations
from posthouse.foundation.clock import now
from posthouse.journeys import queries as journeys
from posthouse.keys import queries as keys
from posthouse.pages import queries, traffic
from posthouse.pages.sentences import kinds, names_for, sentence
from posthouse.people import access
from posthouse.people import queries as people
from posthouse.timeline import queries as timeline

Request = access.TeamRequest
SHOWN = 50
TODAY = [
    ("account.created", gettext_lazy("Sign-ups")),
    ("call.first", gettext_lazy("First calls")),
    ("call.first_live", gettext_lazy("Went live")),
    ("error.spike", gettext_lazy("Error spikes")),
    ("traffic.gone_quiet", gettext_lazy("Gone quiet")),
]


@dataclass(frozen=True)
class Line:
    """An event as a person reads it."""

    event: Any
    text: str
    by: str
    customer: str
    contact: str


@access.team()
@require_GET
def home(request: Request) -> HttpResponse:
    """What happened today, the newest events, and whether the house itself keeps up."""
    midnight = timezone.make_aware(datetime.combine(timezone.localdate(now()), time()))
    counts = timeline.counts(midnight, [type_ for type_, _label in TODAY])
    behind = {name: left for name, left in timeline.lag().items() if left}
    context = {
        "today": [(type_, label, counts.get(type_, 0)) for type_, label in TODAY],
        "lines": _lines(timeline.newest()[:20]),
        "went_live": _lines(timeline.newest(types=["golive.completed"])[:5]),
        "behind": sum(behind.values()),
        "parked": timeline.parked().count(),
        "customers": people.customer_count(),
    }
    return render(request, "pages/desk_home.html", context)


@access.team()
@require_GET
def customer(request: Request, customer_id: str) -> HttpResponse:
    """One customer: facts, people, keys, and everything that happened, newest first."""
    found = people.customer(customer_id)
    if found is None:
        raise Http404
    if found.pk != customer_id:
        return redirect("desk-customer", customer_id=found.pk)
    kind = _asked(request, "type")
    members = list(people.members(found))
    contacts = [row.contact_id for row in members]
    rows = timeline.of_customer(customer_id, contacts)
    if kind:
        rows = rows.filter(type=kind)
    page, older = _page(rows, request.GET.get("before", ""))
    owner = next((row.contact_id for row in members if row.role == access.Role.OWNER), "")
    context = {
        "customer": found,
        "lines": _lines(page),
        "older": older,
        "kind": kind,
        "kinds": kinds(timeline.types_of(customer_id, contacts)),
        "members": members,
        "keys": [(key, key.state(now()), key.live_secrets(now())) for key in keys.of_customer(customer_id)[:20]],
        "steps": queries.getting_started(customer_id, owner),
        "incident_email": queries.incident_email(customer_id),
        "calls": traffic.latest_calls(customer_id),
        "places": journeys.places(customer_id, contacts),
        "tasks": list(automations.tasks(is_open=True, customer_id=customer_id)[:10]),
        "may_write": request.member.role in access.TEAM_WRITERS,
    }
    return render(request, "pages/desk_customer.html", context | traffic.overview(customer_id))


@access.team()
@require_GET
def events(request: Request) -> HttpResponse:
    """The whole log, newest first, and how far its consumers are."""
    kind, whose, source = (_asked(request, name) for name in ("type", "customer", "source"))
    rows = timeline.newest(types=[kind] if kind else None, customer_id=whose, source=source)
    before = request.GET.get("before", "")
    if before.isdecimal() and len(before) < 19:
        rows = rows.filter(position__lt=int(before))
    found = list(rows[: SHOWN + 1])
    context = {
        "lines": _lines(found[:SHOWN]),
        "older": found[SHOWN - 1].position if len(found) > SHOWN else "",
        "kind": kind,
        "whose": whose,
        "source": source,
        "kinds": kinds(timeline.known_types()),
        "parked": timeline.parked().count(),
        "lag": timeline.lag(),
    }
    return render(request, "pages/desk_events.html", context)


@access.team()
@require_GET
def event(request: Request, position: int) -> HttpResponse:
    """One event, by its place in the log: what happened, to whom, when, and all it says."""
    found = timeline.at(position)
    if found is None:
        raise Http404
    (line,) = _lines([found])
    return render(request, "pages/desk_event.html", {"line": line, "event": found})


def _asked(request: Request, name: str) -> str:
    """A filter from the address; what no database could find is left out."""
    return request.GET.get(name, "").strip()[:200].replace("\x00", "")


def _page(rows: Any, before: str) -> tuple[list[Any], str]:
    """One page of a timeline, and the place where the next one begins."""
    try:
        found = list((timeline.before(rows, before) if before else rows)[: SHOWN + 1])
    except ValueError as error:
        raise Http404 from error
    return found[:SHOWN], timeline.place_of(found[SHOWN - 1]) if len(found) > SHOWN else ""


def _lines(rows: Iterable[Any]) -> list[Line]:
    """Events with their sentences, and with the names of those who did them and of those they happened to."""
    found = list(rows)
    names = people.actor_names({row.actor for row in found} | {_person(row) for row in found})
    customers = people.customer_names({row.customer_id for row in found if row.customer_id})
    said = names_for(row.type for row in found)
    return [
        Line(
            event=row,
            text=sentence(row.type, row.data, names=said),
            by=names.get(row.actor, "") if row.actor != _person(row) or row.customer_id else "",
            customer=customers.get(row.customer_id, ""),
            contact=names.get(_person(row), ""),
        )
        for row in found
    ]


def _person(row: Any) -> str:
    """Whom an event happened to, as `actor_names` knows people."""
    return f"contact:{row.contact_id}" if row.contact_id else ""
