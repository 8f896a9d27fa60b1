"""Sends that fall due: the mail with the scale in it, and what stops it at the last moment."""

import re
from datetime import UTC, datetime, timedelta
from email.utils import parseaddr

import pytest
import time_machine
from django.conf import settings
from django.core import mail as outbox
from django.db import transaction

from posthouse.foundation.jobs import run_until_idle
from posthouse.messages import actions as messages
from posthouse.messages.models import Message
from posthouse.people.models import Contact, User
from posthouse.surveys import actions, links, models
from posthouse.surveys.actions import sending
from posthouse.surveys.tests.conftest import ADA
from posthouse.timeline.models import Event

NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)


@pytest.fixture
def clock():
    with time_machine.travel(NOON, tick=False) as travelling:
        yield travelling


def due():
    """Do what is due until nothing is left."""
    while actions.send_due():
        pass


@pytest.mark.mission("S5")
def test_a_send_is_mailed_when_it_falls_due_and_not_before(clock, campaign, ask):
    send = ask(campaign, delay=timedelta(hours=2))
    due()
    assert not Message.objects.exists()
    clock.shift(timedelta(hours=2))
    due()
    due()
    message = Message.objects.get()
    send.refresh_from_db()
    assert (send.state, send.message_id, send.sent_at) == ("sent", message.pk, NOON + timedelta(hours=2))
    assert message.category == "surveys"
    assert Event.objects.get(type="survey.sent").data["message_id"] == message.pk


@pytest.mark.mission("S5")
def test_the_mail_holds_the_scale_in_both_forms_and_every_score_is_a_link_of_its_own(campaign, ask):
    send = ask(campaign)
    due()
    message = Message.objects.get()
    wanted = [links.address(send.pk, score) for score in range(11)]
    in_html = re.findall(r'href="([^"]*/survey/[^"]*/)"', message.html)
    assert in_html.pop() == links.decline_address(send.pk), "not now is the last one"
    assert in_html == wanted
    assert re.findall(r"^\d+.*: (\S+/survey/\S+)$", message.text, re.MULTILINE) == wanted
    assert len(set(wanted)) == 11
    assert "How likely are you to recommend Sunline?" in message.html
    assert "10 (Very): " in message.text
    for never in ("<svg", "<script", "@font-face", "@import", "<link", "display:flex", "display:grid", "<img"):
        assert never not in message.html
    assert "<table" in message.html


@pytest.mark.mission("S5")
@pytest.mark.usefixtures("_mails")
def test_what_leaves_can_be_refused_in_one_click_and_says_who_it_is_from(make, ask):
    campaign = make(sender_name="Ada of Sunline", reply_to="ada@sunline.example", logo_url="https://example.org/l.png")
    ask(campaign)
    run_until_idle()
    [mail] = outbox.outbox
    headers = mail.message()
    assert headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert headers["List-Unsubscribe"].startswith(f"<{settings.PUBLIC_URL}/letters/")
    assert parseaddr(headers["From"]) == ("Ada of Sunline", parseaddr(settings.DEFAULT_FROM_EMAIL)[1])
    assert headers["Reply-To"] == "ada@sunline.example"
    assert mail.subject == "One question"
    assert 'src="https://example.org/l.png"' in mail.alternatives[0][0]


