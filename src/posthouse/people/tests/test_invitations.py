"""Asking somebody to join, and joining."""

from datetime import timedelta

import pytest
import time_machine
from django.test import Client

from posthouse.foundation.clock import now
from posthouse.people import actions, queries
from posthouse.people.models import Contact, Invitation, Membership
from posthouse.people.tests.conftest import PASSWORD, events_of, link_in, sign_up

NEW = "nadia@orrery.example"


def invite(person, customer, email=NEW, role="developer"):
    return person.browser.post(f"/c/{customer.pk}/people/invite/", {"email": email, "role": role})


@pytest.fixture
def link(customer, owner, mail):
    """The path in the mail of an invitation that the owner sent."""
    invite(owner, customer)
    return link_in(mail(NEW)[0])


@pytest.mark.mission("J2.1")
def test_a_newcomer_joins_with_one_mail(link, customer, visitor, mail):
    page = visitor.get(link).content.decode()
    assert "Olga Owner invites you to join Orrery as Developer." in page
    assert f'value="{NEW}"' in visitor.get("/accounts/signup/").content.decode()
    signed_up = visitor.post("/accounts/signup/", {"name": "Nadia", "email": NEW, "password1": PASSWORD})
    assert signed_up.headers["Location"] == "/welcome/"
    assert [message.template for message in mail(NEW)] == ["people/invitation"]
    contact = Contact.objects.get(email=NEW)
    assert contact.memberships.get().role == "developer"
    assert events_of(contact_id=contact.pk) == [
        "contact.created",
        "account.created",
        "email.confirmed",
        "invitation.accepted",
        "member.joined",
    ]
    assert "organisation" not in visitor.get("/welcome/").context["form"].fields


def test_somebody_with_an_account_signs_in_and_joins(link, customer, db):
    person = sign_up(NEW)
    browser = Client()
    assert b"Sign in to join" in browser.get(link).content
    back = browser.post("/accounts/login/", {"login": NEW, "password": PASSWORD, "next": link})
    assert back.headers["Location"] == link
    assert not person.contact.memberships.exists(), "looking at the page is not joining"
    assert browser.post(link).status_code == 302
    assert person.contact.memberships.get().customer == customer


def test_an_invitation_works_once(link, customer, db):
    person = sign_up(NEW)
    person.browser.post(link)
    assert person.browser.post(link).status_code == 200
    assert events_of(type="member.joined", contact_id=person.contact.pk) == ["member.joined"]
    assert "no longer open" in Client().get(link).content.decode()


def test_an_invitation_is_open_for_seven_days(link, db):
    person = sign_up(NEW)
    with time_machine.travel(now() + timedelta(days=7, minutes=1)):
        person.browser.force_login(person.user, backend="allauth.account.auth_backends.AuthenticationBackend")
        page = person.browser.post(link)
        assert page.status_code == 410
        assert "seven days" in page.content.decode()
    assert not person.contact.memberships.exists()


def test_an_invitation_is_for_its_address_only(link, outsider):
    page = outsider.browser.get(link)
    assert page.status_code == 200
    assert f"This invitation is for {NEW}, and you are signed in as owner@elsewhere.example" in page.content.decode()
    outsider.browser.post(link)
    assert outsider.contact.memberships.count() == 1


def test_signing_up_with_another_address_joins_nothing_and_needs_confirming(link, visitor):
    visitor.get(link)
    answer = visitor.post("/accounts/signup/", {"name": "Eve", "email": "eve@example.org", "password1": PASSWORD})
    assert answer.headers["Location"] == "/accounts/confirm-email/"
    assert not Contact.objects.get(email="eve@example.org").memberships.exists()


def test_the_secret_is_not_in_the_database(link):
    secret = link.strip("/").rpartition("/")[2]
    invitation = Invitation.objects.get()
    assert secret not in str(Invitation.objects.values().get())
    assert queries.invitation_by_secret(secret) == invitation


