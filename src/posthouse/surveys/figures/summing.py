"""Makes the columns of touched days anew from the rows, and reads rows as columns where the day is not summed up yet.

Nothing is ever added to or taken from a column: a day is made as a whole, so nothing can drift, whatever happened
to its answers. The notes are read before the rows and deleted with the new columns in one transaction; who finds one
of its notes gone was overtaken, and leaves its work undone.
"""

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import groupby
from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, Subquery

from posthouse.foundation.clock import now
from posthouse.surveys.figures.columns import NEVER, SCORE, Day, Row, day_of, packed, traits_of
from posthouse.surveys.figures.touching import ANSWERS, Place, day_number
from posthouse.surveys.models import IMPORTED, Campaign, DayColumn, Response, Send, SendState, TouchedDay

AT_ONCE = 5000
"""Notes read at a time."""
BUDGET = 2.0
"""Seconds after which no further day is begun, so that the worker comes to its other duties."""
ROWS_PER_SECOND = 1000
"""A day of so many rows is made anew once a second at most, a greater one less often: the worker has other duties."""


def sum_up() -> int:
    """Make touched days anew, those first that were touched first; returns how many. Stops after a few seconds."""
    notes: dict[Place, list[int]] = {}
    rows = TouchedDay.objects.order_by("pk")[:AT_ONCE].values_list("pk", "campaign_id", "kind", "day")
    for pk, campaign, kind, day in rows:
        notes.setdefault((campaign, kind, day), []).append(pk)
    done, until = 0, time.monotonic() + BUDGET
    for place, ids in notes.items():
        if time.monotonic() > until:
            break
        if _due(place):
            done += _make_anew(place, ids)
    return done


def _due(place: Place) -> bool:
    campaign, kind, day = place
    columns = DayColumn.objects.filter(campaign=campaign, kind=kind, day=day, name=SCORE)
    made = columns.values_list("made_at", "rows").first()
    return made is None or now() >= made[0] + timedelta(seconds=made[1] // ROWS_PER_SECOND)


def _make_anew(place: Place, notes: list[int]) -> int:
    campaign, kind, number = place
    at = beginning(number) if Campaign.objects.filter(pk=campaign, anonymous=True).exists() else now()
    day = next(days_of_rows(campaign, kind, number, number), None)
    with transaction.atomic():
        if TouchedDay.objects.filter(pk__in=notes).delete()[0] < len(notes):
            transaction.set_rollback(True)
            return 0
        DayColumn.objects.filter(campaign=campaign, kind=kind, day=number).delete()
        if day is not None:
            DayColumn.objects.bulk_create(columns_of(campaign, kind, day, at))
    return 1


def columns_of(campaign: str, kind: str, day: Day, at: datetime) -> Iterator[DayColumn]:
    """The columns of a day as rows to be stored."""
    for name, body in packed(day):
        yield DayColumn(
            campaign_id=campaign, kind=kind, name=name, day=day.day, rows=len(day.scores), made_at=at, body=body
        )


def days_of_rows(campaign: str, kind: str, first: int, last: int) -> Iterator[Day]:
    """The days that have rows, from the rows themselves, oldest first."""
    rows = _answers(campaign, first, last) if kind == ANSWERS else _sends(campaign, first, last)
    for number, group in groupby(rows, key=lambda pair: pair[0]):
        yield day_of(number, (row for _day, row in group))


def beginning(day: int) -> datetime:
    """When a day begins, in UTC."""
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(days=day)


def rows_of(campaign: str, kind: str, first: int, last: int) -> Any:
    """The answers, or the sends that went out, of these days.

    What another system sent is no send of ours: whether it was answered is not known.
    """
    within = (beginning(first), beginning(last + 1))
    if kind == ANSWERS:
        return Response.objects.filter(campaign=campaign, created_at__gte=within[0], created_at__lt=within[1])
    sent = Send.objects.filter(campaign=campaign, sent_at__gte=within[0], sent_at__lt=within[1])
    return sent.filter(state=SendState.SENT).exclude(source=IMPORTED)


def _answers(campaign: str, first: int, last: int) -> Iterator[tuple[int, Row]]:
    """Answers with their days; of each, when its author next answered the same campaign."""
    later = Response.objects.filter(
        Q(created_at__gt=OuterRef("created_at")) | Q(pk__gt=OuterRef("pk")),
        campaign=OuterRef("campaign"),
        contact=OuterRef("contact"),
        created_at__gte=OuterRef("created_at"),
    )
    following = later.order_by("created_at", "pk").values("created_at")[:1]
    rows = rows_of(campaign, ANSWERS, first, last).order_by("created_at").annotate(following=Subquery(following))
    fields = ("created_at", "score", "comment", "following", "attributes", "language", "channel", "device")
    for at, score, comment, after, attributes, language, channel, device in rows.values_list(*fields).iterator():
        gap = (day_number(after) - day_number(at)) if after else NEVER
        traits = traits_of(attributes, language=language, channel=channel, device=device)
        yield day_number(at), Row(score, bool(comment), gap, traits)


def _sends(campaign: str, first: int, last: int) -> Iterator[tuple[int, Row]]:
    """Sends with the days they went out on; the score of one that was answered is 1."""
    answered = Exists(Response.objects.filter(send=OuterRef("pk")))
    rows = rows_of(campaign, DayColumn.Kind.SENDS, first, last).order_by("sent_at").annotate(answered=answered)
    for at, got, attributes, language, channel in rows.values_list(
        "sent_at", "answered", "attributes", "language", "channel"
    ).iterator():
        yield day_number(at), Row(int(got), False, NEVER, traits_of(attributes, language=language, channel=channel))
