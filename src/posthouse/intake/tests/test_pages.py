"""Sources and rejected items in the desk and over the HTTP API."""

import json
from datetime import timedelta

import pytest
from django.urls import reverse

from posthouse.foundation.clock import now
from posthouse.intake import actions
from posthouse.intake.models import Rejected, Source
from posthouse.intake.tests.conftest import signed_in
from posthouse.timeline.models import Event

pytestmark = pytest.mark.django_db

TRACK = {"type": "track", "userId": "42", "event": "Order Completed", "messageId": "m-1"}


def text(response):
    return response.content.decode()


def test_a_source_is_set_up_and_its_lines_can_be_copied(desk):
    assert "No sources yet" in text(desk.get(reverse("desk-sources")))
    given = {"name": "Website", "dialect": "rudderstack", "kept": "client"}
    page = desk.post(reverse("desk-source-new"), given, follow=True)
    source = Source.objects.get()
    assert (source.name, source.dialect, source.kept) == ("Website", "rudderstack", "client")
    assert page.redirect_chain[-1][0] == reverse("desk-source", args=[source.pk])
    assert source.write_key in text(page)
    assert "rudderstack.analytics" in text(page)
    assert "/compat/segment" in text(page)
    assert "Nothing has come yet" in text(page)
    assert Event.objects.filter(type="source.made").exists()
    assert "Website" in text(desk.get(reverse("desk-sources")))


@pytest.mark.parametrize("given", [{}, {"name": "x", "dialect": "other", "kept": "server"}, {"name": " " * 9}])
def test_a_source_that_cannot_be_is_told_why(desk, given):
    assert desk.post(reverse("desk-source-new"), given).status_code == 422
    assert not Source.objects.exists()


def test_only_those_who_may_change_things_see_the_write_key(source, member):
    address = reverse("desk-source", args=[source.pk])
    assert source.write_key in text(signed_in(member("support")).get(address))
    for role in ("analyst", "auditor"):
        page = signed_in(member(role)).get(address)
        assert source.write_key not in text(page)
        assert page.status_code == 200


def edit(source, **fields):
    given = {"name": source.name, "kept": source.kept, "names": "", "first_word": "track", "rate": "1000"}
    return given | fields


def test_names_are_declared_one_per_line(desk, source):
    address = reverse("desk-source-edit", args=[source.pk])
    names = "Bought = order.completed\n\npage:Pricing=plans.compared\nA = B = c.d"
    desk.post(address, edit(source, names=names, name="Shop", rate="5"))
    source.refresh_from_db()
    assert source.names == {"Bought": "order.completed", "page:Pricing": "plans.compared", "A = B": "c.d"}
    assert (source.name, source.rate) == ("Shop", 5)
    assert "A = B = c.d" in text(desk.get(address))


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"names": "Bought"}, "equals sign"),
        ({"names": "Bought = Order"}, "cannot be a type"),
        ({"names": "Bought = key.created"}, "Only the house itself"),
        ({"names": "\n".join(f"n{n} = a.b{n}" for n in range(201))}, "At most 200"),
        ({"first_word": "Two words"}, "one word"),
        ({"rate": "0"}, "greater than or equal to 1"),
        ({"name": ""}, "required"),
    ],
)
def test_what_cannot_be_declared_is_told_why_and_kept_in_the_form(desk, source, fields, why):
    page = desk.post(reverse("desk-source-edit", args=[source.pk]), edit(source, **fields))
    assert page.status_code == 422
    assert why in text(page)
    source.refresh_from_db()
    assert (source.names, source.prefix, source.rate) == ({}, "track", 1000)


def test_a_new_write_key_with_and_without_an_overlap(desk, source):
    address = reverse("desk-source-rotate", args=[source.pk])
    assert desk.get(address).status_code == 200
    old = source.write_key
    page = desk.post(address, {"hours": "24"}, follow=True)
    source.refresh_from_db()
    assert source.write_key != old
    assert source.old_key == old
    assert source.old_key_works(now() + timedelta(hours=23))
    assert not source.old_key_works(now() + timedelta(hours=25))
    assert "The old one works on until" in text(page)
    desk.post(address, {"hours": "0"})
    source.refresh_from_db()
    assert source.old_key == ""
    assert desk.post(address, {"hours": "99999"}).status_code == 422


def test_a_source_is_switched_off_and_on(desk, source):
    address = reverse("desk-source-switch", args=[source.pk])
    assert "Switched off" in text(desk.post(address, follow=True))
    source.refresh_from_db()
    assert source.off_at is not None
    desk.post(address)
    source.refresh_from_db()
    assert source.off_at is None
    types = list(Event.objects.filter(type__startswith="source.s").values_list("type", flat=True))
    assert types == ["source.switched_off", "source.switched_on"]


def test_what_came_last_is_shown_and_older_ones_on_further_pages(desk, source):
    items = [TRACK | {"messageId": str(n), "event": f"Thing{n} Done"} for n in range(30)]
    actions.take_in(source=source, items=items)
    page = desk.get(reverse("desk-source", args=[source.pk]))
    assert "thing29.done" in text(page)
    assert "Thing29 Done" in text(page)
    assert "thing4.done" not in text(page)
    older = desk.get(reverse("desk-source", args=[source.pk]), {"before": page.context["older"]})
    assert "thing4.done" in text(older)
    for odd in ("x", "-1", "9" * 40, "²"):
        assert desk.get(reverse("desk-source", args=[source.pk]), {"before": odd}).status_code == 200


