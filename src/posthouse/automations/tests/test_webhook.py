"""Webhooks over a real socket: signed, with a key, retried, and never into a private network."""

import json
from datetime import timedelta

import pytest

from posthouse.automations import actions, ending, outbox, queries, waits, webhook
from posthouse.automations.models import Decision, Effect, EffectState
from posthouse.automations.tests.receiver import receiving
from posthouse.foundation import calling
from posthouse.foundation.clock import now

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def monday(time_machine):
    time_machine.move_to("2026-11-23T09:00:00Z", tick=False)


@pytest.fixture
def receiver(settings):
    settings.WEBHOOK_PRIVATE = True
    with receiving() as server:
        yield server


@pytest.fixture
def hook(ada, customer, automation, happen):
    """A webhook effect that is due."""

    def make(url, after_crash="retry"):
        step = {"id": "h", "do": "webhook", "url": "https://vendor.example/", "after_crash": after_crash}
        automation(do=[step])
        happen("key.created", contact=ada, customer=customer, name="k")
        waits.end_due_waits()
        effect = Effect.objects.get()
        effect.payload["url"] = url
        effect.save()
        return effect

    return make


def test_it_carries_the_key_and_a_signature(hook, receiver, settle, ada):
    effect = hook(receiver.url)
    settle()
    path, headers, body = receiver.calls[0]
    assert path == "/hook?x=1"
    assert headers["Idempotency-Key"] == headers["webhook-id"] == effect.key
    expected = calling.sign(effect.key, headers["webhook-timestamp"], body, webhook.secret())
    assert headers["webhook-signature"] == expected
    told = json.loads(body)
    assert (told["contact"]["email"], told["event"]["type"]) == (ada.email, "key.created")
    effect.refresh_from_db()
    assert (effect.state, effect.answer) == ("done", {"status": 200, "text": "noted"})
    what = list(Decision.objects.filter(effect=effect).values_list("what", flat=True))
    assert what == ["intended", "claimed", "called", "done"]


def test_a_receiver_that_is_busy_is_called_again_with_the_same_key(hook, receiver, settle, time_machine):
    receiver.answer = [503, 429, 200]
    effect = hook(receiver.url, "skip")
    settle()
    assert Effect.objects.get().state == "due"
    for minutes in (1, 5):
        time_machine.shift(timedelta(minutes=minutes))
        settle()
    assert Effect.objects.get().state == "done"
    assert [headers["Idempotency-Key"] for _, headers, _ in receiver.calls] == [effect.key] * 3


def test_a_refusal_is_final_and_lands_on_the_list_of_the_dead(hook, receiver, settle):
    receiver.answer = 404
    hook(receiver.url)
    settle()
    dead = queries.dead_effects().get()
    assert (dead.state, dead.answer["status"]) == ("failed", 404)
    receiver.answer = 200
    assert actions.retry_effect(effect=dead, actor="team:1")
    settle()
    assert not queries.dead_effects().exists()
    assert len(receiver.calls) == 2


def test_what_never_answers_well_is_given_up_at_last(hook, receiver, settle, time_machine):
    receiver.answer = 500
    hook(receiver.url)
    for _ in range(len(ending.BACK_OFF) + 1):
        settle()
        time_machine.shift(timedelta(hours=13))
    assert Effect.objects.get().state == "failed"
    assert len(receiver.calls) == len(ending.BACK_OFF) + 1
    assert actions.drop_effect(effect=Effect.objects.get())
    assert not queries.dead_effects().exists()


@pytest.mark.parametrize(("policy", "state", "calls"), [("retry", "done", 2), ("skip", "unknown", 1)])
def test_no_answer_is_an_unknown_outcome_and_the_policy_decides(
    hook, receiver, settle, time_machine, policy, state, calls
):
    receiver.answer = ["hang up", 200]
    hook(receiver.url, policy)
    settle()
    time_machine.shift(timedelta(minutes=1))
    settle()
    assert Effect.objects.get().state == state
    assert len(receiver.calls) == calls
    assert "unknown_outcome" in Decision.objects.values_list("what", flat=True)


@pytest.mark.parametrize("policy", ["retry", "skip"])
def test_nobody_at_home_is_no_unknown_outcome(hook, receiver, settle, time_machine, policy):
    url = receiver.url
    receiver.server_close()
    hook(url, policy)
    settle()
    assert Effect.objects.get().state == "due"


def test_redirects_are_not_followed(hook, receiver, settle):
    receiver.answer, receiver.headers = 302, {"Location": receiver.url}
    hook(receiver.url)
    settle()
    assert (Effect.objects.get().state, len(receiver.calls)) == ("failed", 1)


@pytest.mark.parametrize(
    "url",
    [
        "https://127.0.0.1/",
        "https://localhost/",
        "https://[::1]/",
        "https://[::ffff:10.0.0.1]/",
        "https://169.254.169.254/latest/meta-data/",
        "https://10.1.2.3/",
        "https://0.0.0.0/",
        "https://0x7f000001/",
        "http://93.184.216.34/",
        "https://example.com:99999/",
        "ftp://example.com/",
    ],
)
def test_private_networks_are_never_called(hook, settle, url):
    hook(url)
    settle()
    assert Effect.objects.get().state == "failed"


def test_a_claim_whose_worker_died_is_due_again(hook, receiver, settle, time_machine):
    effect = hook(receiver.url)
    outbox.claim(outbox.due())
    assert Effect.objects.get().state == EffectState.CLAIMED
    settle()
    assert receiver.calls == []
    time_machine.shift(outbox.LEASE)
    settle()
    assert len(receiver.calls) == 1
    assert Decision.objects.filter(effect=effect, what="lease_over").exists()


def test_an_answer_that_comes_after_the_lease_is_over_changes_nothing(hook, receiver, time_machine):
    hook(receiver.url)
    _, (mine,) = outbox.claim(outbox.due())
    assert outbox.journal(mine)
    time_machine.shift(outbox.LEASE)
    actions.take_back()
    outbox.finish(mine, {"status": 200}, state=EffectState.DONE)
    effect = Effect.objects.get()
    assert (effect.state, effect.attempts) == ("due", 1)
    assert effect.due_at == now() + timedelta(minutes=1)
