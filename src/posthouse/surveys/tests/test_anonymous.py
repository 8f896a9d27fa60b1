"""Anonymous campaigns: answered through every door, then everything that is kept is searched for who it was."""

import logging
import re
import socket
import threading
from datetime import UTC, datetime, timedelta
from http.client import HTTPConnection
from urllib.parse import urlencode

import pytest
import time_machine
import uvicorn
from django.apps import apps
from django.core.cache import cache
from django.db import connection

from posthouse.config.asgi import application
from posthouse.config.cli import QUIET
from posthouse.foundation.ids import new_id
from posthouse.foundation.jobs import run_until_idle
from posthouse.messages.models import Message
from posthouse.surveys import actions, anonymity, links, models, pacing, queries
from posthouse.surveys.exporting import rows as exported
from posthouse.surveys.figures import summing
from posthouse.surveys.figures.metrics import Wish
from posthouse.surveys.handling import finding
from posthouse.surveys.statistics.people import Counting
from posthouse.surveys.tests.test_answering import QUESTIONS
from posthouse.surveys.tests.test_open_links import held
from posthouse.timeline.models import Event

NOON = datetime(2026, 5, 4, 12, 34, 56, 789_000, tzinfo=UTC)
DAY = datetime(2026, 5, 4, tzinfo=UTC)
ADDRESS = "203.0.113.77"
AGENT = "Distinctive/9.9 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Mobile/15E148"
ONCE = re.compile(r"/survey/once/(\w+)/([^/?\s\"]+)/\?[^\s\"<]*score=9")


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(NOON, tick=False) as travelling:
        pacing.forget()
        yield travelling


@pytest.fixture
def anonymous(make):
    """A running anonymous campaign that may be answered at any time."""

    def made(**changes):
        return make(anonymous=True, questions=QUESTIONS, rest_days=0, **changes)

    return made


def mailed(campaign, ask, email="ada.lovelace@example.org", **wish):
    """Ask somebody by mail; the send and the token in the mail, as the mail server would see it."""
    send = ask(campaign, email=email, **wish)
    while actions.send_due():
        pass
    send.refresh_from_db()
    text = Message.objects.get(pk=send.message_id).text
    return send, ONCE.search(text)[2]


def once(campaign, token, rest=""):
    return f"/survey/once/{campaign.pk}/{token}/{rest}"


def press(client, path, score="9", **more):
    return client.post(path, {"ticket": held(client.get(path)), "score": score} | more)


@pytest.mark.mission("S6")
def test_a_one_time_link_is_answered_once_and_changed_while_its_page_is_open(client, anonymous, ask):
    campaign = anonymous()
    send, token = mailed(campaign, ask, attributes={"name": "Ada"})
    path = once(campaign, token, "?score=9&language=es")
    shown = client.get(path).content.decode()
    assert "Esta encuesta es anónima" in shown
    assert re.findall(r'value="(\d+)"[^>]* checked', shown) == ["9"]
    done = press(client, path, "5", comment="Hm")
    ticket = held(done)
    more = {"ticket": ticket, "act": "more", "comment": "Hm", "answer-area": "api", "answer-ease": "3"}
    assert client.post(path, more).status_code == 200
    assert client.post(path, {"ticket": ticket, "score": "7", "comment": "Better"}).status_code == 200
    response = models.Response.objects.get()
    assert (response.score, response.comment, response.answers) == (7, "Better", {"area": "api", "ease": 3})
    assert (response.contact_id, response.send_id, response.customer_id, response.attributes) == (None, None, "", {})
    assert (response.created_at, response.updated_at, response.changes.count()) == (DAY, None, 0)
    for again in (client.get(path), client.post(path, {"ticket": "x", "score": "1"})):
        assert (again.status_code, "se usó" in again.content.decode()) == (410, True)
    assert models.Response.objects.get().score == 7
    assert not Event.objects.filter(type__startswith="survey.respon").exists()
    assert send.state == "sent"


