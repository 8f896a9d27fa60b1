"""Questions about sources, what came from them, and what their items say."""

from collections.abc import Mapping
from typing import Any

import msgspec
from django.db.models import Count, QuerySet

from posthouse.foundation.ids import is_id
from posthouse.foundation.storable import has_nul, store
from posthouse.intake import models
from posthouse.intake.dialects import TRANSLATORS
from posthouse.intake.dialects.told import Envelope, Item, Misfit, Rules, Told, moment_of
from posthouse.intake.models import ITEM_CHARACTERS, SOURCE_PREFIX, digest_of_item
from posthouse.timeline import queries as timeline

_FAULTS = {"unreadable": "misshapen"}

__all__ = [
    "ITEM_CHARACTERS",
    "SOURCE_PREFIX",
    "Envelope",
    "Misfit",
    "Rules",
    "Told",
    "check",
    "digest_of_item",
    "event_source",
    "moment_of",
    "reason_counts",
    "rejects",
    "source",
    "sources",
    "translate",
]


def translate(dialect: str, item: Item, raw: bytes, rules: Rules) -> list[Told]:
    """What an item of a dialect says, as events of ours; `raw` is its text. Pure. Raises Misfit."""
    return TRANSLATORS[dialect](item, raw, rules)


def rules_of(source: models.Source) -> Rules:
    """How a source wishes its events to be called."""
    return Rules(names=source.names, prefix=source.prefix)


def check(told: Told, raw: bytes) -> str:
    """The data of an event as JSON text. Raises Misfit for what cannot be stored."""
    stored = store(told.data)
    if stored.fault:
        raise Misfit(_FAULTS.get(stored.fault, stored.fault), stored.why)
    if b"\\u0000" in raw and has_nul(told.data):
        raise Misfit("nul", "NUL characters cannot be stored")
    return stored.text.decode()


def item_text(item: Item) -> str:
    """An item as text."""
    return msgspec.json.encode(item).decode()


def event_source(source_id: str) -> str:
    """The source that a Source's events have on the timeline."""
    return SOURCE_PREFIX + source_id


def sources() -> QuerySet[models.Source]:
    """All sources, oldest first."""
    return models.Source.objects.order_by("created_at", "pk")


def source(source_id: str) -> models.Source | None:
    """A source by id."""
    return models.Source.objects.filter(pk=source_id).first() if is_id(source_id) else None


def rejects(source: models.Source, *, reason: str = "", text: str = "") -> QuerySet[models.Rejected]:
    """What of a source could not be taken in, newest first; `text` is part of the item or of the particulars."""
    rows = models.Rejected.objects.filter(source=source)
    if reason:
        rows = rows.filter(reason=reason)
    if text:
        rows = rows.filter(item__icontains=text) | rows.filter(detail__icontains=text)
    return rows.order_by("-received_at", "-pk")


def reject(source: models.Source, reject_id: str) -> models.Rejected | None:
    """One rejected item of a source."""
    rows = models.Rejected.objects.filter(source=source, pk=reject_id)
    return rows.first() if is_id(reject_id) else None


def received(source: models.Source, *, before: int = 0) -> QuerySet[Any]:
    """What came from a source, in the order of arrival, newest first; only what came before a position, if given."""
    rows = timeline.newest(source=event_source(source.pk))
    return rows.filter(position__lt=before) if before else rows


def reason_counts(source: models.Source) -> Mapping[str, int]:
    """How many of the rejected items kept have which reason."""
    rows = models.Rejected.objects.filter(source=source).order_by()
    return dict(rows.values_list("reason").annotate(Count("pk")))
