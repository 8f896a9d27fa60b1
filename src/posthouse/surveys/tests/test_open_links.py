"""Links for everybody who has them: made, bounded, withdrawn, answered and changed; links for one person; QR codes."""

import re
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
import time_machine
import zxingcpp

from posthouse.surveys import actions, links, models, pacing, qr, tickets
from posthouse.surveys.tests.conftest import ADA
from posthouse.surveys.tests.test_answering import QUESTIONS
from posthouse.timeline.models import Event

NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)
PHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148"
TICKET = re.compile(r'name="ticket" value="([^"]+)"')


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(NOON, tick=False) as travelling:
        pacing.forget()
        yield travelling


@pytest.fixture
def link(campaign):
    return actions.make_open_link(campaign=campaign, name="Poster", attributes=["place"])


def at(link, rest=""):
    return f"/survey/open/{link.token}/{rest}"


def held(answer):
    return TICKET.search(answer.content.decode())[1]


def send(client, link, score="9", rest="", **more):
    """Open the page as a browser does, then press its button."""
    ticket = held(client.get(at(link, rest)))
    return client.post(at(link, rest), {"ticket": ticket, "score": score} | more)


@pytest.mark.mission("S5")
def test_everybody_who_has_the_link_answers_once_for_each_page_opened(client, link):
    page = client.get(at(link, "?score=9&place=berlin"), headers={"user-agent": PHONE})
    assert re.findall(r'value="(\d+)"[^>]* checked', page.content.decode()) == ["9"]
    assert not models.Response.objects.exists()
    pressed = {"ticket": held(page), "score": "8", "comment": "Good"}
    for _twice in range(2):
        done = client.post(at(link, "?place=berlin&name=Ada"), pressed, headers={"user-agent": PHONE})
        assert done.status_code == 200
        assert "Your answer, 8, is stored." in done.content.decode()
    send(client, link, "3")
    first, second = models.Response.objects.order_by("created_at", "-score")
    assert (first.score, first.comment, first.device, first.channel) == (8, "Good", "phone", "open")
    assert (first.attributes, first.contact_id, first.send_id) == ({"place": "berlin"}, None, None)
    assert (second.score, second.attributes) == (3, {})
    link.refresh_from_db()
    assert link.answers == 2
    told = Event.objects.filter(type="survey.responded")
    assert [(one.contact_id, one.customer_id, one.actor) for one in told] == [("", "", "")] * 2
    assert not client.cookies


@pytest.mark.mission("S6")
def test_while_the_page_is_open_more_is_added_and_the_answer_is_changed(client, make):
    link = actions.make_open_link(campaign=make(questions=QUESTIONS, change_hours=1), name="Chat")
    thanks = send(client, link, "5")
    shown = thanks.content.decode()
    assert "Sorry to hear that." in shown
    assert "Which area?" in shown
    ticket = held(thanks)
    wrong = client.post(at(link), {"ticket": ticket, "act": "more", "comment": "Hm", "answer-ease": "0"})
    assert wrong.status_code == 422
    assert "Please answer this." in wrong.content.decode()
    assert "Hm" in wrong.content.decode()
    more = {"ticket": ticket, "act": "more", "comment": "Hm", "answer-area": "docs", "answer-ease": "0"}
    assert "Which pages?" in client.post(at(link), more).content.decode()
    again = client.post(at(link), {"ticket": ticket, "act": "change"}).content.decode()
    assert "You answered 5 before" in again
    assert re.findall(r'value="(\d+)"[^>]* checked', again) == ["5"]
    client.post(at(link), {"ticket": ticket, "score": "9", "comment": "Hm"})
    response = models.Response.objects.get()
    assert (response.score, response.comment, response.answers) == (9, "Hm", {"ease": 0})
    assert [row.score for row in response.changes.all()] == [5, 5]


