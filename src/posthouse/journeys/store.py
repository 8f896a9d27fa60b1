"""Runs between the fold and the tables. Tuples and plain SQL: this is where the engine spends its time."""

import hashlib
import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple

from django.db import connection

from posthouse.foundation import plainrows
from posthouse.foundation.plainrows import raw
from posthouse.journeys import models
from posthouse.journeys.catalogue import Catalogue
from posthouse.journeys.compiled import Journey
from posthouse.journeys.fold import MOST_RUNS, Mark, Rules, Run, Runs, late_steps, outlook
from posthouse.journeys.summaries import day_of, touch


class Who(NamedTuple):
    """A customer or a contact."""

    kind: str
    id: str

    @property
    def row(self) -> str:
        """Its id in the table of subjects."""
        return f"{self.kind}:{self.id}"


@dataclass
class Held:
    """The runs of one subject in one journey, as the tables have them."""

    runs: Runs = ()
    pinned: dict[tuple[str, int], int] = field(default_factory=dict)
    revisions: set[int] = field(default_factory=set)
    """Of those that follow the published revision."""


NONE_HELD = Held()
"""Of who has no runs there."""


class Change(NamedTuple):
    """The runs of one subject in one journey, before and after."""

    who: Who
    rules: Rules
    before: Runs
    after: Runs
    pinned: dict[tuple[str, int], int]
    by_time: bool = True
    """Of the ids of its runs: see Subject."""

    def run_id(self, name: tuple[str, int]) -> str:
        """The id of one of the runs."""
        return run_id(self.rules.current.key, self.who, name, self.by_time)


RUN = (
    "id", "journey_id", "kind", "subject", "key", "occurrence", "state", "exclusive", "entered_at", "event_id",
    "position", "contact_id", "ended_at", "reason", "revision", "pinned", "waiting_for", "since", "late_at",
    "window_at", "stuck", "stuck_at", "trouble",
)  # fmt: skip
MARK = ("run_id", "step", "at", "event_id", "position", "contact_id", "times", "late", "revision")


OURS = re.compile(r"[a-z]{3}_([0-9a-hjkmnp-tv-z]{10})[0-9a-hjkmnp-tv-z]{16}", re.ASCII)
"""Ids that `foundation.ids.new_id` made, and of them what says when."""


@lru_cache(maxsize=8192)
def run_id(journey: str, who: Who, name: tuple[str, int], by_time: bool = True) -> str:
    """The same for the same run, however often it is made anew.

    With `by_time` it begins with the time at which the subject came, where its id tells that: the indexes over runs,
    their steps and what is announced of them then grow at their end, where those are who do most, instead of anywhere.
    """
    text = "\x1f".join((journey, *who, name[0], str(name[1])))
    came = OURS.fullmatch(who.id) if by_time else None
    return f"run_{came[1] if came else ''}{hashlib.blake2b(text.encode(), digest_size=13).hexdigest()}"


def load(wanted: Collection[tuple[Who, str]]) -> dict[tuple[Who, str], Held]:
    """The runs of subjects in journeys. Two queries."""
    pairs = list({(who.id, journey) for who, journey in wanted})
    held: dict[tuple[Who, str], Held] = {}
    for first in range(0, len(pairs), PAIRS):
        _load(pairs[first : first + PAIRS], held)
    return held


def _load(pairs: Sequence[tuple[str, str]], held: dict[tuple[Who, str], Held]) -> None:
    asked = f"WITH asked(subject, journey) AS (VALUES {', '.join(['(%s, %s)'] * len(pairs))}) "
    params = [value for pair in pairs for value in pair]
    moment = plainrows.moment
    marks: dict[str, dict[str, Mark]] = {}
    for id_, step, at, *mark in plainrows.select(asked + _marks_of(), params):
        marks.setdefault(id_, {})[step] = Mark(moment(at), *mark)
    for id_, journey, kind, subject, pinned, entered_at, ended_at, *rest in plainrows.select(
        asked + _runs_of(), params
    ):
        key, occurrence, revision, event_id, position, contact_id, state, reason = rest
        run = Run(
            key, occurrence, revision, moment(entered_at), event_id, position, contact_id, state, moment(ended_at),
            reason, marks.get(id_, {}),
        )  # fmt: skip
        whose = Who(kind, subject), journey
        if (own := held.get(whose)) is None:
            own = held[whose] = Held()
        own.runs = (*own.runs, run)
        if pinned:
            own.pinned[run.name] = revision
        else:
            own.revisions.add(revision)