@pytest.mark.mission("S6")
def test_the_words_of_the_mail_are_forgotten_and_no_other_door_opens_the_send(client, anonymous, ask, desk, call):
    campaign = anonymous()
    send, token = mailed(campaign, ask)
    run_until_idle()
    message = Message.objects.get(pk=send.message_id)
    assert (message.state, message.text, message.html) == ("sent", "", "")
    answer = client.post(f"/survey/{links.token(send.pk, 9)}/", {"score": "9"})
    assert (answer.status_code, "anonymous" in answer.content.decode()) == (410, True)
    with pytest.raises(actions.Refused, match="anonymous"):
        actions.answer(send=send, given=actions.Answer(score=1))
    assert not models.Response.objects.exists()
    refused = call("post", f"surveys/{campaign.pk}/sends", {"email": "x@example.org", "channel": "link"})
    assert (refused.status_code, refused.json()["code"]) == (422, "campaign-anonymous")
    assert "anonymous" in desk.get(f"/desk/surveys/sends/{send.pk}/").content.decode()
    assert token not in desk.get(f"/desk/surveys/sends/{send.pk}/").content.decode()


@pytest.mark.mission("S6")
def test_tokens_that_are_forged_late_or_of_another_campaign_open_nothing(client, anonymous, ask, clock, make):
    one, other = anonymous(link_days=10), anonymous()
    _send, token = mailed(one, ask)
    body, _, signature = token.partition("~")
    day, _, nonce = body.partition(".")
    forged = [f"{body}~{signature[:-1]}", f"{body}~", body, "x", "%00", f"{day}.{nonce[::-1]}~{signature}"]
    forged += [f"20260505.{nonce}~{signature}", anonymity.new_token(other), links.token("snd_1", 9)]
    for wrong in forged:
        assert client.get(once(one, wrong)).status_code == 404, wrong
        assert client.post(once(one, wrong), {"score": "9"}).status_code == 404
    assert client.get(once(other, token)).status_code == 404
    assert client.get(once(make(), token)).status_code == 404
    foreign = held(client.get(once(other, anonymity.new_token(other))))
    assert client.post(once(one, token), {"ticket": foreign, "score": "9"}).status_code == 422
    clock.shift(timedelta(days=11))
    late = client.get(once(one, token))
    assert (late.status_code, "has expired" in late.content.decode()) == (410, True)
    assert not models.Response.objects.exists()


def test_a_paused_campaign_takes_the_answers_of_those_who_were_asked(client, anonymous, ask):
    campaign = anonymous()
    _send, token = mailed(campaign, ask)
    actions.set_state(campaign=campaign, state="paused")
    assert press(client, once(campaign, token)).status_code == 200
    _send, token = 0, anonymity.new_token(campaign)
    actions.set_state(campaign=campaign, state="ended")
    assert client.get(once(campaign, token)).status_code == 410


def test_two_pages_of_one_link_give_one_answer(client, anonymous, ask):
    campaign = anonymous()
    _send, token = mailed(campaign, ask)
    first, second = (held(client.get(once(campaign, token))) for _ in range(2))
    assert client.post(once(campaign, token), {"ticket": first, "score": "9"}).status_code == 200
    assert client.post(once(campaign, token), {"ticket": second, "score": "1"}).status_code == 410
    assert models.Response.objects.get().score == 9


def test_what_is_kept_of_used_links_stands_in_no_order_of_time(anonymous):
    campaign = anonymous()
    tokens = [anonymity.new_token(campaign) for _ in range(200)]
    for token in tokens:
        assert anonymity.spend(campaign, token)
    assert not anonymity.spend(campaign, tokens[7])
    heaps = list(models.SpentTokens.objects.order_by("pk"))
    assert [heap.shard for heap in heaps] == list(range(anonymity.SHARDS))
    for heap in heaps:
        kept = anonymity._digests(heap)
        assert kept == sorted(kept)
    assert sum(len(bytes(heap.digests)) for heap in heaps) == 200 * anonymity.DIGEST


@pytest.mark.mission("S6")
def test_it_is_still_known_who_was_asked_so_that_nobody_is_asked_too_often(anonymous, ask, client, make):
    campaign = make(anonymous=True)
    _send, token = mailed(campaign, ask)
    press(client, once(campaign, token))
    assert ask(campaign, email="ada.lovelace@example.org").outcome == "throttled"


def test_a_days_number_is_announced_once_when_the_day_is_over(anonymous, client, clock):
    campaign = anonymous()
    for _number in range(3):
        press(client, once(campaign, anonymity.new_token(campaign)))
    actions.announce_anonymous_answers()
    assert not Event.objects.filter(type="survey.anonymous_answers").exists()
    clock.shift(timedelta(days=1))
    for _twice in range(2):
        actions.announce_anonymous_answers()
    told = Event.objects.get(type="survey.anonymous_answers")
    assert told.data == {"campaign_id": campaign.pk, "day": "2026-05-04", "answers": 3}
    assert (told.occurred_at, told.contact_id, told.customer_id) == (DAY, "", "")


