"""Who sees which link, and which one is current."""

from types import SimpleNamespace

import pytest
from django.urls import NoReverseMatch, reverse

from posthouse.design import navigation
from posthouse.design.navigation import Entry


@pytest.fixture
def house(monkeypatch):
    """A house with entries of its own, whose addresses are their names."""
    monkeypatch.setattr(navigation, "_entries", {})
    monkeypatch.setattr(navigation, "_finders", [])

    def address(name, kwargs=None):
        if name == "switched-off":
            raise NoReverseMatch
        return f"/c/{kwargs['customer_id']}/{name}/" if kwargs else f"/{name}/"

    monkeypatch.setattr(navigation, "reverse", address)


def request(path="/", **more):
    return SimpleNamespace(path=path, **more)


def labels(request, place):
    return [link.label for link in navigation.links(request, place)]


@pytest.mark.usefixtures("house")
class TestDesk:
    def test_links_stand_in_their_order(self):
        navigation.desk("Second", "b", order=20)
        navigation.desk("First", "a", order=10)
        assert labels(request(), "desk") == ["First", "Second"]

    def test_a_link_with_roles_is_seen_by_those_only(self):
        navigation.desk("Settings", "settings", roles=["admin"])
        assert labels(request(member=SimpleNamespace(role="admin")), "desk") == ["Settings"]
        assert labels(request(member=SimpleNamespace(role="analyst")), "desk") == []
        assert labels(request(), "desk") == []

    def test_what_is_switched_off_vanishes(self):
        navigation.desk("Gone", "switched-off")
        assert labels(request(), "desk") == []

    def test_the_longest_fitting_address_is_current(self):
        navigation.desk("Home", "desk")
        navigation.desk("Keys", "desk/keys")
        found = {link.label: link.current for link in navigation.links(request("/desk/keys/1/"), "desk")}
        assert found == {"Home": "", "Keys": "true"}
        found = {link.label: link.current for link in navigation.links(request("/desk/"), "desk")}
        assert found == {"Home": "page", "Keys": ""}


@pytest.mark.usefixtures("house")
class TestPortal:
    def test_a_customers_links_need_a_customer(self):
        navigation.portal("Keys", "keys")
        navigation.portal("Docs", "docs", customer=False)
        assert labels(request(), "portal") == ["Docs"]
        own = request(customer=SimpleNamespace(pk="cus_1"))
        assert [link.href for link in navigation.links(own, "portal")] == ["/docs/", "/c/cus_1/keys/"]

    def test_a_finder_knows_the_customer_of_a_public_page(self):
        navigation.find_customer(lambda request: None)
        navigation.find_customer(lambda request: "cus_2")
        navigation.portal("Keys", "keys")
        assert [link.href for link in navigation.links(request(), "portal")] == ["/c/cus_2/keys/"]

    def test_a_link_with_roles_is_hidden_from_other_members(self):
        navigation.portal("Bills", "bills", roles=["billing"])
        customer = SimpleNamespace(pk="cus_1")
        for role, seen in (("billing", ["Bills"]), ("developer", [])):
            assert labels(request(customer=customer, membership=SimpleNamespace(role=role)), "portal") == seen


@pytest.mark.parametrize(
    "entry", [*navigation.entries("desk"), *navigation.entries("portal")], ids=lambda e: e.url_name
)
def test_every_link_leads_somewhere(entry: Entry):
    kwargs = {"customer_id": "cus_1"} if entry.customer else None
    assert reverse(entry.url_name, kwargs=kwargs)


def test_no_two_links_share_a_key():
    keys = [entry.key for entry in navigation.entries("desk") if entry.key]
    assert len(keys) == len(set(keys))
