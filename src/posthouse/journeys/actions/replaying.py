"""Backfills: the runs of everybody made anew from the log, piece by piece, resumed where they were killed."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

from django.db import transaction

from posthouse.foundation.clock import now
from posthouse.journeys import announcing, catalogue, models, store
from posthouse.journeys.actions.moving import policy_of
from posthouse.journeys.catalogue import Catalogue
from posthouse.journeys.fold import COMPLETED, EXITED
from posthouse.journeys.store import Change, Who
from posthouse.journeys.work import Task, prepare
from posthouse.timeline import queries as timeline
from posthouse.timeline.actions import record_many

PIECE = 200
"""Subjects whose histories are in memory at once, and in one transaction."""


@transaction.atomic
def backfill(
    *, journey: str, mode: str = "state", since: datetime | None = None, dry_run: bool = False, actor: str = ""
) -> models.Replay:
    """Ask for the runs of a journey to be made anew from all of history; the worker does it, piece by piece.

    `mode` and `since` as in `replay_subject`. From then on all of history counts for the journey. A dry run changes
    nothing: what would change is counted in `Replay.counts`. Raises models.Journey.DoesNotExist, and ValueError for an
    unknown mode or mode after without a moment.
    """
    row = models.Journey.objects.select_for_update().get(pk=journey)
    if mode not in models.Replay.Mode.values or (mode == models.Replay.Mode.AFTER and since is None):
        raise ValueError("the mode is state, full, or after with a moment")
    if not dry_run:
        row.counts_after = 0
        row.save(update_fields=["counts_after"])
    return models.Replay.objects.create(
        journey=row, mode=mode, since=since, dry_run=dry_run, asked_by=actor, created_at=now()
    )


def work_off_replays() -> int:
    """Do the next piece of the oldest backfill that is not done; returns how many subjects that were."""
    waiting = [models.Replay.State.WAITING, models.Replay.State.RUNNING]
    row = models.Replay.objects.filter(state__in=waiting).order_by("pk").first()
    return next(pieces(row), 0) if row else 0


def pieces(replay: models.Replay) -> Iterator[int]:
    """Work a backfill off; yields the number of subjects after each piece, which is committed by then."""
    while True:
        try:
            done = _piece(replay.pk)
        except Exception as error:
            models.Replay.objects.filter(pk=replay.pk).update(
                state=models.Replay.State.FAILED, error=f"{type(error).__name__}: {error}"[:2000], ended_at=now()
            )
            raise
        replay.refresh_from_db()
        if done == 0:
            return
        yield done


@transaction.atomic
def _piece(pk: int) -> int:
    row = models.Replay.objects.select_for_update(skip_locked=True).select_related("journey").filter(pk=pk).first()
    if row is None or row.state in (models.Replay.State.DONE, models.Replay.State.FAILED):
        return 0
    known = catalogue.current()
    if row.state == models.Replay.State.WAITING:
        row.state, row.total = models.Replay.State.RUNNING, _total(row)
    ids = _next(row) if row.journey_id in known.journeys else []
    if ids:
        row.cursor, row.done = ids[-1], row.done + len(ids)
        row.counts = dict(Counter(row.counts) + _replay(known, row, ids))
    else:
        row.state, row.ended_at = models.Replay.State.DONE, now()
    row.save()
    return len(ids)


def _kind(row: models.Replay) -> Any:
    return row.journey.body.get("subject", "customer")


def _next(row: models.Replay) -> list[str]:
    if not row.only_open:
        return timeline.subjects(_kind(row), behind=row.cursor, most=PIECE)
    runs = row.journey.runs.filter(state=models.RunState.OPEN, subject__gt=row.cursor).order_by("subject")
    return list(runs.values_list("subject", flat=True).distinct()[:PIECE])


def _total(row: models.Replay) -> int:
    if not row.only_open:
        return timeline.subject_count(_kind(row))
    return row.journey.runs.filter(state=models.RunState.OPEN).values("subject").distinct().count()


def _replay(known: Catalogue, row: models.Replay, ids: Iterable[str]) -> Counter[str]:
    policy = policy_of(row.mode, row.since)
    names = set(timeline.canonical(ids).values())
    tasks = {Who(_kind(row), name): Task.anew([row.journey_id]) for name in names}
    if row.dry_run:
        known = known.with_draft(known.journeys[row.journey_id]._replace(counts_after=0))
    changes, seen = prepare(known, tasks, now(), unchanged=policy.everything)
    told = announcing.facts(changes, policy)
    counts = _counted(changes) + _acts(told)
    if not row.dry_run:
        store.save(changes)
        store.saw(seen)
        record_many(told)
    return counts


def _acts(told: list[Any]) -> Counter[str]:
    """How many announcements are new, and may be acted on."""
    fresh = [fact.event_id for fact in told if not fact.event.replayed]
    return Counter(acts=len(set(fresh) - timeline.ours_already(fresh)))


def _counted(changes: Iterable[Change]) -> Counter[str]:
    counts: Counter[str] = Counter()
    for change in changes:
        before: Mapping[Any, Any] = {run.name: run for run in change.before}
        names = {run.name for run in change.after}
        counts["changed"] += change.before != change.after
        counts["gone"] += sum(name not in names for name in before)
        for run in change.after:
            old = before.get(run.name)
            counts["entered"] += old is None
            counts["reached"] += sum(step not in (old.reached if old else {}) for step in run.reached)
            for state in (COMPLETED, EXITED):
                counts[state] += run.state == state and (old is None or old.state != state)
    return counts