def test_an_answer_can_be_changed_for_its_time_alone(client, make, clock):
    link = actions.make_open_link(campaign=make(change_hours=1), name="Chat")
    ticket = held(send(client, link, "5"))
    clock.shift(timedelta(hours=2))
    late = client.post(at(link), {"ticket": ticket, "score": "9"})
    assert (late.status_code, "can no longer be changed" in late.content.decode()) == (410, True)
    assert models.Response.objects.get().score == 5


@pytest.mark.mission("S5")
@pytest.mark.django_db(transaction=True)  # an answer to HEAD ends the connection, as it does outside of tests
def test_programs_that_open_or_send_the_page_blindly_leave_nothing(client, link):
    for _time in range(3):
        assert client.get(at(link, "?score=9")).status_code == 200
        assert client.head(at(link)).status_code == 200
        assert client.post(at(link), {"score": "9"}).status_code == 422
        assert client.post(at(link), {"ticket": held(client.get(at(link)))}).status_code == 422
    assert client.put(at(link)).status_code == 405
    assert not models.Response.objects.exists()


@pytest.mark.mission("S5")
def test_tickets_that_are_forged_of_another_door_or_too_old_store_nothing_and_keep_what_was_typed(
    client, make, link, clock
):
    other = actions.make_open_link(campaign=make(), name="Elsewhere")
    mine = held(client.get(at(link)))
    foreign = held(client.get(at(other)))
    body, _, signature = mine.rpartition(":")
    forged = ["", "x", foreign, body, f"{body}:{signature[:-1]}", f"{link.pk}.rsp_1:x:y", "\0", "x" * 5000]
    forged += [tickets.ticket(link.pk, "no id!"), tickets.ticket(link.campaign_id, "rsp_1")]
    for ticket in forged:
        answer = client.post(at(link), {"ticket": ticket, "score": "9", "comment": "kept words"})
        assert answer.status_code == 422, ticket
        assert "kept words" in answer.content.decode()
        assert "press the button again" in answer.content.decode()
    clock.shift(timedelta(hours=tickets.HOURS, seconds=1))
    old = client.post(at(link), {"ticket": mine, "score": "9"})
    assert "open for a long time" in old.content.decode()
    assert not models.Response.objects.exists()
    assert client.post(at(link), {"ticket": held(old), "score": "9"}).status_code == 200
    assert models.Response.objects.get().score == 9


def test_a_ticket_never_changes_the_answer_to_another_survey(client, make, link, ask):
    mine = ask(link.campaign, channel="link")
    personal = actions.answer(send=mine, given=actions.Answer(score=1))
    for taken in (personal.pk, links.token(mine.pk)):
        client.post(at(link), {"ticket": tickets.ticket(link.pk, taken), "score": "9"})
    personal.refresh_from_db()
    assert personal.score == 1
    other = actions.make_open_link(campaign=make(), name="Other campaign")
    send(client, other, "2")
    foreign = models.Response.objects.get(campaign=other.campaign)
    answer = client.post(at(link), {"ticket": tickets.ticket(link.pk, foreign.pk), "score": "9"})
    assert answer.status_code == 410
    foreign.refresh_from_db()
    assert foreign.score == 2


@pytest.mark.parametrize("score", ["", "11", "-1", "9.5", "nine", "٩", "9\x00", "9" * 40])
def test_a_score_that_is_none_is_refused(client, link, score):
    answer = send(client, link, score, comment="kept")
    assert answer.status_code == 422
    assert "kept" in answer.content.decode()
    assert client.get(at(link, f"?score={score}".replace("\x00", "%00"))).status_code == 200
    assert not models.Response.objects.exists()


@pytest.mark.mission("S5")
def test_only_what_the_link_allows_is_taken_from_the_address(client, link):
    for value in ("x" * 101, "a\u202eb", "%00", "%0a", "+"):
        send(client, link, rest=f"?place={value}&plan=pro&score=3&__proto__=1")
    assert list(models.Response.objects.values_list("attributes", flat=True)) == [{}] * 5
    send(client, link, rest="?place=Caf%C3%A9&place=M%C3%BCnchen")
    assert {"place": "München"} in models.Response.objects.values_list("attributes", flat=True)


