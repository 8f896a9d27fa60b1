"""Who is stuck, as a condition on runs and in words, and the first of many who are.

"Late, or slow, or in trouble, in whatever journey" as one condition makes a database look at every open run, the newest
first, of whom next to none are late. So each kind, and where need be each journey or step, is asked apart, in the
order and out of the columns of an index that is made for it, for its own first few; the first of these are the first.
"""

from collections.abc import Sequence
from contextlib import suppress
from typing import Any, NamedTuple

from django.core.exceptions import EmptyResultSet
from django.db.models import BooleanField, Q, QuerySet
from django.db.models.expressions import RawSQL
from django.utils.translation import gettext as _

from posthouse.foundation.clock import now
from posthouse.journeys import sqlparts
from posthouse.journeys.models import Run, RunState

LIMIT, SLOW, TROUBLE, ANY = "limit", "slow", "trouble", "any"
KINDS = (LIMIT, SLOW, TROUBLE)
EACH = "\0"
"""As a journey in a part of a list: each of those asked for. No key has such a character, and no address either."""


def condition(kind: str) -> Q:
    """Nobody is in two of the kinds; the gravest counts. Slow are those who were announced as such, as on the board."""
    late, well = Q(late_at__lte=now()), Q(trouble="")
    kinds = {
        TROUBLE: _in_trouble(),
        LIMIT: late & well,
        SLOW: Q(stuck=SLOW) & well & (Q(late_at=None) | ~late),
        ANY: ~well | late | Q(stuck=SLOW),
    }
    return Q(state=RunState.OPEN) & kinds[kind]


def _in_trouble() -> Q:
    """In the words of the partial index: SQLite takes none of them for a parameter."""
    return Q(RawSQL('NOT ("journeys_run"."trouble" = \'\')', (), output_field=BooleanField()))


def kind_of(run: Run) -> str:
    """Which of the three kinds; the gravest first. Empty: not stuck."""
    if run.state != RunState.OPEN:
        return ""
    if run.trouble:
        return TROUBLE
    if run.late_at and run.late_at <= now():
        return LIMIT
    return SLOW if run.stuck == SLOW else ""


def words() -> dict[str, str]:
    """The kinds in words."""
    return {
        LIMIT: _("past the limit"),
        SLOW: _("slower than nine of ten"),
        TROUBLE: _("engine trouble"),
    }


def steps_waited_for(journey: str) -> list[str]:
    """The steps that open runs of a journey wait for, those of older revisions too.

    Found by going from each to the next in the index: DISTINCT would read all of it.
    """
    open_runs = "SELECT MIN(waiting_for) FROM journeys_run WHERE state = 'open' AND journey_id = %s"
    rows = sqlparts.fetch(
        f"WITH RECURSIVE step(name) AS (SELECT ({open_runs}) UNION ALL "  # noqa: S608  our own parts
        f"SELECT ({open_runs} AND waiting_for > step.name) FROM step WHERE step.name IS NOT NULL) "
        "SELECT name FROM step WHERE name IS NOT NULL",
        (journey, journey),
    )
    return [name for (name,) in rows]


class Parts(NamedTuple):
    """Runs in parts that have nothing in common. One whose journey is EACH stands for one of each of `journeys`."""

    rows: Sequence[QuerySet[Run]]
    journeys: Sequence[str] = ()


def first(parts: Parts, order: Sequence[str], most: int) -> QuerySet[Run]:
    """The first of what is in any of the parts."""
    if len(parts.rows) == 1 and not parts.journeys:
        return parts.rows[0].order_by(*order)[:most]
    sql, params = _each([part.order_by(*order)[:most] for part in parts.rows], parts.journeys)
    ids = RawSQL(sql, params)  # noqa: S611  compiled by Django
    return Run.objects.filter(pk__in=ids).order_by(*order)[:most] if sql else Run.objects.none()


def count(parts: Parts, most: int) -> int:
    """How many are in the parts; no more than `most` are counted."""
    sql, params = _each([part.order_by()[:most] for part in parts.rows], parts.journeys)
    rows = sqlparts.fetch(f"SELECT COUNT(*) FROM ({sql} LIMIT {most}) c", params) if sql else [(0,)]  # noqa: S608
    return int(rows[0][0])


def _each(slices: Sequence[QuerySet[Run]], journeys: Sequence[str]) -> tuple[str, list[Any]]:
    """SQL for their ids; each in brackets of its own, because SQLite has no LIMIT within a compound. Empty: nobody.

    What differs in nothing but the journey is compiled once: that takes longer than to find them.
    """
    texts, params = list[str](), list[Any]()
    for part in slices:
        with suppress(EmptyResultSet):
            sql, own = sqlparts.inner(part.values("pk"))
            for journey in journeys if EACH in own else ("",):
                texts.append(f"SELECT * FROM ({sql}) p{len(texts)}")  # noqa: S608
                params += [journey if value == EACH else value for value in own]
    return " UNION ALL ".join(texts), params
