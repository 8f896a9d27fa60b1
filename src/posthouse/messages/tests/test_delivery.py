"""Sending through a real SMTP server: refusals, temporary failures, dropped connections, crashes."""

import asyncio
import os
import signal
import subprocess
import sys
from datetime import timedelta

import pytest
from django.core import mail
from django.core.mail import get_connection
from tests.children import same_database

from posthouse.foundation.clock import now
from posthouse.messages import actions, carriers, delivery
from posthouse.messages.models import Message, State
from posthouse.timeline.models import Event


def again(message):
    Message.objects.filter(pk=message.pk).update(due_at=now())
    actions.send_due()
    message.refresh_from_db()
    return message


@pytest.fixture
def sent(write):
    def sent(**fields):
        return again(write(**fields))

    return sent


def test_a_mail_arrives_with_both_parts_and_its_own_message_id(postman, sent):
    message = sent(language="es", headers={"Reply-To": "help@example.org"})
    [arrived] = postman.mails
    assert message.state == State.SENT
    assert message.sent_at
    assert arrived["Message-ID"] == f"<{message.pk}@localhost>"
    assert arrived["Content-Language"] == "es"
    assert arrived["Auto-Submitted"] == "auto-generated"
    assert arrived["Reply-To"] == "help@example.org"
    assert "Hola, Ada" in arrived.get_body(("plain",)).get_content()
    assert arrived.get_body(("html",))


def test_a_mail_waits_for_its_time(postman, write):
    write(due_at=now() + timedelta(hours=1))
    assert actions.send_due() == 0
    assert postman.mails == []


@pytest.mark.parametrize(("place", "answer"), [("at_rcpt", "550 no such user"), ("at_data", "554 it is spam")])
def test_a_refusal_of_address_or_mail_is_final(postman, sent, place, answer):
    getattr(postman, place).append(answer)
    message = sent(customer_id="cus_1", contact_id="con_1")
    assert message.state == State.FAILED
    assert answer[4:] in message.last_error
    event = Event.objects.get(type="message.failed")
    assert (event.customer_id, event.contact_id, event.data["message_id"]) == ("cus_1", "con_1", message.pk)


@pytest.mark.parametrize(
    ("place", "answer"), [("at_rcpt", "450 greylisted"), ("at_data", "451 later"), ("at_data", "hang up")]
)
def test_a_temporary_failure_is_tried_again(postman, sent, place, answer):
    getattr(postman, place).append(answer)
    message = sent(customer_id="cus_1")
    assert message.state == State.WAITING
    assert timedelta(seconds=50) < message.due_at - now() <= timedelta(minutes=1)
    assert again(message).state == State.SENT
    assert len(postman.mails) == 1
    assert [event.type for event in Event.objects.all()] == ["message.sent"]


def test_one_bad_mail_does_not_hold_up_the_others(postman, write):
    postman.at_data.append("hang up")
    mails = [write(to=f"{name}@example.org") for name in ("one", "two", "three")]
    assert actions.send_due() == 3
    assert len(postman.mails) == 2
    arrived = {mail["To"] for mail in postman.mails}
    for one in mails:
        one.refresh_from_db()
        assert one.state == (State.SENT if one.to in arrived else State.WAITING)


def test_several_connections_carry_at_once_and_each_mail_once(postman, write):
    together, four = [], asyncio.Event()

    async def wait_for_the_others():
        together.append(None)
        if len(together) == 4:
            four.set()
        async with asyncio.timeout(30):
            await four.wait()

    postman.before_data = wait_for_the_others
    addresses = {write(to=f"p{number}@example.org").to for number in range(9)}
    assert actions.send_due() == 9
    assert sorted(mail["To"] for mail in postman.mails) == sorted(addresses)
    assert set(Message.objects.values_list("state", "attempts")) == {(State.SENT, 1)}