PAIRS = 5000
"""Subjects and journeys asked for in one query."""


ITS_RUNS = "FROM asked CROSS JOIN journeys_run r"
"""CROSS JOIN: SQLite then keeps this order, from whom is asked for to their runs by the index of subjects."""
WHOSE = "WHERE r.subject = asked.subject AND r.journey_id = asked.journey"


def _runs_of() -> str:
    return (
        f"SELECT r.id, r.journey_id, r.kind, r.subject, r.pinned, {raw('r.entered_at')}, {raw('r.ended_at')}, r.key,"
        f" r.occurrence, r.revision, r.event_id, r.position, r.contact_id, r.state, r.reason {ITS_RUNS} {WHOSE}"
        " ORDER BY r.entered_at, r.position, r.occurrence"
    )


def _marks_of() -> str:
    return (
        f"SELECT m.run_id, m.step, {raw('m.at')}, m.event_id, m.position, m.contact_id, m.times"
        f" {ITS_RUNS} JOIN journeys_reached m ON m.run_id = r.id {WHOSE}"
    )


def save(changes: Sequence[Change]) -> None:
    """Bring the tables from before to after: what vanished goes first, then ended runs, then open ones."""
    gone, runs, marks, unmarked, put = [], [], [], [], plainrows.storing()
    touched: set[tuple[str, int]] = set()
    for change in changes:
        journey = change.rules.current.key
        before = {run.name: run for run in change.before}
        after = {run.name: run for run in change.after}
        gone += [change.run_id(name) for name in before.keys() - after.keys()]
        touched |= {(journey, day_of(before[name].entered_at)) for name in before.keys() - after.keys()}
        for name, run in after.items():
            old = before.get(name)
            if old is run or old == run:
                continue
            touched |= {(journey, day_of(one.entered_at)) for one in (old, run) if one}
            governs = change.rules.of(name)
            id_ = change.run_id(name)
            runs.append(_run_row(change, governs, id_, run, put))
            late = late_steps(governs, run)
            kept = old.reached if old else {}
            late_before = late_steps(governs, old) if old and old.revision == governs.number else set()
            for step, mark in run.reached.items():
                if kept.get(step) != mark or (step in late) != (step in late_before):
                    marks.append((id_, step, put(mark.at), *mark[1:], step in late, governs.number))
            if not kept.keys() <= run.reached.keys():
                unmarked += [(id_, step) for step in kept.keys() - run.reached.keys()]
    touch(touched)
    _delete(gone, unmarked)
    _upsert("journeys_run", RUN, ("id",), sorted(runs, key=lambda row: (row[6] == "open", row[0])), KEPT)
    _upsert("journeys_reached", MARK, ("run_id", "step"), sorted(marks, key=lambda row: row[:2]), {})


STAYS = "journeys_run.waiting_for = excluded.waiting_for AND journeys_run.since = excluded.since"
KEPT = {
    "pinned": "journeys_run.pinned",
    "stuck": f"CASE WHEN {STAYS} THEN journeys_run.stuck ELSE '' END",
    "stuck_at": f"CASE WHEN {STAYS} THEN journeys_run.stuck_at ELSE NULL END",
}
"""What the fold does not know; somebody who has moved is no longer stuck."""


def _run_row(
    change: Change, journey: Journey, id_: str, run: Run, put: Callable[[datetime | None], Any]
) -> tuple[Any, ...]:
    ahead = outlook(journey, run)
    full = len(change.after) >= MOST_RUNS and run is change.after[-1]
    return (
        id_, journey.key, *change.who, run.key, run.occurrence, run.state, journey.again.kind != "parallel",
        put(run.entered_at), run.event_id, run.position, run.contact_id, put(run.ended_at), run.reason,
        journey.number, run.name in change.pinned, ahead.step,
        put(ahead.since), put(ahead.late_at), put(ahead.window_at), "", None,
        f"more than {MOST_RUNS} runs" if full else "",
    )  # fmt: skip