def test_whether_it_is_anonymous_stays_once_it_has_started(make, call, desk):
    campaign = make(state="draft")
    path = f"surveys/{campaign.pk}"
    assert call("patch", path, {"anonymous": True}).json()["anonymous"] is True
    call("put", f"{path}/state", {"state": "running"})
    refused = call("patch", path, {"anonymous": False})
    assert (refused.status_code, refused.json()["code"]) == (409, "campaign-started")
    assert call("patch", path, {"smallest_group": 1}).status_code == 422
    made = desk.post("/desk/surveys/new/", {"name": "Silent", "metric": "nps", "anonymous": "on"})
    assert models.Campaign.objects.get(name="Silent").anonymous
    assert "Silent" in desk.get(made.url).content.decode()


def answered(campaign, link, plans):
    """Answers by an open link, with the plan of each in the address."""
    door = {"campaign": campaign, "channel": "open", "link": link}
    for plan, number in plans.items():
        for n in range(number):
            given = actions.Answer(score=n % 11, comment="A remark" if n else "", language="en", device="phone")
            of_plan = actions.Door(**door, attributes={"plan": plan})
            actions.answer_openly(door=of_plan, response_id=anonymity.response_id(), given=given)


def found(campaign, **more):
    wish = Wish(first=DAY.date(), last=DAY.date(), counting=Counting.ALL, **more)
    return queries.metrics(campaign, wish)


@pytest.mark.mission("S6")
@pytest.mark.parametrize("summed", [True, False])
def test_parts_of_few_are_not_shown_nor_what_gives_them_away(anonymous, call, desk, summed):
    campaign = anonymous()
    link = actions.make_open_link(campaign=campaign, name="Poster", attributes=["plan"])
    answered(campaign, link, {"pro": 9, "team": 6, "free": 4})
    if summed:
        summing.sum_up()
    by_plan = found(campaign, by="attributes.plan")
    assert [part.value for part in by_plan.parts] == ["pro"]  # "team" too, and 19 - 15 would be "free"
    assert by_plan.hidden == 2
    assert found(campaign).figure.tally.answers == 19
    assert found(campaign, where=(("attributes.plan", "free"),)).withheld
    assert not found(campaign, where=(("attributes.plan", "team"),)).withheld
    answered(campaign, link, {"free": 1})
    assert [part.value for part in found(campaign, by="attributes.plan").parts] == ["pro", "team", "free"]
    answered(campaign, link, {"trial": 2})
    everybody_else = tuple(("attributes.plan", one) for one in ("pro",))
    assert not found(campaign, where=everybody_else).withheld
    phone = call("get", f"surveys/{campaign.pk}/metrics?since=2026-05-04&until=2026-05-04&by=attributes.plan").json()
    assert ([part["value"] for part in phone["parts"]], phone["hidden_parts"]) == (["pro", "team"], 2)
    page = f"/desk/surveys/{campaign.pk}/figures/?since=2026-05-04&until=2026-05-04"
    shown = desk.get(f"{page}&by=attributes.plan").content.decode()
    assert "2 values with too few answers are not shown" in shown
    assert "trial" not in shown
    few = desk.get(f"{page}&where=attributes.plan=trial").content.decode()
    assert "Too few answers to be shown" in few
    assert "A remark" not in few


def test_what_a_filter_leaves_out_is_enough_too(anonymous):
    campaign = anonymous()
    link = actions.make_open_link(campaign=campaign, name="Poster", attributes=["plan"])
    answered(campaign, link, {"pro": 9, "free": 2})
    assert found(campaign, where=(("attributes.plan", "pro"),)).withheld
    assert found(campaign, where=(("attributes.plan", "none"),)).figure.tally.answers == 0


