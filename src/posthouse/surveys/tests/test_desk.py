"""The desk's pages about surveys: making, editing with preview, starting, and what became of sends and answers."""

import re

import pytest
from django.test import Client

from posthouse.messages.models import Message
from posthouse.surveys import actions, models
from posthouse.surveys.tests.conftest import ADA, BACKEND

pytestmark = pytest.mark.django_db


def filled(desk, path, **changes):
    """What the form of a page would send as it stands, with changes."""
    form = desk.get(path).context["form"]
    found = {one.html_name: one.value() for one in form}
    return {name: "" if value is None else value for name, value in found.items()} | changes


@pytest.mark.mission("S1")
def test_a_campaign_is_made_edited_and_started(desk):
    assert "No campaigns yet" in desk.get("/desk/surveys/").content.decode()
    made = desk.post("/desk/surveys/new/", {"name": "Quarterly", "metric": "nps"})
    campaign = models.Campaign.objects.get()
    assert made.url == f"/desk/surveys/{campaign.pk}/edit/"
    assert set(campaign.texts) == {"en", "es"}
    changes = {"en-question": "Would you?", "link-high": "https://example.org/", "rest_days": "90", "act": "save"}
    saved = desk.post(made.url, filled(desk, made.url, **changes))
    assert saved.status_code == 302
    campaign.refresh_from_db()
    assert campaign.texts["en"]["question"] == "Would you?"
    assert campaign.texts["es"]["comment"]["low"].startswith("¿Qué salió mal")
    assert (campaign.links, campaign.rest_days) == ({"high": "https://example.org/"}, 90)
    one = f"/desk/surveys/{campaign.pk}/"
    assert "Would you?" in desk.get(one).content.decode()
    for state in ("running", "paused", "running", "ended"):
        desk.post(f"{one}state/", {"state": state})
        campaign.refresh_from_db()
        assert campaign.state == state
    assert "cannot be put" in desk.post(f"{one}state/", {"state": "running"}, follow=True).content.decode()
    assert desk.post(f"{one}state/", {"state": "elsewhere"}).status_code == 404
    assert "Quarterly" in desk.get("/desk/surveys/").content.decode()


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"name": " "}, "name"),
        ({"scale": "1-5"}, "scale"),
        ({"formula": "mean"}, "formula"),
        ({"en-question": ""}, "en-question"),
        ({"es-subject": " "}, "es-subject"),
        ({"en-question": "a\x00"}, "en-question"),
        ({"link-low": "javascript:alert(1)"}, "link-low"),
        ({"accent": "red"}, "accent"),
        ({"rest_days": "-1"}, "rest_days"),
        ({"rest_days": "often"}, "rest_days"),
        ({"sample_percent": "101"}, "sample_percent"),
        ({"questions": "{"}, "questions"),
        ({"questions": "{}"}, "questions"),
        ({"questions": '[{"id": "Q"}]'}, "questions"),
        ({"add_language": "Klingon"}, "add_language"),
    ],
)
@pytest.mark.parametrize("act", ["save", "preview"])
def test_what_cannot_be_is_said_at_its_field_and_keeps_what_was_typed(desk, make, changes, field, act):
    campaign = make(state="draft")
    path = f"/desk/surveys/{campaign.pk}/edit/"
    answer = desk.post(path, filled(desk, path, sender_name="Typed just now", act=act, **changes))
    assert answer.status_code == 422
    assert list(answer.context["form"].errors) == [field]
    assert "Typed just now" in answer.content.decode()
    campaign.refresh_from_db()
    assert campaign.sender_name == ""


@pytest.mark.mission("S1")
def test_the_preview_shows_what_was_typed_for_desktop_phone_and_dark_without_saving(desk, make):
    campaign = make(state="draft")
    path = f"/desk/surveys/{campaign.pk}/edit/"
    answer = desk.post(path, filled(desk, path, **{"en-question": "Unsaved & new?", "act": "preview"}))
    shown = answer.content.decode()
    frames = re.findall(r'<iframe class="mail-frame (\w*)" src="([^"]*)"[^>]*width="(\d+)"', shown)
    assert [(kind, width) for kind, _src, width in frames] == [("", "640"), ("", "640"), ("", "320"), ("dark", "640")]
    assert "frame-src 'self'" in answer.headers["Content-Security-Policy"]
    assert "@media all" in desk.get(frames[3][1].replace("&amp;", "&")).content.decode()
    mail = desk.get(frames[0][1].replace("&amp;", "&"))
    assert "Unsaved &amp; new?" in mail.content.decode()
    assert "prefers-color-scheme: dark" in mail.content.decode()
    assert mail.headers["X-Frame-Options"] == "SAMEORIGIN"
    assert mail.headers["Content-Security-Policy"].startswith("sandbox; default-src 'none'")
    assert "How likely" in desk.get(frames[0][1].partition("?")[0]).content.decode()
    campaign.refresh_from_db()
    assert campaign.texts["en"]["question"].startswith("How likely")


