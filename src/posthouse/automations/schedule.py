"""Automations that come round at a time of day: for each zone in use, one row that says when next."""

import logging
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db import connection, transaction
from django.db.models import Q, QuerySet

from posthouse.automations import runs
from posthouse.automations.beginning import Beginnings, Candidate
from posthouse.automations.definition import Schedule
from posthouse.automations.facts import of_contact
from posthouse.automations.models import Automation, Occasion, Switch
from posthouse.automations.plans import Plan, plan_of
from posthouse.foundation import conditions
from posthouse.foundation.clock import now
from posthouse.foundation.timing import next_local, zone_named
from posthouse.people import queries as people
from posthouse.vendor.queries import vendor

logger = logging.getLogger(__name__)

CHUNK = 200


def plan_occasions() -> int:
    """Give every scheduled automation a row for each zone in use; returns how many were new."""
    scheduled = [(automation, when) for automation, _, when in _scheduled()]
    if not scheduled:
        return 0
    zones = zones_in_use()
    made = 0
    for automation, when in scheduled:
        wanted = zones if when.zone == "contact" else {when.zone}
        missing = wanted - set(automation.occasions.values_list("zone", flat=True))
        rows = [_occasion(automation, when, zone) for zone in missing]
        made += len(Occasion.objects.bulk_create(rows, ignore_conflicts=True))
    return made


def _scheduled() -> Iterator[tuple[Automation, Plan, Schedule]]:
    for automation in Automation.objects.exclude(state=Switch.OFF).exclude(published=None):
        plan = plan_of(automation.published_id or "")
        if isinstance(plan.definition.when, Schedule):
            yield automation, plan, plan.definition.when


def _occasion(automation: Automation, when: Schedule, zone: str) -> Occasion:
    return Occasion(automation=automation, zone=zone, next_at=next_local(now(), _zone(zone), when.time, when.days))


def _zone(name: str) -> ZoneInfo:
    return zone_named(name) or ZoneInfo("UTC")


def zones_in_use() -> set[str]:
    """Zones of people, of customers, and the vendor's: those that exist."""
    own = people.find_contacts().exclude(user=None).order_by().values_list("user__time_zone", flat=True).distinct()
    theirs = people.find_customers().order_by().values_list("attributes__time_zone", flat=True).distinct()
    names = [*own, *theirs, vendor().time_zone]
    return {name for name in names if isinstance(name, str) and zone_named(name)}


def come_round() -> int:
    """Begin the runs of one occasion that has come, a chunk of contacts at a time; returns how many were looked at."""
    due = Occasion.objects.filter(next_at__lte=now()).order_by("next_at")
    if not due.exists():
        return 0
    with transaction.atomic():
        if connection.features.has_select_for_update_skip_locked:
            due = due.select_for_update(skip_locked=True)
        occasion = due.first()
        return _hold(occasion) if occasion else 0


def _hold(occasion: Occasion) -> int:
    automation = Automation.objects.get(pk=occasion.automation_id)
    plan = plan_of(automation.published_id) if automation.published_id else None
    when = plan.definition.when if plan else None
    if automation.state == Switch.OFF or plan is None or not isinstance(when, Schedule):
        occasion.delete()
        return 1
    contacts = [] if _is_too_late(occasion) else list(_contacts(occasion, when)[:CHUNK])
    candidates = [one for contact in contacts if (one := _candidate(automation, plan, when, occasion, contact))]
    beginnings = Beginnings(candidates, runs.settings())
    for one in candidates:
        beginnings.begin(one)
    beginnings.put()
    if len(contacts) < CHUNK:
        occasion.next_at, occasion.reached = next_local(now(), _zone(occasion.zone), when.time, when.days), ""
    else:
        occasion.reached = contacts[-1].pk
    occasion.save(update_fields=["next_at", "reached"])
    return max(1, len(contacts))


def _is_too_late(occasion: Occasion) -> bool:
    """After a long outage nobody is sent what was meant for another day."""
    return occasion.next_at < now() - timedelta(hours=runs.settings().late_hours)


def _contacts(occasion: Occasion, when: Schedule) -> QuerySet[Any]:
    """Whom it may concern, in order of id; the condition and the zone are looked at again for each."""
    rows = people.find_contacts().filter(
        conditions.prefilter(when.whom, people.CONTACT_COLUMNS), pk__gt=occasion.reached
    )
    if when.zone == "contact":
        rows = rows.filter(pk__in=_living_in(occasion.zone).values("pk"))
    return rows.select_related("user").prefetch_related("memberships__customer").order_by("pk")


def _living_in(zone: str) -> QuerySet[Any]:
    nowhere = Q(user=None) | Q(user__time_zone="")
    theirs = Q(memberships__customer__attributes__time_zone=zone)
    return people.find_contacts().filter(
        Q(user__time_zone=zone) | nowhere & (Q() if zone == vendor().time_zone else theirs)
    )


def _candidate(
    automation: Automation, plan: Plan, when: Schedule, occasion: Occasion, contact: Any
) -> Candidate | None:
    facts = of_contact(contact)
    if when.zone == "contact" and str(facts.zone) != occasion.zone:
        return None
    if not conditions.predicate(when.whom)(facts) or not plan.starts(facts):
        return None
    day = occasion.next_at.astimezone(_zone(occasion.zone)).date()
    return Candidate(automation, plan, facts, contact.pk, f"day:{day}")
