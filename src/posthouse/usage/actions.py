"""Verbs about calls: store them, take them into the roll-ups, notice what they mean, forget them."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from django.db import transaction

from posthouse.keys.actions import note_use
from posthouse.usage import milestones, quiet, retention, rollups, spikes
from posthouse.usage.models import Call, RollupCheckpoint
from posthouse.usage.rollups import Seen

BATCH = 10_000


def store_calls(calls: Sequence[Call]) -> None:
    """Append calls to the log of calls; one whose id is known already is left out.

    For imports and tests: the edge writes its batches past the ORM, to the same table.
    """
    Call.objects.bulk_create(calls, ignore_conflicts=True)


def take_in_calls(batch: int = BATCH) -> int:
    """Take the next calls into the roll-ups and announce milestones; returns how many calls.

    Everything that follows from a call is written with the checkpoint in one transaction, so each call counts exactly
    once, however often the process is killed. Where another worker is at it already, nothing is done.
    """
    if not _has_news():
        return 0
    with transaction.atomic():
        RollupCheckpoint.objects.get_or_create(pk=1)
        checkpoint = RollupCheckpoint.objects.select_for_update(skip_locked=True).first()
        if checkpoint is None:
            return 0
        rows = Call.objects.after(checkpoint.cursor).settled().values_list(*Seen._fields)[:batch]
        calls = [Seen._make(row) for row in rows]
        if calls:
            _take_in(calls)
            checkpoint.tx, checkpoint.position = calls[-1].tx, calls[-1].position
            checkpoint.save()
    return len(calls)


def _has_news() -> bool:
    """Asked before a transaction is begun, so that an idle worker never takes SQLite's write lock."""
    checkpoint = RollupCheckpoint.objects.first() or RollupCheckpoint()
    return Call.objects.after(checkpoint.cursor).settled().exists()


def _take_in(calls: list[Seen]) -> None:
    rollups.add(calls)
    states = milestones.notice(calls)
    spikes.judge(calls, states)
    note_use(last_used=_last_used(calls))


def _last_used(calls: Iterable[Seen]) -> dict[str, datetime]:
    last: dict[str, datetime] = {}
    for call in calls:
        if call.key_id and (call.key_id not in last or call.at > last[call.key_id]):
            last[call.key_id] = call.at
    return dict(sorted(last.items()))


def announce_silence() -> int:
    """Announce customers whose regular traffic has stopped, and end spikes of those who stopped calling."""
    return quiet.announce() + spikes.end_silent()


def forget_old() -> int:
    """Delete what is kept for a limited time only; returns how many rows."""
    return retention.forget_calls() + retention.forget_minutes()
