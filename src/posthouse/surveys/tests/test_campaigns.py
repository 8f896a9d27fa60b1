"""Campaigns: what they may say, what fits together, and the way from draft to the end."""

import pytest

from posthouse.surveys import actions, models, texts
from posthouse.surveys.scales import group_of, scores
from posthouse.timeline.models import Event

pytestmark = pytest.mark.django_db

WORDS = {"en": {"subject": "A question", "question": "How likely?"}}
OPTIONS = [{"id": "a", "text": {"en": "A"}}, {"id": "b", "text": {"en": "B"}}]


def make(**changes):
    return actions.make_campaign(**{"name": "Quarterly", "metric": "nps", "texts": WORDS} | changes)


@pytest.mark.mission("S1")
def test_a_campaign_has_the_usual_scale_and_formula_of_its_kind():
    found = [make(metric=metric) for metric in ("nps", "csat", "ces")]
    assert [(one.scale, one.formula) for one in found] == [("0-10", "nps"), ("1-5", "top_share"), ("1-7", "mean")]
    assert {one.state for one in found} == {"draft"}
    assert Event.objects.filter(type="survey.campaign_made").count() == 3


@pytest.mark.mission("S1")
@pytest.mark.parametrize(
    ("scale", "formula", "expected"),
    [
        ("0-10", "nps", "lllllllmmhh"),
        ("1-5", "top_share", "llmhh"),
        ("1-3", "mean", "lmh"),
        ("1-7", "mean", "lllmhhh"),
        ("1-7", "easy_minus_hard", "lllmmhh"),
    ],
)
def test_every_score_lies_in_one_group(scale, formula, expected):
    assert "".join(group_of(score, scale, formula)[0] for score in scores(scale)) == expected


@pytest.mark.parametrize(
    ("changes", "place"),
    [
        ({"name": " "}, "/name"),
        ({"name": "a\nb"}, "/name"),
        ({"metric": "happiness"}, "/metric"),
        ({"scale": "1-5"}, "/scale"),
        ({"metric": "csat", "scale": "1-7"}, "/scale"),
        ({"formula": "mean"}, "/formula"),
        ({"metric": "csat", "formula": "easy_minus_hard"}, "/formula"),
        ({"texts": {}}, "/texts"),
        ({"texts": []}, "/texts"),
        ({"texts": {"English": WORDS["en"]}}, "/texts/English"),
        ({"texts": {"en": "How?"}}, "/texts/en"),
        ({"texts": {"en": {"subject": "A"}}}, "/texts/en/question"),
        ({"texts": {"en": WORDS["en"] | {"colour": "red"}}}, "/texts/en/colour"),
        ({"texts": {"en": WORDS["en"] | {"question": "x" * 301}}}, "/texts/en/question"),
        ({"texts": {"en": WORDS["en"] | {"question": "a\x00"}}}, "/texts/en/question"),
        ({"texts": {"en": WORDS["en"] | {"question": 7}}}, "/texts/en/question"),
        ({"texts": {"en": WORDS["en"] | {"thanks": {"best": "x"}}}}, "/texts/en/thanks"),
        ({"links": {"high": "javascript:alert(1)"}}, "/links/high"),
        ({"links": {"high": "https://"}}, "/links/high"),
        ({"links": {"high": "https://[::1"}}, "/links/high"),
        ({"accent": "red"}, "/accent"),
        ({"reply_to": "nobody"}, "/reply_to"),
        ({"logo_url": "data:image/png;base64,AAAA"}, "/logo_url"),
        ({"sender_name": "A\r\nBcc: x"}, "/sender_name"),
        ({"rest_days": -1}, "/rest_days"),
        ({"rest_days": True}, "/rest_days"),
        ({"sample_percent": 101}, "/sample_percent"),
        ({"link_days": 0}, "/link_days"),
        ({"questions": {}}, "/questions"),
        ({"questions": [{"id": f"q{n}", "kind": "text", "text": {"en": "?"}} for n in range(11)]}, "/questions"),
        ({"questions": ["x"]}, "/questions/0"),
        ({"questions": [{"id": "Q 1", "kind": "text", "text": {"en": "?"}}]}, "/questions/0/id"),
        ({"questions": [{"id": "q", "kind": "text", "text": {"en": "?"}}] * 2}, "/questions/1/id"),
        ({"questions": [{"id": "q", "kind": "poem", "text": {"en": "?"}}]}, "/questions/0/kind"),
        ({"questions": [{"id": "q", "kind": "text", "text": {}}]}, "/questions/0/text"),
        ({"questions": [{"id": "q", "kind": "text", "text": {"en": " "}}]}, "/questions/0/text/en"),
        (
            {"questions": [{"id": "q", "kind": "one_of", "text": {"en": "?"}, "options": OPTIONS[:1]}]},
            "/questions/0/options",
        ),
        (
            {"questions": [{"id": "q", "kind": "scale", "text": {"en": "?"}, "lowest": 5, "highest": 5}]},
            "/questions/0/highest",
        ),
        (
            {"questions": [{"id": "q", "kind": "text", "text": {"en": "?"}, "when": {"groups": ["best"]}}]},
            "/questions/0/when/groups",
        ),
        (
            {"questions": [{"id": "q", "kind": "text", "text": {"en": "?"}, "when": {"scores": [True]}}]},
            "/questions/0/when/scores",
        ),
        (
            {
                "questions": [
                    {"id": "q", "kind": "text", "text": {"en": "?"}, "when": {"question": "q", "any_of": ["a"]}}
                ]
            },
            "/questions/0/when/question",
        ),
    ],
)
def test_what_cannot_be_is_named_with_its_place(changes, place):
    with pytest.raises(texts.Invalid) as invalid:
        make(**changes)
    assert invalid.value.place == place
    assert invalid.value.reason
    assert not models.Campaign.objects.exists()


@pytest.mark.mission("S1")
def test_a_language_is_added_without_any_change_but_its_words():
    campaign = make()
    more = WORDS | {"pt-BR": {"subject": "Uma pergunta", "question": "Qual a probabilidade?"}}
    changed = actions.change_campaign(campaign=campaign, texts=more)
    assert texts.in_language(changed.texts, "pt")[0] == "pt-BR"
    assert texts.in_language(changed.texts, "fr", "en")[0] == "en"
    assert Event.objects.get(type="survey.campaign_changed").data["changed"] == ["texts"]


def test_saving_the_same_again_announces_nothing():
    campaign = make()
    actions.change_campaign(campaign=campaign, name="Quarterly", texts=WORDS)
    assert not Event.objects.filter(type="survey.campaign_changed").exists()


@pytest.mark.mission("S1")
def test_the_way_of_a_campaign():
    campaign = make()
    for state in ("running", "running", "paused", "running", "ended"):
        campaign = actions.set_state(campaign=campaign, state=state)
        assert campaign.state == state
    assert campaign.started_at
    assert campaign.ended_at
    assert Event.objects.filter(type="survey.campaign_state_changed").count() == 4
    for state in ("draft", "running", "paused"):
        with pytest.raises(actions.Refused):
            actions.set_state(campaign=campaign, state=state)
    with pytest.raises(actions.Refused):
        actions.change_campaign(campaign=campaign, name="Another")


def test_kind_and_scale_stay_once_somebody_answered():
    campaign = make(metric="csat")
    models.Response.objects.create(campaign=campaign, score=5)
    with pytest.raises(actions.Refused) as refused:
        actions.change_campaign(campaign=campaign, scale="1-3", formula="top_share")
    assert refused.value.code == "campaign-answered"
    assert actions.change_campaign(campaign=campaign, formula="mean").formula == "mean"