def _delete(gone: list[str], unmarked: list[tuple[str, str]]) -> None:
    with connection.cursor() as cursor:
        if gone:
            models.Reached.objects.filter(run__in=gone)._raw_delete(using="default")  # noqa: SLF001
            models.Run.objects.filter(pk__in=gone)._raw_delete(using="default")  # noqa: SLF001
        if unmarked:
            cursor.executemany("DELETE FROM journeys_reached WHERE run_id = %s AND step = %s", unmarked)


def _upsert(
    table: str, columns: Sequence[str], unique: Sequence[str], rows: list[tuple[Any, ...]], kept: dict[str, str]
) -> None:
    if not rows:
        return
    values = ", ".join(["%s"] * len(columns))
    names = ", ".join(f'"{name}"' for name in columns)
    new = {name: kept.get(name, f'excluded."{name}"') for name in columns if name not in unique}
    sets = ", ".join(f'"{name}" = {value}' for name, value in new.items())
    sql = (
        f"INSERT INTO {table} ({names}) VALUES ({values}) "  # noqa: S608  names are ours
        f"ON CONFLICT ({', '.join(unique)}) DO UPDATE SET {sets}"
    )
    with connection.cursor() as cursor:
        cursor.executemany(sql, rows)


def inherit(known: Catalogue, gone: Who, kept: Who) -> None:
    """Take the runs of an id away that now stands for another; pinned ones move over."""
    seen = lock((gone, kept))
    held = load([(who, key) for who in (gone, kept) for key in known.journeys])
    changes = []
    for (who, key), own in held.items():
        if who != gone:
            continue
        theirs = held.get((kept, key)) or Held()
        taken = {run.name for run in theirs.runs}
        pinned = {name: number for name, number in own.pinned.items() if name not in taken}
        moved = tuple(run for run in own.runs if run.name in pinned)
        changes.append(Change(gone, known.rules(key, own.pinned), own.runs, (), {}, seen[gone].by_time))
        changes.append(Change(kept, known.rules(key, pinned), (), moved, pinned, seen[kept].by_time))
    save(changes)
    models.Subject.objects.filter(pk=gone.row).delete()


class Seen(NamedTuple):
    """Up to which moment and place in the log a subject has been taken in, and whether several ids mean it.

    `by_time`: how the ids of its runs are made.
    """

    until: datetime | None = None
    position: int = 0
    merged: bool = False
    by_time: bool = True


def lock(whos: Collection[Who]) -> dict[Who, Seen]:
    """How far each has been taken in; on PostgreSQL held until the transaction ends."""
    if connection.vendor == "postgresql":
        _upsert_missing(whos)
    ending = "FOR UPDATE" if connection.vendor == "postgresql" else ""
    names = {who.row: who for who in whos}
    places = ", ".join(["%s"] * len(names))
    asked = f"SELECT id, {raw('seen_until')}, seen_position, merged, by_time FROM journeys_subject"  # noqa: S608  ours
    rows = plainrows.select(
        f"{asked} WHERE id IN ({places}) ORDER BY id {ending}",
        list(names),
    )
    found = dict.fromkeys(whos, Seen())
    for pk, until, position, merged, by_time in rows:
        found[names[pk]] = Seen(plainrows.moment(until), position, bool(merged), bool(by_time))
    return found


def _upsert_missing(whos: Collection[Who]) -> None:
    with connection.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO journeys_subject (id, seen_position, merged, by_time) VALUES (%s, 0, false, true) "
            "ON CONFLICT (id) DO NOTHING",
            [(name,) for name in sorted(who.row for who in whos)],
        )


def saw(seen: Mapping[Who, Seen]) -> None:
    """Remember how far each has been taken in."""
    put = plainrows.storing()
    rows = [(who.row, put(until), *rest) for who, (until, *rest) in seen.items()]
    _upsert("journeys_subject", ("id", "seen_until", "seen_position", "merged", "by_time"), ("id",), sorted(rows), {})
