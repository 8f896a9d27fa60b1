"""Reading all responses and keeping a copy: nothing is skipped when answers change meanwhile."""

import random
from datetime import UTC, datetime, timedelta

import pytest

from posthouse.foundation.jobs import run_until_idle
from posthouse.people.models import Contact
from posthouse.people.personal_data import erase
from posthouse.surveys import actions, models

pytestmark = [pytest.mark.django_db, pytest.mark.mission("S10")]
NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)


@pytest.fixture
def clock(time_machine):
    time_machine.move_to(NOON, tick=False)
    return time_machine


@pytest.fixture
def give(ask, clock):
    """Answer a campaign as somebody, a second later than what was before; the same person again: the answer changes."""
    sends = {}

    def given(campaign, who, score, **more):
        clock.shift(1)
        key = (campaign.pk, who)
        if key not in sends:
            sends[key] = ask(campaign, email=f"{who}@example.org", channel="link", **more)
        return actions.answer(send=sends[key], given=actions.Answer(score=score))

    return given


def read_on(call, path, cursor="", limit=2, meanwhile=lambda: None):
    """All pages behind a cursor, and the cursor they end with; something may happen between any two."""
    items, after = [], cursor
    while True:
        page = call("get", f"{path}?order=updated&limit={limit}&after={after}").json()
        items += page["items"]
        if page["next"] is None:
            return items, page["cursor"] or ""
        after = page["next"]
        meanwhile()


def test_a_changed_response_comes_again_behind_the_cursor(call, give, campaign, clock):
    path = f"surveys/{campaign.pk}/responses"
    for n in range(5):
        give(campaign, f"p{n}", 9)
    clock.shift(3)
    items, cursor = read_on(call, path)
    assert [one["email"] for one in items] == [f"p{n}@example.org" for n in range(5)]
    assert read_on(call, path, cursor) == ([], cursor)
    give(campaign, "p1", 2)
    give(campaign, "p9", 10)
    clock.shift(3)
    items, after = read_on(call, path, cursor)
    assert [(one["email"], one["score"]) for one in items] == [("p1@example.org", 2), ("p9@example.org", 10)]
    assert after != cursor


@pytest.mark.parametrize("seed", range(3))
def test_a_copy_is_complete_however_answers_change_while_it_is_read(call, give, campaign, clock, seed):
    chance = random.Random(seed)
    path = f"surveys/{campaign.pk}/responses"

    def happen():
        for _ in range(chance.randrange(3)):
            give(campaign, f"p{chance.randrange(12)}", chance.randrange(11))

    for n in range(8):
        give(campaign, f"p{n}", 5)
    copy, cursor = {}, ""
    for _ in range(4):
        items, cursor = read_on(call, path, cursor, meanwhile=happen)
        copy |= {one["id"]: one["score"] for one in items}
        happen()
    clock.shift(3)
    items, _ = read_on(call, path, cursor)
    copy |= {one["id"]: one["score"] for one in items}
    assert copy == dict(models.Response.objects.values_list("pk", "score"))


def test_what_was_written_just_now_is_left_for_later(call, give, campaign, clock):
    path = f"surveys/{campaign.pk}/responses"
    give(campaign, "p0", 9)
    assert read_on(call, path) == ([], "")
    clock.shift(timedelta(seconds=2, microseconds=1))
    assert len(read_on(call, path)[0]) == 1


def test_an_erased_person_leaves_an_emptied_response_behind_the_cursor(call, give, campaign, clock):
    give(campaign, "p0", 9, attributes={"plan": "pro"})
    clock.shift(3)
    _, cursor = read_on(call, f"surveys/{campaign.pk}/responses")
    clock.shift(3)
    erase(Contact.objects.get(email="p0@example.org"))
    run_until_idle()
    clock.shift(3)
    (again,), _ = read_on(call, f"surveys/{campaign.pk}/responses", cursor)
    assert (again["score"], again["attributes"]) == (9, {})


def test_all_campaigns_are_read_at_once_each_with_its_own_groups(call, give, make, clock):
    words = {"en": {"subject": "s", "question": "q"}}
    nps, csat = make(rest_days=0), make(metric="csat", texts=words, rest_days=0)
    other = make(rest_days=0)
    for campaign, who, score in ((nps, "a", 5), (nps, "b", 9), (csat, "c", 5), (other, "d", 10)):
        give(campaign, who, score)

    def found(query):
        return sorted(one["email"][0] for one in call("get", f"survey-responses?{query}").json()["items"])

    assert found("") == ["a", "b", "c", "d"]
    assert found("group=high") == ["b", "c", "d"]
    assert found("group=low") == ["a"]
    assert found(f"campaign={nps.pk}&campaign={csat.pk}") == ["a", "b", "c"]
    assert found(f"campaign={nps.pk}&min_score=9") == ["b"]
    assert found("campaign=cmp_none") == []
    clock.shift(3)
    items, _ = read_on(call, "survey-responses")
    assert [one["email"][0] for one in items] == ["a", "b", "c", "d"]


@pytest.mark.parametrize(
    "query",
    [
        "order=updated&after=x",
        "order=updated&after=5.",
        "order=updated&after=99999999999999999999.rsp_1",
        "order=updated&after=9999999999999999999.rsp_1",
        "order=updated&after=٣.rsp_1",
        "order=sideways",
        "campaign=';--",
        "where=score",
        "min_score=11",
        "updated_since=yesterday",
        "limit=0",
        "limit=201",
    ],
)
def test_what_cannot_be_read_is_refused(call, campaign, query):
    for path in ("survey-responses", f"surveys/{campaign.pk}/responses"):
        if path != "survey-responses" and query.startswith("campaign"):
            continue
        answer = call("get", f"{path}?{query}")
        assert answer.status_code == 422
        assert answer.headers["Content-Type"] == "application/problem+json"
