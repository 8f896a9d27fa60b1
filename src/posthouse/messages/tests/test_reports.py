"""What comes back: every case of the corpus is read as what it means, and has the effect that it should have."""

import io
import os
import subprocess
import sys

import pytest
from anymail.signals import AnymailTrackingEvent, tracking
from django.core.management import CommandError, call_command

from posthouse.messages import actions, queries
from posthouse.messages.management.commands import mail_bounce
from posthouse.messages.models import Message, Report, State
from posthouse.messages.tests.corpus import CASES, arf, dsn
from posthouse.timeline.models import Event

ADA = "ada@example.com"


@pytest.fixture
def sent(db, postman):
    def sent(**more):
        context = {"name": "Ada", "link": "https://x.example"}
        more = {"template_key": "messages/test_mail", "email": ADA, "context": context, "category": "surveys"} | more
        letter = actions.send_letter(**more)
        actions.send_due()
        return Message.objects.get(pk=letter.message_id)

    return sent


@pytest.fixture
def come_back():
    def come_back(text, message, **more):
        raw = text.replace("{id}", message.mail_id).replace("{token}", message.token).encode()
        return actions.take_in_report(raw=raw, **more)

    return come_back


def known(email=ADA):
    return queries.addressee(email)


def announced():
    return list(Event.objects.exclude(type="message.sent").order_by("position").values_list("type", flat=True))


def test_the_corpus_is_large_enough():
    assert len(CASES) >= 20


@pytest.mark.mission("S5")
@pytest.mark.parametrize(("meant", "text"), CASES.values(), ids=CASES.keys())
def test_each_case_is_read_as_what_it_means(sent, come_back, meant, text):
    message = sent()
    report = come_back(text, message)
    assert (report.kind, report.message_id) == (meant, message.pk)
    assert queries.is_suppressed(ADA) == (meant in {"hard", "complaint"})
    assert queries.is_suppressed(ADA, transactional=True) == (meant == "hard")
    assert queries.may_receive(ADA, "surveys") == (meant not in {"hard", "complaint", "unsubscribed"})


def test_a_hard_bounce_stands_in_the_log_in_the_history_and_on_the_timeline(sent, come_back):
    message = sent(contact_id="con_1")
    come_back(CASES["no such user"][1], message)
    message.refresh_from_db()
    assert message.feedback == "hard"
    assert queries.changes(known()).get().message_id == message.pk
    assert "5.1.1" in queries.suppression(known()).note
    assert announced() == ["message.bounced", "address.suppressed"]
    event = Event.objects.get(type="message.bounced")
    assert (event.contact_id, event.data["kind"], event.data["status"]) == ("con_1", "hard", "5.1.1")


def test_a_complaint_and_a_soft_bounce_are_announced_as_such(sent, come_back):
    message = sent(contact_id="con_1")
    come_back(CASES["mailbox full"][1], message)
    come_back(CASES["spam button"][1], message)
    assert announced() == ["message.bounced", "message.complained", "address.suppressed"]
    message.refresh_from_db()
    assert message.feedback == "complaint"


def test_the_same_report_counts_once(sent, come_back):
    message = sent(contact_id="con_1")
    first, again = (come_back(CASES["no such user"][1], message) for _ in range(2))
    assert first.pk == again.pk
    assert announced().count("message.bounced") == 1


def test_five_different_mails_that_come_back_for_now_are_enough(sent, come_back):
    for number in range(5):
        assert not queries.is_suppressed(ADA), number
        come_back(CASES["mailbox full"][1], sent())
    assert queries.suppression(known()).reason == "bounce"


def test_one_that_arrived_in_between_shows_the_address_alive(sent, come_back):
    for number in range(6):
        come_back(CASES["mailbox full" if number != 3 else "arrived"][1], sent())
    assert not queries.is_suppressed(ADA)


def test_what_names_no_mail_of_ours_is_kept_and_changes_nothing(sent, come_back):
    sent()
    forged = dsn("failed", "5.1.1", "550 user unknown", quoted="Message-ID: <msg_00000000000000000000000000@x>\n\nx")
    report = actions.take_in_report(raw=forged.encode())
    assert (report.kind, report.message_id) == ("hard", "")
    assert not queries.is_suppressed(ADA)
    assert queries.reports(unmatched=True).get().excerpt
    actions.take_in_report(raw=arf("abuse", quoted="").encode())
    assert not queries.is_suppressed(ADA)


@pytest.mark.parametrize("raw", [b"\x00", b"x", b"\xff\xfe" * 50, b"Content-Type: multipart/report\n\n", b"\n" * 500])
def test_rubbish_is_kept_as_not_understood(db, raw):
    assert actions.take_in_report(raw=raw).kind == "unknown"


@pytest.mark.parametrize("cut", range(20, 1200, 97))
def test_a_report_cut_off_anywhere_is_no_error(sent, cut):
    message = sent()
    text = CASES["no such user"][1].replace("{id}", message.mail_id)
    assert actions.take_in_report(raw=text[:cut].encode()).kind in {"hard", "soft", "unknown", "auto_reply"}


