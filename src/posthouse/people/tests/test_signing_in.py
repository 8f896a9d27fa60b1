"""Signing in, and choosing a new password."""

from datetime import timedelta

import pytest
import time_machine
from django.test import Client

from posthouse.foundation.clock import now
from posthouse.people.tests.conftest import PASSWORD, events_of, link_in
from posthouse.vendor.queries import forget

NEW = {"password1": "another long sentence", "password2": "another long sentence"}


def sign_in(browser, email, password=PASSWORD, **more):
    return browser.post("/accounts/login/", {"login": email, "password": password} | more)


def choose(browser, link, passwords=NEW):
    """Follow a link to choose a password: its key moves into the session, then the form is sent."""
    page = browser.get(link)
    assert page.status_code == 302
    return browser.post(page.headers["Location"], passwords)


def test_a_member_lands_at_home_and_a_newcomer_where_setting_up_goes_on(customer, owner, visitor):
    assert sign_in(visitor, "owner@orrery.example").headers["Location"] == "/"
    customer.memberships.all().delete()
    assert sign_in(Client(), "owner@orrery.example").headers["Location"] == "/welcome/"


def test_signing_in_leads_back_to_the_page_that_was_asked_for(customer, owner, visitor):
    asked = visitor.get(f"/c/{customer.pk}/people/")
    assert asked.headers["Location"] == f"/accounts/login/?next=/c/{customer.pk}/people/"
    page = visitor.get(asked.headers["Location"]).content.decode()
    assert f'name="next" value="/c/{customer.pk}/people/"' in page
    back = sign_in(visitor, "owner@orrery.example", next=f"/c/{customer.pk}/people/")
    assert back.headers["Location"] == f"/c/{customer.pk}/people/"


def test_a_form_sent_after_the_session_ended_leads_back_to_its_page(customer, owner, visitor):
    page = f"/c/{customer.pk}/people/"
    for referer, back in [(f"http://testserver{page}", page), ("https://evil.example/", "/"), ("", "/")]:
        asked = visitor.post(f"/c/{customer.pk}/people/invite/", {"email": "x@y.zz"}, headers={"referer": referer})
        assert asked.headers["Location"] == f"/accounts/login/?next={back}"
        assert sign_in(Client(), "owner@orrery.example", next=back).headers["Location"] == back


def test_nobody_is_led_to_another_site(owner, visitor):
    assert sign_in(visitor, "owner@orrery.example", next="https://evil.example/").headers["Location"] == "/welcome/"


def test_an_unknown_address_and_a_wrong_password_say_the_same(owner):
    texts = []
    for email in ("owner@orrery.example", "nobody@example.org"):
        page = sign_in(Client(), email, "wrong").content.decode()
        texts.append([line for line in page.replace(email, "ADDRESS").splitlines() if "csrf" not in line.lower()])
    assert texts[0] == texts[1]


def test_a_forgotten_password_is_chosen_anew(owner, visitor, mail):
    assert visitor.post("/accounts/password/reset/", {"email": "owner@orrery.example"}).status_code == 302
    link = link_in(mail("owner@orrery.example")[0])
    assert choose(visitor, link).status_code == 302
    assert "_auth_user_id" in visitor.session
    assert sign_in(Client(), "owner@orrery.example").status_code == 200
    assert sign_in(Client(), "owner@orrery.example", NEW["password1"]).status_code == 302
    assert b"does not work any more" in Client().get(link).content
    assert mail("owner@orrery.example")[-1].template == "people/password_reset"


def test_the_link_for_a_new_password_is_good_for_three_days(owner, visitor, mail):
    visitor.post("/accounts/password/reset/", {"email": "owner@orrery.example"})
    with time_machine.travel(now() + timedelta(days=3, minutes=1)):
        assert b"does not work any more" in visitor.get(link_in(mail("owner@orrery.example")[0])).content


def test_other_sessions_end_with_a_new_password(owner, visitor, mail):
    visitor.post("/accounts/password/reset/", {"email": "owner@orrery.example"})
    choose(visitor, link_in(mail("owner@orrery.example")[0]))
    assert owner.browser.get("/profile/").status_code == 302


def test_asking_for_a_new_password_says_the_same_for_every_address(owner, mail):
    pages = []
    for email in ("owner@orrery.example", "nobody@example.org"):
        browser = Client()
        answer = browser.post("/accounts/password/reset/", {"email": email})
        page = browser.get(answer.headers["Location"]).content.decode()
        pages.append((answer.headers["Location"], [line for line in page.splitlines() if "csrf" not in line.lower()]))
        assert len(mail(email)) == 1
    assert pages[0] == pages[1]
    assert mail("nobody@example.org")[0].template == "people/unknown_account"


def test_a_new_password_confirms_an_address_that_was_not(visitor, mail):
    visitor.post("/accounts/signup/", {"name": "Ada", "email": "ada@example.org", "password1": PASSWORD})
    other = Client()
    other.post("/accounts/password/reset/", {"email": "ada@example.org"})
    choose(other, link_in(mail("ada@example.org")[-1]))
    assert events_of(type="email.confirmed") == ["email.confirmed"]


def test_links_in_mail_name_the_public_address_whatever_host_was_asked(owner, mail, settings):
    settings.PUBLIC_URL = "https://developers.sunline.example"
    Client(headers={"host": "evil.example"}).post("/accounts/password/reset/", {"email": "owner@orrery.example"})
    message = mail("owner@orrery.example")[0]
    assert "https://developers.sunline.example/accounts/password/reset/key/" in message.text
    assert "evil.example" not in message.text + message.html


def test_a_password_is_changed_by_those_who_know_it(owner):
    wrong = owner.browser.post("/accounts/password/change/", {"oldpassword": "wrong", **NEW})
    assert "not your current password" in wrong.content.decode()
    assert owner.browser.post("/accounts/password/change/", {"oldpassword": PASSWORD, **NEW}).status_code == 302
    assert sign_in(Client(), "owner@orrery.example", NEW["password1"]).status_code == 302


def test_signing_out_is_asked_for_first(owner):
    assert b"Do you want to sign out?" in owner.browser.get("/accounts/logout/").content
    assert owner.browser.get("/profile/").status_code == 200
    owner.browser.post("/accounts/logout/")
    assert owner.browser.get("/profile/").status_code == 302


def test_a_closed_account_cannot_sign_in(owner, visitor):
    user = owner.user
    user.is_active = False
    user.save()
    answer = sign_in(visitor, "owner@orrery.example")
    assert "_auth_user_id" not in visitor.session
    assert visitor.get(answer.headers["Location"]).status_code == 200


@pytest.mark.parametrize(
    "path",
    [
        "/accounts/login/",
        "/accounts/signup/",
        "/accounts/confirm-email/",
        "/accounts/confirm-email/nonsense/",
        "/accounts/password/reset/",
        "/accounts/password/reset/done/",
        "/accounts/password/reset/key/zz-nonsense/",
        "/accounts/inactive/",
        "/invitations/nonsense/",
    ],
)
@pytest.mark.parametrize("language", ["en", "es"])
def test_pages_before_signing_in_speak_both_languages(visitor, path, language):
    forget()
    page = visitor.get(path, headers={"accept-language": language})
    assert page.status_code in {200, 404}
    assert f'<html lang="{language}"' in page.content.decode()