@pytest.mark.mission("S6")
def test_single_answers_are_listed_without_what_tells_them_apart_and_not_while_they_are_few(anonymous, call, desk):
    campaign = anonymous()
    link = actions.make_open_link(campaign=campaign, name="Poster", attributes=["plan"])
    answered(campaign, link, {"pro": 4})
    path, page = f"surveys/{campaign.pk}/responses", f"/desk/surveys/{campaign.pk}/responses/"
    assert call("get", path).json()["items"] == []
    assert "A remark" not in desk.get(page).content.decode()
    answered(campaign, link, {"free": 2})
    rows = call("get", path).json()["items"]
    assert len(rows) == 6
    for row in rows:
        assert (row["attributes"], row["language"], row["device"], row["channel"], row["contact_id"]) == (
            {}, "", "", "", None,
        )  # fmt: skip
        assert row["created_at"] == "2026-05-04T00:00:00Z"
    kept = next(exported.portions(campaign, exported.answers(campaign, finding.Sought())))
    assert {(one["language"], one["device"], one["channel"], str(one["attributes"])) for one in kept} == {
        ("", "", "", "{}")
    }
    by_plan = exported.answers(campaign, finding.Sought(), where=(("attributes.plan", "free"),))
    assert not by_plan.exists()
    refused = call("get", f"{path}?where=attributes.plan=free")
    assert (refused.status_code, refused.json()["code"]) == (422, "survey-anonymous")
    assert "A remark" in desk.get(page).content.decode()
    one = desk.get(f"/desk/surveys/responses/{rows[0]['id']}/").content.decode()
    assert "figures of many alone" in one
    assert not {"phone", "pro", "free", "12:34"} & set(re.sub(r"<[^>]+>", " ", one).split())


def test_a_copy_gets_the_answers_of_a_day_when_it_is_over_and_misses_none(anonymous, call, clock):
    campaign = anonymous()
    link = actions.make_open_link(campaign=campaign, name="Poster")
    answered(campaign, link, {"": 6})
    path = "survey-responses?order=updated"
    assert call("get", path).json()["items"] == []
    clock.shift(timedelta(days=1))
    found = call("get", path).json()
    assert len(found["items"]) == 6
    answered(campaign, link, {"": 2})
    clock.shift(timedelta(days=1))
    assert len(call("get", f"{path}&after={found['cursor']}").json()["items"]) == 2
    assert call("get", "survey-responses?where=language=en").json()["items"] == []


def test_the_response_rate_counts_the_answers_to_mails(anonymous, ask, client):
    campaign = anonymous(smallest_group=2)
    tokens = [mailed(campaign, ask, email=f"p{n}@example.org")[1] for n in range(4)]
    for token in tokens[:3]:
        press(client, once(campaign, token))
    link = actions.make_open_link(campaign=campaign, name="Poster")
    answered(campaign, link, {"": 2})
    asked = found(campaign).asked
    assert (asked.sent, asked.answered) == (4, 3)


# --- the proof


@pytest.fixture
def house(transactional_db, settings, monkeypatch):
    """The product behind a proxy, served as `posthouse web` serves it, on loopback."""
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = 1
    cache.clear()
    listener = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(application, log_level="debug", lifespan="on", timeout_graceful_shutdown=1, **QUIET)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    yield listener.getsockname()
    server.should_exit = True
    thread.join(20)
    listener.close()


@pytest.fixture
def heard(house):
    """Everything that any logger of the running house says, down to the level DEBUG.

    A logger that passes nothing on and has no handler says nothing; with one of ours it would begin to.
    """
    lines = []

    class Ear(logging.Handler):
        def emit(self, record):
            lines.append(f"{record.name} {record.getMessage()} {record.__dict__.get('request', '')}")

    ear, root = Ear(logging.DEBUG), logging.getLogger()
    loggers = [root, *(logging.getLogger(name) for name in list(logging.root.manager.loggerDict))]
    before = [(logger, logger.level, logger.disabled) for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.DEBUG)
        logger.disabled = False
        if logger is root or (logger.handlers and not logger.propagate):
            logger.addHandler(ear)
    yield lines
    for logger, level, disabled in before:
        logger.setLevel(level)
        logger.disabled = disabled
        logger.removeHandler(ear)


def everything():
    """Every row of every table there is, as text; bytes as they are and as text."""
    with connection.cursor() as cursor:
        tables = connection.introspection.table_names(cursor)
        rows = {}
        for table in tables:
            cursor.execute(f'SELECT * FROM "{table}"')
            names = [column[0] for column in cursor.description]
            rows[table] = {
                tuple(f"{name}={_text(value)}" for name, value in zip(names, row, strict=True))
                for row in cursor.fetchall()
            }
    return rows


def _text(value):
    if isinstance(value, bytes | bytearray | memoryview):
        return f"{bytes(value)!r} {bytes(value).hex()}"
    return str(value)


