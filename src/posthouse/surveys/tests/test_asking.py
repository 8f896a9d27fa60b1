"""Asking over the HTTP API: one contact, many, each outcome by its name, repeats, and what is pending."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from posthouse.messages import actions as messages
from posthouse.people.models import Contact
from posthouse.surveys import actions, clocks, models
from posthouse.surveys.tests.conftest import ADA
from posthouse.timeline.models import Event

NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _noon():
    with time_machine.travel(NOON, tick=False):
        yield


def outcomes(type_="survey.send_refused"):
    return [row.data["outcome"] for row in Event.objects.filter(type=type_).order_by("position")]


def unsubscribe(**how):
    messages.unsubscribe(addressee=messages.addressee(ADA), how="page", **how)


@pytest.mark.mission("S2")
def test_an_address_and_a_campaign_are_enough(call, campaign):
    answer = call("post", f"surveys/{campaign.pk}/sends", {"email": ADA})
    assert answer.status_code == 201
    body = answer.json()
    assert (body["outcome"], body["state"], body["email"]) == ("scheduled", "pending", ADA)
    assert datetime.fromisoformat(body["send_at"]) == NOON
    contact = Contact.objects.get(email=ADA)
    told = Event.objects.get(type="survey.send_scheduled")
    assert (told.contact_id, told.data["send_id"], told.data["source"]) == (contact.pk, body["id"], "api")


@pytest.mark.mission("S2")
def test_the_contact_is_made_or_updated_by_the_same_call(call, campaign):
    Contact.objects.create(email=ADA, attributes={"plan": "free", "team": "a"})
    wish = {"email": " ADA@example.org", "name": "Ada", "attributes": {"plan": "pro"}, "delay": 3600, "language": "es"}
    body = call("post", f"surveys/{campaign.pk}/sends", wish).json()
    contact = Contact.objects.get(email=ADA)
    assert (contact.name, contact.attributes) == ("Ada", {"plan": "pro", "team": "a"})
    assert body["attributes"] == {"plan": "pro"}
    assert datetime.fromisoformat(body["send_at"]) == NOON + timedelta(hours=1)
    assert body["language"] == "es"


@pytest.mark.mission("S2")
def test_each_outcome_has_its_name_and_stands_on_the_timeline(call, make, ask):
    def asked(campaign):
        return call("post", f"surveys/{campaign.pk}/sends", {"email": ADA}).json()["outcome"]

    draft, nobody = make(state="draft"), make(sample_percent=0)
    first, second = make(), make()
    assert asked(draft) == "paused"
    assert asked(nobody) == "sampled_out"
    assert asked(first) == "scheduled"
    assert asked(second) == "already_pending"
    assert asked(first) == "already_pending"
    actions.send_due()
    assert asked(first) == "throttled"
    unsubscribe(category="surveys")
    assert asked(second) == "unsubscribed"
    messages.suppress(addressee=messages.addressee(ADA), reason="bounce", how="report")
    assert asked(second) == "bounced"
    assert outcomes() == [
        "paused", "sampled_out", "already_pending", "already_pending", "throttled", "unsubscribed", "bounced",
    ]  # fmt: skip
    assert models.Send.objects.count() == 8


@pytest.mark.mission("S4")
def test_two_clocks(call, make):
    mine, other, free = make(rest_days=30, rest_days_any=7), make(rest_days=90, rest_days_any=7), make(rest_days=0)

    def asked(campaign, **wish):
        return call("post", f"surveys/{campaign.pk}/sends", {"email": ADA} | wish).json()

    assert asked(mine)["outcome"] == "scheduled"
    actions.send_due()
    again = asked(mine)
    assert (again["outcome"], again["throttled_until"]) == ("throttled", "2026-06-03T12:00:00Z")
    assert asked(other)["throttled_until"] == "2026-05-11T12:00:00Z"
    later = asked(mine, send_at="2026-06-03T12:00:00Z")
    assert (later["outcome"], later["send_at"]) == ("scheduled", "2026-06-03T12:00:00Z")
    actions.cancel_send(send=models.Send.objects.get(pk=later["id"]))
    assert asked(free)["outcome"] == "scheduled"


@pytest.mark.mission("S2")
def test_what_another_system_sent_counts_for_the_clocks_once(call, campaign):
    told = {"email": ADA, "last_sent_at": "2026-04-20T12:00:00Z"}
    for _ in range(2):
        body = call("post", f"surveys/{campaign.pk}/sends", told).json()
        assert (body["outcome"], body["throttled_until"]) == ("throttled", "2026-05-20T12:00:00Z")
    assert models.Send.objects.filter(source="import").count() == 1


@pytest.mark.mission("S2")
def test_a_repeat_with_the_same_key_is_answered_as_the_first_time(call, campaign):
    path = f"surveys/{campaign.pk}/sends"
    first = call("post", path, {"email": ADA}, **{"Idempotency-Key": "a1"})
    again = call("post", path, {"email": ADA}, **{"Idempotency-Key": "a1"})
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() == again.json()
    other = call("post", path, {"email": "bob@example.org"}, **{"Idempotency-Key": "a1"})
    assert (other.status_code, other.json()["code"]) == (409, "idempotency-key-reused")
    assert not Contact.objects.filter(email="bob@example.org").exists()
    refused = call("post", path, {"email": ADA}, **{"Idempotency-Key": "a2"}).json()
    assert refused["outcome"] == "already_pending"
    assert call("post", path, {"email": ADA}, **{"Idempotency-Key": "a2"}).json() == refused


@pytest.mark.mission("S2")
def test_a_batch_has_a_result_for_each_item(call, campaign):
    items = [
        {"email": ADA},
        {"email": "nobody"},
        {"email": ADA},
        "ada",
        {"email": "bob@example.org", "delay": -1},
        {"email": "bob@example.org", "key": "own"},
        {"email": "bob@example.org", "key": "own"},
        {"email": "cy@example.org", "key": "own"},
        {"email": "cy@example.org", "channel": "link", "delay": 5},
    ]
    answer = call("post", f"surveys/{campaign.pk}/sends/batch", {"items": items})
    found = answer.json()["items"]
    assert [one["index"] for one in found] == list(range(9))
    said = [(one["status"], one["send"]["outcome"] if one["send"] else one["code"]) for one in found]
    assert said == [
        ("made", "scheduled"),
        ("refused", "validation-failed"),
        ("made", "already_pending"),
        ("refused", "validation-failed"),
        ("refused", "validation-failed"),
        ("made", "scheduled"),
        ("repeated", "scheduled"),
        ("refused", "idempotency-key-reused"),
        ("refused", "link-is-given-at-once"),
    ]
    assert found[4]["errors"][0]["path"] == "delay"
    assert not Contact.objects.filter(email="cy@example.org").exists()


def test_a_batch_repeated_with_its_key_makes_nothing_anew(call, campaign):
    batch = {"items": [{"email": f"p{n}@example.org"} for n in range(30)]}
    path, key = f"surveys/{campaign.pk}/sends/batch", {"Idempotency-Key": "b"}
    first = call("post", path, batch, **key).json()["items"]
    again = call("post", path, batch, **key).json()["items"]
    assert {one["status"] for one in first} == {"made"}
    assert {one["status"] for one in again} == {"repeated"}
    assert [one["send"] for one in first] == [one["send"] for one in again]
    assert models.Send.objects.count() == 30


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"email": ""},
        {"email": "a@b"},
        {"email": "a@b.c\x00"},
        {"email": ["a@example.org"]},
        {"email": "x" * 300 + "@example.org"},
        {"email": ADA, "delay": "soon"},
        {"email": ADA, "delay": 1.5},
        {"email": ADA, "delay": 40_000_000},
        {"email": ADA, "delay": 5, "send_at": "2026-05-05T00:00:00Z"},
        {"email": ADA, "send_at": "2026-05-05T00:00:00"},
        {"email": ADA, "send_at": "2028-05-05T00:00:00Z"},
        {"email": ADA, "send_at": "tomorrow"},
        {"email": ADA, "last_sent_at": "2026-05-05T00:00:00Z"},
        {"email": ADA, "attributes": []},
        {"email": ADA, "attributes": {"a": "\x00"}},
        {"email": ADA, "attributes": {"a": "x" * 20_000}},
        {"email": ADA, "attributes": {"a": {"b": {"c": {"d": {"e": {"f": {"g": {}}}}}}}}},
        {"email": ADA, "language": "Spanish"},
        {"email": ADA, "channel": "pigeon"},
        {"email": ADA, "name": "www.example.org"},
        {"email": ADA, "surprise": 1},
    ],
)
def test_bad_input_is_refused_and_leaves_nothing(call, campaign, body):
    assert call("post", f"surveys/{campaign.pk}/sends", body).status_code == 422
    assert not models.Send.objects.exists()
    assert not Contact.objects.exists()


def test_attributes_that_would_grow_too_large_together_are_refused(call, campaign):
    path = f"surveys/{campaign.pk}/sends"
    Contact.objects.create(email=ADA, attributes={"a": "x" * 10_000})
    answer = call("post", path, {"email": ADA, "attributes": {"b": "x" * 10_000}})
    assert (answer.status_code, answer.json()["code"]) == (422, "attributes-refused")


@pytest.mark.parametrize("body", ["", "{", "[]", '"x"', b"\xff", '{"items": []}', '{"items": 5}'])
def test_a_broken_batch_is_refused(call, campaign, body):
    assert call("post", f"surveys/{campaign.pk}/sends/batch", body).status_code in (400, 422)


def test_a_batch_holds_a_thousand_items_at_most(call, campaign):
    items = [{"email": "nobody"}] * 1001
    assert call("post", f"surveys/{campaign.pk}/sends/batch", {"items": items}).status_code == 422


@pytest.mark.mission("S2")
def test_pending_sends_are_listed_moved_and_cancelled(call, make, ask):
    campaign, other = make(), make()
    send = ask(campaign, delay=timedelta(days=1))
    path = f"surveys/{campaign.pk}/sends"
    assert [one["id"] for one in call("get", f"{path}?state=pending").json()["items"]] == [send.pk]
    assert [one["id"] for one in call("get", f"{path}?email={ADA}").json()["items"]] == [send.pk]
    assert call("get", f"{path}?email=bob@example.org").json()["items"] == []
    moved = call("patch", f"{path}/{send.pk}", {"send_at": "2026-06-01T08:00:00Z"})
    assert (moved.status_code, moved.json()["send_at"]) == (200, "2026-06-01T08:00:00Z")
    assert call("patch", f"{path}/{send.pk}", {"send_at": "2030-06-01T08:00:00Z"}).status_code == 422
    assert call("get", f"surveys/{other.pk}/sends/{send.pk}").status_code == 404
    assert call("post", f"surveys/{other.pk}/sends/{send.pk}/cancel").status_code == 404
    assert call("post", f"{path}/{send.pk}/cancel").json()["state"] == "cancelled"
    assert call("post", f"{path}/{send.pk}/cancel").status_code == 409
    assert call("patch", f"{path}/{send.pk}", {"send_at": "2026-06-01T08:00:00Z"}).status_code == 409
    assert ask(other).outcome == "scheduled"
    kinds = ["survey.send_scheduled", "survey.send_moved", "survey.send_cancelled", "survey.send_scheduled"]
    told = Event.objects.filter(type__startswith="survey.send").order_by("position").values_list("type", flat=True)
    assert list(told) == kinds


def test_a_send_is_not_moved_into_the_rest_of_the_contact(make, ask):
    campaign = make(rest_days=30)
    ask(campaign)
    actions.send_due()
    send = ask(campaign, due_at=NOON + timedelta(days=40))
    with pytest.raises(actions.Refused) as refused:
        actions.move_send(send=send, due_at=NOON + timedelta(days=10))
    assert refused.value.code == "throttled"


@pytest.mark.mission("S5")
def test_a_personal_link_is_given_at_once_and_counts_for_the_clocks(call, campaign):
    body = call("post", f"surveys/{campaign.pk}/sends", {"email": ADA, "channel": "link"}).json()
    assert (body["outcome"], body["state"]) == ("scheduled", "sent")
    assert "/survey/snd_" in body["link"]
    assert call("post", f"surveys/{campaign.pk}/sends", {"email": ADA}).json()["outcome"] == "throttled"


@pytest.mark.mission("S4")
def test_the_sample_is_about_as_large_as_asked_for_and_the_same_until_the_rest_is_over():
    campaign = models.Campaign(id="cmp_fixed", sample_percent=30, rest_days=30)

    def drawn(days=0):
        due_at = datetime(2026, 5, 4, tzinfo=UTC) + timedelta(days=days)
        sends = [models.Send(campaign=campaign, contact_id=f"con_{n}", due_at=due_at) for n in range(2000)]
        return {send.contact_id for send in sends if clocks.drawn(send)}

    assert 540 < len(drawn()) < 660
    assert drawn() == drawn()
    assert 120 < len(drawn() & drawn(days=30)) < 240


def test_campaigns_are_made_and_run_over_the_api(call):
    words = {"en": {"subject": "One question", "question": "How easy was it?"}}
    made = call("post", "surveys", {"name": "Ease", "metric": "ces", "texts": words})
    assert (made.status_code, made.json()["state"], made.json()["scale"]) == (201, "draft", "1-7")
    path = f"surveys/{made.json()['id']}"
    assert call("patch", path, {"formula": "easy_minus_hard", "rest_days": 90}).json()["rest_days"] == 90
    assert call("put", f"{path}/state", {"state": "running"}).json()["state"] == "running"
    assert call("get", "surveys?state=running").json()["items"][0]["name"] == "Ease"
    assert call("get", "surveys?state=draft").json()["items"] == []
    assert call("put", f"{path}/state", {"state": "ended"}).json()["ended_at"]
    assert call("put", f"{path}/state", {"state": "running"}).status_code == 409
    wrong = call("post", "surveys", {"name": "x", "metric": "nps", "texts": {"en": {"subject": "s"}}})
    assert (wrong.status_code, wrong.json()["errors"][0]["path"]) == (422, "/texts/en/question")
    assert call("patch", path, {"metric": "joy"}).status_code == 422
    assert call("get", "surveys/cmp_unknown").status_code == 404
