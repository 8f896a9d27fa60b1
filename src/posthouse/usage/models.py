"""Recent calls, and their roll-ups per minute, hour and day."""

import hashlib
from datetime import UTC, datetime
from typing import Any, ClassVar, NamedTuple

from django.db import models
from django.utils.translation import gettext_lazy as _

from posthouse.foundation.appendlog import Cursor, LogQuerySet, LogRow

ERROR = 400
"""A call has failed when its status is this or higher."""


class Call(LogRow):
    """One call made to the vendor's API. Kept for a limited time; the roll-ups stay."""

    id = models.CharField(max_length=64, unique=True)
    at = models.DateTimeField()
    customer_id = models.CharField(max_length=40, blank=True)
    key_id = models.CharField(max_length=40, blank=True)
    environment = models.CharField(max_length=4, blank=True)
    method = models.CharField(max_length=10)
    route = models.CharField(max_length=200)
    path = models.CharField(max_length=500, blank=True)
    status = models.PositiveSmallIntegerField()
    duration_us = models.PositiveIntegerField()
    request_id = models.CharField(max_length=80, blank=True)
    version = models.CharField(max_length=40, blank=True)
    sdk = models.CharField(max_length=80, blank=True)
    user_agent = models.CharField(max_length=200, blank=True)
    error_code = models.CharField(max_length=80, blank=True)
    ip = models.CharField(max_length=45, blank=True)
    details = models.JSONField(null=True)
    received_at = models.DateTimeField()

    objects: ClassVar[LogQuerySet[Any]] = LogQuerySet.as_manager()  # type: ignore[assignment]  # as_manager is typed as a plain Manager

    class Meta:
        indexes = [
            models.Index(fields=["customer_id", "at", "position", "status"], name="usage_call_customer"),
            models.Index(fields=["received_at"], name="usage_call_received"),
            models.Index(fields=["request_id"], name="usage_call_request"),
        ]

    def __str__(self) -> str:
        return f"{self.method} {self.route} {self.status}"

    @property
    def failed(self) -> bool:
        """Whether the answer was an error."""
        return self.status >= ERROR

    @property
    def target(self) -> str:
        """What was called, as the caller wrote it; the route where the path was not reported."""
        return self.path or self.route


class Traits(NamedTuple):
    """What calls must have in common to be summed up together."""

    customer_id: str
    key_id: str
    environment: str
    method: str
    route: str
    status: int
    version: str

    def fingerprint(self) -> bytes:
        """16 bytes that stand for the traits."""
        return hashlib.blake2b("\x1f".join(map(str, self)).encode(), digest_size=16).digest()


class Series(models.Model):
    """One combination of traits that has occurred. Roll-ups refer to it instead of repeating seven texts."""

    fingerprint = models.BinaryField(max_length=16, unique=True)
    customer_id = models.CharField(max_length=40, blank=True, db_index=True)
    key_id = models.CharField(max_length=40, blank=True)
    environment = models.CharField(max_length=4, blank=True)
    method = models.CharField(max_length=10)
    route = models.CharField(max_length=200)
    status = models.PositiveSmallIntegerField()
    version = models.CharField(max_length=40, blank=True)

    def __str__(self) -> str:
        return f"{self.customer_id} {self.method} {self.route} {self.status}"


class Grain(models.IntegerChoices):
    """How long the period of one roll-up is."""

    DAY = 0, _("Day")
    HOUR = 1, _("Hour")
    MINUTE = 2, _("Minute")

    @property
    def minutes(self) -> int:
        """The length of the period."""
        return {Grain.DAY: 1440, Grain.HOUR: 60, Grain.MINUTE: 1}[self]


PERIOD_BITS, GRAIN_BITS = 27, 2
"""Minutes since 1970 fit in 27 bits until the year 2225."""


class Rollup(models.Model):
    """The calls of one series in one period, summed up.

    The primary key is made of series, grain and period (see `rollup_id`), never left to the database: so a row is
    found, and the periods of one series are read in order, without a second index (it is SQLite's rowid).
    """

    id = models.BigAutoField(primary_key=True)
    series = models.ForeignKey(Series, on_delete=models.CASCADE, db_index=False, related_name="+")
    grain = models.PositiveSmallIntegerField(choices=Grain.choices)
    start = models.DateTimeField()
    calls = models.PositiveBigIntegerField()
    duration_us_sum = models.PositiveBigIntegerField()
    sketch = models.BinaryField()

    class Meta:
        indexes = [models.Index(fields=["grain", "start"], name="usage_rollup_start")]

    def __str__(self) -> str:
        return f"{self.get_grain_display()} {self.start}: {self.calls}"


def rollup_id(series_id: int, grain: int, minute: int) -> int:
    """The primary key of the roll-up of a period that begins `minute` minutes after 1970."""
    return ((series_id << GRAIN_BITS) | grain) << PERIOD_BITS | minute


def start_of(row_id: int) -> datetime:
    """When the period of a roll-up begins, read from its primary key."""
    return datetime.fromtimestamp((row_id & ((1 << PERIOD_BITS) - 1)) * 60, UTC)


class RollupCheckpoint(models.Model):
    """How far the roll-ups have taken in the calls."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1, editable=False)
    tx = models.BigIntegerField(default=0)
    position = models.BigIntegerField(default=0)

    def __str__(self) -> str:
        return str(self.cursor)

    @property
    def cursor(self) -> Cursor:
        """The place as a log cursor."""
        return Cursor(self.tx, self.position)


class CustomerState(models.Model):
    """What is known of a customer's traffic so that each milestone is announced once."""

    customer_id = models.CharField(max_length=40, primary_key=True)
    first_call_at = models.DateTimeField(null=True)
    first_success_at = models.DateTimeField(null=True)
    first_failure_at = models.DateTimeField(null=True)
    first_live_at = models.DateTimeField(null=True)
    first_live_success_at = models.DateTimeField(null=True)
    last_call_at = models.DateTimeField(null=True)
    quiet_check_at = models.DateTimeField(null=True, db_index=True)
    quiet_since = models.DateTimeField(null=True)
    spike_since = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return self.customer_id
