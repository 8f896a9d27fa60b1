"""Answering: the link chooses beforehand, the button stores; scanners, forged and late links; changing an answer."""

import re
from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from posthouse.people.models import Contact
from posthouse.people.personal_data import erase
from posthouse.surveys import actions, links, models, personal_data
from posthouse.timeline.models import Event

NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)
PHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148"
QUESTIONS = [
    {
        "id": "area",
        "kind": "one_of",
        "text": {"en": "Which area?", "es": "¿Qué parte?"},
        "options": [{"id": "docs", "text": {"en": "Documentation"}}, {"id": "api", "text": {"en": "The API itself"}}],
        "required": True,
        "when": {"groups": ["low", "middle"]},
    },
    {
        "id": "pages",
        "kind": "many_of",
        "text": {"en": "Which pages?"},
        "options": [{"id": "a", "text": {"en": "Quickstart"}}, {"id": "b", "text": {"en": "Reference"}}],
        "required": True,
        "when": {"question": "area", "any_of": ["docs"]},
    },
    {"id": "ease", "kind": "scale", "text": {"en": "How easy?"}, "lowest": 0, "highest": 5},
    {"id": "words", "kind": "text", "text": {"en": "Anything else?"}, "when": {"scores": [10]}},
]


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(NOON, tick=False) as travelling:
        yield travelling


@pytest.fixture
def sent(ask):
    """A send that has left."""

    def made(campaign, **wish):
        send = ask(campaign, **wish)
        while actions.send_due():
            pass
        send.refresh_from_db()
        return send

    return made


def page(send, score=None, rest=""):
    return f"/survey/{links.token(send.pk, score)}/{rest}"


def kinds():
    rows = Event.objects.filter(type__startswith="survey.respon").order_by("position")
    return [(row.type, row.data["score"], row.data["group"]) for row in rows]


@pytest.mark.mission("S5")
def test_a_link_chooses_the_score_and_the_button_stores_it(client, campaign, sent):
    send = sent(campaign, attributes={"plan": "pro"})
    shown = client.get(page(send, 9)).content.decode()
    assert re.findall(r'value="(\d+)"[^>]* checked', shown) == ["9"]
    assert "What do you like?" in shown
    assert not models.Response.objects.exists()
    answer = client.post(page(send, 9), {"score": "8", "comment": " Good docs "}, headers={"user-agent": PHONE})
    assert answer.status_code == 302
    response = models.Response.objects.get()
    assert (response.score, response.comment, response.device, response.language) == (8, "Good docs", "phone", "en")
    assert (response.attributes, response.contact_id) == ({"plan": "pro"}, send.contact_id)
    assert kinds() == [("survey.responded", 8, "middle")]
    told = Event.objects.get(type="survey.responded")
    assert (told.contact_id, told.actor, told.data["has_comment"]) == (
        send.contact_id,
        f"contact:{send.contact_id}",
        True,
    )
    assert "Good docs" not in str(told.data)


@pytest.mark.mission("S5")
@pytest.mark.django_db(transaction=True)  # an answer to HEAD ends the connection, as it does outside of tests
def test_programs_that_follow_every_link_leave_nothing_behind(client, campaign, sent):
    send = sent(campaign)
    before = Event.objects.count()
    for score in range(11):
        assert client.get(page(send, score)).status_code == 200
        assert client.head(page(send, score)).status_code == 200
        assert client.post(page(send, score)).status_code == 422
        assert client.post(page(send, score), {"List-Unsubscribe": "One-Click"}).status_code == 422
        assert client.put(page(send, score)).status_code == 405
    client.get(page(send, 0), headers={"user-agent": "Mozilla/5.0 (compatible; scanner)", "purpose": "prefetch"})
    client.get(page(send, 0, "more/"))
    assert not models.Response.objects.exists()
    assert Event.objects.count() == before


@pytest.mark.mission("S6")
def test_an_answer_can_be_changed_for_a_set_time_and_keeps_its_history(client, clock, make, sent):
    send = sent(make(change_hours=24))
    client.post(page(send, 9), {"score": "9", "comment": "Good"})
    client.post(page(send, 9), {"score": "9", "comment": "Good"})
    clock.shift(timedelta(hours=23))
    assert "You answered 9 before" in client.get(page(send)).content.decode()
    assert re.findall(r'value="(\d+)"[^>]* checked', client.get(page(send)).content.decode()) == ["9"]
    client.post(page(send, 2), {"score": "2", "comment": "It broke"})
    response = models.Response.objects.get()
    assert (response.score, response.comment, response.updated_at) == (2, "It broke", NOON + timedelta(hours=23))
    assert [(row.score, row.comment) for row in response.changes.all()] == [(9, "Good")]
    assert kinds() == [("survey.responded", 9, "high"), ("survey.response_changed", 2, "low")]
    assert Event.objects.get(type="survey.response_changed").data["score_was"] == 9
    clock.shift(timedelta(hours=2))
    late = client.post(page(send, 5), {"score": "5"})
    assert late.status_code == 410
    assert "can no longer be changed" in late.content.decode()
    assert client.post(page(send, None, "more/"), {"comment": "late"}).status_code == 410
    assert models.Response.objects.get().comment == "It broke"


