"""The list of runs by place: every run once, and counts that are those of the board where they are many."""

from urllib.parse import urlencode

import pytest
import time_machine
from django.db import connection
from django.http import QueryDict

from posthouse.journeys import filters, lists, models, stuck, summaries
from posthouse.journeys.lists import Count
from posthouse.journeys.tests.test_overview import NOW, house
from posthouse.people.models import Contact, Customer, Membership

pytestmark = pytest.mark.django_db
__all__ = ["house"]


def asked(address):
    query = QueryDict(address)
    return lists.read(query), filters.read(query)


def test_page_after_page_shows_every_run_once_the_newest_first(house):
    at = models.Run.objects.order_by("entered_at")[100].entered_at
    same_moment = list(models.Run.objects.order_by("entered_at").values_list("pk", flat=True)[90:160])
    models.Run.objects.filter(pk__in=same_moment).update(entered_at=at)
    for address in ("period=all", "period=all&journey=walk", "period=all&stuck=any", "period=all&plan=pro"):
        seen, before = [], ""
        while True:
            page, before = lists.page(*asked(address), before)
            seen += page
            if not before:
                break
        assert [run.pk for run in seen] == [run.pk for run in lists.runs(*asked(address))]
        assert seen == sorted(seen, key=lambda run: (run.entered_at, run.pk), reverse=True)
        assert len(seen) == len({run.pk for run in seen}) == lists.count(*asked(address)).number > 0


@pytest.mark.parametrize("place", ["x", "1.", ".run", "²3.run", "9" * 30 + ".run", "1.a\0b", "-5.run"])
def test_a_place_that_is_none_of_ours_shows_the_first_page(house, place):
    assert lists.page(*asked("period=all"), place) == lists.page(*asked("period=all"))


COUNTS = [
    "", "state=open", "state=completed", "state=exited", "journey=walk", "journey=walk&reached=a", "reached=side",
    "journey=walk&waiting=b", "waiting=a&stuck=limit", "stuck=any", "stuck=trouble", "stuck=slow",
    "state=open&stuck=any", "journey=path_two&stuck=limit", "plan=pro&reached=a", "plan=pro&country=ES&waiting=b",
    "attr=size%3D3", "attr=size%3D3&stuck=any&journey=walk", "period=7d", "period=30d&country=FR&state=open",
]  # fmt: skip


def test_the_board_counts_what_counting_counts(house, monkeypatch):
    some = models.Run.objects.filter(state="open").order_by("pk").values_list("pk", flat=True)[::4]
    models.Run.objects.filter(pk__in=list(some)).update(stuck="slow", stuck_at=NOW)
    with time_machine.travel(NOW, tick=False):
        summaries.touch_all()
        while summaries.refresh():
            pass
        for address in COUNTS:
            which = asked(address if "period" in address else f"{address}&period=all")
            number = lists.runs(*which).count()
            assert lists.count(*which) == Count(number, exact=True), address
            monkeypatch.setattr(lists, "COUNTED", 0)
            assert lists.count(*which) == Count(number, exact=True), address
            monkeypatch.undo()
            assert number > 0 or "slow" in address, address


def test_what_the_board_has_no_figure_for_is_counted_up_to_a_limit(house, monkeypatch):
    monkeypatch.setattr(lists, "COUNTED", 20)
    for address in ("missed=b", "reached=a&state=open", "q=cus_1&journey=walk", "reached=a&waiting=b"):
        which = asked(f"{address}&period=all")
        number = lists.runs(*which).count()
        assert lists.count(*which) == Count(min(number, 20), exact=number <= 20), address


