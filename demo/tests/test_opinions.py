"""What people are made up to have answered: repeatable, a year of it, and in keeping with what they lived through."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from statistics import mean

import pytest

from history import make_history
from later import elsewhere
from opinions import former, opinions

NOW = datetime(2026, 11, 22, 15, 30, tzinfo=UTC)


@pytest.fixture(scope="module")
def past():
    return make_history(seed=7, now=NOW, months=4, customers=120, volume=0.02)


@pytest.fixture(scope="module")
def told(past):
    return opinions(past)


def test_the_same_past_has_the_same_opinions(past, told):
    again = make_history(seed=7, now=NOW, months=4, customers=120, volume=0.02)
    assert opinions(again) == told
    assert former(again) == former(past)


def test_former_answers_reach_back_a_year_in_quarters_and_end_before_the_history(past):
    rows = [row for row in former(past) if row.campaign == "nps"]
    assert NOW - timedelta(days=366) < rows[0].asked_at < NOW - timedelta(days=360)
    assert max(row.asked_at for row in rows) < past.begins
    assert len({row.asked_at.strftime("%Y-%m") for row in rows}) >= 3
    answered = [row for row in rows if row.answered_at]
    assert 0.3 < len(answered) / len(rows) < 0.5
    assert {row.language for row in answered} == {"en", "es"}
    for row in answered:
        assert 0 <= row.score <= 10


def test_nobody_is_asked_before_it_is_there_or_answers_before_it_is_asked(past, told):
    founded = {customer.ref: customer.founded_at for customer in past.customers}
    for one in told:
        assert founded[one.customer_ref] < one.asked_at < NOW
        assert one.answered_at is None or one.answered_at > one.asked_at


def test_scores_follow_what_became_of_the_customer(past, told):
    stories = {customer.ref: customer.story for customer in past.customers}
    scores = {"growing": [], "went-quiet": []}
    for one in told:
        if one.campaign == "nps" and one.answered_at and stories[one.customer_ref] in scores:
            scores[stories[one.customer_ref]].append(one.score)
    assert mean(scores["growing"]) > mean(scores["went-quiet"]) + 2


def test_who_told_elsewhere_says_the_same_here(past, told):
    scores = {one.contact_ref: one.data["score"] for one in elsewhere(past) if one.type == "response.received"}
    here = {one.contact_ref: one.score for one in told if one.campaign == "nps" and one.answered_at}
    assert len(scores) > 10
    for ref, score in scores.items():
        assert here.get(ref, score) == score


def test_those_who_waited_for_help_are_less_content(told):
    helped = [one for one in told if one.campaign == "csat" and one.answered_at]
    waited = Counter(one.attributes["waited"] for one in helped)
    assert len(waited) == 2
    for one in helped:
        assert (one.score >= 4) == (one.attributes["waited"] == "less than a day")


def test_comments_are_in_the_language_of_who_wrote_them(past, told):
    comments = {one.language: one.comment for one in [*told, *former(past)] if one.comment}
    assert set(comments) == {"en", "es"}
    assert comments["en"] != comments["es"]
