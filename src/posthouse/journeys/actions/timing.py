"""What time alone brings: windows that are over, and those who wait too long."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q

from posthouse.foundation.clock import now
from posthouse.journeys import catalogue, models, overview, queries, summaries
from posthouse.journeys.actions.definitions import whose
from posthouse.journeys.events import JourneyStuck
from posthouse.journeys.store import Who
from posthouse.journeys.words import PARKED
from posthouse.journeys.work import Task, Tasks, work
from posthouse.timeline import queries as timeline
from posthouse.timeline.actions import record_many
from posthouse.timeline.events import ToRecord

AT_ONCE = 500
LIMIT, SLOW, ENGINE = "limit", "slow", "engine"


@transaction.atomic
def close_windows() -> int:
    """End the open runs whose window is over; returns of how many. Announces JourneyExited."""
    moment = now()
    rows = models.Run.objects.filter(state=models.RunState.OPEN, window_at__lt=moment).order_by("window_at")
    known = catalogue.current()
    tasks: Tasks = {}
    for kind, subject, journey in rows.values_list("kind", "subject", "journey_id")[:AT_ONCE]:
        live = known.journeys.get(journey)
        if live and live.journey.subject == kind:
            tasks.setdefault(Who(kind, subject), Task()).journeys.setdefault(journey, [])
    return len(work(known, tasks, until=moment)) if tasks else 0


@transaction.atomic
def announce_late() -> int:
    """Announce those who wait longer than their step's declared limit; returns how many."""
    live = Q(journey__state=models.Journey.State.LIVE)
    rows = models.Run.objects.filter(live, state=models.RunState.OPEN, stuck="", late_at__lte=now()).order_by("late_at")
    return _announce(rows.select_for_update(of=("self",), skip_locked=True)[:AT_ONCE], LIMIT)


def _announce(rows: Iterable[models.Run], kind: str) -> int:
    found = list(rows)
    record_many(_stuck(run, kind, run.late_at if kind == LIMIT else now()) for run in found)
    rows_found = models.Run.objects.filter(pk__in=[run.pk for run in found])
    if kind == SLOW:
        summaries.touch_runs(rows_found)
    rows_found.update(stuck=kind, stuck_at=now())
    return len(found)


def _stuck(run: models.Run, kind: str, at: datetime | None) -> ToRecord:
    event = JourneyStuck(
        journey=run.journey_id, step=run.waiting_for, run_id=run.pk, kind=kind, **whose(run.kind, run.subject)
    )
    return ToRecord(event=event, event_id=f"{run.pk}:stuck:{run.waiting_for}:{kind}", occurred_at=at)


@transaction.atomic
def announce_slow(journey: str, step: str, slower_than: timedelta) -> int:
    """Announce those who wait at a step for longer than nine of ten needed who passed it; returns how many."""
    rows = models.Run.objects.filter(
        journey=journey, state=models.RunState.OPEN, waiting_for=step, stuck="", since__lte=now() - slower_than
    )
    return _announce(rows.order_by("since").select_for_update(skip_locked=True)[:AT_ONCE], SLOW)


def announce_all_slow() -> int:
    """The same at every step of every journey, by how long it has taken everybody ever; returns how many."""
    return sum(
        announce_slow(journey.key, step.key, timedelta(seconds=step.slow_after))
        for journey in overview.board(overview.Period()).journeys
        for step in journey.steps
        if step.slow_after is not None and step.waiting
    )


def sum_up() -> int:
    """Bring the board's summary up to date; returns how many days of journeys were summed up."""
    return summaries.refresh()


@transaction.atomic
def note_trouble() -> int:
    """Show on the runs of whom the engine could not take an event in, and why; take it off again once it could.

    Announces JourneyStuck of the kind engine.
    """
    trouble = {row.customer_id or row.event.contact_id: row.error for row in queries.undigested() if row.error}
    whom = timeline.canonical(trouble)
    errors = {whom[name]: f"{PARKED}{error}"[:300] for name, error in trouble.items()}
    noted = models.Run.objects.filter(trouble__startswith=PARKED)
    summaries.touch_runs(noted.exclude(subject__in=errors))
    mended = noted.exclude(subject__in=errors).update(trouble="")
    rows = models.Run.objects.filter(subject__in=errors, state=models.RunState.OPEN, trouble="")[:AT_ONCE]
    for run in rows:
        run.trouble = errors[run.subject]
        run.save(update_fields=["trouble"])
    summaries.touch((run.journey_id, summaries.day_of(run.entered_at)) for run in rows)
    record_many(_stuck(run, ENGINE, now()) for run in rows)
    return mended + len(rows)
