"""Keeps the board's summary up to date: what was touched is summed up anew, by days, and months from their days.

Right whatever happens between: the notes of what was touched are read before the runs, and deleted only by their ids
once the new sums stand; a change that comes in meanwhile has a note of its own. Where two workers sum up the same
day, the one that began to read later wins.
"""

import time
from collections.abc import Collection, Iterable, Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import groupby

import numpy as np
from django.db import connection, transaction
from django.db.models import Q, QuerySet
from django.db.models.functions import TruncDate

from posthouse.foundation.clock import now
from posthouse.foundation.plainrows import stored
from posthouse.journeys import cells, crowds, models, sheets, standing
from posthouse.journeys.cells import Cell, beginning
from posthouse.journeys.models import Sheet, Summary, Touched
from posthouse.people import queries as people

FACETS = ("plan", "channel", "country")
LONGEST_VALUE = 120
AT_ONCE = 20_000
"""Notes read at a time."""
BUDGET = 2.0
"""Seconds after which no further month is begun, so that the worker comes to its other duties."""
NOTHING = ("", "", "")
DAY, MONTH = Summary.Grain.DAY, Summary.Grain.MONTH


def day_of(moment: datetime) -> int:
    """The number of the day (in UTC) of a moment."""
    return (moment - standing.EPOCH).days


def touch(days: Iterable[tuple[str, int]]) -> None:
    """Note that runs of these journeys, entered on these days, have changed; in the transaction of the change."""
    rows = sorted(set(days))
    if rows:
        at = stored(now())
        with connection.cursor() as cursor:
            cursor.executemany(
                "INSERT INTO journeys_touched (journey, day, at) VALUES (%s, %s, %s)", [(*row, at) for row in rows]
            )


def touch_runs(runs: QuerySet[models.Run]) -> None:
    """The same for the runs of a query."""
    touch(_days(runs))


def touch_subjects(kind: str, ids: Collection[str]) -> None:
    """The same for all runs of some customers or contacts, whose traits have changed."""
    touch_runs(models.Run.objects.filter(kind=kind, subject__in=ids))


def refresh() -> int:
    """Sum up what was touched first; returns how many days of journeys that were. Stops after a few seconds."""
    _touch_what_has_another_shape()
    noted = list(Touched.objects.order_by("pk").values_list("journey", "day")[:AT_ONCE])
    months = list(dict.fromkeys((journey, month_of(day)) for journey, day in noted))
    done, until = 0, time.monotonic() + BUDGET
    for journey, (first, after) in months:
        done += _sum_up(journey, first, after)
        if time.monotonic() > until:
            break
    return done


def _touch_what_has_another_shape() -> None:
    """After a definition with other steps was published, all of its days are summed up anew."""
    for journey in models.Journey.objects.filter(number__gt=0):
        shape = standing.shape_of(standing.stages_of(journey.body))
        old = Summary.objects.filter(Q(shape__lt=shape) | Q(shape__gt=shape), journey=journey.pk)
        days = set(old.filter(grain=DAY).order_by().values_list("first", flat=True).distinct())
        known = set(Touched.objects.filter(journey=journey.pk).values_list("day", flat=True)) if days else set()
        touch((journey.pk, day) for day in days - known)


def month_of(day: int) -> tuple[int, int]:
    """The first day of a day's month, and the first day of the next one."""
    first = (date(1970, 1, 1) + timedelta(days=day)).replace(day=1)
    return cells.number_of(first), cells.number_of((first + timedelta(days=32)).replace(day=1))


def _sum_up(key: str, first: int, after: int) -> int:
    """Sum up the touched days of a journey within a month, and the month; returns how many days."""
    notes = dict(Touched.objects.filter(journey=key, day__gte=first, day__lt=after).values_list("pk", "day"))
    days = sorted(set(notes.values()))
    journey = models.Journey.objects.filter(pk=key).first()
    began = now()
    rows, pages = _of_days(journey, days, began) if journey and journey.number else ([], [])
    with transaction.atomic():
        _replace(key, DAY, days, rows, began)
        Sheet.objects.filter(journey=key, day__in=days, made_at__lte=began).delete()
        Sheet.objects.bulk_create(pages, ignore_conflicts=True, batch_size=20)
        _replace(key, MONTH, [first], list(_of_month(journey, first, after, began)) if journey else [], began)
        for some in _parts(list(notes)):
            Touched.objects.filter(pk__in=some).delete()
    return len(days)


def _parts(ids: list[int]) -> Iterator[list[int]]:
    for start in range(0, len(ids), 5000):
        yield ids[start : start + 5000]


def _replace(journey: str, grain: int, firsts: list[int], rows: list[Summary], began: datetime) -> None:
    Summary.objects.filter(journey=journey, grain=grain, first__in=firsts, made_at__lte=began).delete()
    Summary.objects.bulk_create(rows, ignore_conflicts=True, batch_size=500)


