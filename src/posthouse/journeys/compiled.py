"""Definitions made ready for the fold: which event can mean what is looked up by its type."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, NamedTuple, Protocol

from posthouse.foundation import conditions
from posthouse.foundation.durations import duration

ENROLLED, WITHDRAWN = "enrolment.made", "enrolment.ended"
"""The team or an automation put a subject into a journey or took it out: facts of the log, for a replay to find."""

KNOWN_TYPES = 10_000
"""Types whose meaning is kept at hand; programs of others could send any number of types."""


class Happening(Protocol):
    """What the fold needs of an event; `timeline.events.Recorded` has it."""

    @property
    def position(self) -> int: ...
    @property
    def id(self) -> str: ...
    @property
    def type(self) -> str: ...
    @property
    def source(self) -> str: ...
    @property
    def contact_id(self) -> str: ...
    @property
    def occurred_at(self) -> datetime: ...
    @property
    def data(self) -> Mapping[str, Any]: ...


class Meaning(NamedTuple):
    """What one event is to one journey; `steps` are indices in the order of the file."""

    entry: bool = False
    steps: tuple[int, ...] = ()
    exit: str = ""
    manual: bool = False

    def rank(self, steps: int) -> int:
        """Among events of one moment: entries first, then steps in their order, exits last."""
        return -1 if self.entry else self.steps[0] if self.steps else steps


NOTHING = Meaning()
Test = Callable[[Happening], bool]


class _Slots(NamedTuple):
    """All that events of one type may mean, each with its condition, if any."""

    entries: tuple[Test | None, ...]
    steps: tuple[tuple[int, Test | None], ...]
    exits: tuple[tuple[str, Test | None], ...]

    def meaning(self, event: Happening) -> Meaning:
        steps = dict.fromkeys(index for index, test in self.steps if test is None or test(event))
        reasons = (reason for reason, test in self.exits if test is None or test(event))
        return Meaning(any(test is None or test(event) for test in self.entries), tuple(steps), next(reasons, ""))

    def is_plain(self) -> bool:
        tests = [*self.entries, *(test for _, test in self.steps), *(test for _, test in self.exits)]
        return all(test is None for test in tests)


@dataclass(frozen=True, slots=True)
class Step:
    """One step, for the fold and for what is expected next."""

    key: str
    required: bool
    repeat: str
    expected: timedelta | None


@dataclass(frozen=True, slots=True)
class Again:
    """When a subject may enter again: `kind` is once, per, after_exit, after or parallel."""

    kind: str = "once"
    per: tuple[str, ...] = ()
    after: timedelta | None = None


@dataclass(frozen=True, slots=True)
class Journey:
    """A definition, compiled; `number` is that of its revision."""

    key: str
    number: int
    subject: str
    order: str
    again: Again
    window: timedelta | None
    steps: tuple[Step, ...]
    index: Mapping[str, int]
    _exact: Mapping[str, _Slots]
    _prefixes: tuple[tuple[str, _Slots], ...]
    _plain: dict[str, Meaning] = field(default_factory=dict)
    _tested: dict[str, _Slots] = field(default_factory=dict)

    def meaning(self, event: Happening) -> Meaning:
        """What an event is to this journey."""
        type_ = event.type
        plain = self._plain.get(type_)
        if plain is not None:
            return plain
        tested = self._tested.get(type_)
        return tested.meaning(event) if tested is not None else self._learn(event)

    def rank(self, event: Happening) -> int:
        """The place of an event among those of the same moment."""
        return self.meaning(event).rank(len(self.steps))

    def tracks(self, type_: str) -> bool:
        """Whether events of this type can mean anything here."""
        if type_ in (ENROLLED, WITHDRAWN):
            return True
        return type_ in self._exact or any(type_.startswith(prefix) for prefix, _ in self._prefixes)

    def key_of(self, event: Happening) -> str | None:
        """Which of the runs kept apart (`again: {per: …}`) an event belongs to; None where it does not say."""
        if not self.again.per:
            return ""
        if event.type in (ENROLLED, WITHDRAWN):
            return str(event.data.get("key", ""))[:120]
        value = conditions.dig(event.data, list(self.again.per))
        return str(value)[:120] if isinstance(value, str | int | float) and str(value) else None

    def patterns(self) -> set[str]:
        """The types it tracks, as written: exact, or ending in `.*`."""
        return set(self._exact) | {f"{prefix}*" for prefix, _ in self._prefixes}

    def _learn(self, event: Happening) -> Meaning:
        if event.type in (ENROLLED, WITHDRAWN):
            return self._by_hand(event)
        found = [slots for prefix, slots in self._prefixes if event.type.startswith(prefix)]
        found += [self._exact[event.type]] if event.type in self._exact else []
        if not found:
            return self._keep(event.type, NOTHING)
        slots = _joined(found)
        if slots.is_plain():
            return self._keep(event.type, slots.meaning(event))
        if len(self._tested) < KNOWN_TYPES:
            self._tested[event.type] = slots
        return slots.meaning(event)

    def _keep(self, type_: str, meaning: Meaning) -> Meaning:
        if len(self._plain) < KNOWN_TYPES:
            self._plain[type_] = meaning
        return meaning

    def _by_hand(self, event: Happening) -> Meaning:
        if event.data.get("journey") != self.key:
            return NOTHING
        if event.type == ENROLLED:
            return Meaning(entry=True, manual=True)
        return Meaning(exit=str(event.data.get("reason") or "by_hand")[:60], manual=True)


def compile_definition(body: Mapping[str, Any], number: int = 1, carried: Mapping[str, Any] | None = None) -> Journey:
    """Make a checked definition ready. `carried`: triggers that a step has from one it replaces, by its key."""
    exact: dict[str, list[tuple[str, Any, Test | None]]] = {}
    for kind, what, trigger in _triggers(body, carried or {}):
        exact.setdefault(trigger["event"], []).append((kind, what, _test(trigger.get("when"))))
    slots = {pattern: _slots(rows) for pattern, rows in exact.items()}
    return Journey(
        key=body["key"],
        number=number,
        subject=body.get("subject", "customer"),
        order=body.get("order", "any"),
        again=_again(body["entry"].get("again", "once")),
        window=duration(body["window"]) if "window" in body else None,
        steps=tuple(_step(step) for step in body["steps"]),
        index={step["key"]: number for number, step in enumerate(body["steps"])},
        _exact={pattern: found for pattern, found in slots.items() if not pattern.endswith(".*")},
        _prefixes=tuple((pattern[:-1], found) for pattern, found in slots.items() if pattern.endswith(".*")),
    )


def _step(body: Mapping[str, Any]) -> Step:
    expected = duration(body["expected"]) if "expected" in body else None
    return Step(body["key"], body.get("required", True), body.get("repeat", "first"), expected)


def _again(said: Any) -> Again:
    if isinstance(said, str):
        return Again(said)
    if "per" in said:
        return Again("per", per=tuple(said["per"].split(".")[2:]))
    return Again("after", after=duration(said["after"]))


def _triggers(body: Mapping[str, Any], carried: Mapping[str, Any]) -> Iterable[tuple[str, Any, Mapping[str, Any]]]:
    yield from (("entry", None, trigger) for trigger in body["entry"]["on"])
    for number, step in enumerate(body["steps"]):
        yield from (("step", number, trigger) for trigger in [*step["on"], *carried.get(step["key"], ())])
    for way_out in body.get("exit", ()):
        yield from (("exit", way_out["reason"], trigger) for trigger in way_out["on"])


def _slots(rows: list[tuple[str, Any, Test | None]]) -> _Slots:
    return _Slots(
        tuple(test for kind, _, test in rows if kind == "entry"),
        tuple((what, test) for kind, what, test in rows if kind == "step"),
        tuple((what, test) for kind, what, test in rows if kind == "exit"),
    )


def _joined(found: list[_Slots]) -> _Slots:
    return _Slots(
        tuple(test for slots in found for test in slots.entries),
        tuple(sorted((pair for slots in found for pair in slots.steps), key=lambda pair: pair[0])),
        tuple(pair for slots in found for pair in slots.exits),
    )


@dataclass(frozen=True, slots=True)
class _EventFacts:
    """An event as conditions look at it; `ago` counts back from when it happened."""

    event: Happening

    @property
    def moment(self) -> datetime:
        return self.event.occurred_at

    def value(self, path: str) -> Any:
        _, _, name = path.partition(".")
        if name.startswith("data."):
            return conditions.dig(self.event.data, name.split(".")[1:])
        return getattr(self.event, name)

    def count(self, event_type: str, since: datetime | None, where: Mapping[str, Any] | None) -> int:
        raise LookupError("definitions look at the event alone")


def _test(condition: Mapping[str, Any] | None) -> Test | None:
    if not condition:
        return None
    holds = conditions.predicate(condition)
    return lambda event: holds(_EventFacts(event))
