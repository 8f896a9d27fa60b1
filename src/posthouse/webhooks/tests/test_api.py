"""Webhooks by API: made, changed, tried, sent again; and what cannot be."""

import pytest

from posthouse.timeline.models import Event
from posthouse.webhooks import actions
from posthouse.webhooks.models import Delivery, Subscription

pytestmark = pytest.mark.django_db
URL = "https://example.org/hooks"
ONE = {"url": URL, "events": ["survey.response.created"]}


@pytest.mark.mission("S11")
def test_a_webhook_lives_its_whole_life_by_api(call, receiver, settle, told):
    made = call("post", "webhooks", {**ONE, "url": receiver.url, "campaign_ids": ["cmp_1"], "description": "CRM"})
    assert made.status_code == 201
    id_, secret = made.json()["webhook"]["id"], made.json()["secret"]
    assert secret.startswith("whsec_")
    assert (made.json()["webhook"]["on"], made.json()["webhook"]["failing_since"]) == (True, None)
    for answer in (call("get", "webhooks"), call("get", f"webhooks/{id_}")):
        assert secret not in answer.content.decode()
    sent = call("post", f"webhooks/{id_}/test", {"event": "contact.unsubscribed"})
    assert (sent.status_code, sent.json()["test"]) == (202, True)
    settle()
    assert told()[0]["type"] == "contact.unsubscribed"
    delivery = call("get", f"webhooks/{id_}/deliveries/{sent.json()['id']}").json()
    assert (delivery["state"], delivery["body"]["test"]) == ("delivered", True)
    assert [(one["status"], one["answer"]) for one in delivery["attempted"]] == [(200, "noted")]
    changed = call("patch", f"webhooks/{id_}", {"events": ["contact.unsubscribed"], "on": False}).json()
    assert (changed["events"], changed["on"], changed["off_reason"]) == (["contact.unsubscribed"], False, "team")
    assert changed["description"] == "CRM"
    assert call("patch", f"webhooks/{id_}", {"on": True}).json()["on"] is True
    rotated = call("post", f"webhooks/{id_}/rotate-secret", {"overlap_seconds": 60}).json()
    assert rotated["secret"] != secret
    assert rotated["webhook"]["old_secret_ends_at"]
    assert call("post", f"webhooks/{id_}/deliveries/{sent.json()['id']}/redeliver").status_code == 202
    settle()
    assert [body["id"] for body in told()] == [sent.json()["event_id"]] * 2
    assert call("delete", f"webhooks/{id_}").status_code == 204
    assert call("get", f"webhooks/{id_}").status_code == 404
    assert not Delivery.objects.exists()
    kinds = Event.objects.filter(type__startswith="webhook.").order_by("position").values_list("type", flat=True)
    assert list(kinds) == [
        "webhook.subscribed", "webhook.changed", "webhook.switched_off", "webhook.changed", "webhook.changed",
        "webhook.removed",
    ]  # fmt: skip


def test_deliveries_are_read_in_pages_and_lost_ones_sent_again(
    call, subscribe, publish, settle, receiver, time_machine
):
    time_machine.move_to("2026-11-23T09:00:00Z", tick=False)
    row = subscribe()
    for n in range(3):
        publish(f"evt_{n}")
        time_machine.shift(1)
    first = call("get", f"webhooks/{row.pk}/deliveries?limit=2&state=due").json()
    rest = call("get", f"webhooks/{row.pk}/deliveries?limit=2&after={first['next']}").json()
    assert [one["event_id"] for one in first["items"] + rest["items"]] == ["evt_2", "evt_1", "evt_0"]
    assert rest["next"] is None
    actions.switch_off(subscription=row, reason="team")
    actions.switch_on(subscription=row)
    assert call("post", f"webhooks/{row.pk}/redeliver", {"since": "2000-01-01T00:00:00Z"}).json() == {"count": 3}
    settle()
    assert len(receiver.calls) == 3


@pytest.mark.parametrize(
    "body",
    [
        {},
        {**ONE, "events": []},
        {**ONE, "events": ["survey.nothing"]},
        {**ONE, "events": "survey.response.created"},
        {**ONE, "url": "http://example.org/"},
        {**ONE, "url": "https://10.0.0.1/"},
        {**ONE, "url": "https://user:pass@example.org/"},
        {**ONE, "url": "https://example.org/" + "x" * 500},
        {**ONE, "url": "https://example.org/\x00"},
        {**ONE, "url": 5},
        {**ONE, "campaign_ids": ["'; DROP"]},
        {**ONE, "campaign_ids": ["c"] * 101},
        {**ONE, "description": "a\nb"},
        {**ONE, "secret": "whsec_bXk="},
        [],
        "x",
    ],
)
def test_what_is_no_webhook_is_refused(call, body):
    answer = call("post", "webhooks", body)
    assert answer.status_code in (400, 422)
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert not Subscription.objects.exists()


@pytest.mark.mission("S12")
def test_a_token_hears_only_what_it_may_read(call, subscribe, publish):
    own = ("webhooks:read", "webhooks:write")
    refused = call("post", "webhooks", ONE, scopes=own)
    assert (refused.status_code, refused.json()["scope"]) == (403, "surveys:read")
    assert call("post", "webhooks", ONE, scopes=(*own, "surveys:read")).status_code == 201
    row = subscribe()
    publish()
    id_ = Delivery.objects.get(subscription=row).pk
    assert call("patch", f"webhooks/{row.pk}", {"url": URL}, scopes=own).status_code == 403
    assert call("patch", f"webhooks/{row.pk}", {"events": ["contact.unsubscribed"]}, scopes=own).status_code == 403
    assert call("post", f"webhooks/{row.pk}/rotate-secret", {}, scopes=own).status_code == 403
    assert call("get", f"webhooks/{row.pk}/deliveries/{id_}", scopes=own).status_code == 403
    listed = call("get", f"webhooks/{row.pk}/deliveries", scopes=own)
    assert "body" not in listed.json()["items"][0]


def test_a_delivery_of_another_webhook_is_not_found(call, subscribe, publish):
    one = subscribe()
    publish()
    other = subscribe()
    id_ = Delivery.objects.get(subscription=one).pk
    assert call("get", f"webhooks/{other.pk}/deliveries/{id_}").status_code == 404
    assert call("post", f"webhooks/{other.pk}/deliveries/{id_}/redeliver").status_code == 404
    assert call("get", "webhooks/whk_none").status_code == 404


def test_there_is_a_limit_and_it_is_said(call, subscribe, monkeypatch):
    monkeypatch.setattr(actions, "MOST_SUBSCRIPTIONS", 1)
    subscribe()
    answer = call("post", "webhooks", ONE)
    assert (answer.status_code, answer.json()["code"]) == (409, "webhooks-too-many")


def test_the_forms_of_all_bodies_are_served_and_stand_in_the_document(call, client):
    items = {one["type"]: one for one in call("get", "webhook-events").json()["items"]}
    assert items["survey.response.created"]["body_schema"]["properties"]["version"] == {"const": 1}
    document = call("get", "openapi.json").json()
    assert set(document["webhooks"]) == set(items)
    body = document["webhooks"]["contact.unsubscribed"]["post"]["requestBody"]["content"]["application/json"]
    assert body["schema"]["properties"]["data"]["required"] == ["contact", "category", "how"]