def test_the_return_path_carries_the_token_and_the_sender_stays_ours(settings, postman, sent):
    settings.MAIL_RETURN_PATH = "bounces@mail.example.org"
    message = sent()
    assert postman.senders == [f"bounces+{message.token}@mail.example.org"]
    assert postman.mails[0]["From"] == settings.DEFAULT_FROM_EMAIL
    report = actions.take_in_report(raw=dsn("failed", "5.1.1", quoted="").encode(), recipient=postman.senders[0])
    assert report.message_id == message.pk


def test_the_command_reads_a_pipe(sent, monkeypatch, capsys):
    message = sent()
    raw = CASES["no such user"][1].replace("{id}", message.mail_id).encode()
    monkeypatch.setattr(mail_bounce.sys, "stdin", io.TextIOWrapper(io.BytesIO(raw)))
    call_command("mail_bounce")
    assert message.pk in capsys.readouterr().out
    monkeypatch.setattr(mail_bounce.sys, "stdin", io.TextIOWrapper(io.BytesIO(b"")))
    with pytest.raises(CommandError, match="no mail"):
        call_command("mail_bounce")


@pytest.mark.slow
def test_posthouse_mail_bounce_asks_the_server_to_come_again_when_the_database_fails(tmp_path):
    environment = os.environ | {"POSTHOUSE_DATA": str(tmp_path), "PYTHONPATH": os.pathsep.join(sys.path)}
    environment.pop("DJANGO_SETTINGS_MODULE", None)
    command = [sys.executable, "-m", "posthouse.config.cli", "mail", "bounce"]
    done = subprocess.run(command, env=environment, input=b"From: x\n\nx", check=False, capture_output=True)
    assert done.returncode == mail_bounce.TRY_AGAIN, done.stderr


@pytest.fixture
def webhook(db):
    def webhook(type_, message=None, **more):
        event = AnymailTrackingEvent(
            event_type=type_,
            message_id=message.provider_id if message else "elsewhere",
            recipient=more.pop("recipient", ADA),
            event_id=more.pop("event_id", type_),
            **more,
        )
        tracking.send(sender=object, event=event, esp_name="Postmark")

    return webhook


@pytest.fixture
def provided(db, settings):
    settings.EMAIL_BACKEND = "anymail.backends.test.EmailBackend"
    letter = actions.send_letter(
        template_key="messages/test_mail",
        email=ADA,
        contact_id="con_1",
        category="surveys",
        context={"name": "", "link": ""},
    )
    actions.send_due()
    message = Message.objects.get(pk=letter.message_id)
    Message.objects.update(provider_id="esp-1")
    message.refresh_from_db()
    assert message.state == State.SENT
    return message


@pytest.mark.parametrize(
    ("type_", "more", "kind"),
    [
        ("delivered", {}, "delivered"),
        ("bounced", {"reject_reason": "bounced"}, "hard"),
        ("bounced", {"reject_reason": "invalid"}, "hard"),
        ("bounced", {"reject_reason": "blocked"}, "soft"),
        ("bounced", {"reject_reason": "spam"}, "soft"),
        ("bounced", {"reject_reason": "other", "mta_response": "550 5.1.1 user unknown"}, "hard"),
        ("bounced", {"mta_response": "451 try again"}, "soft"),
        ("rejected", {"reject_reason": "unsubscribed"}, "unsubscribed"),
        ("deferred", {}, "delayed"),
        ("complained", {}, "complaint"),
        ("unsubscribed", {}, "unsubscribed"),
        ("autoresponded", {}, "auto_reply"),
    ],
)
def test_events_of_a_provider_have_the_same_effects(provided, webhook, type_, more, kind):
    webhook(type_, provided, **more)
    webhook(type_, provided, **more)
    report = Report.objects.get()
    assert (report.kind, report.message_id, report.source) == (kind, provided.pk, "Postmark")
    assert queries.is_suppressed(ADA) == (kind in {"hard", "complaint"})
    expected = {
        "delivered": ["message.delivered"],
        "hard": ["message.bounced", "address.suppressed"],
        "soft": ["message.bounced"],
        "complaint": ["message.complained", "address.suppressed"],
        "unsubscribed": [],
    }
    if kind in expected and kind != "unsubscribed":
        assert announced() == expected[kind]
    assert queries.may_receive(ADA, "surveys") == (kind not in {"hard", "complaint", "unsubscribed"})


def test_openings_and_clicks_are_nobodys_business(provided, webhook):
    webhook("opened", provided)
    webhook("clicked", provided)
    assert not Report.objects.exists()


def test_a_provider_is_believed_about_an_address_even_without_a_mail_of_ours(webhook):
    webhook("complained", recipient="bob@example.com")
    assert queries.is_suppressed("bob@example.com")
    assert announced() == []
