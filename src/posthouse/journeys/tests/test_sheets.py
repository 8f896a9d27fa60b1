"""What the sheets say is what the runs one by one say, exactly, whoever is asked for and whatever has been touched."""

import random
from collections import Counter, defaultdict
from itertools import pairwise, product
from statistics import mean

import numpy as np
import pytest
import time_machine

from posthouse.foundation.idnumbers import among, numbers_of
from posthouse.journeys import bundles, freshness, models, overview, paths, sheets, standing, statistics, summaries
from posthouse.journeys.bundles import Whose
from posthouse.journeys.overview import END, Filters, Period
from posthouse.journeys.tests.test_overview import NOW, PERIODS, T0, _live, _runs, exact, house
from posthouse.people.models import Contact

pytestmark = pytest.mark.django_db
__all__ = ["house"]


def is_(name, value, kind="customer"):
    return {"field": f"{kind}.{name}", "op": "is", "value": value}


FILTERS = [
    Filters(plan="pro", country="ES"),
    Filters(plan="free", channel="search", country="DE"),
    Filters(where=is_("attributes.size", 3)),
    Filters(country="FR", where=is_("attributes.size", 5)),
    Filters(where={"any": [is_("attributes.size", 1), is_("plan", "pro")]}),
    Filters(where=is_("attributes.size", 99)),
]


def same(one, other):
    """All figures of a journey, to the last microsecond."""
    assert (one.entered, one.open, one.completed, one.exited) == (
        other.entered, other.open, other.completed, other.exited,
    )  # fmt: skip
    for ours, theirs in zip(one.steps, other.steps, strict=True):
        for name in ("key", "entered", "reached", "left", "waiting", "stuck", "conversion", "median", "slow_after"):
            assert getattr(ours, name) == getattr(theirs, name), (ours.key, name)
        for name in ("times", "waiting", "lower", "upper", "at_risk", "reached"):
            assert getattr(ours.curve, name).tolist() == getattr(theirs.curve, name).tolist(), (ours.key, name)


def sum_up():
    while summaries.refresh():
        pass


def test_the_sheets_say_what_the_runs_say(house, django_assert_max_num_queries):
    for filters, period in product(FILTERS, PERIODS):
        with django_assert_max_num_queries(5):
            board = overview.board(period, filters)
        assert board.behind_since is None
        for journey, one in zip(house, board.journeys, strict=True):
            same(one, exact(journey, period, filters))
        assert period != Period() or (board.journeys[0].entered > 0) == (filters is not FILTERS[-1])


def test_slow_and_troubled_runs_are_on_the_sheets(house):
    open_ = models.Run.objects.filter(state="open").order_by("pk")
    slow = list(open_.values_list("pk", flat=True)[::3])
    models.Run.objects.filter(pk__in=slow).update(stuck="slow", stuck_at=NOW)
    summaries.touch_runs(open_)
    sum_up()
    everybody = Filters(where={"any": [is_("plan", "pro"), {"not": is_("plan", "pro")}]})
    for journey, one in zip(house, overview.board(Period(), everybody).journeys, strict=True):
        same(one, exact(journey, Period(), everybody))
        assert one.entered == models.Run.objects.filter(journey=journey).count()
        assert sum(step.stuck.slow for step in one.steps) > 0
        assert sum(step.stuck.trouble for step in one.steps) > 0
        assert sum(step.stuck.limit for step in one.steps) > 0


@pytest.mark.parametrize("most", [0, 10**6])
def test_what_is_touched_is_read_from_the_runs_or_said_to_be_behind(house, most, monkeypatch):
    monkeypatch.setattr(freshness, "MOST_LIVE", most)
    walk, _path = house
    pro = Filters(where=is_("plan", "pro"))
    whose = models.Run.objects.filter(journey=walk, state="open", waiting_for="a")
    ids = Whose({}, pro.where).runs(whose, "customer").order_by("pk").values_list("pk", flat=True)[:20]
    for run in models.Run.objects.filter(pk__in=list(ids)):
        models.Reached.objects.create(run=run, step="a", at=NOW, event_id="e", position=1, revision=1)
        run.waiting_for, run.since, run.late_at = "b", NOW, None
        run.save()
        summaries.touch_runs(models.Run.objects.filter(pk=run.pk))
    board, theirs = overview.board(Period(), pro), exact(walk, Period(), pro)
    if most:
        assert board.behind_since is None
        same(board.journeys[0], theirs)
    else:
        assert board.behind_since == NOW
        assert board.journeys[0].steps[0].reached == theirs.steps[0].reached - len(ids)
    sum_up()
    same(overview.board(Period(), pro).journeys[0], theirs)


def test_sheets_of_another_shape_do_not_count(house):
    walk, _path = house
    walk.body["steps"] = [walk.body["steps"][0], walk.body["steps"][2]]
    walk.save()
    pro = Filters(plan="pro", country="ES")
    board = overview.board(Period(), pro)
    assert board.behind_since == NOW
    assert board.journeys[0].entered == 0
    sum_up()
    same(overview.board(Period(), pro).journeys[0], exact(walk, Period(), pro))


