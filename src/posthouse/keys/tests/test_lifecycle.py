"""Making, rotating, changing, revoking and expiring keys."""

import base64
import logging
from datetime import timedelta

import pytest
import time_machine
from django.apps import apps
from django.db import connection

from posthouse.foundation.clock import now
from posthouse.foundation.credentials import digests, peppers
from posthouse.keys import actions, models, queries
from posthouse.timeline.models import Event
from posthouse_client import keyformat
from posthouse_client.decision import KeyStore

pytestmark = pytest.mark.django_db


def verdict(key: models.Key, secret: str, **asked: object) -> str:
    """What a verifier that knows only this key answers."""
    store = KeyStore(peppers())
    store.upsert(queries.record_of(models.Key.objects.get(pk=key.pk)))
    return store.decide(secret, now=now().timestamp(), **asked).code


def events(type_: str) -> list[Event]:
    return list(Event.objects.filter(type=type_).order_by("position"))


@pytest.mark.mission("J2.3")
def test_a_key_has_the_vendors_prefix_its_environment_and_a_checksum(make_key, settings):
    key, secret = make_key("live")
    parsed = keyformat.parse(secret)
    assert (parsed.issuer, parsed.kind) == (settings.ISSUER, "live")
    assert key.secrets.get().hint == keyformat.hint(secret)
    assert verdict(key, secret) == "ok"


@pytest.mark.mission("J2.3")
def test_the_secret_is_nowhere_in_the_database_nor_in_the_log(make_key, caplog):
    caplog.set_level(logging.DEBUG)
    key, secret = make_key()
    _, second = actions.rotate_key(key=key, overlap=timedelta(days=1))
    random_parts = [keyformat.parse(text).random[6:] for text in (secret, second)]
    for model in apps.get_models(include_auto_created=True):
        columns = [field.column for field in model._meta.concrete_fields]
        with connection.cursor() as cursor:
            cursor.execute(
                f'SELECT {", ".join(connection.ops.quote_name(c) for c in columns)} FROM "{model._meta.db_table}"'
            )
            for row in cursor.fetchall():
                text = " ".join(
                    bytes(v).decode("latin-1") if isinstance(v, bytes | memoryview) else str(v) for v in row
                )
                assert not any(part in text for part in random_parts), model
    assert not any(part in caplog.text for part in random_parts)


def test_the_digest_is_an_hmac_under_the_pepper(make_key, settings):
    key, secret = make_key()
    stored = key.secrets.get()
    pepper = base64.b64decode(settings.PEPPERS[stored.pepper_id])
    assert bytes(stored.digest) == keyformat.digest(pepper, secret)
    assert bytes(stored.digest) != keyformat.digest(b"another pepper", secret)
    assert len(stored.digest) == 32


def test_after_a_pepper_rotation_old_secrets_still_verify_and_new_ones_use_the_new_pepper(make_key, settings):
    old_key, old_secret = make_key()
    old_id = old_key.secrets.get().pepper_id
    settings.PEPPERS = settings.PEPPERS | {"next": base64.b64encode(b"n" * 32).decode()}
    new_key, new_secret = make_key(name="After")
    assert old_key.secrets.get().pepper_id == old_id
    assert new_key.secrets.get().pepper_id == "next"
    assert verdict(old_key, old_secret) == verdict(new_key, new_secret) == "ok"
    assert bytes(old_key.secrets.get().digest) in digests(old_secret)


def test_a_lost_pepper_makes_its_secrets_unknown(make_key, settings):
    key, secret = make_key()
    settings.PEPPERS = {"next": base64.b64encode(b"n" * 32).decode()}
    assert verdict(key, secret) == "key-unknown"


@pytest.mark.mission("J2.3")
def test_a_rotated_secret_works_until_its_overlap_ends_and_the_key_keeps_its_identity(make_key):
    with time_machine.travel("2026-03-01T12:00:00+00:00", tick=False) as clock:
        key, old = make_key()
        rotated, new = actions.rotate_key(key=key, overlap=timedelta(hours=1))
        assert rotated.pk == key.pk
        clock.shift(3599)
        assert (verdict(key, old), verdict(key, new)) == ("ok", "ok")
        clock.shift(1)
        assert (verdict(key, old), verdict(key, new)) == ("key-expired", "ok")
        assert [event.data["overlap_ends_at"] for event in events("key.rotated")] == ["2026-03-01T13:00:00+00:00"]


def test_rotating_without_overlap_ends_the_old_secret_at_once(make_key):
    with time_machine.travel("2026-03-01T12:00:00+00:00", tick=False):
        key, old = make_key()
        _, new = actions.rotate_key(key=key, overlap=timedelta())
        assert (verdict(key, old), verdict(key, new)) == ("key-expired", "ok")


def test_at_most_two_secrets_of_a_key_are_live(make_key):
    key, first = make_key()
    _, second = actions.rotate_key(key=key, overlap=timedelta(days=7))
    _, third = actions.rotate_key(key=key, overlap=timedelta(days=7))
    assert len(key.live_secrets(now())) == 2
    assert [verdict(key, text) for text in (first, second, third)] == ["key-expired", "ok", "ok"]
    assert key.live_secrets(now())[0].hint == keyformat.hint(third)


def test_an_overlap_never_reaches_beyond_the_expiry(make_key):
    expires = now() + timedelta(hours=2)
    key, _ = make_key(expires_at=expires)
    actions.rotate_key(key=key, overlap=timedelta(days=7))
    assert key.secrets.exclude(ends_at=None).get().ends_at == expires


