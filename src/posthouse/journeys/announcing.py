"""What is told of a change of runs. Each fact has an id of its own: it is told once, however often it is found."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from posthouse.journeys import events, models
from posthouse.journeys.fold import COMPLETED, EXITED, Run, late_steps
from posthouse.journeys.store import Change
from posthouse.timeline.actions import record_many
from posthouse.timeline.events import Event, ToRecord


@dataclass(frozen=True)
class Policy:
    """What is announced: what changed, nothing (`silent`), or all there is (`everything`), told before or not.

    With `since`, what is older is marked as replayed, so that nothing acts on it.
    """

    silent: bool = False
    everything: bool = False
    since: datetime | None = None

    def replayed(self, at: datetime) -> bool:
        """Whether nothing should act on what happened then."""
        return self.since is not None and at < self.since


AS_IT_COMES = Policy()
SILENT = Policy(silent=True)


def announce(changes: Iterable[Change], policy: Policy = AS_IT_COMES) -> None:
    """Record what the changes brought; what has been told is not told again."""
    if told := facts(changes, policy):
        record_many(told)


def facts(changes: Iterable[Change], policy: Policy) -> list[ToRecord]:
    """What is to be told of changes, in the order in which it happened to each subject."""
    return [] if policy.silent else [fact for change in changes for fact in news(change, policy)]


def news(change: Change, policy: Policy = AS_IT_COMES) -> Iterator[ToRecord]:
    """What is new after a change, in the order in which it happened."""
    before = {} if policy.everything else {run.name: run for run in change.before}
    for run in change.after:
        old = before.get(run.name)
        if run is not old:
            yield from sorted(_news_of(change, run, old, policy), key=lambda fact: fact.occurred_at)


def _news_of(change: Change, run: Run, old: Run | None, policy: Policy) -> Iterator[ToRecord]:
    journey = change.rules.of(run.name)
    id_ = change.run_id(run.name)

    def fact(kind: Callable[..., Event], name: str, at: datetime, contact_id: str, **data: Any) -> ToRecord:
        by_customer = change.who.kind == "customer"
        whose = (
            {"customer_id": change.who.id, "contact_id": contact_id} if by_customer else {"contact_id": change.who.id}
        )
        event = kind(journey=journey.key, run_id=id_, replayed=policy.replayed(at), **whose, **data)
        return ToRecord(event=event, event_id=f"{id_}:{name}", occurred_at=at)

    if old is None:
        yield fact(events.JourneyEntered, "entered", run.entered_at, run.contact_id, revision=journey.number)
    late = late_steps(journey, run)
    for step, mark in run.reached.items():
        had = old.reached.get(step) if old else None
        every = journey.steps[journey.index[step]].repeat == "each"
        first = had.times + 1 if had else 1
        for number in range(first, mark.times + 1) if every else range(first, 2):
            yield fact(
                events.StepReached, f"{step}:{number}", mark.at, mark.contact_id,
                step=step, occurrence=number, late=step in late,
            )  # fmt: skip
    if run.ended_at and (old is None or old.state != run.state):
        if run.state == COMPLETED:
            yield fact(events.JourneyCompleted, "completed", run.ended_at, run.contact_id)
        elif run.state == EXITED:
            yield fact(events.JourneyExited, "exited", run.ended_at, run.contact_id, reason=run.reason)


def exited(run: models.Run, reason: str, at: datetime) -> ToRecord:
    """A run ended by a change of its definition."""
    customer_id, contact_id = (run.subject, "") if run.kind == models.Kind.CUSTOMER else ("", run.subject)
    event = events.JourneyExited(
        journey=run.journey_id, run_id=run.pk, reason=reason, customer_id=customer_id, contact_id=contact_id
    )
    return ToRecord(event=event, event_id=f"{run.pk}:exited", occurred_at=at)
