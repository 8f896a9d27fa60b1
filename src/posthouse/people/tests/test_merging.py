"""Two contacts that are one person, two customers that are one organisation."""

import pytest

from posthouse.people import actions, models, personal_data, queries
from posthouse.people.models import Contact, Customer
from posthouse.people.tests.conftest import events_of, sign_up
from posthouse.timeline import actions as timeline_actions
from posthouse.timeline import queries as timeline
from posthouse.timeline.models import Event


def merge_contacts(keep, gone):
    return actions.merge_contacts(keep=keep, gone=gone, actor="team:1")


def merge_customers(keep, gone):
    return actions.merge_customers(keep=keep, gone=gone, actor="team:1")


@pytest.fixture
def twin(db):
    """Somebody known by another address of the owner's, without a login."""
    return actions.know_contact(
        email="owner+api@orrery.example", name="Olga O.", attributes={"plan": "pro", "team": "x"}
    )


@pytest.fixture
def double(owner, twin):
    """The same organisation, founded a second time."""
    made = actions.add_customer(name="orrery", external_id="crm-7", country="ES")
    actions.join_customer(customer=made, contact=twin, role="owner")
    return made


def test_the_one_that_remains_gets_memberships_and_what_it_did_not_know(owner, customer, twin, double):
    actions.update_contact(contact=owner.contact, attributes={"team": "y"})
    kept = merge_contacts(owner.contact, twin)
    assert kept.name == "Olga Owner"
    assert kept.attributes == {"plan": "pro", "team": "y"}
    assert {row.customer for row in queries.customers_of(kept)} == {customer, double}
    assert not twin.memberships.exists()


def test_the_id_and_the_address_of_the_other_lead_to_the_one_that_remains(owner, twin):
    merge_contacts(owner.contact, twin)
    assert queries.contact(twin.pk) == owner.contact
    assert queries.contact_by_email(twin.email) == owner.contact
    assert actions.know_contact(email=twin.email, attributes={"late": 1}) == owner.contact
    assert list(queries.find_contacts()) == [owner.contact]
    assert Contact.objects.count() == 2


def test_where_both_belong_to_a_customer_the_stronger_role_counts(owner, customer, twin):
    actions.join_customer(customer=customer, contact=twin, role="developer")
    merge_contacts(twin, owner.contact)
    assert [(row.contact, row.role) for row in queries.members(customer)] == [(twin, "owner")]
    assert "member.role_changed" in events_of(contact_id=twin.pk)


def test_the_login_goes_along_where_there_is_none(owner, customer, twin):
    merge_contacts(twin, owner.contact)
    assert queries.contact_of(owner.user) == twin
    assert owner.browser.get(f"/c/{customer.pk}/people/").status_code == 200


def test_of_two_logins_the_one_that_remains_goes_on(owner, outsider):
    merge_contacts(owner.contact, outsider.contact)
    assert not models.User.objects.get(email="owner@elsewhere.example").is_active
    assert models.User.objects.get(email="owner@orrery.example").is_active


def test_a_login_that_opens_the_desk_stays(owner, admin):
    colleague = actions.open_account(user=admin.member.user)
    merge_contacts(owner.contact, colleague)
    assert admin.browser.get("/desk/").status_code == 200


def test_it_is_told_on_the_timeline_which_shows_both(owner, twin):
    merge_contacts(owner.contact, twin)
    told = Event.objects.get(type="contact.merged")
    assert (told.contact_id, told.actor, told.data) == (owner.contact.pk, "team:1", {"gone_id": twin.pk})
    assert timeline.canonical([twin.pk]) == {twin.pk: owner.contact.pk}
    created = timeline.of_contact(owner.contact.pk).filter(type="contact.created")
    assert {row.contact_id for row in created} >= {twin.pk}


def test_one_and_the_same_is_refused(owner, twin):
    with pytest.raises(actions.Refused, match="one and the same"):
        merge_contacts(owner.contact, owner.contact)
    merge_contacts(owner.contact, twin)
    with pytest.raises(actions.Refused, match="one and the same"):
        merge_contacts(owner.contact, twin)


def test_what_the_timeline_was_told_otherwise_is_refused_on_the_page(team_as, owner, twin):
    timeline_actions.alias(alias=owner.contact.pk, canonical=twin.pk)
    browser = team_as("support").browser
    address = f"/desk/contacts/{owner.contact.pk}/merge/{twin.pk}/"
    assert "one and the same already" in browser.post(address, follow=True).content.decode()
    assert Contact.objects.get(pk=twin.pk).merged_into is None


def test_a_chain_of_mergers_leads_to_its_end(owner, twin, outsider):
    merge_contacts(owner.contact, twin)
    merge_contacts(outsider.contact, owner.contact)
    assert queries.contact(twin.pk) == queries.contact(owner.contact.pk) == outsider.contact
    assert timeline.canonical([twin.pk]) == {twin.pk: outsider.contact.pk}


def test_erasing_a_person_forgets_what_was_merged_into_it(owner, twin):
    kept = merge_contacts(owner.contact, twin)
    personal_data.erase(Contact.objects.get(pk=kept.pk))
    twin.refresh_from_db()
    assert (twin.email, twin.name) == (f"{twin.pk}@erased.invalid", "")


