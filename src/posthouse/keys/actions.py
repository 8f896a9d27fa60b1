"""Verbs about keys. Each writes a row to the change log that verifiers follow, in the same transaction."""

from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction

from posthouse.foundation.clock import now
from posthouse.foundation.credentials import make_secret
from posthouse.keys import events, models
from posthouse.timeline.actions import record

MAX_ACTIVE = 100
"""Active keys per customer and environment: a stop for a script gone wild, far above what anybody needs."""

MAX_OVERLAP = timedelta(days=30)
EXPIRE_BATCH = 200


class KeyNotUsable(Exception):
    """The key is revoked or expired, so what was asked of it makes no sense any more."""


class AlreadyRotated(Exception):
    """The secret that was to be replaced is not the newest any more: somebody was faster."""


class TooManyKeys(Exception):
    """The customer has as many active keys in this environment as one may have."""


@transaction.atomic
def create_key(
    *,
    customer_id: str,
    name: str,
    environment: str,
    scopes: list[str] | None = None,
    limits: list[list[Any]] | None = None,
    networks: list[str] | None = None,
    expires_at: datetime | None = None,
    once: str = "",
    actor: str = "",
    contact_id: str = "",
) -> tuple[models.Key, str]:
    """A new key and its secret, which can never be shown again. Announces KeyCreated.

    `limits` are `[name, quota, seconds]`; an empty list means the defaults of the environment. `once` makes the call
    idempotent: if this customer has a key made with the same word, that key comes back with an empty secret.
    Raises TooManyKeys.
    """
    fields = {
        "name": name.strip(),
        "environment": environment,
        "scopes": scopes or [],
        "limits": limits or [],
        "networks": networks or [],
        "expires_at": expires_at,
        "created_by": actor,
        "created_at": now(),
    }
    if once:
        key, is_new = models.Key.objects.get_or_create(customer_id=customer_id, once=once, defaults=fields)
        if not is_new:
            return key, ""
    else:
        key = models.Key.objects.create(customer_id=customer_id, **fields)
    _check_room(key)
    text = _add_secret(key)
    _changed(key)
    record(
        events.KeyCreated(
            customer_id=customer_id, contact_id=contact_id, key_id=key.pk, name=key.name, environment=environment
        ),
        actor=actor,
    )
    return key, text


@transaction.atomic
def rotate_key(
    *, key: models.Key, overlap: timedelta, replacing: str = "", actor: str = "", contact_id: str = ""
) -> tuple[models.Key, str]:
    """A new secret for the same key; the old one works on for `overlap`, never beyond the key's own expiry.

    A third secret is never live: one still in an earlier overlap ends now. `replacing` is the id of the secret the
    caller saw as the newest, so that two clicks do not end the secret in use. Announces KeyRotated.
    Raises KeyNotUsable for a revoked or expired key, AlreadyRotated when another secret is the newest by now, and
    ValueError for an overlap below zero or above 30 days.
    """
    if not timedelta() <= overlap <= MAX_OVERLAP:
        raise ValueError("an overlap lies between nothing and 30 days")
    key, moment = _usable(key)
    newest = key.secrets.filter(ends_at=None).first()
    if replacing and (newest is None or newest.pk != replacing):
        raise AlreadyRotated
    ends = min(moment + overlap, key.expires_at or models.FOREVER)
    key.secrets.filter(ends_at__gt=moment).update(ends_at=moment)
    key.secrets.filter(ends_at=None).update(ends_at=ends)
    text = _add_secret(key)
    _changed(key)
    event = events.KeyRotated(
        customer_id=key.customer_id,
        contact_id=contact_id,
        key_id=key.pk,
        name=key.name,
        environment=key.environment,
        overlap_ends_at=ends.isoformat(),
    )
    record(event, actor=actor)
    return key, text


