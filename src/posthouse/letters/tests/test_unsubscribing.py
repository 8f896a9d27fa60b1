"""One click out (RFC 8058), the preferences page without login, and why one got a mail."""

import pytest
from django.test import Client

from posthouse.keys.tests.conftest import sign_up
from posthouse.messages import queries
from posthouse.messages.models import Change, Message, State
from posthouse.people import actions as people
from posthouse.people.personal_data import erase
from posthouse.timeline.models import Event

ADA = "ada@example.org"
CLICK = {"List-Unsubscribe": "One-Click"}


@pytest.fixture
def program():
    """A mail program: no cookies, no forgery token."""
    return Client(enforce_csrf_checks=True)


def page(message, name="unsubscribe"):
    return f"/letters/{message.token}/{name}/"


@pytest.mark.mission("S5")
@pytest.mark.parametrize("how", ["form", "multipart"])
def test_one_click_unsubscribes_from_that_kind_without_login_cookie_or_redirect(program, letter, how):
    message = letter()
    address = message.headers["List-Unsubscribe"].strip("<>").partition("/letters/")[2]
    more = {"data": "List-Unsubscribe=One-Click", "content_type": "application/x-www-form-urlencoded"}
    answer = program.post(f"/letters/{address}", **(more if how == "form" else {"data": CLICK}))
    assert answer.status_code == 200
    assert "Set-Cookie" not in str(answer.headers)
    assert not answer.cookies
    assert not queries.may_receive(ADA, "surveys")
    assert queries.may_receive(ADA, "product_news")
    assert (Change.objects.get().how, Change.objects.get().message_id) == ("one_click", message.pk)


def test_get_only_asks_and_twice_is_as_good_as_once(program, letter):
    message = letter()
    assert program.get(page(message)).status_code == 200
    assert queries.may_receive(ADA, "surveys")
    assert b"a\xe2\x80\xa6@example.org" in program.get(page(message)).content
    assert ADA.encode() not in program.get(page(message)).content
    for _ in range(2):
        assert program.post(page(message), CLICK).status_code == 200
    assert Change.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_program_that_fetches_headers_alone_does_no_harm(program, letter):
    assert program.head(page(letter())).status_code == 200
    assert queries.may_receive(ADA, "surveys")


def test_a_post_without_the_promised_field_does_nothing(program, letter):
    message = letter()
    assert program.post(page(message), {"x": "y"}).status_code == 400
    assert queries.may_receive(ADA, "surveys")
    assert program.put(page(message)).status_code == 405


def test_the_page_can_stop_everything(program, letter):
    message = letter()
    program.post(page(message), {**CLICK, "page": "1", "everything": "on"})
    assert queries.suppression(queries.addressee(ADA)).reason == "unsubscribed"
    assert Change.objects.get().how == "page"


@pytest.mark.parametrize("token", ["x", "a" * 26, "0" * 300])
def test_nobody_else_can_make_the_address(program, letter, token):
    letter()
    for name in ("unsubscribe", "preferences", "why"):
        assert program.get(f"/letters/{token}/{name}/").status_code == 404
        assert program.post(f"/letters/{token}/{name}/", CLICK).status_code in {403, 404}
    assert queries.may_receive(ADA, "surveys")


def test_the_link_works_after_an_erasure_too(program, letter, db):
    contact = people.know_contact(email=ADA)
    message = letter(contact_id=contact.pk)
    erase(contact)
    assert program.post(page(message), CLICK).status_code == 200
    assert not queries.may_receive(ADA, "surveys")


def test_preferences_without_login_in_the_language_of_the_mail(letter, client):
    message = letter(language="es")
    shown = client.get(page(message, "preferences"), headers={"Accept-Language": "en"}).content.decode()
    assert "Encuestas" in shown
    assert 'value="surveys" aria-describedby="about-surveys" checked' in shown
    assert ADA not in shown
    client.post(page(message, "preferences"), {"act": "save", "kind": ["product_news", "onboarding"]})
    assert not queries.may_receive(ADA, "surveys")
    assert queries.may_receive(ADA, "product_news")
    client.post(page(message, "preferences"), {"act": "nothing"})
    assert not queries.may_receive(ADA, "product_news")
    client.post(page(message, "preferences"), {"act": "save", "kind": ["surveys"]})
    assert queries.may_receive(ADA, "surveys")
    assert not queries.may_receive(ADA, "product_news")


def test_a_kind_that_cannot_be_refused_or_does_not_exist_is_passed_over(letter, client):
    message = letter()
    answer = client.post(page(message, "preferences"), {"act": "save", "kind": ["service", "nonsense", "surveys"]})
    assert answer.status_code == 302
    assert queries.may_receive(ADA, "service")


def test_the_preferences_form_is_protected_against_forgery(program, letter):
    assert program.post(page(letter(), "preferences"), {"act": "nothing"}).status_code == 403


def test_why_tells_everybody_the_kind_and_the_team_the_whole_story(letter, client, team_as):
    message = letter(why_url="/desk/automations/runs/1/")
    shown = client.get(page(message, "why")).content.decode()
    assert "Surveys" in shown
    assert "/desk/" not in shown
    told = team_as("auditor").get(page(message, "why")).content.decode()
    assert "/desk/automations/runs/1/" in told
    assert f"/desk/mail/{message.pk}/" in told


def test_a_person_signed_in_chooses_in_the_portal(db, letter):
    person = sign_up("ada@example.org")
    contact, browser = person.contact, person.browser
    assert "Surveys" in browser.get("/profile/mail/").content.decode()
    browser.post("/profile/mail/", {"act": "save", "kind": ["product_news"]})
    assert not queries.may_receive(ADA, "surveys")
    assert Event.objects.filter(type="message.unsubscribed", contact_id=contact.pk).count() == 2
    assert "Does not want" in browser.get("/profile/mail/").content.decode()
    assert letter() is None
    assert not Message.objects.filter(state=State.WAITING, category="surveys").exists()


def test_webhooks_of_providers_exist_only_with_a_secret_and_check_it(client, db, settings):
    event = {"RecordType": "SpamComplaint", "MessageID": "m1", "Email": ADA, "ID": 1}
    event["BouncedAt"] = "2026-11-23T00:00:00Z"

    address = "/anymail/postmark/tracking/"
    assert client.post(address, event, content_type="application/json").status_code == 404
    settings.ANYMAIL = {"WEBHOOK_SECRET": "name:secret"}
    assert client.post(address, event, content_type="application/json").status_code == 400
    assert not queries.is_suppressed(ADA)
    from_provider = {"Authorization": "Basic bmFtZTpzZWNyZXQ="}
    assert client.post(address, event, content_type="application/json", headers=from_provider).status_code == 200
    assert queries.suppression(queries.addressee(ADA)).reason == "complaint"
    assert client.post("/anymail/nobody/tracking/", event, content_type="application/json").status_code == 404


def test_the_page_speaks_the_language_of_the_mail_or_the_one_chosen_there_and_never_two(letter):
    message = letter()
    Message.objects.filter(pk=message.pk).update(language="es")
    visitor = Client(headers={"Accept-Language": "en"})
    for name in ("unsubscribe", "preferences", "why"):
        text = visitor.get(page(message, name)).content.decode()
        assert "Encuestas" in text
        assert "Surveys" not in text
    visitor.cookies["django_language"] = "en"
    for name in ("unsubscribe", "preferences", "why"):
        text = visitor.get(page(message, name)).content.decode()
        assert "Surveys" in text
        assert "Encuestas" not in text