def test_an_expiry_brought_forward_takes_the_overlap_along(make_key):
    key, _ = make_key()
    actions.rotate_key(key=key, overlap=timedelta(days=7))
    sooner = now() + timedelta(hours=1)
    actions.change_key(key=key, expires_at=sooner)
    assert key.secrets.exclude(ends_at=None).get().ends_at == sooner


@pytest.mark.parametrize("overlap", [timedelta(seconds=-1), timedelta(days=31)])
def test_a_senseless_overlap_is_refused(make_key, overlap):
    key, _ = make_key()
    with pytest.raises(ValueError, match="overlap"):
        actions.rotate_key(key=key, overlap=overlap)


def test_rotating_from_two_tabs_makes_one_new_secret(make_key):
    key, _ = make_key()
    seen = key.secrets.get().pk
    actions.rotate_key(key=key, overlap=timedelta(), replacing=seen)
    with pytest.raises(actions.AlreadyRotated):
        actions.rotate_key(key=key, overlap=timedelta(), replacing=seen)
    assert key.secrets.count() == 2


def test_making_twice_with_the_same_word_makes_one_key(make_key, outsider):
    key, secret = make_key(once="form-1")
    again, nothing = make_key(once="form-1", name="Another name")
    assert (again.pk, nothing) == (key.pk, "")
    assert secret
    elsewhere = outsider.contact.memberships.get().customer_id
    other, _ = actions.create_key(customer_id=elsewhere, name="Theirs", environment="test", once="form-1")
    assert other.pk != key.pk
    assert len(events("key.created")) == 2


@pytest.mark.mission("J2.3")
def test_revoking_twice_announces_once_and_keeps_the_first_reason(make_key):
    key, secret = make_key()
    actions.revoke_key(key=key, reason="leaked")
    actions.revoke_key(key=key, reason="again")
    key.refresh_from_db()
    assert key.revoked_reason == "leaked"
    assert [event.data["reason"] for event in events("key.revoked")] == ["leaked"]
    assert verdict(key, secret) == "key-revoked"
    assert key.live_secrets(now()) == []


@pytest.mark.parametrize("end", ["revoke", "expire"])
def test_an_ended_key_can_be_neither_rotated_nor_changed(make_key, end):
    with time_machine.travel("2026-03-01T12:00:00+00:00", tick=False) as clock:
        key, _ = make_key(expires_at=now() + timedelta(days=1))
        if end == "revoke":
            actions.revoke_key(key=key)
        else:
            clock.shift(timedelta(days=1))
        with pytest.raises(actions.KeyNotUsable):
            actions.rotate_key(key=key, overlap=timedelta())
        with pytest.raises(actions.KeyNotUsable):
            actions.change_key(key=key, name="Other")


def test_expiry_is_announced_once_at_the_time_it_happened(make_key):
    with time_machine.travel("2026-03-01T12:00:00+00:00", tick=False) as clock:
        expires = now() + timedelta(days=1)
        key, secret = make_key(expires_at=expires)
        make_key(name="Without end")
        assert actions.announce_expired() == 0
        clock.shift(timedelta(days=2))
        assert verdict(key, secret) == "key-expired"
        assert actions.announce_expired() == 1
        assert actions.announce_expired() == 0
        assert [event.occurred_at for event in events("key.expired")] == [expires]


def test_a_revoked_key_does_not_also_expire(make_key):
    with time_machine.travel("2026-03-01T12:00:00+00:00", tick=False) as clock:
        key, _ = make_key(expires_at=now() + timedelta(days=1))
        actions.revoke_key(key=key)
        clock.shift(timedelta(days=2))
        assert actions.announce_expired() == 0


def test_every_change_writes_one_row_for_the_verifiers_to_follow(make_key):
    key, _ = make_key()

    def rows() -> int:
        return models.Change.objects.filter(key_id=key.pk).count()

    assert rows() == 1
    actions.rotate_key(key=key, overlap=timedelta())
    assert rows() == 2
    actions.change_key(key=key, name="Renamed", scopes=["read:sun"])
    assert rows() == 3
    actions.change_key(key=key, name="Renamed")
    assert rows() == 3
    actions.revoke_key(key=key)
    actions.revoke_key(key=key)
    assert rows() == 4
    assert [event.data["changed"] for event in events("key.changed")] == [["name", "scopes"]]


def test_scopes_networks_and_limits_are_what_the_verifier_goes_by(make_key, settings):
    key, secret = make_key(scopes=["read:sun"], networks=["10.0.0.0/8"], limits=[["burst", 1, 60]])
    assert verdict(key, secret, scope="read:moon", ip="10.1.1.1") == "scope-missing"
    assert verdict(key, secret, scope="read:sun", ip="11.1.1.1") == "ip-not-allowed"
    assert [limit.quota for limit in queries.record_of(key).limits] == [1]
    assert queries.limits_of(make_key("live")[0]) == settings.DEFAULT_LIMITS["live"]


def test_last_use_only_moves_forward(make_key):
    key, _ = make_key()
    later, earlier = now(), now() - timedelta(hours=1)
    actions.note_use(last_used={key.pk: later})
    actions.note_use(last_used={key.pk: earlier, "key_unknown": later})
    key.refresh_from_db()
    assert key.last_used_at == later


def test_a_customer_cannot_make_keys_without_end(make_key, monkeypatch):
    monkeypatch.setattr(actions, "MAX_ACTIVE", 2)
    make_key()
    spare, _ = make_key()
    with pytest.raises(actions.TooManyKeys):
        make_key()
    assert models.Key.objects.count() == 2
    make_key("live")
    actions.revoke_key(key=spare)
    make_key()
