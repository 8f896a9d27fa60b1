"""The demo as its visitors meet it: newcomers go all the way, every page that is linked is there, mail can be read."""

import json
import re
import sys
import threading
import time
import warnings
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
import urllib3
from posthog import Posthog
from segment.analytics.client import Client as SegmentClient
from tools.smoke_demo import ROOT, running_demo, session_memory_mb

from crowd.browser import Browser
from crowd.caller import Caller
from crowd.mailbox import Mailbox
from crowd.personas import make_persona
from crowd.portal import HttpPortal
from crowd.questions import KeyUse, Question
from crowd.world import Roster, World

pytestmark = pytest.mark.slow

COMMAND = (sys.executable, str(ROOT / "demo" / "run.py"))
NOT_FOLLOWED = re.compile(r"/accounts/logout/|/language/|/theme/|\.(csv|json|eml|md)$|/export/")
ANY_ONE = re.compile(r"[a-z]+_[0-9a-z]{26}|\d+|(?<=reference/)[^/]+|(?<=schemas/)[^/]+")
MOST_PAGES, OF_EACH_KIND = 150, 4
http = urllib3.PoolManager(retries=False, timeout=20)


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    """What the demo wrote down, with its folder and its log; its crowd lives on beside the tests."""
    data = tmp_path_factory.mktemp("demo")
    log = tmp_path_factory.mktemp("log") / "stderr"
    with running_demo(data, 10, command=COMMAND, log=log) as facts:
        yield facts | {"data": data, "log": log}
    assert "Traceback" not in log.read_text(), log.read_text()


def ask(demo, path, **query):
    """A question to the HTTP API."""
    headers = {"Authorization": f"Bearer {demo['team']['token']}"}
    answer = http.request("GET", demo["posthouse_api"] + path, headers=headers, fields=query)
    assert answer.status == 200, answer.data
    return answer.json()


@pytest.mark.mission("J3.2", "J4.1")
def test_newcomers_sign_up_and_call_live(demo, tmp_path):
    mailbox = Mailbox(demo["data"] / "house" / "mail")

    def portal(persona):
        return HttpPortal(persona, demo["portal"], mailbox, http)

    world = World(portal, Caller(demo["api"]), Roster(tmp_path / "roster.json"))
    for number in range(1000, 1014):
        world.bring_in(make_persona(7, number), 7, pace=90)
    came = set()
    end = time.monotonic() + 150
    while len(came) < 2 and time.monotonic() < end:
        world.run(threading.Event(), time.time() + 5)
        rows = ask(demo, "/events", type="call.first_live", limit=100)["items"]
        came = {row["customer_id"] for row in rows if "call_past" not in row["data"]["call_id"]}
    assert len(came) >= 2, world.counts
    assert not [status for status in world.counts if status.startswith("status 5")]
    types = {row["type"] for row in ask(demo, f"/customers/{came.pop()}/timeline", limit=200)["items"]}
    assert {"customer.created", "key.created", "call.first", "call.first_success"} <= types


@pytest.mark.mission("S14")
def test_the_client_of_delighted_talks_to_the_demo(demo):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        delighted = pytest.importorskip("delighted", reason="the client of Delighted is not installed")
    given = demo["delighted"]
    client = delighted.Client(api_key=given["api_key"], api_base_url=given["base_url"])
    before = delighted.Metrics.retrieve(client=client, since=0).response_count
    person = delighted.Person.create(client=client, email="client@delighted.example", send=False)
    delighted.SurveyResponse.create(client=client, person=person.id, score=9)
    found = delighted.Metrics.retrieve(client=client, since=0)
    assert (found.response_count, found.promoter_count >= 1) == (before + 1, True)


@pytest.mark.parametrize("who", ["developer", "team", ""])
def test_every_page_that_is_linked_is_there(demo, who):
    browser = signed_in(demo, who) if who else Browser(demo["portal"], "en", http)
    statuses = crawl(browser, demo["portal"], "/desk/" if who == "team" else "/")
    assert not {address: status for address, status in statuses.items() if status != 200}
    assert len(statuses) > 4


def signed_in(demo, who):
    """A browser in which one of those whom demo.json names has signed in."""
    browser = Browser(demo["portal"], "en", http)
    page = browser.get("/accounts/login/")
    form = page.form("login", "password")
    after = browser.send(page, form, login=demo[who]["email"], password=demo[who]["password"])
    assert after.form("password") is None
    return browser


def crawl(browser, site, begin):
    """The status of each page that links lead to, a few of each kind."""
    waiting, kinds, statuses = [begin], Counter(), {}
    while waiting and len(statuses) < MOST_PAGES:
        page = browser.get(address := waiting.pop(0))
        statuses[address] = page.status
        for link in page.links():
            found = link.partition("#")[0].removeprefix(site)
            path = found.partition("?")[0]
            kind = ANY_ONE.sub("*", path)
            is_new = found.startswith("/") and found not in statuses and found not in waiting
            if is_new and kinds[kind] < OF_EACH_KIND and not NOT_FOLLOWED.search(path):
                kinds[kind] += 1
                waiting.append(found)
    return statuses


