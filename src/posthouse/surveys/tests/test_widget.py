"""The question within the vendor's pages: origins, who somebody is, whether they are asked, and their answers."""

import gzip
import json
import subprocess
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import time_machine

from posthouse.messages import actions as messages
from posthouse.people.actions import know_contact
from posthouse.surveys import actions, models, pacing, tickets
from posthouse.surveys.tests.conftest import ADA
from posthouse.surveys.widget.identity import secret_of, sign
from posthouse.timeline.models import Event

NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)
APP = "https://app.example.org"
SCRIPT = Path(__file__).parent.parent / "static" / "surveys" / "widget.js"


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(NOON, tick=False) as travelling:
        pacing.forget()
        yield travelling


@pytest.fixture
def widget(campaign):
    return actions.set_up_widget(campaign=campaign, origins=[APP], attributes=["plan"])


@pytest.fixture
def say(client):
    """Ask the widget's routes as a page of an origin does."""

    def said(widget, what, body=None, origin=APP, **more):
        text = body if isinstance(body, bytes) else json.dumps(body or {})
        headers = {"origin": origin} if origin else {}
        path = f"/survey/widget/{widget.pk}/{what}/"
        return client.post(path, text, headers=headers, **({"content_type": "application/json"} | more))

    return said


def token(widget, **said):
    payload = {"email": ADA, "at": int(time.time())} | said
    return sign(widget.pk, secret_of(widget), {name: value for name, value in payload.items() if value is not None})


@pytest.mark.mission("S5")
def test_a_visitor_is_asked_and_answers_without_a_name_or_a_cookie(client, widget, say):
    shown = say(widget, "offer", {"language": "es-MX", "attributes": {"plan": "pro", "user": "Ada"}})
    said = shown.json()
    assert (said["show"], said["question"], said["words"]["send"]) == (
        True, "¿Recomendaría Sunline?", "Enviar mi respuesta",
    )  # fmt: skip
    assert shown.headers["Access-Control-Allow-Origin"] == APP
    assert "Origin" in shown.headers["Vary"]
    assert not models.Response.objects.exists()
    answer = {"ticket": said["ticket"], "score": 9, "comment": "Bien", "language": "es"}
    for score in (9, 9, 4):
        done = say(widget, "answer", answer | {"score": score, "attributes": {"plan": "pro", "user": "Ada"}})
        assert done.status_code == 200
    assert done.json() == {"score": 4, "group": "low"}
    response = models.Response.objects.get()
    assert (response.score, response.comment, response.channel, response.language) == (4, "Bien", "widget", "es")
    assert (response.attributes, response.contact_id, response.send_id) == ({"plan": "pro"}, None, None)
    assert response.changes.count() == 1
    assert say(widget, "decline", {"ticket": said["ticket"]}).status_code == 200
    assert not client.cookies


@pytest.mark.mission("S5")
def test_somebody_the_vendor_vouches_for_is_asked_by_the_same_rules_as_by_mail(widget, say, clock):
    body = {"identity": token(widget, name="Ada", attributes={"plan": "team"}, language="es")}
    first = say(widget, "offer", body).json()
    again = say(widget, "offer", body).json()
    assert first["question"] == "¿Recomendaría Sunline?"
    assert again["show"]
    send = models.Send.objects.get()
    assert (send.channel, send.state, send.source, send.contact.email) == ("widget", "sent", "widget", ADA)
    assert say(widget, "answer", {"ticket": again["ticket"], "score": 10}).status_code == 200
    response = models.Response.objects.get()
    assert (response.contact, response.send, response.attributes) == (send.contact, send, {"plan": "team"})
    told = Event.objects.get(type="survey.responded")
    assert told.contact_id == send.contact_id
    assert say(widget, "offer", body).json() == {"show": False, "why": "throttled"}
    assert models.Send.objects.count() == 1
    clock.shift(timedelta(hours=73))
    late = say(widget, "answer", {"ticket": tickets.ticket(f"{widget.pk}:send", send.pk), "score": 1})
    assert (late.status_code, late.json()["code"]) == (409, "answer-final")


@pytest.mark.mission("S5")
def test_not_now_is_kept_of_those_who_are_known(widget, say):
    body = {"identity": token(widget)}
    ticket = say(widget, "offer", body).json()["ticket"]
    assert say(widget, "decline", {"ticket": ticket}).json() == {"declined": True}
    assert models.Send.objects.get().declined_at == NOON
    assert say(widget, "offer", body).json()["show"] is False