@pytest.fixture
def stuck_in_every_way(house):
    """Some are announced as slow, one waits at a step that only an older revision has, many entered at one moment."""
    waiting = models.Run.objects.filter(state="open").order_by("pk")
    slow = list(waiting.values_list("pk", flat=True)[::3])
    models.Run.objects.filter(pk__in=slow).update(stuck="slow", stuck_at=NOW)
    old = waiting.filter(journey="walk", trouble="", late_at__lt=NOW)[5]
    models.Run.objects.filter(pk=old.pk).update(waiting_for="gone", pinned=True)
    at = waiting[len(waiting) // 2].entered_at
    same_moment = list(waiting.order_by("entered_at").values_list("pk", flat=True)[20:60])
    models.Run.objects.filter(pk__in=same_moment).update(entered_at=at, since=at)
    with time_machine.travel(NOW, tick=False):
        yield


def plainly(address):
    """Who is stuck so, said without any query."""
    which, view = asked(address)
    since = view.as_period().since
    return [
        run
        for run in models.Run.objects.select_related("journey")
        if run.state == "open"
        and (run.journey.state == "live" or which.journey)
        and which.journey in ("", run.journey_id)
        and which.waiting in ("", run.waiting_for)
        and (since is None or run.entered_at >= since)
        and (kind := "trouble" if run.trouble else _late(run) or ("slow" if run.stuck == "slow" else ""))
        and which.stuck in ("any", kind)
    ]


def _late(run):
    return "limit" if run.late_at and run.late_at <= NOW else ""


STUCK = [
    "stuck=any", "stuck=limit", "stuck=slow", "stuck=trouble", "journey=walk&stuck=any", "journey=walk&stuck=limit",
    "journey=walk&stuck=slow", "journey=walk&stuck=trouble", "waiting=b&stuck=any",
    "journey=walk&waiting=b&stuck=limit", "waiting=gone&stuck=limit", "journey=path_two&waiting=a&stuck=any",
]  # fmt: skip


@pytest.mark.parametrize("period", ["period=all", "period=30d"])
def test_pages_of_who_is_stuck_are_what_plain_python_finds(stuck_in_every_way, monkeypatch, period):
    monkeypatch.setattr(lists, "PAGE_SIZE", 7)
    for address in (f"{one}&{period}" for one in STUCK):
        wanted = sorted(plainly(address), key=lambda run: (run.entered_at, run.pk), reverse=True)
        seen, before = lists.page(*asked(address))
        while before:
            more, before = lists.page(*asked(address), before)
            seen += more
        assert [run.pk for run in seen] == [run.pk for run in wanted], address
        assert lists.count(*asked(address)) == Count(len(wanted), exact=True), address
        assert wanted or period != "period=all", address


def test_a_group_finds_its_own_among_the_stuck(stuck_in_every_way):
    for address in ("stuck=any&plan=pro&period=all", "journey=walk&stuck=any&plan=pro&period=all"):
        found, _before = lists.page(*asked(address))
        everybody = plainly(address)
        theirs = {run.pk for run in lists.runs(*asked(address))}
        wanted = sorted(everybody, key=lambda run: (run.entered_at, run.pk), reverse=True)
        assert [run.pk for run in found] == [run.pk for run in wanted if run.pk in theirs][: len(found)]
        assert 0 < len(theirs) < len(everybody)


@pytest.mark.parametrize("period", ["period=all", "period=30d"])
def test_those_who_wait_longest_come_first(stuck_in_every_way, period):
    steps = stuck.steps_waited_for("walk")
    assert set(steps) == {run.waiting_for for run in models.Run.objects.filter(journey="walk", state="open")}
    assert "gone" in steps
    for kind in stuck.KINDS:
        address = f"journey=walk&stuck={kind}&{period}"
        wanted = sorted(plainly(address), key=lambda run: (run.since, run.pk))[:9]
        found = lists.longest(*asked(address), steps, 9)
        assert [run.pk for run in found] == [run.pk for run in wanted], address


def test_many_journeys_or_none_make_the_same_list(stuck_in_every_way, monkeypatch):
    first = [run.pk for run in lists.page(*asked("stuck=any&period=all"))[0]]
    monkeypatch.setattr(lists, "MOST_APART", 1)
    assert [run.pk for run in lists.page(*asked("stuck=any&period=all"))[0]] == first
    assert lists.count(*asked("stuck=any&period=all")).number == len(plainly("stuck=any&period=all"))
    models.Journey.objects.update(state="off")
    assert lists.page(*asked("stuck=limit&period=all")) == ([], "")
    assert lists.count(*asked("stuck=limit&period=all")) == Count(0, exact=True)
    assert stuck.steps_waited_for("nothing") == []


@pytest.mark.skipif(connection.vendor != "sqlite", reason="PostgreSQL reads small tables as a whole")
def test_who_is_stuck_is_read_in_the_order_of_an_index(stuck_in_every_way):
    """Neither sorted nor looked for among all open runs, with a million customers the difference of a second."""
    used = {"stuck=limit": "open", "stuck=slow": "slow", "journey=walk&waiting=b&stuck=limit": "open"}
    for address, index in (used | {"journey=walk&stuck=trouble": "trouble"}).items():
        for part in lists._parts(*asked(address)).rows:
            plan = part[:51].explain()
            assert f"USING INDEX journeys_run_{index} " in plan, plan
            assert "TEMP B-TREE" not in plan, plan


def test_a_search_finds_names_addresses_and_ids_whether_few_or_many(house, monkeypatch):
    owner = Contact.objects.create(email="ada@lovelace.example", name="Ada")
    Membership.objects.create(contact=owner, customer_id="cus_7")
    gone = Customer.objects.create(name="Lovelace, who is another now", merged_into_id="cus_8")
    run = models.Run.objects.filter(journey="walk").order_by("pk")[3]
    own = models.Run.objects.filter(kind="customer", journey__state="live")
    everybody = own.exclude(subject=gone.pk).count()
    Customer.objects.filter(pk="cus_9").update(name="Grace Hopper", external_id="crm-9")
    for words, wanted in {
        "LOVELACE": own.filter(subject="cus_7"),
        "ce hop": own.filter(subject="cus_9"),
        "crm-9": own.filter(subject="cus_9"),
        "cus_11": own.filter(subject="cus_11"),
        run.pk: own.filter(pk=run.pk),
        "nobody at all": own.none(),
    }.items():
        for most in (5000, 0, None):
            which, view = asked(urlencode({"q": words, "period": "all"}))
            if most is not None:
                monkeypatch.setattr(lists, "FOUND", most)
                which = lists.looked_up(which)
            assert [one.pk for one in lists.page(which, view)[0]] == [
                one.pk for one in wanted.order_by("-entered_at", "-pk")[:50]
            ], (words, most)
            assert lists.count(which, view) == Count(wanted.count(), exact=True), (words, most)
            assert wanted.count() < everybody
    assert "whose" not in which.query(view)
