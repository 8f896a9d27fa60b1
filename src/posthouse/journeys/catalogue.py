"""The published definitions, compiled and kept at hand, and which of them an event concerns."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from posthouse.journeys import models
from posthouse.journeys.compiled import KNOWN_TYPES, Happening, Journey, compile_definition
from posthouse.journeys.fold import Rules


class Live(NamedTuple):
    """A journey that events move."""

    journey: Journey
    counts_after: int

    def counts(self, event: Happening) -> bool:
        """Whether the event came in after the journey began to count."""
        return event.position > self.counts_after


class Catalogue:
    """All journeys that are live."""

    def __init__(self, journeys: Iterable[Live], older: Iterable[Journey] = ()) -> None:
        """`older`: revisions published before, which some runs may have stayed with."""
        self.journeys = {live.journey.key: live for live in journeys}
        self._rules = {key: Rules(live.journey) for key, live in self.journeys.items()}
        self._wanting: dict[str, dict[str, tuple[str, ...]]] = {}
        every = (*older, *(live.journey for live in self.journeys.values()))
        self._revisions = {(journey.key, journey.number): journey for journey in every}

    def wanting(self, type_: str) -> dict[str, tuple[str, ...]]:
        """The keys of journeys that events of a type can concern, by the kind of their subject."""
        found = self._wanting.get(type_)
        if found is None:
            found = self._find(type_)
            if len(self._wanting) < KNOWN_TYPES:
                self._wanting[type_] = found
        return found

    def of_kind(self, kind: str) -> tuple[str, ...]:
        """The keys of all journeys of customers, or of contacts."""
        return tuple(key for key, live in self.journeys.items() if live.journey.subject == kind)

    def rules(self, key: str, pinned: Mapping[tuple[str, int], int]) -> Rules:
        """What governs the runs of one subject: the published revision, and those that some runs stay with."""
        if not pinned:
            return self._rules[key]
        current = self.journeys[key].journey
        return Rules(current, {name: self._revisions.get((key, number), current) for name, number in pinned.items()})

    def with_draft(self, live: Live) -> "Catalogue":
        """What it would be with another definition of one journey."""
        return Catalogue([*self.journeys.values(), live], self._revisions.values())

    def _find(self, type_: str) -> dict[str, tuple[str, ...]]:
        found: dict[str, tuple[str, ...]] = {}
        tracking = {key for (key, _), journey in self._revisions.items() if journey.tracks(type_)}
        for key, live in self.journeys.items():
            if key in tracking:
                found[live.journey.subject] = (*found.get(live.journey.subject, ()), key)
        return found


_last: tuple[object, Catalogue] = (None, Catalogue([]))


def current() -> Catalogue:
    """The journeys that are live now. One query; compiled anew only when one has changed."""
    global _last
    rows = tuple(
        models.Journey.objects.filter(state=models.Journey.State.LIVE)
        .order_by("lane", "key")
        .values_list("key", "number", "digest", "counts_after")
    )
    if _last[0] != rows:
        _last = rows, _catalogue({key: (number, after) for key, number, _, after in rows})
    return _last[1]


def _catalogue(numbers: Mapping[str, tuple[int, int]]) -> Catalogue:
    rows = models.Revision.objects.filter(journey__in=numbers, published_at__isnull=False).order_by("pk")
    compiled = {(row.journey_id, row.number): compile_definition(row.body, row.number, row.carried) for row in rows}
    live = [Live(compiled[key, number], after) for key, (number, after) in numbers.items()]
    return Catalogue(live, compiled.values())


def digest_of(row: models.Journey, revision: models.Revision) -> str:
    """What stands for all that has been published of a journey so far, the revision included."""
    text = json.dumps([row.digest, revision.number, revision.body, revision.carried], sort_keys=True)
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()