@pytest.mark.mission("S5")
def test_nobody_is_asked_who_is_asked_elsewhere_or_wants_no_surveys(widget, say, ask, make, client):
    ask(make(), email=ADA, delay=timedelta(days=1))
    assert say(widget, "offer", {"identity": token(widget)}).json()["why"] == "already-pending"
    messages.choose(addressee=messages.addressee("bob@example.org"), category="surveys", wanted=False, how="desk")
    know_contact(email="bob@example.org")
    assert say(widget, "offer", {"identity": token(widget, email="bob@example.org")}).json()["why"] == "unsubscribed"
    assert models.Send.objects.count() == 1


@pytest.mark.mission("S5")
def test_a_token_that_is_forged_old_or_of_another_widget_is_refused(make, widget, say, settings):
    settings.SURVEY_PACE = 1000
    other = actions.set_up_widget(campaign=make(), origins=[APP])
    good = token(widget)
    version, body, signature = good.split(".")
    foreign = token(other, name="Somebody else")
    wrong = [
        "x", f"{version}.{body}", f"{version}.{body}.", f"{version}.{body}.{signature[:-1]}0", f"v2.{body}.{signature}",
        f"{version}.{foreign.split('.')[1]}.{signature}", foreign, sign(widget.pk, secret_of(other), {"email": ADA}),
        sign(other.pk, secret_of(widget), {"email": ADA, "at": int(time.time())}), "é" * 20, "v1." + "x" * 9000,
        sign(widget.pk, "", {"email": ADA, "at": int(time.time())}),
    ]  # fmt: skip
    wrong += [token(widget, **said) for said in (
        {"email": None}, {"email": "nobody"}, {"contact_id": "con_1"}, {"at": None}, {"at": "now"}, {"at": True},
        {"at": 1e300}, {"name": 5}, {"name": "x" * 121}, {"language": "Klingon"}, {"attributes": [1]}, {"more": 1},
        {"email": ["a"]}, {"attributes": {"a": "\0"}},
    )]  # fmt: skip
    for one in wrong:
        answer = say(widget, "offer", {"identity": one})
        assert (answer.status_code, answer.json().get("code")) == (403, "identity-invalid"), one
        assert answer.headers["Access-Control-Allow-Origin"] == APP
    for at in (int(time.time()) - 86_401, int(time.time()) + 301):
        assert say(widget, "offer", {"identity": token(widget, at=at)}).json()["code"] == "identity-expired"
    assert say(widget, "offer", {"identity": {"a": 1}}).status_code == 422
    assert not models.Send.objects.exists()
    assert say(widget, "offer", {"identity": good}).json()["show"]
    assert say(widget, "offer", {"identity": token(widget, email=None, contact_id="con_1")}).json()["show"] is False


def test_a_secret_is_exchanged_with_a_day_of_overlap(widget, say, call, clock):
    old = token(widget)
    secret = call("post", f"surveys/{widget.campaign_id}/widget/rotate").json()["secret"]
    widget.refresh_from_db()
    assert secret == secret_of(widget)
    assert say(widget, "offer", {"identity": old}).json()["show"]
    clock.shift(timedelta(hours=24))
    assert say(widget, "offer", {"identity": old}).status_code == 403
    assert say(widget, "offer", {"identity": token(widget)}).status_code == 200


@pytest.mark.mission("S5")
def test_tickets_of_other_widgets_and_forged_ones_store_nothing(make, widget, say, clock):
    other = actions.set_up_widget(campaign=make(), origins=[APP])
    mine = say(widget, "offer").json()["ticket"]
    named = say(other, "offer", {"identity": token(other)}).json()["ticket"]
    send = models.Send.objects.get()
    forged = [None, "", "x", 5, mine[:-1], say(other, "offer").json()["ticket"], named, tickets.ticket("x", "rsp_1")]
    for ticket in forged:
        for what in ("answer", "decline"):
            answer = say(widget, what, {"ticket": ticket, "score": 9})
            assert (answer.status_code, answer.json()["code"]) == (403, "ticket-invalid"), ticket
    crossed = say(widget, "answer", {"ticket": tickets.ticket(f"{widget.pk}:send", send.pk), "score": 9})
    assert crossed.status_code == 403
    clock.shift(timedelta(hours=25))
    assert say(widget, "answer", {"ticket": mine, "score": 9}).json()["code"] == "ticket-expired"
    assert not models.Response.objects.exists()


