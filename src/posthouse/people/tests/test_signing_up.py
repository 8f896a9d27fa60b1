"""From the sign-up page to a customer of one's own."""

from datetime import timedelta

import pytest
import time_machine
from allauth.account.models import EmailAddress
from django.test import Client
from django.urls import reverse

from posthouse.foundation.clock import now
from posthouse.people.models import Contact, Customer, User
from posthouse.people.tests.conftest import PASSWORD, events_of, link_in

ADA = {"name": "Ada", "email": "Ada@example.org", "password1": PASSWORD}
CHECK_MAIL = "/accounts/confirm-email/"


def sign_up(browser, **changes):
    return browser.post("/accounts/signup/", ADA | changes)


@pytest.mark.mission("J2.1")
@pytest.mark.mission("J2.2")
def test_a_developer_signs_up_confirms_and_founds_a_customer(visitor, mail):
    visitor.get("/?utm_source=newsletter")
    answer = sign_up(visitor)
    assert answer.headers["Location"] == CHECK_MAIL
    assert b"ada@example.org" in visitor.get(CHECK_MAIL).content
    contact = Contact.objects.get(email="ada@example.org")
    assert (contact.name, contact.channel) == ("Ada", "newsletter")
    assert events_of(contact_id=contact.pk) == ["contact.created", "account.created"]

    link = link_in(mail("ada@example.org")[0])
    assert b"Is ada@example.org your address?" in visitor.get(link).content
    assert not EmailAddress.objects.get(email="ada@example.org").verified, "looking is not confirming"
    assert visitor.post(link).headers["Location"] == "/welcome/"
    assert events_of(type="email.confirmed") == ["email.confirmed"]

    profile = {
        "organisation": "Analytical Engines",
        "name": "Ada L.",
        "job_role": "developer",
        "use_case": "Bernoulli numbers",
        "language": "es",
        "time_zone": "Europe/Madrid",
    }
    assert visitor.post("/welcome/", profile).headers["Location"] == "/"
    customer = Customer.objects.get()
    assert (customer.name, customer.channel) == ("Analytical Engines", "newsletter")
    assert events_of(contact_id=contact.pk)[2:] == [
        "email.confirmed",
        "contact.updated",
        "profile.completed",
        "customer.created",
        "member.joined",
    ]
    assert User.objects.get().language == "es"
    assert 'lang="es"' in visitor.get("/profile/").content.decode()


@pytest.mark.mission("J2.2")
def test_the_link_is_good_for_two_days_and_for_one_use(visitor, mail):
    sign_up(visitor)
    link = link_in(mail("ada@example.org")[0])
    with time_machine.travel(now() + timedelta(days=2, minutes=1)):
        late = Client()
        assert b"does not work any more" in late.get(link).content
        assert late.post(link).status_code == 404
    assert visitor.post(link).status_code == 302
    again = Client()
    assert b"does not work any more" in again.get(link).content
    assert again.post(link).status_code == 404
    assert events_of(type="email.confirmed") == ["email.confirmed"]


def test_a_link_opened_in_another_browser_confirms_but_signs_nobody_in(visitor, mail):
    sign_up(visitor)
    other = Client()
    assert other.post(link_in(mail("ada@example.org")[0])).headers["Location"] == "/accounts/login/"
    assert "_auth_user_id" not in other.session
    signed_in = other.post("/accounts/login/", {"login": "ada@example.org", "password": PASSWORD})
    assert signed_in.headers["Location"] == "/welcome/"


def test_nobody_signs_in_before_confirming(visitor):
    sign_up(visitor)
    browser = Client()
    answer = browser.post("/accounts/login/", {"login": "ada@example.org", "password": PASSWORD})
    assert answer.headers["Location"] == CHECK_MAIL
    assert "_auth_user_id" not in browser.session


def what_was_answered(browser, email):
    answer = sign_up(browser, email=email)
    page = browser.get(answer.headers["Location"]).content.decode()
    return answer.status_code, answer.headers["Location"], page.replace(email, "ADDRESS")


def without_csrf(page):
    return [line for line in page.splitlines() if "csrf" not in line.lower()]


def test_signing_up_with_a_known_address_looks_the_same(owner, mail):
    fresh = what_was_answered(Client(), "fresh@example.org")
    known = what_was_answered(Client(), "owner@orrery.example")
    assert fresh[:2] == known[:2]
    assert without_csrf(fresh[2]) == without_csrf(known[2])
    assert User.objects.filter(email="owner@orrery.example").count() == 1
    assert "have an account" in mail("owner@orrery.example")[0].subject


