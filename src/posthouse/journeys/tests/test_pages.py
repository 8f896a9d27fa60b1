"""The desk's pages of journeys: every figure opens the rows that were counted, down to the customer and the event."""

import csv
import html
import io
import json
import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from posthouse.foundation.clock import now
from posthouse.foundation.jobs import run_until_idle
from posthouse.journeys import actions
from posthouse.journeys.models import Replay, Run
from posthouse.keys.tests.conftest import customer, make_key, member_as, outsider, owner, team_as
from posthouse.people import actions as people
from posthouse.people.models import Customer
from posthouse.timeline.models import Event

__all__ = ["customer", "make_key", "member_as", "outsider", "owner", "team_as"]

pytestmark = pytest.mark.django_db


def text_of(page):
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", page.content.decode())))


def links_of(page, words):
    """Addresses of links whose text has the words."""
    found = re.findall(r'<a [^>]*href="([^"]+)"[^>]*>(.*?)</a>', page.content.decode(), re.S)
    return [html.unescape(href) for href, text in found if words in re.sub(r"<[^>]+>|\s+", " ", text)]


@pytest.fixture
def crowd(db):
    """Ten customers who made a key; four of them called within the hour, the others have been waiting for long."""
    count = iter(range(10**6))

    def happened(type_, ago, customer_id, **data):
        at = now() - ago
        Event.objects.create(
            source="test", id=f"t{next(count)}", type=type_, customer_id=customer_id, occurred_at=at, received_at=at,
            digest=b"", data=data,
        )  # fmt: skip

    customers = [Customer.objects.create(name=f"Lamp {n}", channel="search" if n < 6 else "ads") for n in range(10)]
    for number, one in enumerate(customers):
        happened("key.created", timedelta(days=9), one.pk, environment="test")
        if number < 4:
            happened("call.first_success", timedelta(days=9) - timedelta(minutes=10 + number), one.pk)
    run_until_idle()
    return customers


@pytest.fixture
def desk(team_as):
    return team_as("admin")[1]


@pytest.mark.mission("J3.2")
def test_the_board_says_where_everyone_stands_and_each_figure_opens_its_list(desk, crowd):
    board = desk.get(reverse("desk-journeys"))
    assert "“First call” (Integration)" in text_of(board)
    (stuck,) = {href for href in links_of(board, "6 stuck") if "waiting=first_call" in href}
    rows = desk.get(stuck)
    assert "6 runs of Integration" in text_of(rows)
    run = Run.objects.filter(journey="integration", subject=crowd[7].pk).get()
    one = desk.get(reverse("desk-run", args=[run.pk]))
    assert f"{crowd[7]} in Integration" in text_of(one)
    assert "Next: First call , waited for since" in text_of(one)
    (event, *_more) = list(re.findall(r'href="(/desk/events/\d+/)"', one.content.decode()))
    assert "key.created" in text_of(desk.get(event))


def test_the_list_behind_a_figure_has_as_many_rows_as_the_figure_says(desk, crowd):
    board = desk.get(reverse("desk-journeys") + "?channel=search")
    shown = {}
    for href, words in re.findall(r'<a class="late" href="([^"]+)">\s*(\d+) stuck', board.content.decode()):
        shown[html.unescape(href)] = int(words)
    assert shown
    for href, number in shown.items():
        assert f"{number} run" in text_of(desk.get(href)), href


@pytest.mark.parametrize("kind", ["limit", "slow", "trouble"])
def test_nobody_is_stuck_in_two_ways(desk, crowd, kind):
    Run.objects.filter(journey="integration", subject=crowd[9].pk).update(trouble="could not be read")
    wanted = {"limit": 5, "slow": 0, "trouble": 1}[kind]
    page = desk.get(reverse("desk-runs") + f"?journey=integration&stuck={kind}")
    assert len(set(re.findall(r"Lamp \d", text_of(page)))) == wanted


def test_two_groups_are_compared_in_plain_words(desk, crowd):
    address = reverse("desk-journey", args=["integration"]) + "?channel=search&compare=group&b_channel=ads"
    page = text_of(desk.get(address))
    assert "Compared with channel ads" in page
    assert "log-rank p =" in page
    assert "10 min" in page or "12 min" in page


def test_the_page_of_a_journey_has_its_figures_its_curve_and_who_is_stuck(desk, crowd):
    page = text_of(desk.get(reverse("desk-journey", args=["integration"]) + "?step=first_call"))
    for words in ("Could reach it", "40 %", "Past the limit", "Lamp 8", "Likely range", "What it says (revision 1)"):
        assert words in page