def test_a_mail_that_cannot_be_made_up_fails_and_holds_up_nobody(postman, write):
    broken = write(to="one@example.org", headers={"X-Odd": "two\nlines"})
    write(to="two@example.org")
    assert actions.send_due() == 2
    broken.refresh_from_db()
    assert broken.state != State.SENT
    assert "BadHeaderError" in broken.last_error or "ValueError" in broken.last_error
    assert [mail["To"] for mail in postman.mails] == ["two@example.org"]


def test_when_marking_fails_the_connections_are_closed_before_the_error_goes_on(postman, write, settings):
    settings.MAIL_CONNECTIONS = 2
    claimed = [write(to=f"p{number}@example.org") for number in range(12)]
    servers = [get_connection(), get_connection()]
    carried = carriers.carry(servers, claimed, delivery._carry_one)
    assert next(carried)
    carried.close()  # as an error between two of them would
    arrived = [mail["To"] for mail in postman.mails]
    assert len(set(arrived)) == len(arrived)
    assert [server.connection for server in servers] == [None, None]


def test_a_server_that_is_not_there_is_tried_seven_times_then_given_up(write, settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1
    message = write(contact_id="con_1")
    states = [again(message).state for _ in range(7)]
    assert states == [State.WAITING] * 6 + [State.FAILED]
    assert Event.objects.get().type == "message.failed"


def test_mail_that_concerns_nobody_announces_nothing(postman, sent):
    assert sent().state == State.SENT
    assert not Event.objects.exists()


def test_a_worker_whose_lease_ran_out_does_not_overwrite_the_next_one(postman, write):
    message = write()
    [first] = delivery._claim()
    assert delivery._claim() == []
    Message.objects.update(leased_until=now())
    [second] = delivery._claim()
    delivery._give_up_or_wait(first, OSError("late"))
    delivery._finish(second)
    message.refresh_from_db()
    assert message.state == State.SENT


@pytest.mark.django_db(transaction=True)
def test_killed_between_sending_and_marking_it_is_sent_again_under_the_same_message_id(postman, write):
    message = write(contact_id="con_1")
    postman.on_arrival = lambda: os.kill(worker.pid, signal.SIGKILL)
    worker = _worker(postman.port)
    assert worker.wait(30) == -signal.SIGKILL
    message.refresh_from_db()
    assert message.state == State.SENDING

    postman.on_arrival = lambda: None
    assert actions.send_due() == 0
    Message.objects.update(leased_until=now())
    assert again(message).state == State.SENT
    assert [arrived["Message-ID"] for arrived in postman.mails] == [f"<{message.pk}@localhost>"] * 2
    assert Event.objects.count() == 1


def _worker(port):
    """Another process that sends what is due in the database of this test."""
    environment = same_database(POSTHOUSE_MAIL_URL=f"smtp://127.0.0.1:{port}")
    code = "import django; django.setup(); from posthouse.messages import actions; actions.send_due()"
    return subprocess.Popen([sys.executable, "-c", code], env=environment)


def test_any_provider_of_anymail_can_be_configured(sent, settings):
    settings.EMAIL_BACKEND = "anymail.backends.test.EmailBackend"
    message = sent()
    assert message.state == State.SENT
    [given] = mail.outbox
    assert given.extra_headers["Message-ID"] == message.headers["Message-ID"]
    assert given.anymail_status.status == {"sent"}


def test_a_provider_without_its_credentials_makes_the_mail_wait(sent, settings):
    settings.EMAIL_BACKEND = "anymail.backends.postmark.EmailBackend"
    message = sent()
    assert message.state == State.WAITING
    assert "POSTMARK" in message.last_error


def test_the_words_are_forgotten_after_a_month_the_log_stays(postman, sent, write):
    old, fresh = sent(), sent()
    waiting = write(due_at=now() + timedelta(days=90))
    Message.objects.exclude(pk=fresh.pk).update(created_at=now() - timedelta(days=31))
    assert actions.forget_words() == 1
    assert actions.forget_words() == 0
    for message in (old, fresh, waiting):
        message.refresh_from_db()
    assert (old.text, old.html) == ("", "")
    assert old.subject
    assert fresh.text
    assert waiting.text