@pytest.mark.mission("X2")
def test_other_tools_report_to_it(demo):
    errors = []
    told = SegmentClient(**demo["segment"], on_error=lambda error, _: errors.append(error))
    told.identify("u-9", {"email": "nine@example.org"})
    told.group("u-9", "nine", {"name": "Nine"})
    told.track("u-9", "Webinar Registered", {"event": "Spring"})
    told.flush()
    told.shutdown()
    hog = Posthog(demo["posthog"]["write_key"], host=demo["posthog"]["host"], on_error=lambda e, _: errors.append(e))
    hog.capture("Idea Voted", distinct_id="u-9", properties={"idea": "tides"})
    hog.shutdown()
    assert errors == []
    until(lambda: ask(demo, "/contacts", email="nine@example.org")["items"])
    for type_ in ("webinar.registered", "idea.voted"):
        rows = ask(demo, "/events", type=type_, limit=200)["items"]
        assert "person:u-9" in {row["contact_id"] for row in rows}


@pytest.mark.mission("J3.2", "S3")
def test_an_automation_that_is_switched_on_writes_and_says_why(demo):
    desk = signed_in(demo, "team")
    switch_on(desk, "first_call_done")
    email = newcomer_calls(demo, make_persona(7, 2000))
    mail = mail_about(demo, email, "/letters/", without="/survey/")
    why = next(link for link in mail["links"] if "/why/" in link)

    as_anybody = Browser(demo["portal"], "en", http).get(why)
    for_the_team = next(link for link in desk.get(why).links() if "/desk/automations/why/" in link)
    run = desk.get(for_the_team)

    assert as_anybody.ok
    assert "/desk/" not in as_anybody.text
    assert run.ok
    assert "/desk/automations/runs/" in run.url
    assert "call.first_success" in run.text
    assert any(link.endswith("/desk/automations/a/first_call_done/") for link in run.links())
    logged = next(link for link in run.links() if "/desk/mail/" in link)
    assert email in desk.get(logged).text


def switch_on(desk, key):
    """From the list of automations to its page, the question whether one is sure, and the button there."""
    page = desk.get(next(link for link in desk.get("/desk/automations/").links() if link.endswith(f"/a/{key}/")))
    asked = desk.get(next(link for link in page.links() if link.endswith("?to=on")))
    after = desk.send(asked, asked.form("to"))
    assert "It is on." in after.text


def newcomer_calls(demo, persona):
    """Somebody signs up, makes a key and calls; returns the address."""
    portal = HttpPortal(persona, demo["portal"], Mailbox(demo["data"] / "house" / "mail"), http)
    assert portal.sign_up(persona.password)
    until(lambda: portal.confirm(resend=False))
    assert portal.complete_profile()
    key = portal.make_key("test")
    question = Question("GET", "/v1/sun", "/v1/sun", {"lat": "40.42", "lon": "-3.70", "date": "2026-06-21"})
    until(lambda: Caller(demo["api"]).call(question, persona.tool, key, KeyUse.TEST).ok)
    return persona.email


def mail_about(demo, email, link, without="–"):
    """The newest mail to an address with such a link, and none of the other, from the mail viewer, once it is there."""

    def found():
        listed = http.request("GET", demo["mail"] + "messages.json", fields={"to": email}).json()["messages"]
        fitting = (mail for mail in listed if any(link in one for one in mail["links"]))
        return next((mail for mail in fitting if not any(without in one for one in mail["links"])), None)

    return until(found)


def until(ask_again, seconds=60):
    """What an answer is once there is one: what another process does is asked for again."""
    end = time.monotonic() + seconds
    while not (answer := ask_again()):
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.2)
    return answer


@pytest.mark.mission("S3", "S5", "S7")
def test_a_first_call_brings_a_survey_that_is_answered_in_a_browser(demo):
    campaigns = {one["metric"]: one["id"] for one in ask(demo, "/surveys")["items"]}
    email = newcomer_calls(demo, make_persona(7, 2001))
    mail = mail_about(demo, email, "/survey/")
    assert len([link for link in mail["links"] if "/survey/" in link]) >= 7
    (contact,) = ask(demo, "/contacts", email=email)["items"]
    responses = f"/surveys/{campaigns['ces']}/responses"
    anybody = Browser(demo["portal"], "en", http)
    page = anybody.get(next(link for link in mail["links"] if "/survey/" in link))
    assert not ask(demo, responses, contact_id=contact["id"])["items"]
    after = anybody.send(page, page.form("score"), score="6", comment="Five minutes.")
    assert after.ok
    (answer,) = ask(demo, responses, contact_id=contact["id"])["items"]
    assert (answer["score"], answer["comment"]) == (6, "Five minutes.")


@pytest.mark.mission("S7")
def test_a_year_of_opinions_is_there(demo):
    campaigns = {one["metric"]: one for one in ask(demo, "/surveys")["items"]}
    assert {one["state"] for one in campaigns.values()} == {"running"}
    for metric, least in (("nps", 80), ("csat", 20)):
        year_ago = str((datetime.now(UTC) - timedelta(days=366)).date())
        figures = ask(demo, f"/surveys/{campaigns[metric]['id']}/metrics", since=year_ago, grain="month")
        assert figures["score"]["answers"] >= least
        assert len([period for period in figures["trend"] if period["score"]["answers"]]) >= 4
    desk = signed_in(demo, "team")
    results = desk.get(f"/desk/surveys/{campaigns['nps']['id']}/figures/")
    assert results.ok
    assert "Would you recommend Sunline?" in results.text


def test_all_mail_can_be_read(demo):
    listed = http.request("GET", demo["mail"] + "messages.json", fields={"limit": "200"}).json()["messages"]
    assert listed
    assert http.request("GET", demo["mail"]).status == 200
    assert any(demo["portal"] in json.dumps(mail) for mail in listed)


def test_it_fits_into_memory(demo):
    assert session_memory_mb(demo["pid"]) < 500
