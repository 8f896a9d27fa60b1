"""Sources of events with their write keys, and the items of theirs that could not be taken in."""

import hashlib
import secrets
from datetime import datetime
from functools import partial
from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from posthouse.foundation.clock import now
from posthouse.foundation.ids import new_id

SOURCE_PREFIX = "intake:"
"""An event's source is this and the id of the Source, so an id counts once per source."""
KEY_BYTES = 20
ITEM_CHARACTERS = 32 * 1024
"""Of an item that was rejected; of a longer one the beginning is kept."""


def new_write_key() -> str:
    """160 random bits."""
    return f"wk_{secrets.token_hex(KEY_BYTES)}"


def digest_of_item(raw: bytes, reason: str) -> bytes:
    """Under which the same item, rejected for the same reason, is one row."""
    return hashlib.blake2b(raw, digest_size=16, key=reason.encode()).digest()


class Dialect(models.TextChoices):
    """What the clients of a source speak."""

    SEGMENT = "segment", "Segment"
    RUDDERSTACK = "rudderstack", "RudderStack"
    POSTHOG = "posthog", "PostHog"


class Kept(models.TextChoices):
    """Where the write key is kept, which decides how far its holder is believed."""

    SERVER = "server", _("On servers of ours only")
    CLIENT = "client", _("In web pages or apps, where anybody can read it")


class Source(models.Model):
    """A program, or several, that tells us what happens elsewhere.

    The write key is kept as it is and can be shown again: it only lets events in, clients carry it in pages and apps
    that anybody can read, and whoever sets up the next service has to look it up. All who know it can do is told by
    `kept`. The edge holds all keys in memory.
    """

    id = models.CharField(primary_key=True, max_length=40, default=partial(new_id, "src"), editable=False)
    name = models.CharField(_("name"), max_length=80)
    dialect = models.CharField(pgettext_lazy("of a source", "client"), max_length=20, choices=Dialect.choices)
    kept = models.CharField(_("where the write key is kept"), max_length=10, choices=Kept.choices, default=Kept.SERVER)
    write_key = models.CharField(max_length=64, unique=True, default=new_write_key)
    old_key = models.CharField(max_length=64, blank=True, db_index=True)
    old_key_ends_at = models.DateTimeField(null=True)
    prefix = models.CharField(max_length=30, default="track")
    names = models.JSONField(default=dict, blank=True)
    rate = models.PositiveIntegerField(default=1000)
    """Items a second that one process takes in, bursts evened out."""
    off_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(default=now, editable=False)
    created_by = models.CharField(max_length=80, blank=True)
    last_seen_at = models.DateTimeField(null=True)
    accepted = models.BigIntegerField(default=0)
    duplicates = models.BigIntegerField(default=0)
    rejected = models.BigIntegerField(default=0)

    class Meta:
        verbose_name = _("source")
        ordering = ("created_at", "id")

    def __str__(self) -> str:
        return self.name

    def old_key_works(self, at: datetime) -> bool:
        """Whether the key before the last rotation still opens anything."""
        return bool(self.old_key and self.old_key_ends_at and at < self.old_key_ends_at)


class Reason(models.TextChoices):
    """Why an item was not taken in."""

    NOT_JSON = "not-json", _("The request could not be read")
    MISSHAPEN = "misshapen", _("A member has the wrong form")
    TYPE_UNKNOWN = "type-unknown", _("The kind of call is not known")
    NO_PERSON = "no-person", _("It names nobody")
    NO_EVENT = "no-event", _("The event has no name")
    NO_GROUP = "no-group", _("The group has no id")
    NO_PREVIOUS = "no-previous", _("An alias needs two ids")
    MOMENT = "moment", _("The time cannot be right")
    TOO_LARGE = "too-large", _("It is too large")
    TOO_DEEP = "too-deep", _("It is nested too deeply")
    NUL = "nul", _("It holds the character NUL")
    CONFLICT = "conflict", _("Its id was used for something else before")
    REFUSED = "refused", _("The database cannot store it")
    ADDRESS = "address", _("The e-mail address is not one")
    ATTRIBUTES = "attributes", _("The traits cannot be kept as attributes")
    TWO_PEOPLE = "two-people", _("Two known people would become one")
    TWO_CUSTOMERS = "two-customers", _("Two known customers would become one")


class Rejected(models.Model):
    """An item that could not be taken in, as it came; the same item sent again is the same row.

    With `event_id`: an event that is on the timeline, but what it tells could not be carried out.
    """

    id = models.CharField(primary_key=True, max_length=40, default=partial(new_id, "rej"), editable=False)
    source = models.ForeignKey(Source, on_delete=models.CASCADE, related_name="rejects")
    received_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True)
    digest = models.BinaryField(max_length=16)
    reason = models.CharField(max_length=20, choices=Reason.choices)
    detail = models.CharField(max_length=300, blank=True)
    item = models.TextField()
    cut = models.BooleanField(default=False)
    event_id = models.CharField(max_length=200, blank=True, default="", db_default="")

    class Meta:
        verbose_name = _("rejected item")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["source", "digest"], name="intake_rejected_once"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["source", "-received_at", "-id"], name="intake_rejected_newest"),
            models.Index(fields=["received_at"], name="intake_rejected_age"),
        ]

    def __str__(self) -> str:
        return f"{self.reason} {self.id}"
