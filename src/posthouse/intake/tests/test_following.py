"""What follows when clients say who somebody is."""

import pytest

from posthouse.foundation.jobs import run_until_idle
from posthouse.intake import actions, queries
from posthouse.intake.models import Kept, Rejected, Source
from posthouse.people import actions as people
from posthouse.people.models import Contact, Customer, Membership
from posthouse.timeline import queries as timeline
from posthouse.timeline.models import Parked

pytestmark = pytest.mark.django_db


@pytest.fixture
def tell(source):
    """Items of the source, taken in and followed."""

    def send(*items, of=source):
        numbered = [{"messageId": f"{Rejected.objects.count()}-{id(item)}"} | item for item in items]
        actions.take_in(source=of, items=numbered)
        run_until_idle()
        assert not Parked.objects.exists()

    return send


def identify(user="42", email="ada@example.org", **traits):
    return {"type": "identify", "userId": user, "traits": ({"email": email} if email else {}) | traits}


def ends(*ids):
    return timeline.canonical(ids)


@pytest.mark.parametrize("name", ["person:42", "person:anon"])
def test_all_ids_of_a_person_lead_to_the_contact(tell, name):
    tell({"type": "track", "anonymousId": "anon", "event": "Docs Read"}, identify() | {"anonymousId": "anon"})
    contact = Contact.objects.get(email="ada@example.org")
    assert ends(name) == {name: contact.pk}
    assert "docs.read" in timeline.of_contact(contact.pk).values_list("type", flat=True)


def test_what_was_told_before_the_address_is_learnt_then(tell):
    tell(
        identify(email="", plan="pro", city="Lund"),
        {"type": "group", "userId": "42", "groupId": "acme", "traits": {"name": "Acme"}},
        identify(email="", plan="max"),
    )
    assert not Contact.objects.exists()
    assert Customer.objects.get().name == "Acme"
    tell(identify())
    assert Contact.objects.get().attributes == {"plan": "max", "city": "Lund"}
    assert Membership.objects.get().customer.external_id == "acme"


def test_two_people_at_one_browser_stay_two(tell):
    tell(
        identify("1", "a@example.org") | {"anonymousId": "shared"},
        identify("2", "b@example.org") | {"anonymousId": "shared"},
    )
    assert Contact.objects.count() == 2
    first = Contact.objects.get(email="a@example.org")
    assert ends("person:shared") == {"person:shared": first.pk}
    assert not Rejected.objects.exists()


def test_a_new_address_of_a_known_person_is_kept_beside_the_old_one(tell):
    tell(identify(), identify(email="new@example.org"))
    contact = Contact.objects.get()
    assert (contact.email, contact.attributes) == ("ada@example.org", {"email": "new@example.org"})


def test_an_id_that_is_an_address_is_one(tell):
    tell({"type": "identify", "userId": "Ada@Example.org", "traits": {"plan": "pro"}})
    assert Contact.objects.get(email="ada@example.org").attributes == {"plan": "pro"}


@pytest.mark.parametrize("email", ["no address", "a@", 17, ["a@example.org"], "x" * 300 + "@example.org"])
def test_an_address_that_is_none_is_shown_to_the_team(tell, source, email):
    tell(identify(email=email))
    reject = Rejected.objects.get()
    assert (reject.reason, reject.event_id != "") == ("address", True)
    assert Source.objects.get(pk=source.pk).rejected == 1
    assert not Contact.objects.exists()


def test_traits_that_are_too_much_are_shown_to_the_team(tell):
    tell(identify(), identify(essay="x" * 20_000))
    assert Rejected.objects.get().reason == "attributes"
    assert Contact.objects.get().attributes == {}


def test_two_known_people_are_not_made_one_by_a_client(tell):
    tell(identify("1", "a@example.org"), identify("2", "b@example.org"))
    tell({"type": "alias", "userId": "1", "previousId": "2"})
    reject = Rejected.objects.get()
    assert reject.reason == "two-people"
    with pytest.raises(queries.Misfit):
        actions.take_again(reject=reject, text="")
    first, second = Contact.objects.order_by("email")
    people.merge_contacts(keep=first, gone=second, actor="")
    assert actions.take_again(reject=reject, text="") == "accepted"
    assert not Rejected.objects.exists()


def test_an_alias_leads_to_the_contact_whichever_id_is_known(tell):
    tell(identify("1"), {"type": "alias", "userId": "2", "previousId": "1"})
    tell({"type": "alias", "userId": "1", "previousId": "0"})
    contact = Contact.objects.get()
    assert set(ends("person:0", "person:1", "person:2").values()) == {contact.pk}


def test_a_customer_that_the_vendor_made_is_the_group_of_that_id(tell):
    customer = people.add_customer(name="Acme", external_id="acme")
    tell({"type": "track", "userId": "42", "event": "Docs Read", "context": {"groupId": "acme"}})
    assert "docs.read" in timeline.of_customer(customer.pk).values_list("type", flat=True)
    tell({"type": "group", "userId": "42", "groupId": "acme", "traits": {"name": "Other", "size": 3}})
    customer.refresh_from_db()
    assert (customer.name, customer.attributes) == ("Acme", {"size": 3})
    assert Customer.objects.count() == 1


def test_a_group_that_names_a_customer_of_ours_is_that_one(tell):
    customer = people.add_customer(name="Acme")
    tell(identify(), {"type": "group", "userId": "42", "groupId": customer.pk})
    assert Membership.objects.get().customer == customer
    tell({"type": "group", "userId": "42", "groupId": "cus_none"})
    assert Customer.objects.count() == 1


def test_who_anybody_can_pretend_to_be_gets_no_membership(tell):
    public = actions.make_source(name="Pages", dialect="segment", kept=Kept.CLIENT)
    customer = people.add_customer(name="Acme", external_id="acme")
    tell(identify(), {"type": "group", "userId": "42", "groupId": "acme"}, of=public)
    tell({"type": "group", "userId": "42", "groupId": customer.pk}, of=public)
    assert Contact.objects.exists()
    assert not Membership.objects.exists()


def test_only_groups_that_are_organisations_become_customers(tell):
    hog = actions.make_source(name="Hog", dialect="posthog")
    group = {"event": "$groupidentify", "distinct_id": "42"}
    tell(
        group | {"uuid": "1", "properties": {"$group_type": "project", "$group_key": "moon"}},
        group | {"uuid": "2", "properties": {"$group_type": "company", "$group_key": "acme"}},
        of=hog,
    )
    assert Customer.objects.get().external_id == "acme"


def test_told_twice_changes_nothing(tell):
    items = [identify(plan="pro"), {"type": "group", "userId": "42", "groupId": "acme"}]
    tell(*items)
    tell(*items)
    assert (Contact.objects.count(), Customer.objects.count(), Membership.objects.count()) == (1, 1, 1)
    assert Contact.objects.get().attributes == {"plan": "pro"}
