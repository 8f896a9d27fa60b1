"""The desk page of a campaign's results."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from posthouse.surveys.models import Response

MOMENT = datetime(2026, 5, 20, 12, tzinfo=UTC)


@pytest.fixture
def page(desk, campaign):
    def shown(query="", language="en"):
        response = desk.get(f"/desk/surveys/{campaign.pk}/figures/?{query}", headers={"accept-language": language})
        assert response.status_code == 200
        return response.content.decode()

    with time_machine.travel(MOMENT, tick=False):
        yield shown


@pytest.fixture
def answered(campaign, page):
    for number in range(40):
        Response.objects.create(
            campaign=campaign,
            score=10 if number % 4 else 2,
            comment=f"Comment {number} <b>" if number % 10 == 0 else "",
            attributes={"plan": "pro" if number % 2 else "free"},
            created_at=MOMENT - timedelta(days=number),
        )


@pytest.mark.mission("S8")
def test_without_answers_the_page_says_what_will_stand_here(page):
    html = page()
    assert "Nobody answered in this time" in html
    assert "No comments" in html


@pytest.mark.mission("S8")
def test_the_page_shows_score_margin_groups_trend_and_comments(page, answered):
    html = page()
    assert "NPS 50, between 21 and 72, from 40 answers" in html
    assert "all answers" in html
    for words in ("Promoters", "Detractors", "The most frequent answer is 10", "Answers of 30 days together"):
        assert words in html
    assert "Comment 0 &lt;b&gt;" in html
    assert "before: –" in html


@pytest.mark.mission("S8")
def test_the_page_breaks_down_and_filters(page, answered):
    html = page("by=attributes.plan")
    assert "By attributes.plan" in html
    assert "higher by 100" in html
    assert "NPS 100, between" in page("where=attributes.plan%3Dpro")
    assert "from 7 answers" in page("since=2026-05-14&until=2026-05-20")


@pytest.mark.mission("S8")
def test_comments_are_searched_and_narrowed_to_a_group(page, answered):
    assert "Comment 10" not in page("search=Comment+20")
    assert "Comment 20" in page("search=Comment+20")
    assert "Comment 20" in page("group=low&where=attributes.plan%3Dfree&by=attributes.plan")
    assert "Comment 20" not in page("group=high")
    assert "Comment 20" in page("group=nonsense")


@pytest.mark.mission("S8")
@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("since=2026-05-21&until=2026-05-20", "The last day is not before the first."),
        ("since=soon", "A day is written like 2026-03-01."),
        ("since=2026-02-31", "A day is written like 2026-03-01."),
        ("where=plan", "A filter is written like attributes.plan=pro."),
        ("by=score", "This is one of: language, channel, device, or attributes. and a name."),
        ("since=1901-01-01", "This day is too far away."),
    ],
)
def test_what_cannot_be_read_is_said_and_kept(page, answered, query, words):
    html = page(query)
    assert words in html
    typed = query.partition("=")[2].partition("&")[0]
    assert f'value="{typed}"' in html


def test_the_page_speaks_spanish(page, answered):
    assert "NPS 50, entre 21 y 72, de 40 respuestas" in page("by=attributes.plan", language="es")


def test_only_the_team_sees_it_and_other_campaigns_are_not_found(client, desk, campaign):
    assert client.get(f"/desk/surveys/{campaign.pk}/figures/").status_code == 302
    assert desk.get("/desk/surveys/cmp_nothing/figures/").status_code == 404