def test_inviting_again_ends_the_old_link(link, customer, owner, mail):
    assert "moment ago" in invite(owner, customer).content.decode()
    with time_machine.travel(now() + timedelta(minutes=2)):
        assert invite(owner, customer, role="auditor").status_code == 302
    assert Invitation.objects.get().role == "auditor"
    assert Client().get(link).status_code == 404
    assert Client().get(link_in(mail(NEW)[1])).status_code == 200


def test_an_expired_invitation_is_sent_again(link, customer, owner, mail):
    invitation = Invitation.objects.get()
    with time_machine.travel(now() + timedelta(days=8)):
        owner.browser.force_login(owner.user, backend="allauth.account.auth_backends.AuthenticationBackend")
        owner.browser.post(f"/c/{customer.pk}/invitations/{invitation.pk}/resend/")
        assert Client().get(link_in(mail(NEW)[1])).status_code == 200


def test_a_withdrawn_invitation_is_closed(link, customer, owner):
    invitation = Invitation.objects.get()
    owner.browser.post(f"/c/{customer.pk}/invitations/{invitation.pk}/withdraw/")
    assert Client().get(link).status_code == 410
    assert events_of(type="invitation.withdrawn") == ["invitation.withdrawn"]
    assert (
        NEW
        not in owner.browser.get(f"/c/{customer.pk}/people/")
        .content.decode()
        .replace("withdrawn", "")
        .split("Members")[1]
    )


def test_members_are_not_invited(customer, owner, mate):
    assert "a member already" in invite(owner, customer, "Mate@orrery.example").content.decode()


def test_a_wrong_address_stays_in_the_form(customer, owner):
    page = invite(owner, customer, "not an address")
    assert page.status_code == 422
    assert 'value="not an address"' in page.content.decode()


@pytest.mark.parametrize("act", ["resend", "withdraw"])
def test_only_owners_handle_invitations_and_only_their_own(link, customer, owner, mate, outsider, act):
    invitation = Invitation.objects.get()
    path = f"/c/{customer.pk}/invitations/{invitation.pk}/{act}/"
    assert mate.browser.post(path).status_code == 403
    assert outsider.browser.post(path).status_code == 404
    elsewhere = outsider.contact.memberships.get().customer_id
    assert outsider.browser.post(f"/c/{elsewhere}/invitations/{invitation.pk}/{act}/").status_code == 404
    assert owner.browser.get(path).status_code == 405


def test_an_open_invitation_is_offered_to_whoever_signed_up_without_its_link(link, customer, db):
    person = sign_up(NEW)
    assert "Join Orrery" in person.browser.get("/welcome/").content.decode()
    invitation = Invitation.objects.get()
    stranger = sign_up("stranger@example.org")
    assert stranger.browser.post(f"/invitations/{invitation.pk}/join/").status_code == 404
    assert person.browser.post(f"/invitations/{invitation.pk}/join/").status_code == 302
    assert person.contact.memberships.get().customer == customer


def test_the_mail_speaks_the_language_of_the_invited_or_else_of_the_inviter(customer, owner, mail):
    actions.speak_language(user=owner.user, language="es")
    invite(owner, customer)
    assert mail(NEW)[0].language == "es"
    assert "te invita a unirte a Orrery" in mail(NEW)[0].text
    known = sign_up("english@example.org")
    actions.speak_language(user=known.user, language="en")
    invite(owner, customer, "english@example.org")
    assert "invites you to join Orrery" in mail("english@example.org")[0].text


@pytest.mark.django_db(transaction=True)
def test_two_clicks_at_once_join_once(customer, owner, mail):
    invite(owner, customer)
    person = sign_up(NEW)
    invitation = Invitation.objects.get()
    actions.accept_invitation(invitation=invitation, contact=person.contact)
    with pytest.raises(actions.Refused, match="no longer open"):
        actions.accept_invitation(invitation=invitation, contact=person.contact)
    assert Membership.objects.filter(contact=person.contact).count() == 1
