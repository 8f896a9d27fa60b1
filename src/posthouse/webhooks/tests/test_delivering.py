"""Deliveries over a real socket: signed, retried with the same id, given up at last, switched off with a notice."""

import json
import threading
from datetime import timedelta

import jsonschema
import pytest

from posthouse.foundation import calling
from posthouse.foundation.clock import now
from posthouse.messages.models import Message
from posthouse.timeline.models import Event
from posthouse.webhooks import actions, delivering, queries
from posthouse.webhooks.models import Attempt, Delivery, Subscription

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def monday(time_machine):
    time_machine.move_to("2026-11-23T09:00:00Z", tick=False)
    return time_machine


@pytest.mark.mission("S11")
def test_a_delivery_is_signed_after_standard_webhooks(subscribe, publish, settle, receiver, told):
    row = subscribe()
    publish()
    settle()
    ((path, headers, body),) = receiver.calls
    assert path == "/hook?x=1"
    assert headers["webhook-id"] == "evt_1"
    assert headers["webhook-timestamp"] == str(int(now().timestamp()))
    assert headers["webhook-signature"] == calling.sign("evt_1", headers["webhook-timestamp"], body, row.secret)
    assert told() == [
        {
            "id": "evt_1",
            "type": "survey.response.created",
            "version": 1,
            "timestamp": "2026-11-23T09:00:00+00:00",
            "data": {"n": "evt_1"},
        }
    ]
    delivery = Delivery.objects.get()
    assert (delivery.state, delivery.attempts, delivery.delivered_at) == ("delivered", 1, now())
    attempt = Attempt.objects.get()
    assert (attempt.status, attempt.answer, attempt.error) == (200, "noted", "")


def test_after_a_rotation_both_secrets_sign_until_the_overlap_ends(subscribe, publish, settle, receiver, monday):
    row = subscribe()
    old = row.secret
    row = actions.rotate_secret(subscription=row, overlap=timedelta(hours=1))
    assert row.secret != old
    publish()
    settle()
    monday.shift(timedelta(hours=1))
    publish("evt_2")
    settle()
    (_, first, body), (_, second, later) = receiver.calls
    assert first["webhook-signature"].split() == [
        calling.sign("evt_1", first["webhook-timestamp"], body, secret) for secret in (row.secret, old)
    ]
    assert second["webhook-signature"] == calling.sign("evt_2", second["webhook-timestamp"], later, row.secret)


def test_what_fails_is_sent_again_under_the_same_id_with_growing_pauses(subscribe, publish, settle, receiver, monday):
    receiver.answer = [503, "hang up", 302, 404, 200]
    subscribe()
    publish()
    for pause in (timedelta(0), *delivering.PAUSES[:4]):
        monday.shift(pause * (1 + delivering.JITTER))
        settle()
    assert [headers["webhook-id"] for _, headers, _ in receiver.calls] == ["evt_1"] * 5
    assert len({body for _, _, body in receiver.calls}) == 1
    assert Delivery.objects.get().state == "delivered"
    assert [one.status for one in queries.attempts(Delivery.objects.get())] == [503, None, 302, 404, 200]
    assert Subscription.objects.get().failing_since is None


def test_nothing_is_sent_again_before_its_pause_is_over(subscribe, publish, settle, receiver, monday):
    receiver.answer = [500, 500]
    subscribe()
    publish()
    settle()
    monday.shift(delivering.PAUSES[0] - timedelta(seconds=1))
    settle()
    assert len(receiver.calls) == 1


def test_a_pause_the_receiver_asks_for_is_kept_up_to_a_day(subscribe, publish, settle, receiver, monday):
    receiver.answer, receiver.headers = [429, 200], {"Retry-After": "7200"}
    subscribe()
    publish()
    settle()
    assert Delivery.objects.get().due_at == now() + timedelta(hours=2)
    receiver.answer, receiver.headers = [503], {"Retry-After": "99999999"}
    monday.shift(timedelta(hours=2))
    settle()
    assert Delivery.objects.get().due_at <= now() + delivering.LONGEST_PAUSE * (1 + delivering.JITTER)


