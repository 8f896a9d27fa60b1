"""Any sequence of acts on keys agrees with a simple model, as judged by the verifier's own decision."""

from datetime import timedelta

import pytest
import time_machine
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    invariant,
    multiple,
    rule,
    run_state_machine_as_test,
)

from posthouse.foundation.clock import now
from posthouse.foundation.credentials import peppers
from posthouse.keys import actions, models, queries
from posthouse.people import actions as people
from posthouse.people.models import Contact
from posthouse.timeline.models import Event
from posthouse_client.decision import KeyStore

START = "2026-03-01T12:00:00+00:00"
OVERLAPS = st.sampled_from([0, 60, 3600, 86_400, 7 * 86_400])


class KeysInTime(RuleBasedStateMachine):
    """The model: per key its expiry and whether it is revoked; per secret when it ends."""

    keys = Bundle("keys")

    def __init__(self):
        super().__init__()
        self.clock = time_machine.travel(START, tick=False)
        self.traveller = self.clock.start()
        owner = Contact.objects.create(email="owner@orrery.example")
        self.customer = people.found_customer(name="Orrery", owner=owner)
        self.expires, self.revoked, self.secrets, self.expiry_told = {}, set(), {}, set()

    def teardown(self):
        self.clock.stop()
        for table in (models.Key, models.Change, Event):
            table.objects.all().delete()
        self.customer.delete()
        Contact.objects.all().delete()

    def usable(self, key_id):
        expiry = self.expires[key_id]
        return key_id not in self.revoked and (expiry is None or now() < expiry)

    @rule(target=keys, lifetime=st.one_of(st.none(), st.integers(60, 30 * 86_400)))
    def create(self, lifetime):
        expires = now() + timedelta(seconds=lifetime) if lifetime else None
        key, secret = actions.create_key(
            customer_id=self.customer.pk, name="Website", environment="test", expires_at=expires
        )
        self.expires[key.pk], self.secrets[key.pk] = expires, {secret: None}
        return key.pk

    @rule(key_id=keys, overlap=OVERLAPS)
    def rotate(self, key_id, overlap):
        key = models.Key.objects.get(pk=key_id)
        if not self.usable(key_id):
            with pytest.raises(actions.KeyNotUsable):
                actions.rotate_key(key=key, overlap=timedelta(seconds=overlap))
            return
        _, secret = actions.rotate_key(key=key, overlap=timedelta(seconds=overlap))
        known = self.secrets[key_id]
        for text, ends in known.items():
            known[text] = now() + timedelta(seconds=overlap) if ends is None else min(ends, now())
        known[secret] = None

    @rule(key_id=keys)
    def revoke(self, key_id):
        actions.revoke_key(key=models.Key.objects.get(pk=key_id))
        self.revoked.add(key_id)

    @rule(target=keys, key_id=consumes(keys))
    def revoke_again(self, key_id):
        self.revoke(key_id)
        return multiple(key_id)

    @rule(seconds=st.sampled_from([1, 60, 3600, 86_400, 10 * 86_400]))
    def pass_time(self, seconds):
        self.traveller.shift(seconds)

    @rule()
    def announce(self):
        actions.announce_expired()
        self.expiry_told |= {
            key_id for key_id in self.expires if key_id not in self.revoked and not self.usable(key_id)
        }

    @invariant()
    def the_verifier_agrees(self):
        store = KeyStore(peppers())
        for key in models.Key.objects.prefetch_related("secrets"):
            store.upsert(queries.record_of(key))
        for key_id, secrets in self.secrets.items():
            for secret, ends in secrets.items():
                assert store.decide(secret, now=now().timestamp(), cost=0).code == self.expected(key_id, ends)

    def expected(self, key_id, ends):
        if key_id in self.revoked:
            return "key-revoked"
        return "ok" if self.usable(key_id) and (ends is None or now() < ends) else "key-expired"

    @invariant()
    def at_most_two_secrets_live_and_none_beyond_the_expiry(self):
        for key in models.Key.objects.prefetch_related("secrets"):
            assert len(key.live_secrets(now())) <= 2
            if key.expires_at:
                assert all(s.ends_at <= key.expires_at for s in key.secrets.all() if s.ends_at)

    @invariant()
    def each_end_is_announced_once(self):
        for kind, ids in (("key.revoked", self.revoked), ("key.expired", self.expiry_told)):
            told = [event.data["key_id"] for event in Event.objects.filter(type=kind)]
            assert sorted(told) == sorted(ids)


class TestKeysInTime(TestCase):
    """Runs the machine inside Django's test transaction."""

    def test_any_sequence_of_acts(self):
        run_state_machine_as_test(
            KeysInTime,
            settings=settings(
                max_examples=25, stateful_step_count=15, deadline=None, suppress_health_check=list(HealthCheck)
            ),
        )