@pytest.mark.mission("S1")
def test_what_else_is_asked_depends_on_score_and_answers(client, make, sent):
    send = sent(make(questions=QUESTIONS))
    client.post(page(send, 5), {"score": "5"})
    more = page(send, None, "more/")
    shown = client.get(more).content.decode()
    assert "Which area?" in shown
    assert "How easy?" in shown
    assert "Which pages?" not in shown
    assert "Anything else?" not in shown
    missing = client.post(more, {"comment": "Hm", "answer-ease": "0"})
    assert missing.status_code == 422
    assert "Please answer this." in missing.content.decode()
    assert "Hm" in missing.content.decode()
    assert client.post(more, {"comment": "Hm", "answer-area": "docs", "answer-ease": "0"}).status_code == 302
    assert "Which pages?" in client.get(more).content.decode()
    assert client.post(more, {"answer-area": "docs", "answer-ease": "0", "answer-pages": ["b", "a"]}).status_code == 302
    response = models.Response.objects.get()
    assert response.answers == {"area": "docs", "ease": 0, "pages": ["a", "b"]}
    client.post(page(send, 10), {"score": "10", "comment": ""})
    assert models.Response.objects.get().answers == {"ease": 0}
    assert "Anything else?" in client.get(more).content.decode()


@pytest.mark.parametrize(
    "posted",
    [
        {"answer-area": "moon"},
        {"answer-area": "docs", "answer-ease": "6"},
        {"answer-area": "docs", "answer-ease": "x"},
        {"answer-area": "docs", "comment": "x" * 5001},
        {"answer-area": "docs", "comment": "a\x00b"},
    ],
)
def test_answers_that_were_not_offered_are_refused(client, make, sent, posted):
    send = sent(make(questions=QUESTIONS))
    client.post(page(send, 5), {"score": "5"})
    assert client.post(page(send, None, "more/"), posted).status_code == 422
    assert models.Response.objects.get().answers == {}


@pytest.mark.parametrize("score", ["", "11", "-1", "9.5", "nine", "٩" * 40, "9\x00", "99999999999999999999999"])
def test_a_score_that_is_none_is_refused(client, campaign, sent, score):
    send = sent(campaign)
    answer = client.post(page(send, 9), {"score": score, "comment": "kept"})
    assert answer.status_code == 422
    assert "kept" in answer.content.decode()
    assert not models.Response.objects.exists()


def test_the_score_of_a_link_of_another_scale_chooses_nothing(client, make, sent):
    words = {"en": {"subject": "s", "question": "q"}}
    send = sent(make(metric="csat", scale="1-3", texts=words))
    assert " checked" not in client.get(page(send, 9)).content.decode()
    assert client.post(page(send, 9), {"score": "9"}).status_code == 422


@pytest.mark.mission("S5")
def test_forged_links_say_so(client, campaign, sent):
    send, other = sent(campaign), sent(campaign, email="bob@example.org")
    body, _, signature = links.token(send.pk, 9).partition("~")
    foreign = links.token(other.pk, 9).partition("~")[2]
    forged = [
        f"{body}~{foreign}",
        f"{send.pk}.8~{signature}",
        f"{other.pk}.9~{signature}",
        f"{body}~{signature[:-1]}",
        f"{body}~{signature}x",
        f"{body}~",
        body,
        send.pk,
        "~" * 30,
        "x" * 3000,
        "%00",
        "snd_unknown.9~" + signature,
        links.token("snd_unknown", 9),
    ]
    for token in forged:
        for rest in ("", "more/"):
            answer = client.post(f"/survey/{token}/{rest}", {"score": "9"})
            assert answer.status_code == 404, token
            assert "This link is not whole" in answer.content.decode()
    assert not models.Response.objects.exists()


@pytest.mark.mission("S5")
def test_each_link_answers_for_its_own_contact_and_campaign_alone(client, make, sent):
    one, other = make(), make(rest_days=0)
    sends = [sent(one), sent(one, email="bob@example.org"), sent(other)]
    for score, send in enumerate(sends):
        client.post(page(send, score), {"score": str(score), "campaign": other.pk, "contact": "con_1"})
    found = models.Response.objects.order_by("score").values_list("campaign_id", "contact_id", "send_id")
    assert list(found) == [(send.campaign_id, send.contact_id, send.pk) for send in sends]