@pytest.mark.mission("S11")
def test_after_days_of_failure_it_is_given_up_switched_off_and_the_team_told(
    subscribe, publish, settle, receiver, monday, member
):
    member("admin", language="es")
    member("engineer")
    member("support")
    receiver.answer = 500
    row = subscribe(description="CRM")
    publish()
    for pause in (timedelta(0), *delivering.PAUSES):
        monday.shift(pause * (1 + delivering.JITTER))
        settle()
    assert len(receiver.calls) == delivering.TRIES
    row.refresh_from_db()
    assert (row.off_reason, Delivery.objects.get().state) == ("failing", "failed")
    assert Event.objects.get(type="webhook.switched_off").data["reason"] == "failing"
    mails = Message.objects.filter(template="webhooks/switched_off").order_by("to")
    assert [(one.to, one.language) for one in mails] == [
        ("admin@vendor.example", "es"),
        ("engineer@vendor.example", "en"),
    ]
    assert "CRM" in mails[1].subject
    assert f"/desk/webhooks/{row.pk}/" in mails[1].text
    publish("evt_2")
    assert Delivery.objects.count() == 1, "what happens while it is off is not told later"
    receiver.answer = 200
    assert actions.switch_on(subscription=row)
    assert actions.redeliver_failed(subscription=row) == 1
    settle()
    assert Delivery.objects.get().state == "delivered"


def test_an_address_that_says_it_is_gone_is_switched_off_at_once(subscribe, publish, settle, receiver):
    receiver.answer = 410
    row = subscribe()
    publish()
    publish("evt_2")
    settle()
    row.refresh_from_db()
    assert row.off_reason == "gone"
    assert {one.state for one in Delivery.objects.all()} == {"dropped"}


def test_a_claim_whose_process_died_runs_out_and_is_made_again(subscribe, publish, settle, receiver, monday):
    subscribe()
    publish()
    (claimed,) = delivering.claim()
    settle()
    assert receiver.calls == []
    monday.shift(delivering.lease())
    settle()
    assert [headers["webhook-id"] for _, headers, _ in receiver.calls] == ["evt_1"]
    lost, good = queries.attempts(claimed)
    assert ("ended before" in lost.error, good.status) == (True, 200)


def test_an_answer_that_comes_after_the_lease_changes_nothing(subscribe, publish, settle, receiver, monday):
    subscribe()
    publish()
    (mine,) = delivering.claim()
    monday.shift(delivering.lease())
    settle()
    delivering.finish(delivering.Outcome(mine, 1, calling.Answer(500, "late")))
    assert Delivery.objects.get().state == "delivered"
    assert not Attempt.objects.filter(status=500).exists()


def test_one_that_hangs_holds_up_neither_the_others_nor_the_worker(
    subscribe, publish, receiver, monkeypatch, settings, settle
):
    """Four deliveries to an address that never answers: three are under way, the other subscription is served."""
    settings.WEBHOOK_TIMEOUT = 30
    let_go = threading.Event()
    hanging = subscribe(url=receiver.url.replace("/hook", "/hang"))
    for n in range(4):
        publish(f"evt_{n}")
    good = subscribe(url=receiver.url)
    publish("evt_last")
    post = calling.post

    def slow(url, body, headers):
        if "/hang" in url:
            let_go.wait(60)
        return post(url, body, headers)

    monkeypatch.setattr(calling, "post", slow)
    actions.carry_on()
    assert Delivery.objects.get(subscription=good).state == "delivered"
    assert Delivery.objects.filter(subscription=hanging, state="claimed").count() == delivering.EACH
    let_go.set()
    settle()
    assert set(Delivery.objects.values_list("state", flat=True)) == {"delivered"}