@pytest.mark.parametrize(
    "origin", ["https://evil.example", "null", "", APP + "/", "http://app.example.org", APP + ":8443"]
)
def test_other_origins_are_refused_before_anything_is_read(client, widget, say, origin):
    for what in ("offer", "answer", "decline"):
        answer = say(widget, what, b"{", origin=origin)
        assert (answer.status_code, answer.json()["code"]) == (403, "origin-refused")
        assert "Access-Control-Allow-Origin" not in answer.headers
        asked = client.options(f"/survey/widget/{widget.pk}/{what}/", headers={"origin": origin})
        assert asked.status_code == 403
    allowed = client.options(f"/survey/widget/{widget.pk}/offer/", headers={"origin": APP})
    assert (allowed.status_code, allowed.headers["Access-Control-Allow-Headers"]) == (204, "content-type")


@pytest.mark.parametrize(
    ("body", "status"),
    [(b"{", 400), (b"\xff", 400), (b"[" * 20_000, 400), (b"[]", 422), (b"null", 422), (b"x" * 32_001, 413)],
)
def test_a_body_that_is_none_is_refused(widget, say, body, status):
    assert say(widget, "offer", body).status_code == status
    assert say(widget, "offer", b"{}", content_type="text/plain").status_code == 415


@pytest.mark.parametrize("score", [None, -1, 11, 9.5, True, "9", [9], 10**30])
def test_a_score_that_is_none_is_refused_by_the_widget(widget, say, score):
    ticket = say(widget, "offer").json()["ticket"]
    assert say(widget, "answer", {"ticket": ticket, "score": score}).status_code == 422
    for comment in (5, "x" * 5001, "a\0b"):
        assert say(widget, "answer", {"ticket": ticket, "score": 9, "comment": comment}).status_code == 422
    assert not models.Response.objects.exists()


@pytest.mark.mission("S5")
def test_whom_it_asks(campaign, widget, say):
    actions.set_up_widget(campaign=campaign, target={"plan": ["pro", "team"], "beta": ["true"]})

    def asked(**attributes):
        return say(widget, "offer", {"attributes": attributes}).json().get("why", "asked")

    assert asked(plan="pro", beta=True) == "asked"
    assert asked(plan="free", beta=True) == asked(plan="pro") == asked() == "not-targeted"
    know_contact(email=ADA, attributes={"plan": "team", "beta": True})
    assert say(widget, "offer", {"identity": token(widget)}).json()["show"]
    signed = token(widget, email="bob@example.org", attributes={"plan": "free", "beta": True})
    cheat = say(widget, "offer", {"identity": signed, "attributes": {"plan": "pro", "beta": True}})
    assert cheat.json()["why"] == "not-targeted"
    actions.set_up_widget(campaign=campaign, target={}, share=0)
    assert asked() == "not-drawn"
    actions.set_up_widget(campaign=campaign, on=False, share=100)
    assert asked() == "not-running"


def test_of_those_who_are_known_the_share_stays_the_same(campaign, widget, say, settings):
    settings.SURVEY_PACE = 1000
    actions.set_up_widget(campaign=campaign, share=50)
    people = [f"p{n}@example.org" for n in range(40)]
    drawn = [
        {who for who in people if say(widget, "offer", {"identity": token(widget, email=who)}).json()["show"]}
        for _twice in range(2)
    ]
    assert drawn[0] == drawn[1]
    assert 5 < len(drawn[0]) < 35


def test_the_pace_holds_for_the_widget(widget, say, settings):
    settings.SURVEY_PACE = 2
    pacing.forget()
    given = [say(widget, "offer").json().get("ticket") for _ in range(3)]
    assert given[2] is None
    ticket = given[0]
    statuses = [say(widget, "answer", {"ticket": ticket, "score": score}).status_code for score in (1, 2, 3)]
    assert statuses == [200, 200, 429]


@pytest.mark.mission("S6")
def test_an_anonymous_campaign_does_not_look_at_who_it_is(make, say):
    widget = actions.set_up_widget(campaign=make(anonymous=True), origins=[APP], attributes=["plan"])
    for identity in (token(widget), "forged"):
        said = say(widget, "offer", {"identity": identity}).json()
        assert "anonymous" in said["words"]["anonymous"]
        assert say(widget, "answer", {"ticket": said["ticket"], "score": 9, "identity": identity}).status_code == 200
    assert not models.Send.objects.exists()
    for response in models.Response.objects.all():
        assert (response.contact_id, response.send_id) == (None, None)
        assert response.created_at == NOON.replace(hour=0)
    assert not Event.objects.filter(type__startswith="survey.respon").exists()


