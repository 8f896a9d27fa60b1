"""The list of runs by place: every run once, and counts that are those of the board where they are many."""

import pytest
import time_machine
from django.http import QueryDict

from posthouse.journeys import filters, lists, models, summaries
from posthouse.journeys.lists import Count
from posthouse.journeys.tests.test_overview import NOW, house

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