def test_what_a_receiver_answers_is_kept_bounded_and_without_secrets(subscribe, publish, settle, receiver):
    said = "no \x00\x1b[31m v1,c2lnbmF0dXJl whsec_c2VjcmV0 Authorization: Bearer abc.def " + "x" * 5000
    receiver.said = said.encode()
    subscribe()
    publish()
    settle()
    kept = Attempt.objects.get().answer
    assert len(kept) <= calling.KEPT
    for secret in ("c2lnbmF0dXJl", "c2VjcmV0", "abc.def", "\x00", "\x1b"):
        assert secret not in kept


@pytest.mark.mission("S11")
@pytest.mark.parametrize("url", ["https://127.0.0.1:1/", "https://localhost:1/", "https://0x7f000001:1/"])
def test_private_networks_are_never_called(subscribe, publish, settle, settings, url):
    row = subscribe()
    Subscription.objects.filter(pk=row.pk).update(url=url)
    settings.WEBHOOK_PRIVATE = False
    publish()
    settle()
    assert "private network" in Attempt.objects.get().error


def test_each_subscription_hears_what_it_asked_for(subscribe, publish, settle, receiver, monday):
    subscribe(campaign_ids=["cmp_1"], url=receiver.url.replace("x=1", "one"))
    subscribe(url=receiver.url.replace("x=1", "all"))
    subscribe("contact.unsubscribed", url=receiver.url.replace("x=1", "other"))
    off = subscribe(url=receiver.url.replace("x=1", "off"))
    actions.switch_off(subscription=off, reason="team")
    assert publish("evt_1", campaign_id="cmp_1") == 2
    assert publish("evt_2", campaign_id="cmp_2") == 1
    assert publish("evt_2", campaign_id="cmp_2") == 1, "told again, it is the same delivery"
    assert publish("evt_0", at=now() - timedelta(days=1)) == 0, "what happened before is not told"
    settle()
    heard = sorted((path, headers["webhook-id"]) for path, headers, _ in receiver.calls)
    assert heard == [("/hook?all", "evt_1"), ("/hook?all", "evt_2"), ("/hook?one", "evt_1")]


def test_a_test_is_an_example_sent_once_also_while_off(subscribe, settle, receiver, told):
    receiver.answer = 500
    row = subscribe("survey.response.updated")
    actions.switch_off(subscription=row, reason="team")
    actions.send_test(subscription=row)
    settle()
    (body,) = told()
    assert (body["test"], body["type"], body["data"]["change"]) == (True, "survey.response.updated", "changed")
    assert Delivery.objects.get().state == "failed"
    row.refresh_from_db()
    assert row.failing_since is None
    assert actions.redeliver_failed(subscription=row) == 0, "a test is not among what was lost"


def test_old_deliveries_are_forgotten_but_none_that_wait(subscribe, publish, settle, receiver, monday, settings):
    subscribe()
    publish()
    settle()
    receiver.answer = 500
    publish("evt_2")
    settle()
    monday.shift(timedelta(days=settings.WEBHOOK_RETENTION_DAYS, seconds=1))
    assert actions.forget_old() == 1
    assert Delivery.objects.get().event_id == "evt_2"


def test_what_was_told_of_an_erased_person_is_emptied(subscribe, publish, settle, monday):
    subscribe()
    publish(contact_id="con_1", data=lambda: {"email": "ada@example.org"})
    settle()
    monday.shift(1)
    publish("evt_2", contact_id="con_1")
    actions.forget_contact(contact_id="con_1")
    assert list(Delivery.objects.order_by("pk").values_list("state", "body", "contact_id")) == [
        ("delivered", "", ""),
        ("dropped", "", ""),
    ]
    with pytest.raises(actions.Refused, match="erased"):
        actions.redeliver(delivery=Delivery.objects.order_by("pk")[0])


def test_every_example_is_of_its_own_schema():
    found = queries.public_events()
    assert set(found) >= {"survey.response.created", "survey.response.updated", "contact.unsubscribed"}
    for event in found.values():
        jsonschema.validate(json.loads(json.dumps(actions.example_of(event))), event.envelope_schema())
