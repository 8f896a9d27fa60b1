"""Forgets raw calls and minute roll-ups whose time is over, a little at a time."""

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.db.models import QuerySet

from posthouse.foundation.clock import now
from posthouse.usage.models import Call, Grain, Rollup, RollupCheckpoint

BATCH = 2000
"""Rows deleted in one transaction: some milliseconds in which nobody else can write to SQLite."""


def forget_calls() -> int:
    """Delete raw calls received longer ago than CALL_RETENTION_DAYS; never one that is not in the roll-ups yet."""
    checkpoint = RollupCheckpoint.objects.first()
    if checkpoint is None:
        return 0
    old: QuerySet[Call, Any] = Call.objects.filter(received_at__lt=now() - timedelta(days=settings.CALL_RETENTION_DAYS))
    if connection.vendor == "postgresql":
        old = old.extra(where=["(tx, position) <= (%s, %s)"], params=[checkpoint.tx, checkpoint.position])
    else:
        old = old.filter(position__lte=checkpoint.position)
    positions = list(old.order_by("received_at").values_list("position", flat=True)[:BATCH])
    with transaction.atomic():
        Call.objects.filter(position__in=positions).delete()
    return len(positions)


def forget_minutes() -> int:
    """Delete minute roll-ups older than MINUTE_RETENTION_DAYS; hours and days stay."""
    before = now() - timedelta(days=settings.MINUTE_RETENTION_DAYS)
    rows = Rollup.objects.filter(grain=Grain.MINUTE, start__lt=before).order_by("start")
    ids = list(rows.values_list("pk", flat=True)[:BATCH])
    with transaction.atomic():
        Rollup.objects.filter(pk__in=ids).delete()
    return len(ids)
