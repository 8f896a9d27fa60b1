"""Writing a mail: words, language, transaction, idempotence."""

import pytest
from django.db import transaction

from posthouse.messages import actions
from posthouse.messages.models import Message, State


def test_a_mail_is_a_row_with_subject_text_and_html(write):
    message = write()
    assert (message.state, message.to, message.language) == (State.WAITING, "ada@example.org", "en")
    assert message.subject == "A test mail from Posthouse"
    assert message.text.startswith("Hello Ada,\n\nthis mail shows")
    assert "<p>Hello Ada,</p>" in message.html
    assert message.headers["Message-ID"] == f"<{message.pk}@localhost>"


def test_it_speaks_the_language_of_the_person(write):
    assert write(language="es").subject == "Un correo de prueba de Posthouse"
    assert write(language="es-MX").language == "es"
    assert write(language="xx").language == "en"
    assert write(language="").language == "en"


def test_nothing_is_escaped_in_plain_text_and_everything_in_html(db):
    context = {"name": "A & <b>", "link": "http://127.0.0.1/?a=1&b=2"}
    message = actions.send_mail(template="messages/test_mail", to="a@example.org", language="en", context=context)
    assert "Hello A & <b>," in message.text
    assert "?a=1&b=2" in message.text
    assert "A &amp; &lt;b&gt;" in message.html


def test_line_breaks_cannot_be_smuggled_into_the_subject(db, tmp_path, settings):
    (tmp_path / "x/mail").mkdir(parents=True)
    (tmp_path / "x/mail/y.subject.txt").write_text("Hi {{ name }}")
    (tmp_path / "x/mail/y.txt").write_text("text")
    settings.TEMPLATES = [{**settings.TEMPLATES[0], "DIRS": [str(tmp_path)]}]
    message = actions.send_mail(
        template="x/y", to="a@example.org", language="en", context={"name": "Eve\r\nBcc: all@example.org"}
    )
    assert message.subject == "Hi Eve Bcc: all@example.org"
    assert message.html == ""


def test_an_unknown_template_is_an_error_at_once(db):
    with pytest.raises(actions.UnknownTemplate):
        actions.send_mail(template="messages/none", to="a@example.org", language="en", context={})


def test_the_same_key_writes_one_mail(write):
    assert write(key="welcome:con_1").pk == write(key="welcome:con_1").pk
    assert write(key="welcome:con_2").pk != write(key="welcome:con_1").pk
    assert Message.objects.count() == 2


@pytest.mark.django_db(transaction=True)
def test_a_change_that_is_rolled_back_sends_nothing(write):
    with transaction.atomic():
        write()
        transaction.set_rollback(True)
    assert not Message.objects.exists()


def test_a_waiting_mail_can_be_called_off_and_taken_up_again(write):
    message = write()
    assert actions.cancel_message(message=message)
    assert not actions.cancel_message(message=message)
    assert actions.send_due() == 0
    assert actions.retry_message(message=message)
    assert not actions.retry_message(message=message)
    message.refresh_from_db()
    assert message.state == State.WAITING
