"""Themes on the desk and by API: shares, scores, what the team changes."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from posthouse.surveys.models import Response
from posthouse.surveys.themes import report, settling
from posthouse.surveys.themes.assigning import topics_of
from posthouse.surveys.themes.telling import telling
from posthouse.timeline.queries import newest

pytestmark = pytest.mark.mission("S8")
MOMENT = datetime(2026, 5, 20, 12, tzinfo=UTC)


@pytest.fixture
def answers(campaign):
    texts = [("The docs are outdated", 2), ("La documentación es mala", 3), ("Much too expensive", 5), ("Great", 10)]
    found = [
        Response.objects.create(campaign=campaign, score=score, comment=text, created_at=MOMENT - timedelta(days=n))
        for n, (text, score) in enumerate(texts * 5)
    ]
    with time_machine.travel(MOMENT, tick=False):
        yield found


@pytest.fixture
def themes(call, campaign, answers):
    """The themes by API, by key."""

    def found(query=""):
        answer = call("get", f"surveys/{campaign.pk}/themes?{query}").json()
        return {one["key"]: one for one in answer["themes"]}, answer

    return found


def test_both_languages_count_for_the_same_theme(themes, answers):
    found, whole = themes()
    assert (whole["read"], whole["without"]) == (20, 5)
    docs = found["docs"]
    assert (docs["comments"], docs["share"], docs["score"]["value"]) == (10, 0.5, -100)
    assert docs["share_low"] < 0.5 < docs["share_high"]
    assert docs["from_others"]["clear"]
    assert found["pricing"]["comments"] == 5
    assert docs["examples"][0] == answers[0].pk


def test_a_theme_that_grows_is_told_from_one_that_does_not(themes, campaign, answers):
    for number in range(40):
        at = MOMENT - timedelta(days=25 + number % 20)
        Response.objects.create(campaign=campaign, score=5, comment="Far too expensive", created_at=at)
    found, _ = themes("since=2026-05-01&until=2026-05-20")
    assert (found["docs"]["rise"]["clear"], found["docs"]["rise"]["value"] > 0) == (True, True)
    assert found["pricing"]["rise"]["value"] < 0


def test_themes_are_renamed_merged_and_hidden_in_the_desk(desk, themes, campaign):
    address = f"/desk/surveys/{campaign.pk}/themes/"
    desk.post(f"{address}pricing/", {"name": "Money", "merged_into": ""})
    assert "Money" in desk.get(address).content.decode()
    desk.post(f"{address}pricing/", {"name": "Money", "merged_into": "docs"})
    found, _ = themes()
    assert found["docs"]["comments"] == 15
    assert "pricing" not in found
    again = desk.post(f"{address}docs/", {"name": "", "merged_into": "pricing"}, follow=True).content.decode()
    assert "A theme is merged into another one." in again
    desk.post(f"{address}docs/", {"name": "", "merged_into": "", "hidden": "on"})
    assert "docs" not in themes()[0]
    assert newest()[0].type == "survey.theme_changed"


def test_a_wrong_theme_is_put_right_and_taken_back(desk, themes, answers):
    address = f"/desk/surveys/responses/{answers[0].pk}/"
    desk.post(f"{address}theme/", {"theme": "docs", "about": "no"})
    assert themes()[0]["docs"]["comments"] == 9
    desk.post(f"{address}theme/", {"theme": "speed", "about": "yes", "from": "answer"})
    assert themes()[0]["speed"]["comments"] == 1
    assert "the team said so" in desk.get(address).content.decode()
    desk.post(f"{address}theme/", {"theme": "docs", "about": "words"})
    assert themes()[0]["docs"]["comments"] == 10
    assert [event.type for event in newest()].count("survey.theme_corrected") == 3
    assert desk.post(f"{address}theme/", {"theme": "weather", "about": "no"}).status_code == 404


def test_the_page_shows_share_score_and_why_in_both_languages(desk, answers, campaign):
    page = desk.get(f"/desk/surveys/{campaign.pk}/themes/").content.decode()
    assert "Most is written about “Documentation”: 50 % of the comments" in page
    assert "because of “docs”" in page
    spanish = desk.get(f"/desk/surveys/{campaign.pk}/themes/", headers={"accept-language": "es"}).content.decode()
    assert "Documentación" in spanish
    assert "A day is written like" in desk.get(f"/desk/surveys/{campaign.pk}/themes/?since=soon").content.decode()


def test_the_same_by_api(call, themes, answers):
    assert call("patch", "surveys/themes/docs", {"name": "Paper"}).json()["name"] == "Paper"
    assert themes()[0]["docs"]["name"] == "Paper"
    assert call("patch", "surveys/themes/docs", {"merged_into": "docs"}).status_code == 422
    assert call("patch", "surveys/themes/weather", {"name": "x"}).status_code == 404
    about = call("put", f"surveys/responses/{answers[3].pk}/themes/docs", {"about": True})
    assert about.json() == {"themes": {"docs": ""}}
    assert call("put", "surveys/responses/rsp_nothing/themes/docs", {"about": True}).status_code == 404


def test_only_so_many_comments_are_read_and_that_is_said(desk, answers, campaign, monkeypatch):
    monkeypatch.setattr(report, "MOST_READ", 5)
    assert "The newest 5 comments were read" in desk.get(f"/desk/surveys/{campaign.pk}/themes/").content.decode()


def test_words_that_set_scores_apart_are_found_only_where_that_is_sure():
    low, high = telling(["The billing page is broken"] * 40, ["Lovely examples"] * 40)
    assert "billing" in {one.phrase for one in low}
    assert "lovely examples" in {one.phrase for one in high}
    assert telling(["Good product"] * 40, ["Good product"] * 40) == ([], [])
    assert telling([], ["Good"] * 40) == ([], [])
    assert telling(["Good"] * 40, ["Good"] * 40) == ([], [])


def test_the_words_that_told_are_shown_and_strange_texts_do_no_harm():
    assert topics_of("¡La LATENCIA es terrible!") == {"speed": "latencia"}
    assert topics_of("Rate   limits…") == {"limits": "rate limits"}
    for strange in ("", "\u0301\u0301", "🙂" * 100, "a" * 20_000, "' ' '", "<script>"):
        assert topics_of(strange) == {}


@pytest.mark.django_db
def test_a_circle_of_merges_is_refused():
    settling.change_theme(key="docs", merged_into="sdk")
    settling.change_theme(key="sdk", merged_into="speed")
    with pytest.raises(settling.Invalid):
        settling.change_theme(key="speed", merged_into="docs")


def test_where_all_say_the_same_nothing_is_telling():
    assert telling(["Good"] * 5, ["Good"] * 6) == ([], [])
