"""Verbs about sources: set them up, give them new keys, switch them off, take in what was rejected before."""

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import msgspec
from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _

from posthouse.foundation.clock import now
from posthouse.intake import events, following, models, queries
from posthouse.intake.dialects.told import Envelope, Item, Misfit, Told
from posthouse.timeline.actions import record, store_foreign
from posthouse.timeline.events import TYPE_PATTERN, catalogue

MOST_NAMES = 200
LONGEST_TYPE = 120
MAX_OVERLAP = timedelta(days=30)
MAX_RATE = 100_000
PREFIX_PATTERN = re.compile(r"[a-z][a-z0-9_]{0,29}")
KEPT_PER_SOURCE = 10_000
"""Rejected items; of more the oldest go."""
TRIMMED_AT_ONCE = 5_000


class Refused(ValueError):
    """What was asked for cannot be; the text says why, for people."""


@transaction.atomic
def make_source(*, name: str, dialect: str, kept: str = models.Kept.SERVER, actor: str = "") -> models.Source:
    """A new source with its write key. Announces SourceMade."""
    source = models.Source.objects.create(
        name=name.strip(), dialect=dialect, kept=kept, created_at=now(), created_by=actor
    )
    record(events.SourceMade(source_id=source.pk, name=source.name, dialect=dialect), actor=actor)
    return source


@transaction.atomic
def change_source(*, source: models.Source, actor: str = "", **changes: Any) -> models.Source:
    """Change name, kept, names, prefix or rate; the edge follows within a second. Announces SourceChanged if any did.

    Raises Refused for names or a prefix that cannot be types of ours.
    """
    if "names" in changes:
        check_names(changes["names"])
    if "prefix" in changes:
        check_prefix(changes["prefix"])
    source = models.Source.objects.select_for_update().get(pk=source.pk)
    changed = sorted(name for name, value in changes.items() if getattr(source, name) != value)
    if not changed:
        return source
    for name in changed:
        setattr(source, name, changes[name])
    source.save(update_fields=changed)
    record(events.SourceChanged(source_id=source.pk, changed=changed), actor=actor)
    return source


def check_prefix(prefix: str) -> None:
    """Raises Refused unless it may be the first word of a type."""
    if not PREFIX_PATTERN.fullmatch(prefix):
        raise Refused(_("A prefix is one word in small letters, such as track."))


def check_names(names: Mapping[str, str]) -> None:
    """Raises Refused unless every value may be the type of an event that comes from elsewhere."""
    if len(names) > MOST_NAMES:
        raise Refused(_("At most %(count)d names can be declared.") % {"count": MOST_NAMES})
    for name, type_ in names.items():
        if not name.strip() or len(name) > LONGEST_TYPE or not name.isprintable():
            raise Refused(_("“%(name)s” cannot be the name of an event.") % {"name": name[:60]})
        if len(type_) > LONGEST_TYPE or not TYPE_PATTERN.fullmatch(type_):
            raise Refused(
                _("“%(type)s” cannot be a type: write small words with dots, such as order.completed.")
                % {"type": type_[:60]}
            )
        if type_ in catalogue:
            raise Refused(_("Only the house itself announces %(type)s; choose another type.") % {"type": type_})


@transaction.atomic
def rotate_key(*, source: models.Source, overlap: timedelta, actor: str = "") -> models.Source:
    """A new write key; the old one works on for `overlap`, one from an earlier overlap ends now.

    Announces SourceKeyRotated. Raises Refused for an overlap below zero or above 30 days.
    """
    if not timedelta() <= overlap <= MAX_OVERLAP:
        raise Refused(_("An overlap lies between nothing and 30 days."))
    source = models.Source.objects.select_for_update().get(pk=source.pk)
    ends = now() + overlap
    source.old_key, source.old_key_ends_at = (source.write_key, ends) if overlap else ("", None)
    source.write_key = models.new_write_key()
    source.save(update_fields=["old_key", "old_key_ends_at", "write_key"])
    record(events.SourceKeyRotated(source_id=source.pk, overlap_ends_at=ends.isoformat()), actor=actor)
    return source