def test_a_period_in_which_nothing_was_entered_says_so(desk, crowd):
    page = text_of(desk.get(reverse("desk-journeys") + "?from=2020-01-01&to=2020-01-31"))
    assert "Nobody entered a journey in this time." in page
    assert "1 Jan 2020 – 31 Jan 2020" in page


@pytest.mark.parametrize(
    "query",
    [
        "period=x",
        "from=2020-13-40",
        "to=9999-12-31",
        "compare=group&b_plan=%00",
        "attr=%00=1",
        "attr=a",
        "plan=x&attr=n=1",
    ],
)
def test_an_address_that_makes_no_sense_breaks_nothing(desk, crowd, query):
    for name in ("desk-journeys", "desk-runs", "desk-first-calls", "desk-returning", "desk-paths"):
        assert desk.get(reverse(name) + "?" + query).status_code == 200
    assert desk.get(reverse("desk-journey", args=["integration"]) + "?" + query).status_code == 200


def test_figures_leave_the_house_as_csv_and_json(desk, crowd):
    table = desk.get(reverse("desk-journeys-export", args=["csv"]))
    rows = list(csv.DictReader(io.StringIO(b"".join(table.streaming_content).decode())))
    (row,) = [row for row in rows if row["journey"] == "integration" and row["step"] == "first_call"]
    assert (row["entered"], row["reached"], row["stuck_limit"]) == ("10", "4", "6")
    data = json.loads(b"".join(desk.get(reverse("desk-journeys-export", args=["json"])).streaming_content))
    assert len(data) == len(rows)


def test_the_list_is_searched_and_leaves_the_house(desk, crowd):
    address = "?journey=integration&q=Lamp 3"
    assert "1 run of Integration" in text_of(desk.get(reverse("desk-runs") + address))
    export = desk.get(reverse("desk-runs-export", args=["json"]) + address)
    (row,) = json.loads(b"".join(export.streaming_content))
    assert (row["name"], row["waiting_for"], row["state"]) == ("Lamp 3", "development", "open")


def test_some_are_taken_out_after_a_question(desk, crowd):
    chosen = list(
        Run.objects.filter(journey="integration", subject__in=[crowd[8].pk, crowd[9].pk]).values_list("pk", flat=True)
    )
    asked = desk.post(reverse("desk-runs-act"), {"act": "exit", "run": chosen})
    assert "Take 2 runs out?" in text_of(asked)
    assert Run.objects.filter(pk__in=chosen, state="open").count() == 2
    done = desk.post(
        reverse("desk-runs-act"), {"act": "exit", "run": chosen, "sure": "1", "reason": "moved away"}, follow=True
    )
    assert "2 were taken out." in text_of(done)
    run_until_idle()
    assert set(Run.objects.filter(pk__in=chosen).values_list("state", "reason")) == {("exited", "moved away")}


def test_a_replay_by_hand_changes_nothing_that_is_right(desk, crowd):
    run = Run.objects.get(journey="integration", subject=crowd[0].pk)
    before = list(run.reached.values_list("step", "at"))
    done = desk.post(reverse("desk-runs-act"), {"act": "replay", "run": [run.pk], "sure": "1"}, follow=True)
    assert "1 was replayed." in text_of(done)
    assert list(run.reached.values_list("step", "at")) == before


def test_an_act_without_a_choice_or_with_a_wrong_one_does_nothing(desk, crowd):
    for sent in ({"act": "exit"}, {"act": "fly", "run": ["x"]}, {"act": "exit", "run": ["\0"]}):
        page = desk.post(reverse("desk-runs-act"), sent, follow=True)
        assert "Choose at least one run" in text_of(page)


def test_somebody_is_put_into_a_journey_by_hand(desk, crowd):
    sent = {"journey": "upgrade", "subject": crowd[2].pk}
    page = desk.post(reverse("desk-runs-enrol"), sent, follow=True)
    assert "Lamp 2 was put into Upgrade." in text_of(page)
    run_until_idle()
    assert Run.objects.filter(journey="upgrade", subject=crowd[2].pk, state="open").exists()
    page = desk.post(reverse("desk-runs-enrol"), {"journey": "upgrade", "subject": "cus_nobody"}, follow=True)
    assert "Nobody with the id “cus_nobody” is known." in text_of(page)


def test_time_to_first_call_is_told_and_drawn(desk, crowd):
    for one in crowd:
        Event.objects.filter(customer_id=one.pk).update(contact_id="")
    page = text_of(desk.get(reverse("desk-first-calls")))
    assert "40 % of 10 have made their first successful call; half have not." in page
    assert "By channel" in page
    assert "search" in page


def test_paths_have_a_table_behind_them(desk, crowd):
    page = text_of(desk.get(reverse("desk-paths") + "?journey=integration"))
    assert "100 % take the same way: First call." in page
    assert "(begins)" in page


