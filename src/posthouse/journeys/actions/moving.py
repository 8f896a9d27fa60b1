"""Moving single subjects by hand: in, out, pinned to a revision, replayed; and counting who would move."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from posthouse.foundation.clock import now
from posthouse.journeys import announcing, catalogue, events, models, store
from posthouse.journeys.actions.definitions import carried, removed, whose
from posthouse.journeys.announcing import Policy
from posthouse.journeys.catalogue import Live
from posthouse.journeys.compiled import compile_definition
from posthouse.journeys.fold import EXITED, OPEN, Rules, Run, outlook
from posthouse.journeys.store import Held, Who
from posthouse.journeys.work import Task, replayed, tell, work
from posthouse.timeline import queries as timeline
from posthouse.timeline.actions import record

LOOKED_AT = 2000
"""Subjects that a dry count looks at; of more it takes these, spread evenly."""


@transaction.atomic
def enrol(*, journey: str, subject: str, key: str = "", actor: str = "", event_id: str = "") -> None:
    """Put a customer (or contact, as the journey has it) in, whatever the entry rule says of going through again.

    A fact of the log, which the engine takes in within a second; where a run is open already, nothing changes.
    Announces EnrolmentMade. Raises models.Journey.DoesNotExist for a journey that is not there.
    """
    row = models.Journey.objects.get(pk=journey)
    kind = row.body.get("subject", "customer")
    record(events.EnrolmentMade(journey=journey, key=key, **whose(kind, subject)), actor=actor, event_id=event_id)


@transaction.atomic
def exit_run(*, run: models.Run, reason: str = "by_hand", actor: str = "", event_id: str = "") -> None:
    """Take a run's subject out of it. A fact of the log as `enrol` is. Announces EnrolmentEnded."""
    ended = events.EnrolmentEnded(
        journey=run.journey_id,
        reason=reason[:60],
        key=run.key,
        occurrence=run.occurrence,
        **whose(run.kind, run.subject),
    )
    record(ended, actor=actor, event_id=event_id)


@transaction.atomic
def pin_run(*, run_id: str, pinned: bool) -> models.Run:
    """Keep a run with the revision it has, or let it follow the published one again, at once and silently."""
    run = models.Run.objects.select_for_update().get(pk=run_id)
    run.pinned = pinned
    run.save(update_fields=["pinned"])
    if not pinned:
        _replay(Who(run.kind, run.subject), {run.journey_id}, announcing.SILENT)
        run.refresh_from_db()
    return run


@transaction.atomic
def replay_subject(
    *, kind: str, subject: str, journey: str = "", mode: str = "state", since: datetime | None = None, actor: str = ""
) -> int:
    """Make the runs of one customer or contact anew from the log; returns in how many journeys that changed something.

    `mode` says what is announced: state: nothing; after: everything not told before, what is older than `since`
    marked as replayed, so that no automation acts on it; full: everything not told before.
    """
    return len(_replay(Who(kind, subject), {journey} if journey else set(), policy_of(mode, since)))


def _replay(who: Who, journeys: set[str], policy: Policy) -> list[store.Change]:
    known = catalogue.current()
    keys = {key for key in known.of_kind(who.kind) if not journeys or key in journeys}
    task = Task.anew(keys)
    changes = work(known, {who: task}, until=now(), policy=policy) if keys else []
    return [change for change in changes if change.before != change.after]


def policy_of(mode: str, since: datetime | None) -> Policy:
    """What a replay of this mode announces."""
    if mode == models.Replay.Mode.STATE:
        return announcing.SILENT
    return Policy(everything=True, since=since if mode == models.Replay.Mode.AFTER else None)


@dataclass(frozen=True)
class Move:
    """So many people go from here to there: the step they wait for, `completed`, `exited`, or empty: not in it."""

    was: str
    becomes: str
    people: int


@dataclass(frozen=True)
class DryCount:
    """What publishing a revision would do to those under way: `people`, of whom so many were `looked_at`."""

    people: int
    looked_at: int
    stay: int
    moves: list[Move]

    @property
    def is_sample(self) -> bool:
        """Whether the counts are those of a sample."""
        return self.looked_at < self.people


def dry_count(*, revision: models.Revision) -> DryCount:
    """Who of those under way would move where, were this revision published now. Changes nothing."""
    journey = revision.journey
    rows = journey.runs.filter(state=OPEN, pinned=False).order_by("subject", "key")
    people = rows.count()
    step = max(1, -(-people // LOOKED_AT))
    ids = list(rows.values_list("pk", flat=True))[::step] if people else []
    runs = list(models.Run.objects.filter(pk__in=ids))
    moves = Counter(_moves(revision, runs))
    stay = sum(count for (was, becomes), count in moves.items() if was == becomes)
    found = [Move(was, becomes, count) for (was, becomes), count in moves.most_common() if was != becomes]
    return DryCount(people, len(runs), stay, found)


def _moves(revision: models.Revision, runs: list[models.Run]) -> Iterable[tuple[str, str]]:
    before = revision.journey.revisions.filter(number=revision.journey.number).first()
    taken = carried(before, revision.body, now()) if before else {}
    live = Live(compile_definition(revision.body, revision.number, taken), revision.journey.counts_after)
    known = catalogue.current().with_draft(live)
    lost = removed(before.body, revision.body) if before else set()
    whos = {Who(run.kind, run.subject) for run in runs}
    held = store.load([(who, revision.journey_id) for who in whos])
    stories = tell({who: timeline.LARGEST for who in whos if who.kind == live.journey.subject})
    for run in runs:
        who = Who(run.kind, run.subject)
        if who not in stories or run.waiting_for in lost:
            yield run.waiting_for, EXITED
            continue
        pinned = (held.get((who, revision.journey_id)) or Held()).pinned
        after = replayed(known.rules(live.journey.key, pinned), live, stories[who], now())
        found = {one.name: one for one in after}.get((run.key, run.occurrence))
        yield run.waiting_for, _where(Rules(live.journey), found)


def _where(rules: Rules, run: Run | None) -> str:
    if run is None:
        return ""
    return outlook(rules.current, run).step if run.state == OPEN else run.state