@transaction.atomic
def switch_off(*, source: models.Source, actor: str = "") -> None:
    """Take nothing in any more, within a second. Announces SourceSwitchedOff, once."""
    if models.Source.objects.filter(pk=source.pk, off_at=None).update(off_at=now()):
        record(events.SourceSwitchedOff(source_id=source.pk), actor=actor)


@transaction.atomic
def switch_on(*, source: models.Source, actor: str = "") -> None:
    """Take it in again, within a second. Announces SourceSwitchedOn, once."""
    if models.Source.objects.filter(pk=source.pk, off_at__isnull=False).update(off_at=None):
        record(events.SourceSwitchedOn(source_id=source.pk), actor=actor)


@transaction.atomic
def take_again(*, reject: models.Rejected, text: str) -> str:
    """Take in an item that was rejected, as `text` says it now; returns `accepted` or `duplicate`.

    The moment of sending and of arrival are those of the first time. What is on the timeline already is carried out
    again instead, and `text` does not count. Raises Misfit when it still cannot be; then the row stays as it was.
    """
    reject = models.Rejected.objects.select_for_update().select_related("source").get(pk=reject.pk)
    if reject.event_id:
        following.follow_again(reject)
        reject.delete()
        return "accepted"
    outcome = _take(reject.source, _read(text), text.encode("utf-8", "replace"), _envelope(reject))
    if outcome == "accepted":
        models.Source.objects.filter(pk=reject.source_id).update(accepted=F("accepted") + 1)
    reject.delete()
    return outcome


def take_in(*, source: models.Source, items: list[Item], sent_at: datetime | None = None) -> None:
    """Take in items that come from a program of this machine, as the edge would: all, or none. Raises Misfit."""
    moment = now()
    with transaction.atomic():
        outcomes = [_take(source, item, msgspec.json.encode(item), Envelope(moment, sent_at)) for item in items]
        models.Source.objects.filter(pk=source.pk).update(
            accepted=F("accepted") + outcomes.count("accepted"),
            duplicates=F("duplicates") + outcomes.count("duplicate"),
            last_seen_at=moment,
        )


@transaction.atomic
def drop_reject(*, reject: models.Rejected) -> None:
    """Forget a rejected item."""
    reject.delete()


def trim_rejects(*, days: int) -> int:
    """Delete rejected items older than so many days, and the oldest of a source that has too many; how many."""
    old = models.Rejected.objects.filter(received_at__lt=now() - timedelta(days=days))
    gone = _delete(old)
    for source in models.Source.objects.all():
        rows = queries.rejects(source)
        last = rows.values_list("received_at", flat=True)[KEPT_PER_SOURCE : KEPT_PER_SOURCE + 1].first()
        gone += _delete(rows.filter(received_at__lte=last)) if last else 0
    return gone


def _delete(rows: Any) -> int:
    ids = list(rows.order_by("received_at").values_list("pk", flat=True)[:TRIMMED_AT_ONCE])
    return models.Rejected.objects.filter(pk__in=ids).delete()[0] if ids else 0


def _envelope(reject: models.Rejected) -> Envelope:
    return Envelope(reject.received_at, reject.sent_at)


def _read(text: str) -> Item:
    try:
        return msgspec.json.decode(text.encode(), type=dict[str, Any])
    except msgspec.ValidationError:
        raise Misfit("misshapen", "an item is an object: {…}") from None
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        raise Misfit("not-json", str(error)) from None


def _take(source: models.Source, item: Item, raw: bytes, envelope: Envelope) -> str:
    """Raises Misfit, also when the id was used for something else."""
    outcomes = [
        _store(source, told, raw, envelope)
        for told in queries.translate(source.dialect, item, raw, queries.rules_of(source))
    ]
    if "conflict" in outcomes:
        raise Misfit("conflict", "Give it another id.")
    return outcomes[0]


def _store(source: models.Source, told: Told, raw: bytes, envelope: Envelope) -> str:
    queries.check(told, raw)
    return store_foreign(
        source=queries.event_source(source.pk),
        event_id=told.id,
        type_=told.type,
        customer_id=told.customer_id,
        contact_id=told.contact_id,
        occurred_at=told.occurred_at(envelope),
        sent_at=envelope.sent_at,
        data=told.data,
    )
