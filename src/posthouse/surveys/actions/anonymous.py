"""What is announced of anonymous campaigns: the number of a day's answers, once the day is over."""

from datetime import timedelta

from django.db import transaction
from django.db.models import Count

from posthouse.foundation.clock import now
from posthouse.surveys import events
from posthouse.surveys.models import Response
from posthouse.surveys.rounding import rounded
from posthouse.timeline.actions import record

BACK = timedelta(days=40)
"""So long the worker may have been away."""


def announce_anonymous_answers() -> int:
    """Announce AnonymousAnswers for each campaign and day that is over, once; returns how many days were looked at."""
    today = rounded(now())
    rows = Response.objects.filter(campaign__anonymous=True, created_at__lt=today, created_at__gte=today - BACK)
    days = list(rows.order_by().values("campaign_id", "created_at").annotate(number=Count("pk")))
    for found in days:
        day = f"{found['created_at']:%Y-%m-%d}"
        told = events.AnonymousAnswers(campaign_id=found["campaign_id"], day=day, answers=found["number"])
        with transaction.atomic():
            record(told, occurred_at=found["created_at"], event_id=f"anonymous:{found['campaign_id']}:{day}")
    return len(days)
