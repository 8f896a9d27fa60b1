"""The event log, the checkpoints of its readers, and events a reader could not digest."""

import json
from collections.abc import Container, Iterator
from datetime import datetime
from typing import Any, ClassVar

from django.db import connection, models
from django.db.models.functions import Cast
from django.utils.translation import gettext_lazy as _

from posthouse.foundation.appendlog import Cursor, LogQuerySet, LogRow
from posthouse.foundation.clock import now
from posthouse.foundation.plainrows import fetch, moment
from posthouse.timeline.events import Recorded

INTERNAL_SOURCE = "posthouse"
HEAD = Recorded._fields[:-3]
MOMENTS = Recorded._fields[-3:-1]


class Event(LogRow):
    """One thing that happened. Never changed, never deleted (erasure of a person empties `data`)."""

    source = models.CharField(max_length=200)
    id = models.CharField(max_length=200)
    type = models.CharField(max_length=120)
    version = models.PositiveSmallIntegerField(default=1)
    customer_id = models.CharField(max_length=64, blank=True)
    contact_id = models.CharField(max_length=64, blank=True)
    actor = models.CharField(max_length=80, blank=True)
    occurred_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True)
    received_at = models.DateTimeField()
    digest = models.BinaryField(max_length=16)
    data = models.JSONField(default=dict)

    objects: ClassVar[LogQuerySet[Any]] = LogQuerySet.as_manager()  # type: ignore[assignment]  # as_manager is typed as a plain Manager

    class Meta:
        verbose_name = _("event")
        constraints = [models.UniqueConstraint(fields=["source", "id"], name="timeline_event_source_id")]
        indexes = [
            models.Index(fields=["customer_id", "occurred_at", "position"], name="timeline_event_customer"),
            models.Index(
                fields=["contact_id", "occurred_at", "position"],
                name="timeline_event_contact",
                condition=~models.Q(contact_id=""),
            ),
            models.Index(fields=["type", "position"], name="timeline_event_type"),
        ]

    def __str__(self) -> str:
        return f"{self.type} {self.id}"

    @staticmethod
    def plain(rows: "models.QuerySet[Event]", only: Container[int] | None = None) -> Iterator[Recorded]:
        """What reactions see of many rows, without an object of the ORM for each. `only`: of those at these places."""
        as_text = connection.vendor == "sqlite"
        moments = [Cast(name, models.TextField()) if as_text else name for name in MOMENTS]
        for row in fetch(rows.values_list(*HEAD, *moments, "data")):
            if only is None or row[0] in only:
                *head, occurred_at, received_at, data = row
                yield Recorded._make((*head, moment(occurred_at), moment(received_at), json.loads(data)))

    def recorded(self) -> Recorded:
        """What reactions see."""
        return Recorded(
            position=self.position,
            id=self.id,
            source=self.source,
            type=self.type,
            customer_id=self.customer_id,
            contact_id=self.contact_id,
            actor=self.actor,
            occurred_at=self.occurred_at,
            received_at=self.received_at,
            data=self.data,
        )


class Checkpoint(models.Model):
    """How far one consumer has read the log, in one of the parts into which its customers are divided."""

    consumer = models.CharField(max_length=80)
    number = models.PositiveSmallIntegerField(default=0)
    parts = models.PositiveSmallIntegerField(default=1)
    tx = models.BigIntegerField(default=0)
    position = models.BigIntegerField(default=0)
    moved_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["consumer", "number"], name="timeline_checkpoint_once")]

    def __str__(self) -> str:
        return f"{self.consumer} {self.number}/{self.parts} at {self.cursor}"

    @property
    def cursor(self) -> Cursor:
        """The place as a log cursor."""
        return Cursor(self.tx, self.position)

    def move(self, cursor: Cursor, at: datetime) -> None:
        """Remember that everything up to `cursor` has taken effect."""
        self.tx, self.position, self.moved_at = cursor.tx, cursor.position, at
        self.save(update_fields=["tx", "position", "moved_at"])


class Alias(models.Model):
    """An id that stands for another. Events keep the ids they came with; readers look here for whom they mean.

    `target` is what it was said to stand for, `canonical` what that stands for in the end, and (tx, position) the
    place of the announcement in the log: events before it were taken in under the id they carry.
    """

    alias = models.CharField(max_length=64, primary_key=True)
    target = models.CharField(max_length=64)
    canonical = models.CharField(max_length=64, db_index=True)
    kind = models.CharField(max_length=20)
    tx = models.BigIntegerField()
    position = models.BigIntegerField(db_index=True)

    def __str__(self) -> str:
        return f"{self.alias} is {self.canonical}"

    @property
    def cursor(self) -> Cursor:
        """The place of its announcement in the log."""
        return Cursor(self.tx, self.position)


class Import(models.Model):
    """How far a file of events has been put into the log, so that an import that was killed can go on."""

    key = models.CharField(max_length=32, db_index=True)
    source = models.CharField(max_length=200)
    name = models.CharField(max_length=200)
    records = models.PositiveBigIntegerField(default=0)
    new = models.PositiveBigIntegerField(default=0)
    known = models.PositiveBigIntegerField(default=0)
    rejected = models.PositiveBigIntegerField(default=0)
    rejected_bytes = models.PositiveBigIntegerField(default=0)
    begun_at = models.DateTimeField(default=now)
    moved_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"{self.name}: {self.records}"


class Parked(models.Model):
    """An event that made a consumer fail, or that waits behind such a one with the same key.

    The key is the customer's id, or the contact's where there is no customer; without either nothing waits.
    """

    consumer = models.CharField(max_length=80)
    event = models.ForeignKey("timeline.Event", on_delete=models.CASCADE, related_name="+")
    customer_id = models.CharField(max_length=64, blank=True)
    key = models.CharField(max_length=64, blank=True)
    attempts = models.PositiveIntegerField(default=0)
    error = models.TextField(blank=True)
    next_try_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["consumer", "event"], name="timeline_parked_once")]
        indexes = [models.Index(fields=["consumer", "key"], name="timeline_parked_key")]

    def __str__(self) -> str:
        return f"{self.consumer}: {self.event_id}"


class Discarded(models.Model):
    """An event that a person decided a consumer shall never take in, and why."""

    consumer = models.CharField(max_length=80)
    event = models.ForeignKey("timeline.Event", on_delete=models.CASCADE, related_name="+")
    attempts = models.PositiveIntegerField()
    error = models.TextField(blank=True)
    reason = models.CharField(_("reason"), max_length=300)
    actor = models.CharField(max_length=80, blank=True)
    at = models.DateTimeField(default=now)

    def __str__(self) -> str:
        return f"{self.consumer}: {self.event_id}"