def _of_days(journey: models.Journey, days: list[int], at: datetime) -> tuple[list[Summary], list[Sheet]]:
    """The cells of these days, and their sheets."""
    stages = standing.stages_of(journey.body)
    shape = standing.shape_of(stages)
    rows, pages = [], []
    for first, after in spans(days):
        runs = crowds.entered(journey.pk, beginning(first), beginning(after))
        loaded = crowds.load(runs, stages)
        entered_on = (loaded.crowd.entered // (standing.SECOND * 86_400)).astype(np.int64)
        known = {"journey": journey.pk, "shape": shape, "made_at": at}
        for facet, value, day, cell in _cells(journey, runs, loaded, entered_on, at):
            days_of = {"grain": DAY, "first": day, "after": day + 1}
            rows.append(Summary(**known, **days_of, facet=facet, value=value, body=cell.packed()))
        lines = sheets.made(loaded)
        pages += [
            Sheet(**known, day=day, body=sheets.packed(lines[entered_on == day]))
            for day in np.unique(entered_on).tolist()
        ]
    return rows, pages


def _cells(
    journey: models.Journey, runs: QuerySet[models.Run], loaded: crowds.Loaded, entered_on: cells.Ints, at: datetime
) -> Iterator[tuple[str, str, int, Cell]]:
    """Facet, value, day and cell of all runs of a span of days."""
    stages = standing.stages_of(journey.body)
    for day, cell in cells.made(loaded.crowd, stages, entered_on, at).items():
        yield "", "", day, cell
    traits = _traits(journey.body.get("subject", "customer"), runs)
    for place, facet in enumerate(FACETS):
        values = [traits.get(id_, NOTHING)[place] for id_ in loaded.subjects]
        words, number = np.unique(np.array(values, dtype=str), return_inverse=True)
        groups = entered_on * max(len(words), 1) + number
        for group, cell in cells.made(loaded.crowd, stages, groups, at).items():
            if value := str(words[group % len(words)]):
                yield facet, value, group // len(words), cell


def spans(days: list[int]) -> Iterator[tuple[int, int]]:
    """Days in order as spans without gaps: the first day, and the one behind the last."""
    for _place, group in groupby(enumerate(days), key=lambda pair: pair[1] - pair[0]):
        span = [day for _n, day in group]
        yield span[0], span[-1] + 1


def _traits(subject: str, runs: QuerySet[models.Run]) -> dict[str, tuple[str, ...]]:
    rows = people.traits(subject, *FACETS).filter(pk__in=runs.order_by().values("subject"))
    found = rows.values_list("id", "trait_0", "trait_1", "trait_2")
    return {id_: tuple(str(value or "")[:LONGEST_VALUE] for value in values) for id_, *values in found}


def _of_month(journey: models.Journey, first: int, after: int, at: datetime) -> Iterator[Summary]:
    """The cells of a month, from those of its days."""
    shape = standing.shape_of(standing.stages_of(journey.body))
    rows = Summary.objects.filter(journey=journey.pk, grain=DAY, first__gte=first, first__lt=after, shape=shape)
    found = rows.order_by("facet", "value").values_list("facet", "value", "body")
    for (facet, value), group in groupby(found, key=lambda row: row[:2]):
        yield Summary(
            journey=journey.pk,
            facet=facet,
            value=value,
            grain=MONTH,
            first=first,
            after=after,
            shape=shape,
            made_at=at,
            body=cells.merged(cells.unpack(bytes(body) for *_trait, body in group), at).packed(),
        )


def touch_all() -> int:
    """Have everything summed up anew; returns how many days of journeys that is."""
    found = _days(models.Run.objects.all())
    touch(found)
    return len(found)


def _days(runs: QuerySet[models.Run]) -> set[tuple[str, int]]:
    """The journeys and days of entry of some runs."""
    days = runs.order_by().annotate(entered_on=TruncDate("entered_at", tzinfo=UTC))
    return {(key, cells.number_of(day)) for key, day in days.values_list("journey_id", "entered_on").distinct()}


def live(journey: models.Journey, days: list[int], traits: dict[str, str], at: datetime) -> Cell:
    """The cell of some days from the runs themselves, for days whose sums are behind."""
    stages = standing.stages_of(journey.body)
    subject = journey.body.get("subject", "customer")
    bodies = []
    for first, after in spans(days):
        runs = crowds.entered(journey.pk, beginning(first), beginning(after))
        crowd = crowds.load(crowds.of_traits(runs, subject, traits), stages).crowd
        bodies += [cell.packed() for cell in cells.made(crowd, stages, np.zeros(len(crowd), np.int64), at).values()]
    return cells.unpack(bodies)


def values_of(facet: str) -> list[str]:
    """All values of a trait that somebody on a journey has."""
    return list(Summary.objects.filter(facet=facet).order_by("value").values_list("value", flat=True).distinct())


def how_many(journey: str, days: list[int]) -> int:
    """How many runs were entered on these days."""
    return sum(crowds.entered(journey, beginning(first), beginning(after)).count() for first, after in spans(days))