def test_a_day_whose_runs_are_gone_has_no_sheet(house):
    walk, _path = house
    runs = models.Run.objects.filter(journey=walk)
    summaries.touch_runs(runs)
    models.Reached.objects.filter(run__in=runs).delete()
    runs.delete()
    sum_up()
    assert not models.Sheet.objects.filter(journey="walk").exists()
    assert models.Sheet.objects.filter(journey="path_two").exists()


def test_journeys_of_people_are_filtered_by_what_is_known_of_people(house):
    Contact.objects.bulk_create(
        Contact(
            pk=f"cus_{n}",
            email=f"{n}@example.org",
            channel=("search", "partner")[n % 2],
            attributes={"plan": "pro", "n": n % 5},
        )
        for n in range(100)
    )
    people = _live("people", subject="contact")
    with time_machine.travel(NOW, tick=False):
        _runs(people, 100, 5)
        models.Run.objects.filter(journey=people).update(kind="contact")
        summaries.touch_runs(models.Run.objects.filter(journey=people))
        sum_up()
        for filters in (
            Filters(plan="pro", channel="partner"),
            Filters(where=is_("attributes.n", 2, "contact")),
            Filters(where=is_("attributes.size", 2)),
        ):
            found = overview.board(Period(), filters, keys=["people"]).journeys[0]
            same(found, exact(people, Period(), filters))
            assert found.entered in (0, 20, 50)


def test_two_groups_of_two_traits_are_compared_as_on_the_runs(house):
    walk, _path = house
    groups = [Filters(plan="pro", country=country) for country in ("ES", "FR")]
    one, other = (overview.board(Period(), group).journeys[0].steps[0] for group in groups)
    tallies = [exact(walk, Period(), group).steps[0].tally for group in groups]
    theirs = statistics.log_rank(*((t.took.times, np.concatenate([t.left.times, t.waiting.ages])) for t in tallies))
    assert overview.compare(one, other).p_value == pytest.approx(theirs.p_value)


def _ways(runs):
    lives = defaultdict(list)
    for mark in models.Reached.objects.filter(run__in=runs).order_by("at", "position"):
        lives[mark.run_id].append((mark.step, int(mark.at.timestamp())))
    return list(lives.values())


def test_paths_are_what_plain_python_counts(house):
    walk, path_two = house
    for journey, filters, period in ((walk, FILTERS[4], PERIODS[1]), (path_two, Filters(), Period())):
        found = paths.paths(overview.runs_of(journey, period, filters).trail())
        runs = models.Run.objects.filter(journey=journey)
        runs = runs.filter(entered_at__gte=period.since) if period.since else runs
        edges, between = Counter(), defaultdict(list)
        lives = _ways(Whose({}, filters.where).runs(runs, "customer"))
        for life in lives:
            steps = [step for step, _at in life]
            edges.update(zip(["", *steps], [*steps, ""], strict=True))
            for (first, began), (then, ended) in pairwise(life):
                between[first, then].append(ended - began)
        assert {(edge.first, edge.then): edge.times for edge in found.edges} == edges
        assert dict(found.variants) == Counter(tuple(step for step, _at in life) for life in lives)
        assert found.sessions == len(lives) > 50
        for edge in found.edges:
            took = between[edge.first, edge.then]
            assert edge.seconds == (pytest.approx(mean(took)) if took else None)


def test_a_way_is_in_the_order_of_time_and_then_of_the_log(house):
    walk, _path = house
    run = models.Run.objects.filter(journey=walk, state="completed").first()
    models.Reached.objects.filter(run=run).delete()
    for step, position in (("a", 9), ("side", 3), ("b", 5)):
        models.Reached.objects.create(run=run, step=step, at=NOW, event_id="e", position=position, revision=1)
    summaries.touch_runs(models.Run.objects.filter(pk=run.pk))
    for _behind in range(2):
        rows = bundles.bundle(walk, (0, END), Whose()).rows
        (mine,) = rows[rows["who"] == numbers_of([run.subject])]
        assert mine["way"].tolist() == [1, 2, 0]
        sum_up()


def test_packed_and_unpacked_are_the_same(house):
    walk, _path = house
    rows = bundles.bundle(walk, (summaries.day_of(T0), END), Whose()).rows
    again = sheets.unpacked([sheets.packed(rows)], len(standing.stages_of(walk.body)), None)
    assert again.tobytes() == rows[np.argsort(rows["who"], kind="stable")].tobytes()


def test_numbers_of_ids_depend_on_the_id_alone():
    source = random.Random(4)
    ids = ["", "a", "ñandú", "cus_1", "x" * 64, *(f"cus_{source.getrandbits(80):020x}" for _ in range(20_000))]
    together = numbers_of(ids)
    assert len(set(together.tolist())) == len(ids)
    assert [numbers_of([one])[0] for one in ids[:200]] == together[:200].tolist()
    assert numbers_of([]).size == 0
    wanted = np.sort(together[::2])
    assert among(together, wanted).tolist() == [n % 2 == 0 for n in range(len(ids))]
    assert not among(together, wanted[:0]).any()
