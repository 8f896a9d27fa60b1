"""Runs as the desk lists them: every figure of the board opens the rows that were counted."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import QueryDict

from posthouse.foundation import conditions
from posthouse.foundation.paging import PAGE_SIZE
from posthouse.journeys import queries, standing, stuck, words
from posthouse.journeys.figures import JourneyFigures
from posthouse.journeys.filters import COLUMNS, Group, View, text_in
from posthouse.journeys.models import Journey, Kind, Reached, Run, RunState
from posthouse.journeys.stuck import Parts
from posthouse.people import queries as people

NEWEST_FIRST = ("-entered_at", "-pk")
LONGEST_FIRST = ("since", "pk")
COUNTED = 500
"""So many runs are counted one by one."""
LONGEST_MOMENT = 18
FOUND = 5000
"""So many customers, and people, that a search finds are looked up beforehand."""
KINDS = (Kind.CUSTOMER.value, Kind.CONTACT.value)
MOST_APART = 200
"""Journeys that are asked apart, twice at most: a statement of SQLite takes 500 parts."""


@dataclass(frozen=True)
class Asked:
    """Which runs, beside the period and group of the view: of which journey, at which step, stuck how."""

    journey: str = ""
    reached: str = ""
    missed: str = ""
    waiting: str = ""
    state: str = ""
    stuck: str = ""
    search: str = ""
    whose: tuple[tuple[str, ...] | None, ...] = ()
    """The customers and the contacts that `search` finds, once they are looked up; None: they are many."""

    def query(self, view: View) -> QueryDict:
        """The address of the list."""
        query = view.query()
        for name in NAMES:
            if value := getattr(self, name):
                query["q" if name == "search" else name] = value
        return query

    def where(self, **changes: Any) -> "Asked":
        """The same with something else asked for."""
        return replace(self, **changes)


NAMES = ("journey", "reached", "missed", "waiting", "state", "stuck", "search")


def read(query: QueryDict) -> Asked:
    """What an address asks for."""
    state, how = text_in(query, "state"), text_in(query, "stuck")
    return Asked(
        journey=text_in(query, "journey"),
        reached=text_in(query, "reached"),
        missed=text_in(query, "missed"),
        waiting=text_in(query, "waiting"),
        state=state if state in RunState.values else "",
        stuck=how if how in (*stuck.KINDS, stuck.ANY) else "",
        search=text_in(query, "q"),
    )


def runs(asked: Asked, view: View) -> QuerySet[Run]:
    """The runs that were asked for, those entered last first."""
    # Without those that are not live, and not: of those that are. SQLite would look for each of them, and sort.
    others = [] if asked.journey else Journey.objects.exclude(state=Journey.State.LIVE).values_list("pk", flat=True)
    rows = Run.objects.exclude(journey__in=list(others))
    exact = {"journey": asked.journey, "waiting_for": asked.waiting, "state": asked.state}
    rows = rows.filter(**{name: value for name, value in exact.items() if value})
    period = view.as_period()
    rows = rows.filter(entered_at__gte=period.since) if period.since else rows
    rows = rows.filter(entered_at__lt=period.until) if period.until else rows
    if asked.reached:
        rows = rows.filter(_has(asked.reached))
    if asked.missed:
        rows = rows.filter(~_has(asked.missed))
    if view.group:
        rows = rows.filter(_of(view.group))
    if asked.stuck:
        rows = rows.filter(stuck.condition(asked.stuck))
    if asked.search:
        rows = rows.filter(_found(asked))
    return rows.order_by(*NEWEST_FIRST)


def _parts(asked: Asked, view: View) -> Parts:
    """The same in parts, each of which an index has in the order of the list.

    Of a group in whatever journey it stays one: each part would look up whose the runs are until it has a page full.
    Those whom a search finds have an index of their own.
    """
    if not asked.stuck or asked.search or (view.group and not asked.journey):
        return Parts([runs(asked, view)])
    kinds = stuck.KINDS if asked.stuck == stuck.ANY else (asked.stuck,)
    keys = [] if asked.journey else list(queries.journeys().values_list("pk", flat=True))
    if len(keys) > MOST_APART:
        return Parts([runs(asked.where(stuck=kind), view) for kind in kinds])
    if not (keys or asked.journey):
        return Parts([])
    each = asked if asked.journey else asked.where(journey=stuck.EACH)
    return Parts([runs((asked if kind == stuck.TROUBLE else each).where(stuck=kind), view) for kind in kinds], keys)


def page(asked: Asked, view: View, before: str = "") -> tuple[list[Run], str]:
    """A page of the runs that were asked for, and where the next one begins ("": it was the last).

    By place and not by number, so that the last page of a million is as quick as the first. What is not a place of
    ours gives the first page.
    """
    parts = _parts(asked, view)
    if place := _place(before):
        at, key = place
        behind = Q(Q(entered_at__lt=at) | Q(entered_at=at, pk__lt=key), entered_at__lte=at)
        parts = parts._replace(rows=[part.filter(behind) for part in parts.rows])
    found = list(stuck.first(parts, NEWEST_FIRST, PAGE_SIZE + 1))
    last = found[PAGE_SIZE - 1] if len(found) > PAGE_SIZE else None
    return found[:PAGE_SIZE], f"{standing.micros(last.entered_at)}.{last.pk}" if last else ""


def longest(asked: Asked, view: View, steps: Iterable[str], most: int) -> list[Run]:
    """Those of a journey who are stuck in one way, the longest first; `steps` are stuck.steps_waited_for()."""
    if asked.stuck == stuck.TROUBLE:
        return list(runs(asked, view).order_by(*LONGEST_FIRST)[:most])
    parts = [runs(asked.where(waiting=step), view) for step in steps]
    if since := view.as_period().since:
        # Nobody waits since before they entered: so the index on `since` has where to begin.
        parts = [part.filter(since__gte=since) for part in parts]
    return list(stuck.first(Parts(parts), LONGEST_FIRST, most))


def _place(text: str) -> tuple[datetime, str] | None:
    at, _dot, key = text.partition(".")
    if not (key and at.isascii() and at.isdecimal() and len(at) < LONGEST_MOMENT) or "\0" in key:
        return None
    return standing.EPOCH + timedelta(microseconds=int(at)), key


class Count(NamedTuple):
    """How many runs there are, or, where that is not known exactly, how many at least."""

    number: int
    exact: bool


def count(asked: Asked, view: View) -> Count:
    """How many runs were asked for: few are counted, many are known from the board's figures if the board has them.

    Of a group by several traits the board is asked first: counting would look up whose each run is.
    """
    if not view.as_filters().in_summary and (known := _known(asked, view)) is not None:
        return Count(known, exact=True)
    found = stuck.count(_parts(asked, view), COUNTED + 1)
    if found <= COUNTED:
        return Count(found, exact=True)
    known = _known(asked, view)
    return Count(COUNTED, exact=False) if known is None else Count(known, exact=True)


def _known(asked: Asked, view: View) -> int | None:
    """The figure of the board that counts the same runs; None where it has none, or an old one."""
    if asked.search or asked.missed:
        return None
    if asked.waiting or asked.stuck:
        find = _waiting if not asked.reached and asked.state in ("", RunState.OPEN) else None
    elif asked.reached:
        find = _reached if not asked.state else None
    else:
        find = _entered
    board = queries.board(view.as_period(), view.as_filters(), keys=[asked.journey] if asked.journey else ())
    if find is None or board.behind_since or not board.journeys:
        return None
    return sum(find(one, asked) for one in board.journeys)


def _entered(one: JourneyFigures, asked: Asked) -> int:
    by_state = {"": one.entered, "open": one.open, "completed": one.completed, "exited": one.exited}
    return by_state[asked.state]


def _reached(one: JourneyFigures, asked: Asked) -> int:
    return sum(step.reached for step in one.steps if step.key == asked.reached)


def _waiting(one: JourneyFigures, asked: Asked) -> int:
    steps = [step for step in one.steps if asked.waiting in ("", step.key)]
    if not asked.stuck:
        return sum(step.waiting for step in steps)
    return sum(step.stuck.total if asked.stuck == stuck.ANY else getattr(step.stuck, asked.stuck) for step in steps)


def _of(group: Group) -> Q:
    """Runs of customers, and of people, to whom the filters fit; a filter by attribute is one of customers."""
    found = Q(pk__in=[])
    for kind in Kind.values:
        fits = Q()
        # EXISTS, because a page looks at the newest runs; IN would go through everybody first.
        if traits := group.traits():
            wanted = {f"trait_{number}": value for number, value in enumerate(traits.values())}
            fits &= Q(Exists(people.traits(kind, *traits).filter(**wanted, pk=OuterRef("subject"))))
        if (condition := group.condition_of_attribute()) and kind == Kind.CUSTOMER:
            having = people.having(kind, conditions.query(condition, COLUMNS))
            fits &= Q(Exists(having.filter(pk=OuterRef("subject"))))
        elif condition:
            continue
        found |= Q(kind=kind) & fits
    return found


def _has(step: str) -> Exists:
    return Exists(Reached.objects.filter(run=OuterRef("pk"), step=step))


def looked_up(asked: Asked) -> Asked:
    """The same with those whose runs are searched: a page and its count then look for them once."""
    if not asked.search:
        return asked
    some = [tuple(people.found(kind, asked.search)[: FOUND + 1].values_list("pk", flat=True)) for kind in KINDS]
    return replace(asked, whose=tuple(ids if len(ids) <= FOUND else None for ids in some))


def _found(asked: Asked) -> Q:
    """By the id of a run or subject, or a part of a customer's or a person's name."""
    found = Q(pk=asked.search) | Q(subject=asked.search)
    for kind, ids in zip(KINDS, asked.whose or [people.found(kind, asked.search) for kind in KINDS], strict=True):
        # Where most are found the newest runs are looked at one by one; IN would go through everybody first.
        every = Q(Exists(people.is_found(kind, asked.search, OuterRef("subject"))))
        found |= Q(kind=kind) & (every if ids is None else Q(subject__in=ids))
    return found


@dataclass(frozen=True)
class Row:
    """A run as it is read: who, where, since when, how stuck."""

    run: Run
    who: str
    journey: str
    waits_for: str
    stuck: str
    stuck_words: str
    due: datetime | None


def rows(found: Iterable[Run], journeys: Mapping[str, Journey]) -> list[Row]:
    """Runs with the names of those who go through them. Two queries."""
    found = list(found)
    customers = people.customer_names(run.subject for run in found if run.kind == "customer")
    contacts = people.actor_names({f"contact:{run.subject}" for run in found if run.kind == "contact"})
    return [_row(run, journeys, {**customers, **contacts}) for run in found]


def _row(run: Run, journeys: Mapping[str, Journey], names: Mapping[str, str]) -> Row:
    body = journeys[run.journey_id].body if run.journey_id in journeys else {}
    who = names.get(f"contact:{run.subject}" if run.kind == "contact" else run.subject)
    kind = stuck.kind_of(run)
    return Row(
        run=run,
        who=who or run.subject,
        journey=words.name_of(body, run.journey_id),
        waits_for=words.step_names(body).get(run.waiting_for, run.waiting_for),
        stuck=kind,
        stuck_words=stuck.words().get(kind, ""),
        due=run.late_at if run.state == RunState.OPEN else None,
    )


def exported(row: Row) -> dict[str, Any]:
    """A row as it leaves the house."""
    run = row.run
    return {
        "run": run.pk,
        "journey": run.journey_id,
        "kind": run.kind,
        "subject": run.subject,
        "name": row.who,
        "key": run.key,
        "occurrence": run.occurrence,
        "state": run.state,
        "entered_at": run.entered_at,
        "ended_at": run.ended_at,
        "reason": run.reason,
        "waiting_for": run.waiting_for,
        "since": run.since,
        "late_at": run.late_at,
        "stuck": row.stuck,
        "revision": run.revision,
    }
