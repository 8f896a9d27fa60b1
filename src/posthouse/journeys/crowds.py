"""Reads runs from the tables into arrays (standing.py). Two queries, however many runs."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

import numpy as np
from django.db.models import Exists, F, OuterRef, QuerySet

from posthouse.foundation import conditions
from posthouse.journeys import models
from posthouse.journeys.sqlparts import Micros
from posthouse.journeys.standing import STATES, Crowd, Floats, Stage
from posthouse.people import queries as people

COLUMNS = {
    "customer": {
        "customer.attributes": "attributes",
        "customer.plan": "attributes.plan",
        "customer.channel": "channel",
        "customer.country": "country",
        "customer.name": "name",
        "customer.external_id": "external_id",
        "customer.created_at": "created_at",
        "customer.id": "id",
    },
    "contact": {
        "contact.attributes": "attributes",
        "contact.channel": "channel",
        "contact.name": "name",
        "contact.email": "email",
        "contact.job_role": "job_role",
        "contact.created_at": "created_at",
        "contact.id": "id",
    },
}
"""What a condition on the subjects of a journey may speak of, and where it stands."""


class Loaded(NamedTuple):
    """Runs as arrays, in the same order whose they are, and where in the log the steps were reached (NaN: never)."""

    crowd: Crowd
    subjects: list[str]
    positions: Floats


def entered(journey: str, since: datetime | None = None, until: datetime | None = None) -> QuerySet[models.Run]:
    """The runs of a journey that were entered in [since, until)."""
    rows = models.Run.objects.filter(journey_id=journey)
    rows = rows.filter(entered_at__gte=since) if since else rows
    return rows.filter(entered_at__lt=until) if until else rows


def of_those(rows: QuerySet[models.Run], subject: str, condition: conditions.Condition | None) -> QuerySet[models.Run]:
    """Only runs of customers, or contacts, for whom a condition holds. Raises conditions.Invalid or Unqueryable.

    Nobody's, where it speaks of customers alone and the runs are those of contacts, or the other way round.
    """
    if not condition:
        return rows
    found = _fitting(subject, condition)
    return rows.none() if found is None else rows.filter(Exists(found.filter(pk=OuterRef("subject"))))


def _fitting(subject: str, condition: conditions.Condition) -> QuerySet[Any] | None:
    """For whom a condition holds; None where it speaks of the others alone."""
    conditions.check(condition)
    other = "contact" if subject == "customer" else "customer"
    if all(field.startswith(f"{other}.") for field in conditions.fields(condition)):
        conditions.query(condition, COLUMNS[other])
        return None
    return people.having(subject, conditions.query(condition, COLUMNS[subject]))


def of_traits(rows: QuerySet[models.Run], subject: str, traits: Mapping[str, str]) -> QuerySet[models.Run]:
    """Only runs of customers, or contacts, with these traits (plan, channel, country)."""
    if not traits:
        return rows
    found = people.traits(subject, *traits)
    wanted = {f"trait_{number}": value for number, value in enumerate(traits.values())}
    # EXISTS looks at those who entered in the period; IN would go through everybody first.
    return rows.filter(Exists(found.filter(**wanted, pk=OuterRef("subject"))))


def subjects(kind: str, traits: Mapping[str, str], condition: conditions.Condition | None) -> list[str]:
    """The ids of all customers, or contacts, with these traits for whom a condition holds; raises as of_those()."""
    rows = people.traits(kind, *traits)
    rows = rows.filter(**{f"trait_{number}": value for number, value in enumerate(traits.values())})
    if condition:
        found = _fitting(kind, condition)
        if found is None:
            return []
        rows = rows.filter(pk__in=found) if traits else found
    return list(rows.values_list("pk", flat=True))


def load(rows: QuerySet[models.Run], stages: Sequence[Stage]) -> Loaded:
    """The runs, in no particular order."""
    moments = ("entered_at", "ended_at", "window_at", "since", "late_at")
    found = list(
        rows.order_by()
        .annotate(**{f"us_{name}": Micros(F(name)) for name in moments})
        .values_list("id", "subject", "state", "waiting_for", "trouble", "stuck", *(f"us_{name}" for name in moments))
    )
    if not found:
        nothing = np.empty((0, len(stages)))
        return Loaded(_crowd([], [], [], [], [()] * 5, nothing), [], nothing)
    ids, subjects, states, waits_for, trouble, stuck, *at = zip(*found, strict=True)
    place_of = {stage.key: place for place, stage in enumerate(stages)}
    reached, positions = (np.full((len(found), len(stages)), np.nan) for _ in range(2))
    row_of = dict(zip(ids, range(len(ids)), strict=True))
    marks = models.Reached.objects.filter(run__in=rows.order_by().values("pk"), step__in=list(place_of))
    columns = ("run_id", "step", "us", "position")
    for run, step, moment, position in marks.annotate(us=Micros(F("at"))).values_list(*columns).iterator(20_000):
        if (row := row_of.get(run)) is not None:
            reached[row, place_of[step]], positions[row, place_of[step]] = moment, position
    next_places = [place_of.get(step, -1) for step in waits_for]
    return Loaded(_crowd(states, next_places, trouble, stuck, at, reached), list(subjects), positions)


def _crowd(
    states: Sequence[str],
    waits_for: Sequence[int],
    trouble: Sequence[str],
    stuck: Sequence[str],
    at: Sequence[Sequence[Any]],
    reached: Any,
) -> Crowd:
    # None becomes NaN, which compares as false with every moment: never.
    entered, ended, window, since, late_at = (np.array(moments, dtype=np.float64) for moments in at)
    return Crowd(
        entered=entered,
        state=np.array([STATES[state] for state in states], dtype=np.int8),
        ended=ended,
        window=window,
        waits_for=np.array(waits_for, dtype=np.int16),
        since=since,
        late_at=late_at,
        trouble=np.array([bool(text) for text in trouble], dtype=np.bool_),
        slow=np.array([kind == "slow" for kind in stuck], dtype=np.bool_),
        reached=reached,
    )