def test_a_known_address_costs_a_password_hash_too(owner, visitor, monkeypatch):
    hashed = []
    monkeypatch.setattr("posthouse.people.forms.accounts.make_password", hashed.append)
    sign_up(visitor, email="owner@orrery.example")
    assert hashed == [PASSWORD]


@pytest.mark.parametrize("email", ["owner@orrery.example", "nobody@example.org", "ada@example.org"])
def test_sending_again_says_the_same_for_every_address(owner, visitor, mail, email):
    sign_up(Client())
    with time_machine.travel(now() + timedelta(minutes=4)):
        before = len(mail(email))
        answer = visitor.post(reverse("resend-confirmation"), {"email": email})
        page = visitor.get(answer.headers["Location"]).content.decode().replace(email, "ADDRESS")
        assert answer.headers["Location"] == CHECK_MAIL
        assert len(mail(email)) == before + 1
    assert "We wrote to ADDRESS" in page
    kind = {"owner": "account_already_exists", "nobody": "unknown_account", "ada": "email_confirmation"}
    assert mail(email)[-1].template == f"people/{kind[email.partition('@')[0]]}"


def test_one_address_gets_a_confirmation_every_three_minutes_at_most(visitor, mail):
    sign_up(visitor)
    visitor.post(reverse("resend-confirmation"), {"email": "ada@example.org"})
    assert len(mail("ada@example.org")) == 1


@pytest.mark.mission("J2.2")
def test_a_sent_again_link_confirms_as_well(visitor, mail):
    sign_up(visitor)
    with time_machine.travel(now() + timedelta(minutes=4)):
        visitor.post(reverse("resend-confirmation"), {"email": "ada@example.org"})
        visitor.post(link_in(mail("ada@example.org")[-1]))
    assert events_of(type="email.confirmed") == ["email.confirmed"]


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"email": "not an address"}, "form-errors"),
        ({"password1": "short"}, "form-errors"),
        ({"name": ""}, "form-errors"),
        ({"name": "Win at https://evil.example"}, "web address"),
        ({"name": "x" * 121}, "form-errors"),
        ({"email": f"{'x' * 250}@example.org"}, "form-errors"),
        ({"name": "a\x00b"}, "form-errors"),
    ],
)
def test_what_was_typed_stays_when_something_is_wrong(visitor, changes, complaint):
    answer = sign_up(visitor, **changes)
    page = answer.content.decode()
    assert answer.status_code == 200
    assert complaint in page
    assert "value=" in page
    assert PASSWORD not in page
    assert not User.objects.exists()


@pytest.mark.mission("J2.1")
def test_too_many_sign_ups_from_one_address_are_refused(visitor, settings):
    settings.ACCOUNT_RATE_LIMITS = {"signup": "2/m/ip"}
    for number in range(2):
        assert sign_up(Client(), email=f"{number}@example.org").status_code == 302
    refused = sign_up(Client(), email="3@example.org")
    assert refused.status_code == 429
    assert b"Too many attempts" in refused.content


def test_wrong_passwords_are_slowed_down(owner, settings):
    settings.ACCOUNT_RATE_LIMITS = {"login_failed": "3/5m/key"}
    wrong = {"login": "owner@orrery.example", "password": "wrong"}
    pages = [Client().post("/accounts/login/", wrong).content for _ in range(4)]
    assert b"do not fit together" in pages[0]
    assert b"Too many attempts" in pages[3]


def test_signing_up_at_the_same_moment_twice_makes_one_account(visitor, monkeypatch, mail):
    """The second form was checked before the first had saved."""
    sign_up(Client())
    monkeypatch.setattr("allauth.account.forms.flows.manage_email.email_already_exists", lambda email: (email, False))
    with time_machine.travel(now() + timedelta(minutes=4)):
        assert sign_up(visitor).headers["Location"] == CHECK_MAIL
    assert User.objects.count() == 1
    assert mail("ada@example.org")[-1].template == "people/account_already_exists"


def test_somebody_known_before_keeps_the_contact(visitor):
    contact = Contact.objects.create(email="ada@example.org", name="Countess")
    sign_up(visitor)
    contact.refresh_from_db()
    assert contact.name == "Countess"
    assert contact.user is not None
    assert events_of(contact_id=contact.pk) == ["account.created"]


def test_the_whole_way_in_spanish(mail):
    browser = Client(headers={"accept-language": "es"})
    assert "Crea una cuenta" in browser.get("/accounts/signup/").content.decode()
    sign_up(browser)
    first = mail("ada@example.org")[0]
    assert first.language == "es"
    assert "Confirma tu dirección" in first.subject
    assert "Mira tu correo" in browser.get(CHECK_MAIL).content.decode()