def test_customers_become_one_with_all_their_people(owner, customer, mate, twin, double):
    actions.invite_member(customer=double, email="new@orrery.example", role="developer", by=twin)
    actions.invite_member(customer=double, email="mate@orrery.example", role="developer", by=twin)
    kept = merge_customers(customer, double)
    assert {row.contact for row in queries.members(kept)} == {owner.contact, mate.contact, twin}
    assert (kept.country, kept.external_id) == ("ES", "crm-7")
    assert [row.email for row in queries.open_invitations(kept)] == ["new@orrery.example"]
    assert queries.customer(double.pk) == queries.customer_by_external_id("crm-7") == customer
    assert list(queries.find_customers()) == [customer]
    assert queries.customer_count() == 1
    assert Event.objects.get(type="customer.merged").data == {"gone_id": double.pk, "name": "orrery"}


def test_each_keeps_leading_to_the_one_by_the_vendors_own_ids(customer, double):
    actions.update_customer(customer=customer, external_id="crm-1")
    merge_customers(customer, double)
    assert queries.customer_by_external_id("crm-1") == queries.customer_by_external_id("crm-7") == customer


def test_the_desk_suggests_who_may_be_the_same(team_as, owner, customer, twin, double, outsider):
    browser = team_as("support").browser
    page = browser.get(f"/desk/contacts/{owner.contact.pk}/merge/").content.decode()
    assert twin.email in page
    assert outsider.contact.email not in page
    page = browser.get(f"/desk/customers/{customer.pk}/merge/").content.decode()
    assert double.pk in page
    assert "Elsewhere" not in page


def test_the_desk_finds_the_other_by_address_or_id(team_as, owner, twin, customer, double):
    browser = team_as("support").browser
    page = f"/desk/contacts/{owner.contact.pk}/merge/"
    assert browser.get(page, {"other": " OWNER+api@orrery.example"}).url.endswith(f"/merge/{twin.pk}/")
    assert "Nobody is known by this." in browser.get(page, {"other": "nobody@example.org"}).content.decode()
    assert "one and the same" in browser.get(page, {"other": owner.contact.pk}).content.decode()
    page = f"/desk/customers/{customer.pk}/merge/"
    assert browser.get(page, {"other": "crm-7"}).url.endswith(f"/merge/{double.pk}/")


def test_the_desk_shows_what_will_happen_before_it_does(team_as, owner, outsider):
    browser = team_as("support").browser
    address = f"/desk/contacts/{owner.contact.pk}/merge/{outsider.contact.pk}/"
    page = browser.get(address).content.decode()
    assert "Elsewhere as Owner" in page
    assert "The login owner@elsewhere.example ends" in page
    assert not Event.objects.filter(type="contact.merged").exists()
    assert browser.post(address).url == f"/desk/contacts/{owner.contact.pk}/"
    assert browser.get(f"/desk/contacts/{outsider.contact.pk}/").url == f"/desk/contacts/{owner.contact.pk}/"


def test_the_desk_merges_customers(team_as, customer, double):
    colleague = team_as("engineer")
    address = f"/desk/customers/{customer.pk}/merge/{double.pk}/"
    page = colleague.browser.get(address).content.decode()
    assert "takes over your id crm-7" in page
    assert colleague.browser.post(address).url == f"/desk/customers/{customer.pk}/"
    assert Event.objects.get(type="customer.merged").actor == f"team:{colleague.member.user_id}"
    assert Customer.objects.get(pk=double.pk).merged_into == customer
    again = colleague.browser.post(address)
    assert again.url == f"/desk/customers/{customer.pk}/merge/"


def test_ids_that_are_not_there_are_not_found(team_as, owner, customer):
    browser = team_as("admin").browser
    for address in (
        f"/desk/contacts/{owner.contact.pk}/merge/con_nobody/",
        "/desk/contacts/con_nobody/merge/",
        f"/desk/customers/{customer.pk}/merge/{owner.contact.pk}/",
        "/desk/customers/cus_nobody/merge/",
    ):
        assert browser.get(address).status_code == 404
        assert browser.post(address).status_code == 404


def test_the_portals_people_merge_nobody(owner, customer, double):
    assert owner.browser.post(f"/desk/customers/{customer.pk}/merge/{double.pk}/").status_code == 404
    assert sign_up("else@example.org").browser.get(f"/desk/contacts/{owner.contact.pk}/merge/").status_code == 404


def test_the_other_one_is_found_by_a_part_of_its_name(team_as, customer, owner, outsider):
    browser = team_as("support").browser
    other = actions.add_customer(name="Meridian Charts S.L.", actor="team:1")
    address = f"/desk/customers/{customer.pk}/merge/"
    page = browser.get(address, {"other": "meridian"})
    assert page.status_code == 200
    assert f"{address}{other.pk}/" in page.content.decode()
    assert "choose one below" in page.content.decode()
    assert "Nobody is known by this" in browser.get(address, {"other": "no such name"}).content.decode()
    address = f"/desk/contacts/{owner.contact.pk}/merge/"
    found = browser.get(address, {"other": outsider.contact.email[:6]}).content.decode()
    assert f"{address}{outsider.contact.pk}/" in found