@pytest.mark.mission("S5")
def test_expired_links_and_ended_surveys_say_what_happened(client, clock, make, sent):
    campaign = make(link_days=10, change_hours=24 * 30)
    answered, silent = sent(campaign), sent(campaign, email="bob@example.org")
    client.post(page(answered, 9), {"score": "9"})
    clock.shift(timedelta(days=10))
    late = client.post(page(silent, 9), {"score": "9"})
    assert (late.status_code, "This link has expired" in late.content.decode()) == (410, True)
    assert client.get(page(answered, 3)).status_code == 200
    fresh = sent(campaign, email="cy@example.org")
    actions.set_state(campaign=campaign, state="ended")
    ended = client.get(page(fresh, 9))
    assert (ended.status_code, "This survey has ended" in ended.content.decode()) == (410, True)
    assert models.Response.objects.count() == 1


def test_a_send_that_never_left_cannot_be_answered(client, campaign, ask):
    send = ask(campaign, delay=timedelta(days=1))
    assert client.post(page(send, 9), {"score": "9"}).status_code == 410
    actions.cancel_send(send=send)
    assert client.get(page(send, 9)).status_code == 410


def test_thanks_are_those_of_the_score_group_with_its_link(client, campaign, sent):
    send = sent(campaign)
    client.post(page(send, 10), {"score": "10", "comment": "All"})
    shown = client.get(page(send, None, "more/")).content.decode()
    assert "Glad to hear that." in shown
    assert '<a class="button" href="https://example.org/tell" rel="noopener noreferrer">Tell others</a>' in shown
    client.post(page(send, 1), {"score": "1", "comment": "All"})
    shown = client.get(page(send, None, "more/")).content.decode()
    assert "Sorry to hear that." in shown
    assert "https://example.org/tell" not in shown


def test_a_spanish_reader_is_spoken_to_in_spanish(client, campaign, sent):
    send = sent(campaign, language="es")
    shown = client.get(page(send, 9)).content.decode()
    assert "¿Recomendaría Sunline?" in shown
    assert "Enviar mi respuesta" in shown


def test_the_pages_are_kept_by_nobody(client, campaign, sent):
    answer = client.get(page(sent(campaign), 9))
    assert "no-store" in answer.headers["Cache-Control"]
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert answer.headers["X-Robots-Tag"] == "noindex"


def test_responses_are_read_over_the_api(client, clock, call, campaign, make, sent):
    other = make(rest_days=0)
    for n, score in enumerate((2, 8, 10)):
        clock.shift(timedelta(seconds=1))
        send = sent(campaign, email=f"p{n}@example.org", attributes={"n": n})
        client.post(page(send, score), {"score": str(score), "comment": "why" if n else ""})
    path = f"surveys/{campaign.pk}/responses"
    found = call("get", path).json()["items"]
    assert [(one["score"], one["group"], one["attributes"]) for one in found] == [
        (10, "high", {"n": 2}),
        (8, "middle", {"n": 1}),
        (2, "low", {"n": 0}),
    ]
    first = call("get", f"{path}?limit=2").json()
    assert [one["score"] for one in call("get", f"{path}?limit=2&after={first['next']}").json()["items"]] == [2]
    assert [one["score"] for one in call("get", f"{path}?max_score=8&commented=true").json()["items"]] == [8]
    assert call("get", f"{path}?since=2026-05-05T00:00:00Z").json()["items"] == []
    assert len(call("get", f"{path}?updated_since=2026-05-04T12:00:00Z").json()["items"]) == 3
    assert call("get", f"{path}?since=yesterday").status_code == 422
    one = call("get", f"{path}/{found[0]['id']}").json()
    assert (one["comment"], one["changes"]) == ("why", [])
    assert call("get", f"surveys/{other.pk}/responses/{found[0]['id']}").status_code == 404


def test_what_is_held_about_a_person_is_handed_out_and_erased(client, make, sent):
    send = sent(make(questions=QUESTIONS), attributes={"plan": "pro"})
    client.post(page(send, 5), {"score": "5", "comment": "It broke"}, headers={"user-agent": PHONE})
    client.post(page(send, 4), {"score": "4", "comment": "It broke twice"})
    contact = Contact.objects.get()
    told = personal_data.export(contact)
    assert told["survey_responses"][0]["comment"] == "It broke twice"
    assert told["survey_responses"][0]["before"][0]["comment"] == "It broke"
    assert told["survey_sends"][0]["attributes"] == {"plan": "pro"}
    erase(contact)
    personal_data.erase(contact)
    left = personal_data.export(Contact.objects.get())
    assert left["survey_responses"][0]["score"] == 4
    assert "broke" not in str(left)
    assert "pro" not in str(left["survey_sends"])