@pytest.mark.parametrize(
    ("changes", "place"),
    [
        ({"origins": ["http://app.example.org"]}, "/origins/0"),
        ({"origins": [APP, "https://*.example.org"]}, "/origins/1"),
        ({"origins": [f"{APP}/path"]}, "/origins/0"),
        ({"origins": ["https://a@b.example"]}, "/origins/0"),
        ({"origins": ["https://a:99999"]}, "/origins/0"),
        ({"origins": ["https://[::1"]}, "/origins/0"),
        ({"origins": ["null"]}, "/origins/0"),
        ({"origins": [APP] * 21}, "/origins"),
        ({"target": {"1": ["x"]}}, "/target"),
        ({"target": {"plan": []}}, "/target/plan"),
        ({"target": {"plan": ["\0"]}}, "/target/plan"),
        ({"attributes": ["a b"]}, "/attributes"),
        ({"share": 101}, "/share"),
        ({"wait_seconds": -1}, "/wait_seconds"),
    ],
)
def test_a_widget_that_cannot_be_is_named_with_its_place(call, campaign, changes, place):
    answer = call("put", f"surveys/{campaign.pk}/widget", changes)
    assert (answer.status_code, answer.json()["errors"][0]["path"]) == (422, place)
    assert call("get", f"surveys/{campaign.pk}/widget").status_code == 404


def test_origins_are_kept_as_browsers_write_them(call, campaign):
    origins = ["HTTPS://App.Example.org:443/", "http://localhost:3000", "http://[::1]:80"]
    kept = call("put", f"surveys/{campaign.pk}/widget", {"origins": origins}).json()
    assert kept["origins"] == ["https://app.example.org", "http://localhost:3000", "http://[::1]"]


@pytest.mark.mission("S5")
def test_the_desk_sets_it_up_shows_its_lines_and_exchanges_its_secret(desk, campaign):
    path = f"/desk/surveys/{campaign.pk}/widget/"
    assert desk.get(f"{path}preview/").status_code == 404
    typed = {
        "on": "on",
        "origins": APP,
        "target": "plan = pro, team",
        "share": "50",
        "wait_seconds": "3",
        "attributes": "",
    }
    assert desk.post(path, typed).status_code == 302
    widget = models.Widget.objects.get()
    assert (widget.origins, widget.target, widget.share, widget.remember) == (
        [APP],
        {"plan": ["pro", "team"]},
        50,
        False,
    )
    shown = desk.get(path).content.decode()
    assert widget.pk in shown
    assert "plan = pro, team" in shown
    secret = secret_of(widget)
    assert secret not in shown
    assert secret in desk.post(f"{path}rotate/", {"show": "1"}).content.decode()
    rotated = desk.post(f"{path}rotate/").content.decode()
    widget.refresh_from_db()
    assert secret_of(widget) != secret
    assert secret_of(widget) in rotated
    bad = desk.post(path, typed | {"target": "plan pro", "origins": "kept.example"})
    assert (bad.status_code, "kept.example" in bad.content.decode()) == (422, True)
    assert "How likely" in desk.get(f"{path}preview/").content.decode()


@pytest.mark.mission("S5")
def test_the_samples_of_the_desk_sign_what_the_widget_takes(desk, widget, say, clock):
    samples = desk.get(f"/desk/surveys/{widget.campaign_id}/widget/").context
    real = subprocess.run(["date", "+%s"], capture_output=True, text=True, check=True)
    clock.move_to(int(real.stdout))
    call = f'print(survey_token("{ADA}", "{secret_of(widget)}"))'
    made = subprocess.run(["python3", "-c", samples["python"] + call], capture_output=True, text=True, check=True)
    assert say(widget, "offer", {"identity": made.stdout.strip()}).json()["show"]
    node = samples["node"] + f'console.log(surveyToken("{ADA}", "{secret_of(widget)}"));'
    made = subprocess.run(["node", "--input-type=module"], input=node, capture_output=True, text=True, check=True)
    assert say(widget, "offer", {"identity": made.stdout.strip()}).json()["show"]


def test_the_script_is_small_and_can_be_loaded_from_anywhere(client, db):
    answer = client.get("/survey/widget.js")
    assert answer.content == SCRIPT.read_bytes()
    assert answer.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert len(gzip.compress(answer.content, 9)) < 10_000
    for never in (b"eval(", b"innerHTML", b"document.cookie", b'.setAttribute("style"', b"insertAdjacentHTML"):
        assert never not in answer.content