def test_a_backfill_is_simulated_begun_and_watched(desk, crowd):
    Run.objects.filter(journey="integration").delete()
    page = desk.post(reverse("desk-backfill"), {"journey": "integration", "mode": "state", "dry": "1"}, follow=True)
    assert "dry run" in text_of(page)
    run_until_idle()
    simulated = Replay.objects.latest("pk")
    address = reverse("desk-backfill-one", args=[simulated.pk])
    piece = text_of(desk.get(address, headers={"HX-Request": "true"}))
    assert desk.get(address)["Location"] == f"{reverse('desk-backfill')}#replay-{simulated.pk}"
    assert "10 entered" in piece
    assert "Done" in piece
    assert not Run.objects.filter(journey="integration").exists()
    desk.post(reverse("desk-backfill"), {"journey": "integration", "mode": "state", "dry": ""})
    run_until_idle()
    assert Run.objects.filter(journey="integration").count() == 10


def test_a_backfill_that_makes_no_sense_is_refused_with_the_reason(desk, crowd):
    page = desk.post(reverse("desk-backfill"), {"journey": "integration", "mode": "after", "since": ""})
    assert page.status_code == 422
    assert "Say after which moment." in text_of(page)


def test_what_is_not_there_is_404(desk, crowd):
    for name, args in (
        ("desk-journey", ["nothing"]),
        ("desk-journey-edit", ["nothing"]),
        ("desk-journey-revision", ["onboarding", 99]),
        ("desk-journey-revision", ["onboarding", 10**12]),
        ("desk-run", ["run_nothing"]),
        ("desk-backfill-one", [10**12]),
        ("desk-event", [10**18]),
        ("desk-event", [10**30]),
        ("desk-runs-export", ["exe"]),
    ):
        assert desk.get(reverse(name, args=args)).status_code == 404, (name, args)


@pytest.mark.parametrize("role", ["support", "analyst", "auditor"])
def test_definitions_are_changed_by_those_who_may(team_as, crowd, role):
    _, browser = team_as(role)
    assert browser.get(reverse("desk-journeys")).status_code == 200
    assert browser.get(reverse("desk-journey-edit", args=["onboarding"])).status_code == 403
    assert browser.post(reverse("desk-journey-publish", args=["onboarding", 1])).status_code == 403
    sent = {"journey": "integration", "mode": "state", "dry": "1"}
    assert browser.post(reverse("desk-backfill"), sent).status_code == 403
    assert (browser.post(reverse("desk-runs-act")).status_code == 403) == (role != "support")


@pytest.mark.mission("J2.4")
def test_a_customer_reads_its_own_journeys_in_words_meant_for_it(owner, customer, outsider, make_key):
    make_key()
    run_until_idle()
    page = text_of(owner.browser.get(reverse("portal-journeys", args=[customer.pk])))
    assert "You made a key" in page
    assert "Follow the quickstart" in page
    assert "Integration" in page
    assert "Compliance" not in page
    assert outsider.browser.get(reverse("portal-journeys", args=[customer.pk])).status_code == 404


def test_the_customers_page_says_where_it_is_in_each_journey_and_what_comes_next(desk, customer, make_key):
    make_key()
    run_until_idle()
    page = text_of(desk.get(reverse("desk-customer", args=[customer.pk])))
    assert "Integration" in page
    assert "Next: First call , waited for since" in page


@pytest.mark.parametrize("name", ["desk-journeys", "desk-runs", "desk-first-calls", "desk-returning", "desk-paths"])
def test_more_customers_cost_no_more_queries(desk, crowd, name):
    def cost():
        return min(opened() for _ in range(3))  # the first makes what is remembered, any may fall on its renewal

    def opened():
        with CaptureQueriesContext(connection) as queries:
            assert desk.get(reverse(name)).status_code == 200
        return len(queries)

    before = cost()
    for number in range(20):
        one = Customer.objects.create(name=f"More {number}", channel="search")
        actions.enrol(journey="integration", subject=one.pk)
    run_until_idle()
    assert cost() <= before


def test_the_filter_by_plan_knows_the_plans_there_are(desk, crowd):
    people.update_customer(customer=crowd[0], attributes={"plan": "pro", "industry": "energy"})
    assert ">pro</option>" in desk.get(reverse("desk-journeys")).content.decode()
    page = text_of(desk.get(reverse("desk-runs") + "?journey=integration&plan=pro"))
    assert "1 run of Integration" in page
    page = text_of(desk.get(reverse("desk-runs") + "?journey=integration&attr=industry%3Denergy"))
    assert "1 run of Integration" in page
    page = text_of(desk.get(reverse("desk-runs") + "?journey=integration&attr=industry%3Dwater"))
    assert "0 runs of Integration" in page
