"""A revision, read once per process: its definition, its conditions as functions, and which step follows which."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache

from posthouse.automations import definition
from posthouse.automations.definition import Definition, If, Step, WaitFor
from posthouse.automations.models import AutomationRevision
from posthouse.foundation import conditions
from posthouse.foundation.conditions import Facts


@dataclass(frozen=True)
class Place:
    """A step, and what comes after it when it is done: the next of its list, or of the list around."""

    step: Step
    following: str


@dataclass
class Plan:
    """A definition ready to be followed."""

    revision_id: str
    definition: Definition
    places: dict[str, Place] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.starts = conditions.predicate(self.definition.condition)
        self.stops = conditions.predicate(self.definition.stop_if)
        self.first = self._place(self.definition.do, "")

    def _place(self, steps: tuple[Step, ...], after: str) -> str:
        """Note where each step stands; returns the id of the first, or what comes after an empty list."""
        ids = [step.id for step in steps]
        for step, following in zip(steps, [*ids[1:], after][: len(ids)], strict=True):
            self.places[step.id] = Place(step, following)
            for branch in branches(step):
                self._place(branch, following)
        return ids[0] if ids else after

    def stops_for(self, facts: Facts) -> bool:
        """Whether stop_if holds; without one it never does."""
        return bool(self.definition.stop_if) and self.stops(facts)

    def after(self, step_id: str) -> str:
        """The step that follows; empty at the end. Raises KeyError for a step that is not in it."""
        return self.places[step_id].following

    def branch(self, step_id: str, *, taken: bool) -> str:
        """The first step of `then` or of `else`, or what follows when that is empty."""
        place = self.places[step_id]
        steps = list(branches(place.step))[0 if taken else 1]
        return steps[0].id if steps else place.following


def branches(step: Step) -> Iterator[tuple[Step, ...]]:
    """`then` and `else` of steps that have them."""
    if isinstance(step, WaitFor | If):
        yield step.then
        yield step.otherwise


@lru_cache(maxsize=1024)
def plan_of(revision_id: str) -> Plan:
    """The plan of a revision. Revisions never change, so it is kept. Raises InvalidDefinition for a broken body."""
    body = AutomationRevision.objects.values_list("body", flat=True).get(pk=revision_id)
    return Plan(revision_id, definition.parse(body))
