"""Dividing a consumer's customers among workers, so that each customer's events stay with one worker at a time.

A consumer has one checkpoint per part. The number of parts stands in the database, with the checkpoints; a worker
whose setting says otherwise first brings all parts to the same place in the log and then divides anew, so that nothing
is lost or taken in twice.

An event belongs to the part of its key. Where ids were joined, the key is that of the id in force at the event's own
place in the log: a pure function of the log, whoever asks and whenever. The part that gains a customer by such a
joining takes in the announcement only when the part that loses it has come as far; so order holds across it.
"""

from collections.abc import Collection
from dataclasses import dataclass, field
from zlib import crc32

from django.conf import settings
from django.db import transaction

from posthouse.foundation.appendlog import Cursor
from posthouse.timeline import events, locks, models

FEW = 50
"""Ids that are looked for at once; before more of them it is asked whether any id was ever joined."""


def key_of(customer_id: str, contact_id: str) -> str:
    """Whose order an event stands in: the customer's, else the contact's, else nobody's."""
    return customer_id or contact_id


def part_of(key: str, parts: int) -> int:
    """Which part a key belongs to."""
    return crc32(key.encode()) % parts


@dataclass
class Keys:
    """The keys of events as of their place in the log."""

    joined: dict[str, models.Alias] = field(default_factory=dict)

    @classmethod
    def among(cls, names: Collection[str]) -> "Keys":
        """Able to answer for these ids."""
        found: dict[str, models.Alias] = {}
        asked = set(names) if len(names) < FEW or models.Alias.objects.exists() else set()
        while asked:
            rows = models.Alias.objects.in_bulk(list(asked))
            found |= rows
            asked = {row.target for row in rows.values()} - found.keys()
        return cls(found)

    def at(self, name: str, place: Cursor) -> str:
        """For whom an id stood at a place in the log."""
        while (row := self.joined.get(name)) and row.cursor < place:
            name = row.target
        return name


def standing(consumers: Collection[str]) -> dict[str, list[models.Checkpoint]]:
    """The checkpoints of these consumers, by name."""
    found: dict[str, list[models.Checkpoint]] = {name: [] for name in consumers}
    for row in models.Checkpoint.objects.filter(consumer__in=found).order_by("consumer", "number"):
        found[row.consumer].append(row)
    return found


def checkpoints(consumer: str, found: list[models.Checkpoint]) -> tuple[list[models.Checkpoint], Cursor | None]:
    """The places of a consumer's parts; and, while they are being brought together, the place none may pass.

    `found` is where they stood when they were asked for; a consumer whose parts must be divided anew is divided.
    """
    if len(found) == _wanted(consumer):
        return found, None
    if len({row.cursor for row in found}) < 2:
        return _divide(consumer), None
    furthest = max(row.cursor for row in found)
    return [row for row in found if row.cursor < furthest], furthest


def _wanted(consumer: str) -> int:
    return 1 if consumer in events.undivided else settings.PARTITIONS


@transaction.atomic
def _divide(consumer: str) -> list[models.Checkpoint]:
    """Put as many parts as the setting asks for at the place where all parts are; nothing if a worker is at one."""
    locks.one_at_a_time(locks.DIVIDING)
    rows = models.Checkpoint.objects.filter(consumer=consumer)
    held = list(rows.select_for_update(skip_locked=True))
    places = {row.cursor for row in held}
    if len(held) != rows.count() or len(places) > 1:
        return []
    if len(held) != (parts := _wanted(consumer)):
        rows.delete()
        place = places.pop() if places else Cursor()
        models.Checkpoint.objects.bulk_create(
            models.Checkpoint(consumer=consumer, number=n, parts=parts, tx=place.tx, position=place.position)
            for n in range(parts)
        )
    return list(rows.order_by("number"))


def locked(consumer: str, keys: Collection[str], *, wait: bool = False) -> bool:
    """Hold the parts of these keys until the transaction ends; false where another worker is at one of them.

    With `wait` it is waited for.
    """
    parts = models.Checkpoint.objects.filter(consumer=consumer).values_list("parts", flat=True).first()
    if parts is None:
        return False
    numbers = {part_of(key, parts) for key in keys}
    rows = models.Checkpoint.objects.filter(consumer=consumer, parts=parts, number__in=numbers)
    return len(rows.order_by("number").select_for_update(skip_locked=not wait)) == len(numbers)
