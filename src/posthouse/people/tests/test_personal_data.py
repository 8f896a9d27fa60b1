"""Handing out and forgetting what is held about a person."""

import json

from posthouse.people import actions, personal_data
from posthouse.people.models import Contact, Invitation, User
from posthouse.people.tests.conftest import events_of


def test_everything_held_is_handed_out(customer, mate):
    held = personal_data.export(mate.contact)
    assert held["contact"]["email"] == "mate@orrery.example"
    assert held["memberships"][0]["customer"] == "Orrery"
    assert held["login"]["email"] == "mate@orrery.example"
    json.dumps(held)


def test_what_was_forgotten_is_nowhere(customer, owner, mate):
    elsewhere = actions.add_customer(name="Elsewhere")
    actions.invite_member(customer=elsewhere, email=mate.contact.email)
    personal_data.erase(mate.contact)
    row = Contact.objects.get(pk=mate.contact.pk)
    assert row.email.endswith("@erased.invalid")
    assert (row.name, row.attributes, row.user) == ("", {}, None)
    assert not User.objects.filter(email="mate@orrery.example").exists()
    assert not Invitation.objects.exists()
    assert not row.memberships.exists()
    assert mate.browser.get("/profile/").status_code == 302
    assert events_of(contact_id=row.pk)[-2:] == ["member.removed", "contact.erased"]
    personal_data.erase(row)


def test_a_colleague_who_is_a_contact_too_keeps_the_desk(admin):
    contact = actions.open_account(user=admin.member.user)
    personal_data.erase(contact)
    assert admin.browser.get("/desk/team/").status_code == 200


def test_somebody_without_login_is_handed_out_too(db):
    contact = actions.know_contact(email="ada@example.org", attributes={"vip": True})
    assert personal_data.export(contact)["login"] is None