@pytest.fixture
def _mails(settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    outbox.outbox = []


@pytest.mark.mission("S5")
def test_one_click_in_a_survey_mail_stops_the_next_survey_and_asking_again_does_not_undo_it(client, make, ask):
    first, second = make(rest_days=0), make(rest_days=0)
    ask(first)
    due()
    token = Message.objects.get().token
    answer = client.post(f"/letters/{token}/unsubscribe/", {"List-Unsubscribe": "One-Click"})
    assert answer.status_code == 200
    assert [ask(campaign, name="Ada", attributes={"n": n}).outcome for n, campaign in enumerate((first, second))] == [
        "unsubscribed",
        "unsubscribed",
    ]


@pytest.mark.parametrize(
    ("language", "login", "asked", "question"),
    [
        ("es", "", "es", "¿Recomendaría Sunline?"),
        ("", "es", "es", "¿Recomendaría Sunline?"),
        ("", "", "en", "How likely"),
        ("fr", "", "en", "How likely"),
        ("es-MX", "", "es", "¿Recomendaría Sunline?"),
    ],
)
def test_the_mail_speaks_the_language_asked_for_or_the_persons(campaign, ask, language, login, asked, question):
    if login:
        user = User.objects.create_user(ADA, "x", language=login)
        Contact.objects.create(email=ADA, user=user)
    ask(campaign, language=language)
    due()
    message = Message.objects.get()
    assert question in message.text
    assert f'<html lang="{asked}">' in message.html
    frame = "¿Por qué" if asked == "es" else "Why did I get this?"
    assert frame in message.text


def test_vendor_words_are_escaped_in_html(make, ask):
    words = {
        "en": {"subject": "<b>Q</b>", "question": "<script>alert(1)</script> & more?", "low": "<i>", "intro": "a\nb"}
    }
    ask(make(texts=words))
    due()
    message = Message.objects.get()
    assert "<script>" not in message.html
    assert "&lt;script&gt;alert(1)&lt;/script&gt; &amp; more?" in message.html
    assert "<script>alert(1)</script> & more?" in message.text
    assert message.subject == "<b>Q</b>"


@pytest.mark.parametrize("reason", ["bounce", "complaint"])
def test_an_address_that_came_back_meanwhile_is_not_written_to(campaign, ask, reason):
    send = ask(campaign)
    messages.suppress(addressee=messages.addressee(ADA), reason=reason, how="report")
    due()
    send.refresh_from_db()
    assert (send.state, send.outcome, Message.objects.count()) == ("refused", "bounced", 0)
    assert Event.objects.get(type="survey.send_refused").data["outcome"] == "bounced"


def test_somebody_who_refused_meanwhile_is_not_written_to(campaign, ask):
    send = ask(campaign)
    messages.unsubscribe(addressee=messages.addressee(ADA), category="surveys", how="page")
    due()
    send.refresh_from_db()
    assert (send.state, send.outcome) == ("refused", "unsubscribed")


@pytest.mark.mission("S1")
def test_pending_sends_of_a_paused_campaign_wait_and_those_of_an_ended_one_are_called_off(campaign, ask):
    send = ask(campaign)
    actions.set_state(campaign=campaign, state="paused")
    assert actions.send_due() == 0
    actions.set_state(campaign=campaign, state="running")
    actions.set_state(campaign=campaign, state="ended")
    due()
    send.refresh_from_db()
    assert (send.state, Message.objects.count()) == ("cancelled", 0)


def test_a_test_mail_leads_to_the_example(client, campaign):
    actions.send_test(campaign=campaign, to="me@vendor.example", language="es")
    message = Message.objects.get()
    assert "¿Recomendaría Sunline?" in message.text
    assert set(re.findall(r'href="([^"]*/survey/[^"]*)"', message.html)) == {f"{settings.PUBLIC_URL}/survey/example/"}
    assert client.get("/survey/example/").status_code == 200
    assert not models.Send.objects.exists()


def test_merged_contacts_have_one_history_and_one_pending_send(campaign, make, ask):
    keep, gone = (Contact.objects.create(email=f"{name}@example.org") for name in ("keep", "gone"))
    other = make()
    first = ask(campaign, contact_id=keep.pk, delay=timedelta(hours=2))
    second = ask(other, contact_id=gone.pk, delay=timedelta(hours=1))
    actions.follow_contact(gone_id=gone.pk, keep_id=keep.pk)
    found = {row.pk: (row.contact_id, row.state) for row in models.Send.objects.all()}
    assert found == {first.pk: (keep.pk, "cancelled"), second.pk: (keep.pk, "pending")}


def test_words_that_change_while_letters_are_made_are_the_new_ones(campaign, ask):
    ask(campaign)
    prepared = sending._prepared(list(models.Send.objects.select_related("campaign", "contact__user")))
    texts = {**campaign.texts, "en": {**campaign.texts["en"], "subject": "Another question"}}
    actions.change_campaign(campaign=campaign, texts=texts)
    with transaction.atomic():
        sending._write(list(models.Send.objects.select_related("campaign", "contact__user")), prepared)
    assert Message.objects.get().subject == "Another question"