def ask_house(house, method, path, body=None):
    """A request of a browser behind the proxy, with its address, its name, and what it was told of the person."""
    link = HTTPConnection(*house, timeout=60)
    headers = {
        "Host": "localhost",
        "User-Agent": AGENT,
        "X-Forwarded-For": ADDRESS,
        "Content-Type": "application/x-www-form-urlencoded",
        "Referer": "https://mail.example.org/ada.lovelace@example.org",
        "Accept-Language": "en",
    }
    link.request(method, path, urlencode(body) if body is not None else None, headers)
    answer = link.getresponse()
    text = answer.read().decode()
    cookies = answer.getheader("Set-Cookie")
    link.close()
    return answer.status, text, cookies


TICKET = re.compile(r'name="ticket" value="([^"]+)"')


@pytest.mark.mission("S6")
@pytest.mark.django_db(transaction=True)
def test_nothing_that_is_kept_tells_who_answered(house, heard, make, ask, clock):
    campaign = make(anonymous=True, questions=QUESTIONS)
    send, token = mailed(campaign, ask, attributes={"plan": "pro"})
    link = actions.make_open_link(campaign=campaign, name="Poster", attributes=["place"])
    run_until_idle()
    clock.shift(timedelta(hours=3))
    answering = NOON + timedelta(hours=3)
    before = everything()
    secrets = [token]
    doors = [
        f"/survey/once/{campaign.pk}/{token}/?score=9&language=en",
        f"/survey/open/{link.token}/?place=hall&ref=ada",
    ]
    for path in doors:
        status, page, cookies = ask_house(house, "GET", path)
        assert (status, cookies) == (200, None)
        secrets.append(TICKET.search(page)[1])
        for body in ({"score": "99"}, {"ticket": "forged", "score": "9"}):
            assert ask_house(house, "POST", path, body)[0] == 422
        given = {"ticket": secrets[-1], "score": "5", "comment": "A distinctive remark"}
        status, page, cookies = ask_house(house, "POST", path, given)
        assert (status, cookies) == (200, None), page
        more = {"ticket": secrets[-1], "act": "more", "answer-area": "api", "answer-ease": "1", "comment": "A remark"}
        assert ask_house(house, "POST", path, more)[0] == 200
        assert ask_house(house, "POST", path, {"ticket": secrets[-1], "score": "4", "comment": "More"})[0] == 200
    assert ask_house(house, "GET", doors[0])[0] == 410
    assert ask_house(house, "GET", doors[0].replace("~", "~x"))[0] == 404
    assert ask_house(house, "GET", f"/survey/{links.token(send.pk, 9)}/")[0] == 410
    run_until_idle()  # the figures are summed up, the timeline is read by everybody who reads it
    assert models.Response.objects.filter(score=4, comment="More").count() == 2

    after = everything()
    new = {table: rows - before.get(table, set()) for table, rows in after.items()}
    touched = {table for table, rows in new.items() if rows}
    assert {"surveys_response", "surveys_spenttokens", "surveys_daycolumn", "surveys_openlink"} <= touched
    mine = {table: rows for table, rows in new.items() if table.startswith("surveys_") or "event" in table}
    person = [send.contact_id, send.pk, send.message_id, "ada.lovelace", ADDRESS, AGENT, "Distinctive/"]
    moment = ["15:34", str(int(answering.timestamp())), new_id("x")[2:11]]  # as ids begin
    nonce = token.partition(".")[2].partition("~")[0]
    for table, rows in mine.items():
        for row in rows:
            for told in (*person, *moment, nonce, *secrets, send.customer_id or ADDRESS):
                assert not any(told in value for value in row), (table, told, row)
    for table, rows in after.items():  # wherever, and whoever wrote it
        for row in rows:
            for told in (ADDRESS, "Distinctive/", nonce, *secrets):
                assert not any(told in value for value in row), (table, told, row)
    assert not new["django_session"]
    assert not new["people_attempts"]
    assert new["timeline_event"] == set()
    said = "\n".join(heard)
    for told in (ADDRESS, "Distinctive/", nonce, token, "ada.lovelace", *secrets[1:], send.contact_id):
        assert told not in said, [line for line in heard if told in line][:3]
    assert not any(ADDRESS in str(key) for key in pacing._limiter._states)


def test_every_table_of_ours_is_searched(db):
    tables = everything()
    assert {model._meta.db_table for model in apps.get_models()} <= set(tables)
    assert "people_attempts" in tables
