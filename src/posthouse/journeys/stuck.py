"""Who is stuck, as a condition on runs and in words, and the first of many who are.

"Late, or slow, or in trouble, in whatever journey" as one condition makes a database look at every open run, the newest
first, of whom next to none are late. So each kind, and where need be each journey or step, is asked apart, in the
order and out of the columns of an index that is made for it, for its own first few; the first of these are the first.
"""

from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db.models import BooleanField, Q, QuerySet
from django.db.models.expressions import RawSQL
from django.utils.translation import gettext as _

from posthouse.foundation.clock import now
from posthouse.journeys import sqlparts
from posthouse.journeys.models import Run, RunState

LIMIT, SLOW, TROUBLE, ANY = "limit", "slow", "trouble", "any"
KINDS = (LIMIT, SLOW, TROUBLE)


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
    literally = RawSQL("NOT (\"trouble\" = '')", (), output_field=BooleanField())
    return Q(pk__in=Run.objects.filter(literally).values("pk"))


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


def first(parts: Sequence[QuerySet[Run]], order: Sequence[str], most: int) -> QuerySet[Run]:
    """The first of what is in any of the parts."""
    if len(parts) == 1:
        return parts[0].order_by(*order)[:most]
    sql, params = _each([part.order_by(*order)[:most] for part in parts])
    ids = RawSQL(sql, params)  # noqa: S611  compiled by Django
    return Run.objects.filter(pk__in=ids).order_by(*order)[:most] if sql else Run.objects.none()


def count(parts: Sequence[QuerySet[Run]], most: int) -> int:
    """How many are in the parts, which have nothing in common; no more than `most` are counted."""
    sql, params = _each([part.order_by()[:most] for part in parts])
    rows = sqlparts.fetch(f"SELECT COUNT(*) FROM ({sql} LIMIT {most}) c", params) if sql else [(0,)]  # noqa: S608
    return int(rows[0][0])


def _each(slices: Sequence[QuerySet[Run]]) -> tuple[str, list[Any]]:
    """SQL for their ids; each in brackets of its own, because SQLite has no LIMIT within a compound. Empty: nobody."""
    texts, params = list[str](), list[Any]()
    for number, part in enumerate(slices):
        with suppress(EmptyResultSet):
            sql, own = sqlparts.inner(part.values("pk"))
            texts.append(f"SELECT * FROM ({sql}) p{number}")  # noqa: S608
            params += own
    return " UNION ALL ".join(texts), params