@pytest.mark.mission("S5")
def test_a_link_ends_by_its_time_its_bound_its_campaign_or_by_being_withdrawn(client, make, clock):
    campaign = make()
    bounded = actions.make_open_link(campaign=campaign, name="Two", most_answers=2)
    timed = actions.make_open_link(campaign=campaign, name="Today", expires_at=NOON + timedelta(hours=1))
    gone = actions.make_open_link(campaign=campaign, name="Gone")
    opened = held(client.get(at(bounded)))
    for _number in range(2):
        send(client, bounded)
    full = client.post(at(bounded), {"ticket": opened, "score": "1"})
    assert (full.status_code, "as many answers as it needs" in full.content.decode()) == (410, True)
    actions.withdraw_open_link(link=gone)
    assert "was withdrawn" in client.get(at(gone)).content.decode()
    clock.shift(timedelta(hours=1))
    assert "has expired" in client.get(at(timed)).content.decode()
    left = actions.make_open_link(campaign=campaign, name="Left")
    actions.set_state(campaign=campaign, state="paused")
    assert client.get(at(left)).status_code == 410
    actions.set_state(campaign=campaign, state="ended")
    assert "has ended" in client.get(at(left)).content.decode()
    assert models.Response.objects.count() == 2


def test_what_is_no_link_is_not_found(client, link, campaign):
    for token in ("x", link.token[:-1], link.token + "x", link.pk, "%00", "é" * 22, campaign.pk, links.token("snd_1")):
        assert client.get(f"/survey/open/{token}/").status_code == 404
        assert client.post(f"/survey/open/{token}/", {"score": "9"}).status_code == 404


@pytest.mark.mission("S5")
def test_one_address_answers_so_many_times_a_minute_and_another_is_not_held_up(client, link, settings, clock):
    settings.SURVEY_PACE = 3
    pacing.forget()
    assert [send(client, link).status_code for _ in range(4)] == [200, 200, 200, 429]
    refused = send(client, link, comment="kept words")
    assert "kept words" in refused.content.decode()
    ticket = held(client.get(at(link)))
    other = client.post(at(link), {"ticket": ticket, "score": "9"}, REMOTE_ADDR="192.0.2.7")
    assert other.status_code == 200
    clock.shift(timedelta(minutes=1))
    assert send(client, link).status_code == 200
    assert models.Response.objects.count() == 5


def test_the_page_speaks_what_the_address_or_the_browser_asks_for(client, link):
    for found in (
        client.get(at(link, "?language=es")),
        client.get(at(link), headers={"accept-language": "fr-FR, es-MX;q=0.8, en;q=0.5"}),
    ):
        assert "¿Recomendaría Sunline?" in found.content.decode()
        assert "Enviar mi respuesta" in found.content.decode()
    assert "How likely" in client.get(at(link, "?language=%00")).content.decode()


@pytest.mark.mission("S5")
def test_open_links_by_api(call, campaign, client, make):
    path = f"surveys/{campaign.pk}/links"
    made = call("post", path, {"name": "Poster", "attributes": ["place"], "most_answers": 5})
    assert made.status_code == 201
    link = models.OpenLink.objects.get()
    assert made.json()["address"].endswith(f"/survey/open/{link.token}/")
    assert call("get", path).json()["items"][0]["id"] == link.pk
    drawn = call("get", f"{path}/{link.pk}/qr")
    assert drawn.headers["Content-Type"] == "image/svg+xml"
    assert call("get", f"{path}/{link.pk}/qr?form=png").content.startswith(b"\x89PNG")
    assert call("get", f"{path}/{link.pk}/qr?form=gif").status_code == 422
    assert call("get", f"surveys/{make().pk}/links/{link.pk}/qr").status_code == 404
    for _twice in range(2):
        assert call("post", f"{path}/{link.pk}/withdraw").json()["withdrawn_at"]
    assert client.get(at(link)).status_code == 410
    assert [one.type for one in Event.objects.filter(type__contains="open_link")] == [
        "survey.open_link_made",
        "survey.open_link_withdrawn",
    ]


