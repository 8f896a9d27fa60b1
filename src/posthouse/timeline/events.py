"""The base class of everything that can be announced, and the catalogue of all announcements."""

import re
from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import Any, ClassVar, NamedTuple, TypeVar

TYPE_PATTERN = re.compile(r"[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)+")


@dataclass(frozen=True, kw_only=True)
class Event:
    """Something that happened to a customer or a contact, in the past tense.

    `customer_id` and `contact_id` say whose timeline it stands on; either may be empty. Every other field is data.
    """

    type: ClassVar[str] = ""
    version: ClassVar[int] = 1

    customer_id: str = ""
    contact_id: str = ""

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        if not TYPE_PATTERN.fullmatch(cls.type):
            raise ValueError(f"{cls.__qualname__}.type must look like 'key.created', not {cls.type!r}")
        if cls.type in catalogue and catalogue[cls.type].__qualname__ != cls.__qualname__:
            raise ValueError(f"two events are called {cls.type!r}")
        catalogue[cls.type] = cls

    @property
    def data(self) -> dict[str, Any]:
        """The fields of this kind of event alone, as JSON can carry them."""
        return {name: value for name, value in vars(self).items() if name not in ("customer_id", "contact_id")}

    @classmethod
    def data_fields(cls) -> dict[str, Any]:
        """Names and types of `data`, for the generated reference."""
        return {f.name: f.type for f in fields(cls) if f.name not in ("customer_id", "contact_id")}


catalogue: dict[str, type[Event]] = {}


class Recorded(NamedTuple):
    """An event as it stands in the log, as handed to reactions."""

    position: int
    id: str
    source: str
    type: str
    customer_id: str
    contact_id: str
    actor: str
    occurred_at: Any
    received_at: Any
    data: dict[str, Any]


class ToRecord(NamedTuple):
    """An event on its way to `actions.record_many`, with an id made from what it tells of, never by chance."""

    event: Event
    event_id: str
    actor: str = ""
    occurred_at: Any = None


@dataclass(frozen=True, kw_only=True)
class IdentityAliased(Event):
    """An id stands for a contact or a customer that is known under another one; from now on the other one counts."""

    type: ClassVar[str] = "identity.aliased"
    alias: str
    canonical: str
    kind: str


@dataclass(frozen=True, kw_only=True)
class EventDiscarded(Event):
    """Somebody decided that a consumer shall never take in an event that made it fail."""

    type: ClassVar[str] = "event.discarded"
    consumer: str
    source: str
    event_id: str
    event_type: str
    reason: str


Reaction = Callable[[Recorded], None]
BatchReaction = Callable[[list[Recorded]], None]
Interest = Callable[[], Callable[[str], bool]]
"""Asked once for each batch; what it returns says of a type whether events of it can matter to the consumer now."""
R = TypeVar("R", bound=Reaction)
B = TypeVar("B", bound=BatchReaction)


@dataclass(frozen=True)
class InBatches:
    """A reaction that takes many events in one call."""

    function: BatchReaction
    types: frozenset[str]
    interest: Interest | None = None
    at_once: int = 0

    def wants(self, type_: str) -> bool:
        """Whether it asked for events of this type."""
        return type_ in self.types or "*" in self.types


reactions: dict[str, dict[str, list[Reaction | InBatches]]] = {}
"""By consumer (one per feature), by event type (`*` is every type): what to call."""

undivided: set[str] = set()
"""Consumers that one worker at a time moves along the whole log, whatever POSTHOUSE_PARTITIONS says."""


def reacts_to(*types: str, consumer: str, partitioned: bool = True) -> Callable[[R], R]:
    """Call the decorated function once for each recorded event of these types, in order per customer.

    It runs inside the transaction that moves the consumer's checkpoint, so what it writes to the database takes
    effect exactly once. It must not talk to anything outside; what leaves the house is a row for a worker.
    """

    def register(function: R) -> R:
        for name in types:
            _listeners(consumer, name, in_batches=False).append(function)
        if not partitioned:
            undivided.add(consumer)
        return function

    return register


def reacts_in_batches(
    *types: str, consumer: str, partitioned: bool = True, interest: Interest | None = None, at_once: int = 0
) -> Callable[[B], B]:
    """Call the decorated function with lists of recorded events of these types, in the order of the log.

    It runs as `reacts_to` does. When it raises, nothing of that call remains: it is called again with the events of
    one customer (or of one contact without a customer) at a time, and for those with whom it fails again, event by
    event; the first that still fails is parked and the later ones of that customer wait behind it. With `partitioned`
    several workers may be in it at once, never for the same customer.

    `interest`: for a consumer of `*` whose own data say what it listens to; events of other types are passed over
    unread. `at_once`: how many events one call may bring where calls turn out to be quick; they begin smaller.
    """

    def register(function: B) -> B:
        listener = InBatches(function, frozenset(types), interest, at_once)
        for name in types:
            _listeners(consumer, name, in_batches=True).append(listener)
        if not partitioned:
            undivided.add(consumer)
        return function

    return register


def _listeners(consumer: str, type_: str, *, in_batches: bool) -> list[Reaction | InBatches]:
    """What a consumer calls for a type. Raises ValueError where it would take in one by one and in batches at once."""
    kinds = {isinstance(each, InBatches) for rows in reactions.get(consumer, {}).values() for each in rows}
    if kinds - {in_batches}:
        raise ValueError(f"{consumer!r} takes in events one by one or in batches, not both")
    return reactions.setdefault(consumer, {}).setdefault(type_, [])
