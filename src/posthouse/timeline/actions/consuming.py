"""Moving the consumers along the log: effects and checkpoint in one transaction, so that each event counts once."""

import gc
import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from itertools import takewhile
from typing import NamedTuple

from django.db import transaction
from django.db.models import Q

from posthouse.foundation.appendlog import Cursor
from posthouse.foundation.clock import now
from posthouse.foundation.plainrows import fetch
from posthouse.timeline import events, models, partitions
from posthouse.timeline.actions import parking
from posthouse.timeline.actions.reacting import FailedTogetherError, Keyed, take_in

BATCH = 500
"""Events taken in by one transaction, where the consumer does not ask for more at once."""
QUICK, LONG = 0.5, 1.5
"""Seconds of work in a transaction: after less a consumer that asks for more gets twice as much, after more half."""
NEAR = 3
"""Events that stand among not more than so many times their number are read as one stretch: quicker than one by one."""
SCAN = 2_000
"""Events looked at by one transaction; most may be of no interest to the consumer, or of another part."""


def run_consumers() -> int:
    """Let every consumer take in what is new; returns how many events were handled or passed over."""
    return _move(sorted(events.reactions)) + parking.retry_parked()


def run_consumer(name: str) -> int:
    """Take in the next batch of one consumer in each of its parts, but for parts that another worker is at."""
    return _move([name])


def _move(names: list[str]) -> int:
    """One consumer after the other. What idle ones ask for is asked once for all that stand at the same place."""
    standing = partitions.standing(names)
    known: dict[Cursor, bool] = {}
    moved = 0
    for name in names:
        found, end = partitions.checkpoints(name, standing[name])
        behind = [row for row in found if _has_news(row.cursor, known)]
        random.shuffle(behind)  # so that several workers do not ask for the same part first
        if done := sum(_run_part(row.pk, end) for row in behind):
            known.clear()  # it may have announced something
            moved += done
    return moved


def _has_news(place: Cursor, known: dict[Cursor, bool]) -> bool:
    """Asked before a transaction is begun, so that an idle consumer never takes SQLite's write lock."""
    if place not in known:
        known[place] = models.Event.objects.after(place).settled().exists()
    return known[place]


def _run_part(pk: int, end: Cursor | None) -> int:
    try:
        return _take_stretch(pk, end)
    except FailedTogetherError as error:  # what makes them fail is looked for among few, in a transaction of its own
        _pace.pop(str(error), None)
        return _take_stretch(pk, end, searching=True)


@transaction.atomic
def _take_stretch(pk: int, end: Cursor | None, *, searching: bool = False) -> int:
    checkpoint = models.Checkpoint.objects.select_for_update(skip_locked=True).filter(pk=pk).first()
    if checkpoint is None:
        return 0
    began, most = time.thread_time(), _pace.get(checkpoint.consumer, BATCH)
    with _uncollected():
        stretch = _next(checkpoint, end, most)
        if stretch.passed:
            take_in(checkpoint.consumer, _load(stretch.mine), searching=searching)
            checkpoint.move(stretch.end, now())
    if stretch.passed:
        _set_pace(checkpoint.consumer, stretch.passed >= most, most, time.thread_time() - began)
    return stretch.passed