@pytest.mark.parametrize(
    ("changes", "place"),
    [
        ({"name": " "}, "/name"),
        ({"name": "a\nb"}, "/name"),
        ({"attributes": ["1x"]}, "/attributes/0"),
        ({"attributes": ["place", "score"]}, "/attributes/1"),
        ({"expires_at": "2026-05-04T11:59:59Z"}, "/expires_at"),
    ],
)
def test_a_link_that_cannot_be_is_named_with_its_place(call, campaign, changes, place):
    answer = call("post", f"surveys/{campaign.pk}/links", {"name": "x"} | changes)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["path"] == place


def test_an_ended_campaign_gets_no_link(call, campaign):
    actions.set_state(campaign=campaign, state="ended")
    assert call("post", f"surveys/{campaign.pk}/links", {"name": "x"}).json()["code"] == "campaign-ended"


@pytest.mark.mission("S5")
def test_the_desk_makes_both_kinds_of_links_with_codes_to_download(desk, campaign, client):
    path = f"/desk/surveys/{campaign.pk}/links/"
    assert "No open links yet" in desk.get(path).content.decode()
    made = desk.post(f"{path}new/", {"name": "Poster", "attributes": "place, event", "most_answers": "9"})
    link = models.OpenLink.objects.get()
    assert (link.attributes, link.most_answers) == (["place", "event"], 9)
    shown = desk.get(made.url).content.decode()
    assert links.open_address(link.token) in shown
    assert "Poster" in desk.get(path).content.decode()
    for form, kind in (("svg", "image/svg+xml"), ("png", "image/png")):
        code = desk.get(f"{made.url}qr.{form}?download")
        assert code.headers["Content-Type"] == kind
        assert code.headers["Content-Disposition"] == f'attachment; filename="{link.pk}.{form}"'
    assert desk.get(f"{made.url}qr.gif").status_code == 404
    bad = desk.post(f"{path}new/", {"name": "Kept name", "attributes": "9"})
    assert (bad.status_code, "Kept name" in bad.content.decode()) == (422, True)
    desk.post(f"{made.url}withdraw/")
    assert client.get(at(link)).status_code == 410
    personal = desk.post(f"{path}personal/", {"email": ADA, "language": "es"})
    send = models.Send.objects.get()
    assert personal.url == f"/desk/surveys/sends/{send.pk}/"
    assert links.address(send.pk) in desk.get(personal.url).content.decode()
    assert desk.get(f"{personal.url}qr.svg").status_code == 200
    assert "¿Recomendaría" in client.get(links.address(send.pk).partition("8000")[2]).content.decode()
    again = desk.post(f"{path}personal/", {"email": ADA}, follow=True).content.decode()
    assert "There is no link: Asked too recently." in again
    wrong = desk.post(f"{path}personal/", {"email": "nobody"})
    assert (wrong.status_code, "nobody" in wrong.content.decode()) == (422, True)


def test_a_mailed_send_has_no_code(desk, campaign, ask):
    assert desk.get(f"/desk/surveys/sends/{ask(campaign).pk}/qr.svg").status_code == 404


@pytest.mark.parametrize(
    "address", ["https://survey.example.org/survey/open/" + "x" * 22 + "/", "http://a/?place=" + "%C3%A9" * 40]
)
def test_somebody_elses_reader_reads_the_code(address):
    rows = qr._rows(address)
    picture = np.kron(np.where(np.array(rows), 0, 255).astype(np.uint8), np.ones((6, 6), np.uint8))
    assert [one.text for one in zxingcpp.read_barcodes(picture)] == [address]
    assert qr.svg(address).count("M") > len(rows)
    size = len(rows) * qr.PNG_MODULE
    assert qr.png(address)[16:24] == size.to_bytes(4) * 2
