"""Words that hold a secret link are gone from the house as soon as they have left it."""

import pytest

from posthouse.messages import actions, mailbox
from posthouse.messages.models import Message, State
from posthouse.people import actions as people
from posthouse.people.models import User


@pytest.fixture
def secret(write):
    return write(forget_when_sent=True)


def test_they_are_emptied_when_the_mail_has_left(postman, secret):
    actions.send_due()
    secret.refresh_from_db()
    assert (secret.state, secret.text, secret.html) == (State.SENT, "", "")
    assert secret.subject
    assert "Hello Ada" in postman.mails[0].get_body(("plain",)).get_content()
    assert actions.resend_message(message=secret) is None


def test_a_failed_one_keeps_them_and_can_be_tried_again(postman, secret):
    postman.at_rcpt = ["550 no such user"]
    actions.send_due()
    secret.refresh_from_db()
    assert secret.state == State.FAILED
    assert secret.text
    assert actions.retry_message(message=secret)
    actions.send_due()
    secret.refresh_from_db()
    assert (secret.state, secret.text) == (State.SENT, "")
    assert len(postman.mails) == 1


def test_a_mail_whose_words_are_gone_is_not_tried_again(postman, write):
    message = write()
    Message.objects.update(state=State.FAILED, text="", html="")
    assert not actions.retry_message(message=message)


def test_the_mail_viewer_still_shows_them_because_it_reads_the_folder(settings, tmp_path, secret):
    settings.MAIL_FOLDER = tmp_path
    settings.EMAIL_BACKEND = "posthouse.messages.folder.FolderBackend"
    actions.send_due()
    [mail] = mailbox.mails()
    assert "http://127.0.0.1/desk/mail/" in mail.links


@pytest.mark.mission("J2.1")
def test_confirmation_reset_invitation_and_welcome_are_such_mails(client, db):
    client.post("/accounts/signup/", {"name": "Ada", "email": "ada@example.org", "password1": "correct horse battery"})
    user = User.objects.get(email="ada@example.org")
    owner = people.open_account(user=user)
    customer = people.found_customer(name="One", owner=owner)
    people.invite_member(customer=customer, email="bob@example.org", by=owner)
    people.invite_team_member(email="team@vendor.example")
    client.post("/accounts/password/reset/", {"email": "ada@example.org"})
    secretive = dict(Message.objects.values_list("template", "forget_when_sent"))
    assert secretive == {
        "people/email_confirmation_signup": True,
        "people/invitation": True,
        "people/team_welcome": True,
        "people/password_reset_key": True,
    }
    actions.send_due()
    assert set(Message.objects.values_list("state", "text", "html")) == {(State.SENT, "", "")}
