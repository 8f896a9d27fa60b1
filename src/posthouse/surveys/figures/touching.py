"""Notes which days of a campaign changed, in the transaction of the change, so that their columns are made anew.

Whoever saves or deletes an answer or a send one by one need not think of it; `touch` is for those who write many rows
at once, past the model. An answer tells of three days: its own, that of the same person's answer before it (which is
no longer the latest), and the one on which it was asked for (which got an answer).
"""

from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime
from typing import Any

from django.db.models import QuerySet
from django.db.models.functions import TruncDate
from django.db.models.signals import post_save, pre_delete
from django.dispatch import receiver

from posthouse.foundation.clock import now
from posthouse.surveys.models import DayColumn, Response, Send, TouchedDay

ANSWERS, SENDS = DayColumn.Kind.ANSWERS, DayColumn.Kind.SENDS
Place = tuple[str, str, int]
"""Campaign, kind and day."""


def number_of(day: date) -> int:
    """A day as days since 1970."""
    return (day - date(1970, 1, 1)).days


def day_number(moment: datetime) -> int:
    """The day of a moment, in UTC."""
    return number_of(moment.astimezone(UTC).date())


def touch(places: Iterable[Place], at: datetime | None = None) -> None:
    """Have these days made anew; `at` is when they changed, where that is not now, or nobody's business."""
    at = at or now()
    TouchedDay.objects.bulk_create(
        TouchedDay(campaign_id=campaign, kind=kind, day=day, at=at) for campaign, kind, day in sorted(set(places))
    )


def touch_answers(rows: QuerySet[Response]) -> None:
    """After many answers were put in or changed at once. Call it before they are deleted."""
    people = rows.exclude(contact=None).order_by().values("contact")
    touch(_days(Response.objects.filter(contact__in=people), ANSWERS, "created_at"))
    touch(_days(rows, ANSWERS, "created_at"))
    touch(_days(Send.objects.filter(response__in=rows.order_by().values("pk")), SENDS, "sent_at"))


def touch_sends(rows: QuerySet[Send]) -> None:
    """After many sends were put in or changed at once. Call it before they are deleted."""
    touch(_days(rows, SENDS, "sent_at"))


def touch_all() -> int:
    """Have everything made anew; returns how many days that is."""
    places = _days(Response.objects.all(), ANSWERS, "created_at") | _days(Send.objects.all(), SENDS, "sent_at")
    touch(places)
    return len(places)


def _days(rows: QuerySet[Any], kind: str, field: str) -> set[Place]:
    dated = rows.exclude(**{field: None}).order_by().annotate(on=TruncDate(field, tzinfo=UTC))
    return {(campaign, kind, number_of(day)) for campaign, day in dated.values_list("campaign_id", "on").distinct()}


@receiver([post_save, pre_delete], sender=Response)
def on_answer(sender: type[Response], instance: Response, **_more: Any) -> None:
    """An answer was saved, or is about to go."""
    touch_answer(instance)


def touch_answer(response: Response) -> None:
    """After one answer was put in, changed or taken away. Of an anonymous one not even the note tells the moment."""
    touch(_places_of(response), response.created_at if response.campaign.anonymous else None)


def _places_of(response: Response) -> Iterator[Place]:
    yield response.campaign_id, ANSWERS, day_number(response.created_at)
    earlier = Response.objects.filter(campaign=response.campaign_id, contact=response.contact_id)
    before = earlier.filter(created_at__lte=response.created_at).exclude(pk=response.pk).order_by("-created_at")
    found = before.values_list("created_at", flat=True).first() if response.contact_id else None
    if found:
        yield response.campaign_id, ANSWERS, day_number(found)
    asked = Send.objects.filter(pk=response.send_id).values_list("sent_at", flat=True).first()
    if response.send_id and asked:
        yield response.campaign_id, SENDS, day_number(asked)


@receiver([post_save, pre_delete], sender=Send)
def on_send(sender: type[Send], instance: Send, **_more: Any) -> None:
    """A send was saved, or is about to go; only those that were sent count."""
    if instance.sent_at:
        touch([(instance.campaign_id, SENDS, day_number(instance.sent_at))])
