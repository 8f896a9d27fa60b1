"""Metrics of a campaign, and its responses with filters, over the HTTP API."""

from datetime import UTC, datetime

import pytest
import time_machine

from posthouse.surveys.figures import asking
from posthouse.surveys.models import Response

MOMENT = datetime(2026, 5, 20, 12, tzinfo=UTC)


@pytest.fixture
def answered(campaign, ask):
    """Five answers on one day: two promoters, a passive, two detractors, one of those after another mail."""
    with time_machine.travel(MOMENT, tick=False):
        for number, (score, plan) in enumerate([(10, "pro"), (9, "pro"), (8, "free"), (3, "free"), (0, None)]):
            attributes = {"plan": plan, "seats": number} if plan else {}
            send = ask(campaign, email=f"p{number}@example.org", channel="link", attributes=attributes)
            Response.objects.create(
                campaign=campaign,
                send=send,
                contact_id=send.contact_id,
                score=score,
                comment="It is good" if number == 0 else "",
                answers={"why": "docs"} if number == 1 else {},
                language="es" if number == 2 else "en",
                attributes=attributes,
                created_at=MOMENT,
            )
        ask(campaign, email="silent@example.org", channel="link", attributes={"plan": "pro"})
        yield campaign


def metrics(call, campaign, query="", expect=200):
    response = call("get", f"surveys/{campaign.pk}/metrics?{query}")
    assert response.status_code == expect, response.content
    return response.json()


@pytest.mark.mission("S7", "S10")
def test_metrics_say_the_score_and_how_sure_it_is(call, answered):
    found = metrics(call, answered)
    assert (found["first"], found["last"], found["counting"]) == ("2026-02-20", "2026-05-20", "all")
    assert (found["score"]["value"], found["score"]["answers"]) == (0, 5)
    assert -100 <= found["score"]["low"] < 0 < found["score"]["high"] <= 100
    assert found["groups"] == {"low": 2, "middle": 1, "high": 2}
    assert found["histogram"]["8"] == 1
    assert len(found["histogram"]) == 11
    assert (found["comments"], found["comment_rate"]) == (1, 0.2)
    assert found["asked"] == {"sent": 6, "answered": 5, "response_rate": 0.8333}
    assert found["before"]["score"] == {"value": None, "low": None, "high": None, "answers": 0}
    assert found["change"] == {"value": None, "low": None, "high": None, "clear": False}
    assert (found["trend"], found["rolling"], found["parts"], found["behind_since"]) == ([], [], [], None)


@pytest.mark.mission("S7", "S10")
def test_metrics_are_filtered_broken_down_and_drawn(call, answered):
    query = "since=2026-05-18&until=2026-05-20&by=attributes.plan&grain=day&window=2&counting=latest&population=100"
    found = metrics(call, answered, query)
    assert [
        (part["value"], part["score"]["value"], part["asked"] and part["asked"]["sent"]) for part in found["parts"]
    ] == [
        ("free", -50, 2),
        ("pro", 100, 3),
        (None, -100, 1),
    ]
    assert not found["parts"][0]["from_others"]["clear"]
    assert [period["score"]["answers"] for period in found["trend"]] == [0, 0, 5]
    assert [(one["day"], one["score"]["value"]) for one in found["rolling"]][1:] == [
        ("2026-05-19", None),
        ("2026-05-20", 0),
    ]
    assert found["counting"] == "latest"
    pro = metrics(call, answered, "where=attributes.plan%3Dpro&where=attributes.seats%3D1")
    assert (pro["score"]["value"], pro["score"]["answers"]) == (100, 1)
    assert metrics(call, answered, "where=attributes.plan%3D")["score"]["answers"] == 1
    assert metrics(call, answered, "where=device%3Dphone")["asked"] is None


@pytest.mark.mission("S10")
@pytest.mark.parametrize(
    ("query", "place"),
    [
        ("since=2026-05-21&until=2026-05-20", "until"),
        ("since=1901-01-01", "since"),
        ("until=9999-12-31&since=9999-12-01", "since"),
        ("since=2000-01-01&until=2026-01-01", "since"),
        ("since=yesterday", "since"),
        ("where=plan", "where"),
        ("where=score%3D9", "where"),
        ("where=" + "attributes.a%3D1&where=" * 11, "where"),
        ("where=attributes.a%3D" + "x" * 400, "where"),
        ("by=score", "by"),
        ("by=attributes.", "by"),
        ("by=" + "x" * 400, "by"),
        ("counting=some", "counting"),
        ("grain=year", "grain"),
        ("grain=day&since=2024-01-01&until=2026-01-01", "grain"),
        ("window=3&since=2024-01-01&until=2026-01-01", "window"),
        ("window=93", "window"),
        ("window=-1", "window"),
        ("population=0", "population"),
        ("population=4", "population"),
    ],
)
def test_what_cannot_be_asked_for_is_refused_with_its_place(call, answered, query, place):
    problem = metrics(call, answered, query, expect=422)
    assert any(error["path"].startswith(f"query/{place}") for error in problem["errors"]), problem


@pytest.mark.mission("S10")
def test_too_many_values_are_refused(call, answered, monkeypatch):
    def refuse(*_anything):
        raise asking.TooManyValues

    monkeypatch.setattr("posthouse.surveys.figures.metrics.ask", refuse)
    problem = metrics(call, answered, "where=attributes.id%3D1", expect=422)
    assert "too many different values" in problem["detail"]


@pytest.mark.mission("S10")
def test_another_campaign_is_not_found_and_a_scope_is_needed(call, client, answered):
    assert call("get", "surveys/cmp_nothing/metrics").status_code == 404
    assert client.get(f"/api/v1/surveys/{answered.pk}/metrics").status_code == 401


@pytest.mark.mission("S10")
@pytest.mark.parametrize(
    ("query", "scores"),
    [
        ("group=high", [9, 10]),
        ("group=low&where=attributes.plan%3Dfree", [3]),
        ("completion=with_more", [9, 10]),
        ("completion=score_only", [0, 3, 8]),
        ("where=attributes.seats%3D2", [8]),
        ("where=attributes.plan%3D", [0]),
        ("where=language%3Des", [8]),
        ("where=device%3Dphone", []),
    ],
)
def test_responses_are_filtered(call, answered, query, scores):
    found = call("get", f"surveys/{answered.pk}/responses?{query}").json()
    assert sorted(item["score"] for item in found["items"]) == scores


@pytest.mark.parametrize("query", ["where=plan", "group=best", "completion=some"])
def test_other_filters_are_refused(call, answered, query):
    assert call("get", f"surveys/{answered.pk}/responses?{query}").status_code == 422