def test_rejected_items_are_listed_with_reasons_filtered_and_paged(desk, source, reject):
    address = reverse("desk-source-rejected", args=[source.pk])
    assert "Nothing was rejected" in text(desk.get(address))
    for number in range(55):
        reject(json.dumps({"type": "track", "n": number}))
    reject('{"type": "dance"}', reason="type-unknown", detail="not “dance”")
    page = desk.get(address)
    assert "The kind of call is not known" in text(page)
    assert "Page 1 of 2" in text(page)
    narrow = desk.get(address, {"reason": "type-unknown"})
    assert len(narrow.context["page"].object_list) == 1
    assert len(desk.get(address, {"q": "dance"}).context["page"].object_list) == 1
    assert "Nothing fits" in text(desk.get(address, {"q": "no such thing"}))
    assert desk.get(address, {"reason": "odd", "page": "x", "q": "\x00"}).status_code == 200


def test_an_item_is_mended_and_taken_in_with_its_first_times(desk, source, reject):
    came = now() - timedelta(hours=3)
    row = reject(json.dumps({"type": "track", "event": "Order Completed", "messageId": "m-1"}), at=came)
    page = desk.get(reverse("desk-reject", args=[source.pk, row.pk]))
    assert "It names nobody" in text(page)
    mend = reverse("desk-reject-mend", args=[source.pk, row.pk])
    wrong = desk.post(mend, {"item": '{"type": "track", "event": "Kept Words"}'})
    assert wrong.status_code == 422
    assert "Kept Words" in text(wrong)
    for odd in ("", "{", "[]", "17", "null", '{"type": 1}', "[" * 10_000):
        assert desk.post(mend, {"item": odd}).status_code == 422
    assert Rejected.objects.exists()
    assert "It is taken in" in text(desk.post(mend, {"item": json.dumps(TRACK)}, follow=True))
    event = Event.objects.get(source=f"intake:{source.pk}")
    assert (event.type, event.occurred_at) == ("order.completed", came)
    assert not Rejected.objects.exists()


def test_an_item_can_be_forgotten(desk, source, reject):
    row = reject("{}")
    desk.post(reverse("desk-reject-forget", args=[source.pk, row.pk]))
    assert not Rejected.objects.exists()


def test_items_of_another_source_are_not_found(desk, source, reject):
    other = actions.make_source(name="Other", dialect="segment")
    row = reject("{}")
    for name in ("desk-reject", "desk-reject-mend", "desk-reject-forget"):
        address = reverse(name, args=[other.pk, row.pk])
        assert (desk.get(address) if name == "desk-reject" else desk.post(address)).status_code == 404
    assert desk.get(reverse("desk-source", args=["zz"])).status_code == 404


def test_the_list_stays_short(source, reject, monkeypatch):
    monkeypatch.setattr(actions, "KEPT_PER_SOURCE", 3)
    reject("old", at=now() - timedelta(days=31))
    for number in range(5):
        reject(str(number), at=now() - timedelta(minutes=number))
    assert actions.trim_rejects(days=30) == 3
    assert set(Rejected.objects.values_list("item", flat=True)) == {"0", "1", "2"}


@pytest.mark.mission("X3")
def test_the_http_api_can_do_the_same(ask, source, reject):
    made = ask("post", "sources", {"name": "Billing", "dialect": "posthog"}).json()
    assert made["write_key"].startswith("wk_")
    assert made["source"]["host"].endswith("/compat/posthog")
    assert [row["name"] for row in ask("get", "sources").json()["items"]] == ["Website", "Billing"]
    here = f"sources/{source.pk}"
    assert "write_key" not in ask("get", here).json()
    assert ask("get", f"{here}/write-key").json()["write_key"] == source.write_key
    changed = ask("patch", here, {"names": {"Bought": "order.completed"}}).json()
    assert changed["names"] == {"Bought": "order.completed"}
    refused = ask("patch", here, {"names": {"Bought": "key.created"}})
    assert (refused.status_code, refused.json()["code"]) == (422, "source-refused")
    assert ask("post", f"{here}/rotate", {"overlap_seconds": 60}).json()["write_key"] != source.write_key
    assert ask("post", f"{here}/off").json()["on"] is False
    assert ask("post", f"{here}/on").json()["on"] is True
    first, second = reject("{}"), reject(json.dumps(TRACK), reason="refused")
    listed = ask("get", f"{here}/rejected?limit=1").json()
    rest = ask("get", f"{here}/rejected?after={listed['next']}").json()
    assert [row["id"] for row in listed["items"] + rest["items"]] == sorted([first.pk, second.pk], reverse=True)
    assert ask("get", f"{here}/rejected?reason=refused").json()["items"][0]["id"] == second.pk
    assert ask("post", f"{here}/rejected/{second.pk}/retry", {}).json() == {"status": "accepted"}
    still = ask("post", f"{here}/rejected/{first.pk}/retry", {"item": {"type": "track"}})
    assert (still.status_code, still.json()["reason"]) == (422, "no-person")
    assert ask("delete", f"{here}/rejected/{first.pk}").status_code == 204
    assert ask("delete", f"{here}/rejected/{first.pk}").status_code == 404
    assert ask("get", "sources/src_none").status_code == 404