@contextmanager
def _uncollected() -> Iterator[None]:
    """Without Python's search for circles: all that a batch makes lives to its end, and would be searched each time."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


_pace: dict[str, int] = {}
"""How many events this process lets each consumer take in at once, where that is not BATCH."""


def _set_pace(consumer: str, was_behind: bool, most: int, seconds: float) -> None:
    """Larger transactions cost less for each event, but others wait for their end: on SQLite whoever writes."""
    largest = max((each.at_once for each in _in_batches(consumer)), default=0)
    if was_behind and seconds < QUICK and most < largest:
        _pace[consumer] = min(2 * most, largest)
    elif seconds > LONG and most > BATCH:
        _pace[consumer] = max(most // 2, BATCH)


def _in_batches(consumer: str) -> set[events.InBatches]:
    found = events.reactions[consumer].values()
    return {each for rows in found for each in rows if isinstance(each, events.InBatches)}


def _everything(_type: str) -> bool:
    return True


def _listening(consumer: str) -> Callable[[str], bool]:
    """Whether events of a type can matter to a consumer, as of this transaction."""
    wanted = events.reactions[consumer]
    if "*" not in wanted:
        return wanted.__contains__
    interests = [each.interest for each in _in_batches(consumer)]
    asked = [interest() for interest in interests if interest]
    if not asked or len(asked) < len(interests):
        return _everything
    return lru_cache(lambda type_: type_ in wanted or any(matters(type_) for matters in asked))


class _Sight(NamedTuple):
    """What must be known of an event to tell whether a part takes it in."""

    tx: int
    position: int
    type: str
    customer_id: str
    contact_id: str

    @property
    def place(self) -> Cursor:
        return Cursor(self.tx, self.position)


@dataclass(frozen=True)
class _Stretch:
    """The next piece of the log for one part: its end, how many events are in it, and the keys of those to take in."""

    end: Cursor
    passed: int
    mine: dict[int, str]


def _next(checkpoint: models.Checkpoint, end: Cursor | None, most: int) -> _Stretch:
    parts, listens = checkpoint.parts, _listening(checkpoint.consumer)
    every = "*" in events.reactions[checkpoint.consumer]
    scan = min(max(SCAN, 2 * most), most * parts * (1 if listens is _everything else 2)) if every else SCAN
    sights = _sights(checkpoint.cursor, end, scan)
    names = [partitions.key_of(sight.customer_id, sight.contact_id) for sight in sights]
    asked = {name for sight, name in zip(sights, names, strict=True) if parts > 1 or listens(sight.type)}
    keys = partitions.Keys.among(asked - {""})
    mine: dict[int, str] = {}
    last: _Sight | None = None
    passed = 0
    for sight, name in zip(sights, names, strict=True):
        key = keys.at(name, sight.place) if name in keys.joined else name
        own = parts == 1 or partitions.part_of(key, parts) == checkpoint.number
        wants = own and listens(sight.type)
        if (wants and len(mine) == most) or (own and parts > 1 and _must_wait(sight, last, checkpoint)):
            break
        if wants:
            mine[sight.position] = key
        last, passed = sight, passed + 1
    return _Stretch(last.place if last else checkpoint.cursor, passed, mine)


def _sights(place: Cursor, end: Cursor | None, most: int) -> list[_Sight]:
    rows = models.Event.objects.after(place).settled()
    sights = map(_Sight._make, fetch(rows.values_list(*_Sight._fields)[:most]))
    return list(takewhile(lambda sight: sight.place <= end, sights) if end else sights)


def _must_wait(sight: _Sight, before: _Sight | None, checkpoint: models.Checkpoint) -> bool:
    """Whether a part that gains a customer here must let the part that loses it come as far first."""
    if sight.type != events.IdentityAliased.type:
        return False
    row = models.Alias.objects.filter(position=sight.position).first()
    if row is None:
        return False
    loser = partitions.part_of(row.alias, checkpoint.parts)
    others = models.Checkpoint.objects.filter(consumer=checkpoint.consumer, parts=checkpoint.parts, number=loser)
    reached = before.place if before else checkpoint.cursor
    return loser != checkpoint.number and any(other.cursor < reached for other in others)


def _load(mine: dict[int, str]) -> list[Keyed]:
    near = bool(mine) and max(mine) - min(mine) < NEAR * len(mine)
    only = Q(pk__range=(min(mine), max(mine))) if near else Q(pk__in=list(mine))
    rows = {row.position: row for row in models.Event.plain(models.Event.objects.filter(only), mine)}
    return [Keyed(key, rows[position]) for position, key in mine.items()]


@transaction.atomic
def restart_consumer(name: str) -> None:
    """Let a consumer read the log from its beginning again; only for consumers whose effects can be made anew."""
    for checkpoint in models.Checkpoint.objects.select_for_update().filter(consumer=name):
        checkpoint.move(Cursor(), now())
    models.Parked.objects.filter(consumer=name).delete()
