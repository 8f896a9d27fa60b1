"""Definitions: adding revisions, publishing them, and those that come with the house.

What an edit does to those who are under way (they follow, unless pinned; those who have ended keep the revision
they ended under) stands in README.md, with the test that shows it.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from posthouse.foundation.clock import now
from posthouse.journeys import announcing, catalogue, definition, events, models, reading
from posthouse.journeys.fold import CHANGED
from posthouse.journeys.summaries import touch_runs
from posthouse.timeline import queries as timeline
from posthouse.timeline.actions import record_many
from posthouse.timeline.events import ToRecord

SHIPPED = Path(__file__).parent.parent / "definitions"
BY_THE_HOUSE = "posthouse"


@transaction.atomic
def add_revision(body: Mapping[str, Any], *, note: str = "", actor: str = "") -> models.Revision:
    """Keep a new revision of a definition, not published yet. Raises definition.Malformed with every fault."""
    definition.check(body)
    journey, _made = models.Journey.objects.select_for_update().get_or_create(
        key=body["key"], defaults={"lane": body.get("lane", 0), "body": body}
    )
    last = journey.revisions.order_by("-number").values_list("number", flat=True).first() or 0
    return models.Revision.objects.create(
        journey=journey,
        number=last + 1,
        body=body,
        note=note[:300],
        created_at=now(),
        created_by=actor,
    )


@transaction.atomic
def publish_revision(*, journey: str, number: int, actor: str = "", history: bool = False) -> models.Journey:
    """Let a revision move everybody who is not pinned from now on; those under way follow in the background.

    A journey that was never published counts what comes in from now on; with `history` (or after a backfill) all
    that ever came in. Announces the exit of those whose step is gone without a successor, nothing else.
    """
    row = models.Journey.objects.select_for_update().get(pk=journey)
    revision = row.revisions.get(number=number)
    moment = now()
    if not row.number and not history:
        row.counts_after = timeline.last_position()
    before = row.revisions.filter(number=row.number).first()
    if before and before.number != number:
        _leave(row, before, revision, moment, actor)
    revision.published_at = moment
    revision.carried = carried(before, revision.body, moment) if before else {}
    revision.save()
    row.number, row.body, row.digest = revision.number, revision.body, catalogue.digest_of(row, revision)
    row.lane, row.state = revision.body.get("lane", 0), models.Journey.State.LIVE
    row.save()
    if _behind(row).exists():
        models.Replay.objects.create(journey=row, only_open=True, asked_by=actor, created_at=moment)
    return row


def _behind(row: models.Journey) -> QuerySet[models.Run]:
    return row.runs.filter(state=models.RunState.OPEN, pinned=False).exclude(revision=row.number)


def _leave(row: models.Journey, before: models.Revision, after: models.Revision, moment: datetime, actor: str) -> None:
    """Those who have ended stay with the revision they ended under; those whose place is gone leave."""
    row.runs.exclude(state=models.RunState.OPEN).filter(pinned=False).update(pinned=True)
    under_way = row.runs.filter(state=models.RunState.OPEN, pinned=False)
    if before.body.get("subject", "customer") != after.body.get("subject", "customer"):
        _end(under_way, moment)
        return
    lost = under_way.filter(waiting_for__in=removed(before.body, after.body)).iterator()
    record_many(
        ToRecord(
            event=events.EnrolmentEnded(
                journey=row.key, reason=CHANGED, key=run.key, occurrence=run.occurrence, **whose(run.kind, run.subject)
            ),
            event_id=f"{run.pk}:removed:{after.number}",
            actor=actor,
            occurred_at=moment,
        )
        for run in lost
    )


def _end(runs: QuerySet[models.Run], moment: datetime) -> None:
    """The journey is of others now: nobody of the old kind will ever move in it again."""
    record_many(announcing.exited(run, CHANGED, moment) for run in runs.iterator())
    touch_runs(runs)
    runs.update(
        state=models.RunState.EXITED,
        ended_at=moment,
        reason=CHANGED,
        pinned=True,
        waiting_for="",
        since=None,
        late_at=None,
        window_at=None,
        stuck="",
        stuck_at=None,
    )


def whose(kind: str, subject: str) -> dict[str, str]:
    """The fields of an event that say whom it is about."""
    return {f"{kind}_id": subject}


def removed(before: Mapping[str, Any], after: Mapping[str, Any]) -> set[str]:
    """The steps that are gone and have no successor."""
    return _keys(before) - _keys(after) - set(after.get("moved", {}))


def carried(before: models.Revision, body: Mapping[str, Any], moment: datetime) -> dict[str, list[dict[str, Any]]]:
    """By step of the new definition: what reached the steps that it takes the place of, as long as they were there."""
    found = {key: list(triggers) for key, triggers in before.carried.items() if key in _keys(body)}
    steps = {step["key"]: step for step in before.body["steps"]}
    for old, new in body.get("moved", {}).items():
        if old in steps:
            triggers = [_until(trigger, moment) for trigger in steps[old]["on"]]
            found.setdefault(new, []).extend([*triggers, *before.carried.get(old, ())])
    return found


def _until(trigger: Mapping[str, Any], moment: datetime) -> dict[str, Any]:
    over = {"field": "event.occurred_at", "op": "before", "value": moment.isoformat()}
    return {"event": trigger["event"], "when": {"all": [*filter(None, [trigger.get("when")]), over]}}


def _keys(body: Mapping[str, Any]) -> set[str]:
    return {step["key"] for step in body["steps"]}


@transaction.atomic
def switch(*, journey: str, live: bool) -> models.Journey:
    """Let events move a published journey, or not. Switched on again, it catches up in the background, silently."""
    row = models.Journey.objects.select_for_update().get(pk=journey)
    if not row.number or (row.state == models.Journey.State.LIVE) == live:
        return row
    row.state = models.Journey.State.LIVE if live else models.Journey.State.OFF
    row.save(update_fields=["state"])
    if live:
        models.Replay.objects.create(journey=row, created_at=now())
    return row


def install_shipped() -> int:
    """Publish the definitions that come with the house, unless the team has made them its own; returns how many."""
    return sum(_install(body) for body in shipped())


def shipped() -> Iterable[Mapping[str, Any]]:
    """The definitions that come with the house."""
    return (reading.read(file.read_bytes()) for file in sorted(SHIPPED.glob("*.yaml")))


@transaction.atomic
def _install(body: Mapping[str, Any]) -> bool:
    rows = models.Revision.objects.filter(journey=body["key"]).order_by("-number")
    last = rows.first()
    if last and (last.body == body or rows.exclude(created_by=BY_THE_HOUSE).exists()):
        return False
    revision = add_revision(body, actor=BY_THE_HOUSE)
    publish_revision(journey=body["key"], number=revision.number, actor=BY_THE_HOUSE, history=True)
    return True