@transaction.atomic
def revoke_key(*, key: models.Key, reason: str = "", actor: str = "", contact_id: str = "") -> models.Key:
    """End a key for good. Announces KeyRevoked; a second call changes nothing."""
    key = models.Key.objects.select_for_update().get(pk=key.pk)
    if key.revoked_at:
        return key
    key.revoked_at = now()
    key.revoked_reason = reason
    key.save(update_fields=["revoked_at", "revoked_reason"])
    _changed(key)
    event = events.KeyRevoked(
        customer_id=key.customer_id,
        contact_id=contact_id,
        key_id=key.pk,
        name=key.name,
        environment=key.environment,
        reason=reason,
    )
    record(event, actor=actor)
    return key


@transaction.atomic
def change_key(*, key: models.Key, actor: str = "", contact_id: str = "", **changes: Any) -> models.Key:
    """Change name, scopes, limits, networks or expiry of a key; verifiers follow within a second.

    Announces KeyChanged with the names of what is different now; nothing happens when nothing is.
    Raises KeyNotUsable for a revoked or expired key.
    """
    key, _moment = _usable(key)
    different = sorted(name for name, value in changes.items() if getattr(key, name) != value)
    if not different:
        return key
    for name in different:
        setattr(key, name, changes[name])
    key.save(update_fields=different)
    if key.expires_at:
        key.secrets.filter(ends_at__gt=key.expires_at).update(ends_at=key.expires_at)
    _changed(key)
    event = events.KeyChanged(
        customer_id=key.customer_id,
        contact_id=contact_id,
        key_id=key.pk,
        name=key.name,
        environment=key.environment,
        changed=different,
    )
    record(event, actor=actor)
    return key


def note_use(*, last_used: dict[str, datetime]) -> None:
    """Remember when keys were last used; a moment earlier than the one known changes nothing."""
    times = {key_id: connection.ops.adapt_datetimefield_value(at) for key_id, at in last_used.items()}
    with connection.cursor() as cursor:
        cursor.executemany(
            "UPDATE keys_key SET last_used_at = %s WHERE id = %s AND (last_used_at IS NULL OR last_used_at < %s)",
            [(at, key_id, at) for key_id, at in times.items()],
        )


@transaction.atomic
def announce_expired() -> int:
    """Announce KeyExpired once for each key whose expiry has passed; returns how many, a few hundred at most."""
    due = models.Key.objects.filter(expires_at__lte=now(), revoked_at=None, expiry_announced=False)
    keys = list(due.order_by("expires_at").select_for_update()[:EXPIRE_BATCH])
    for key in keys:
        key.expiry_announced = True
        key.save(update_fields=["expiry_announced"])
        event = events.KeyExpired(
            customer_id=key.customer_id, key_id=key.pk, name=key.name, environment=key.environment
        )
        record(event, occurred_at=key.expires_at)
    return len(keys)


@transaction.atomic
def move_keys(*, gone_id: str, customer_id: str) -> None:
    """Give all keys of one customer to another, because the two are one. They keep ids, secrets and limits."""
    made_once = set(models.Key.objects.filter(customer_id=customer_id).values_list("once", flat=True)) - {None}
    for key in models.Key.objects.select_for_update().filter(customer_id=gone_id):
        key.customer_id, key.once = customer_id, None if key.once in made_once else key.once
        key.save(update_fields=["customer_id", "once"])
        _changed(key)


def _usable(key: models.Key) -> tuple[models.Key, datetime]:
    """The key, locked, and the moment at which it was found to be active."""
    key = models.Key.objects.select_for_update().get(pk=key.pk)
    moment = now()
    if key.state(moment) != "active":
        raise KeyNotUsable(key.state(moment))
    return key, moment


def _check_room(key: models.Key) -> None:
    active = models.Key.objects.filter(customer_id=key.customer_id, environment=key.environment, revoked_at=None)
    if active.exclude(expires_at__lte=now()).count() > MAX_ACTIVE:
        raise TooManyKeys


def _add_secret(key: models.Key) -> str:
    secret = make_secret(key.environment)
    key.secrets.create(digest=secret.digest, pepper_id=secret.pepper_id, hint=secret.hint, created_at=now())
    return secret.text


def _changed(key: models.Key) -> None:
    models.Change.objects.create(key_id=key.pk, at=now())