def test_a_test_mail_goes_to_oneself(desk, make):
    path = f"/desk/surveys/{make(state='draft').pk}/edit/"
    desk.post(path, filled(desk, path, act="test"))
    assert Message.objects.get().to == "engineer@vendor.example"
    assert not models.Send.objects.exists()


@pytest.mark.mission("S1")
def test_a_language_is_added_and_one_taken_away_on_the_desk(desk, make):
    campaign = make(state="draft")
    path = f"/desk/surveys/{campaign.pk}/edit/"
    desk.post(path, filled(desk, path, add_language="pt-BR", act="save"))
    campaign.refresh_from_db()
    assert campaign.texts["pt-BR"] == campaign.texts["en"]
    empty = {name: "" for name in filled(desk, path) if name.startswith("es-")}
    desk.post(path, filled(desk, path, act="save", **empty))
    campaign.refresh_from_db()
    assert set(campaign.texts) == {"en", "pt-BR"}


@pytest.mark.mission("S2")
def test_sends_are_shown_with_their_outcomes_and_called_off(desk, campaign, ask):
    send = ask(campaign, attributes={"plan": "pro"})
    refused = ask(campaign)
    shown = desk.get(f"/desk/surveys/{campaign.pk}/sends/").content.decode()
    assert "Another survey is on its way" in shown
    narrowed = desk.get(f"/desk/surveys/{campaign.pk}/sends/?outcome=already_pending&q={ADA}").content.decode()
    assert refused.pk in narrowed
    assert send.pk not in narrowed
    assert "Nothing fits" in desk.get(f"/desk/surveys/{campaign.pk}/sends/?q=nobody").content.decode()
    one = f"/desk/surveys/sends/{send.pk}/"
    assert "pro" in desk.get(one).content.decode()
    desk.post(f"{one}cancel/")
    send.refresh_from_db()
    assert send.state == "cancelled"
    assert "no longer pending" in desk.post(f"{one}cancel/", follow=True).content.decode()
    assert desk.get("/desk/surveys/sends/snd_unknown/").status_code == 404


@pytest.mark.mission("S8")
def test_responses_are_listed_searched_and_shown_with_what_they_said_before(desk, campaign, ask):
    for n, score in enumerate((2, 9)):
        send = ask(campaign, email=f"p{n}@example.org", channel="link")
        actions.answer(send=send, given=actions.Answer(score=score, comment="" if n else "It <b>broke</b>"))
    response = models.Response.objects.get(score=2)
    actions.answer(send=response.send, given=actions.Answer(score=3))
    path = f"/desk/surveys/{campaign.pk}/responses/"
    shown = desk.get(path).content.decode()
    assert "It &lt;b&gt;broke&lt;/b&gt;" in shown
    assert "Promoters" in shown
    assert "p1@example.org" not in desk.get(f"{path}?group=low").content.decode()
    assert "p1@example.org" not in desk.get(f"{path}?q=broke").content.decode()
    assert "p1@example.org" not in desk.get(f"{path}?with_comment=on").content.decode()
    assert "p0@example.org" in desk.get(f"{path}?group=odd&page=x").content.decode()
    one = desk.get(f"/desk/surveys/responses/{response.pk}/").content.decode()
    assert "What it said before" in one
    assert "Detractors" in one


def test_those_who_may_only_look_are_offered_nothing_to_change(member, campaign):
    browser = Client()
    browser.force_login(member("auditor").user, backend=BACKEND)
    shown = browser.get(f"/desk/surveys/{campaign.pk}/").content.decode()
    assert '<form method="post" action="/desk/surveys/' not in shown
    assert browser.get(f"/desk/surveys/{campaign.pk}/edit/").status_code == 403
    assert browser.post(f"/desk/surveys/{campaign.pk}/state/", {"state": "ended"}).status_code == 403
