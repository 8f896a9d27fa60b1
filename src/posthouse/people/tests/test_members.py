"""The people of a customer: roles, removing, leaving."""

import pytest

from posthouse.people import actions
from posthouse.people.models import Membership, Role
from posthouse.people.tests.conftest import events_of, sign_up


def of(person, customer):
    return Membership.objects.get(contact=person.contact, customer=customer)


def act(person, customer, target, what, **data):
    return person.browser.post(f"/c/{customer.pk}/people/{target.pk}/{what}/", data)


def test_everybody_sees_who_belongs_and_only_owners_may_change_it(customer, owner, mate):
    seen_by_mate = mate.browser.get(f"/c/{customer.pk}/people/").content.decode()
    assert "owner@orrery.example" in seen_by_mate
    assert "Invite somebody" not in seen_by_mate
    assert "Invite somebody" in owner.browser.get(f"/c/{customer.pk}/people/").content.decode()


def test_an_owner_changes_a_role(customer, owner, mate):
    act(owner, customer, of(mate, customer), "role", role="auditor")
    assert of(mate, customer).role == "auditor"
    assert events_of(type="member.role_changed") == ["member.role_changed"]
    act(owner, customer, of(mate, customer), "role", role="emperor")
    assert of(mate, customer).role == "auditor"


def test_the_last_owner_stays_owner(customer, owner, mate):
    act(owner, customer, of(owner, customer), "role", role="developer")
    assert of(owner, customer).role == "owner"
    page = owner.browser.post(f"/c/{customer.pk}/people/leave/", follow=True).content.decode()
    assert "The last owner must stay" in page
    act(owner, customer, of(mate, customer), "role", role="owner")
    act(owner, customer, of(owner, customer), "role", role="developer")
    assert of(owner, customer).role == "developer"


def test_removing_is_asked_first_and_takes_effect_at_once(customer, owner, mate):
    target = of(mate, customer)
    asked = owner.browser.get(f"/c/{customer.pk}/people/{target.pk}/remove/").content.decode()
    assert "Remove Mateo Mate from Orrery?" in asked
    assert mate.browser.get(f"/c/{customer.pk}/people/").status_code == 200
    act(owner, customer, target, "remove")
    assert mate.browser.get(f"/c/{customer.pk}/people/").status_code == 404
    assert events_of(type="member.removed") == ["member.removed"]


def test_a_member_leaves(customer, owner, mate):
    assert "Leave Orrery?" in mate.browser.get(f"/c/{customer.pk}/people/leave/").content.decode()
    mate.browser.post(f"/c/{customer.pk}/people/leave/")
    assert not Membership.objects.filter(contact=mate.contact).exists()


def test_team_mates_and_outsiders_change_nothing(customer, owner, mate, outsider):
    target = of(owner, customer)
    for what in ("role", "remove"):
        assert act(mate, customer, target, what, role="auditor").status_code == 403
        assert act(outsider, customer, target, what, role="auditor").status_code == 404
    elsewhere = outsider.contact.memberships.get().customer
    assert act(outsider, elsewhere, target, "remove").status_code == 404, "a membership of another customer"
    assert of(owner, customer).role == "owner"


@pytest.mark.parametrize("customer_id", ["cus_unknown", "0", "x" * 41, "a-b"])
def test_other_ids_are_not_found(owner, customer_id):
    assert owner.browser.get(f"/c/{customer_id}/people/").status_code == 404


def test_the_number_of_queries_does_not_grow_with_people(customer, owner, django_assert_max_num_queries):
    for number in range(8):
        person = sign_up(f"{number}@orrery.example")
        actions.join_customer(customer=customer, contact=person.contact, role=Role.DEVELOPER)
        actions.invite_member(customer=customer, email=f"i{number}@orrery.example", by=owner.contact)
    with django_assert_max_num_queries(9):
        owner.browser.get(f"/c/{customer.pk}/people/")
