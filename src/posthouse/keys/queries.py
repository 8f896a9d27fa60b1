"""Questions about keys."""

from ipaddress import ip_network
from typing import Any

from django.conf import settings
from django.db.models import Q, QuerySet

from posthouse.foundation.clock import now
from posthouse.keys import models
from posthouse_client.decision import KeyRecord
from posthouse_client.limits import Limit


def of_customer(customer_id: str) -> QuerySet[models.Key]:
    """All keys of a customer, newest first, with their secrets' hints."""
    return models.Key.objects.filter(customer_id=customer_id).prefetch_related("secrets").order_by("-created_at", "-pk")


def one_of(customer_id: str, key_id: str) -> models.Key | None:
    """A key by id, if it is this customer's."""
    return models.Key.objects.select_related("customer").filter(customer_id=customer_id, pk=key_id).first()


def active_of(customer_id: str, environment: str = "") -> QuerySet[models.Key]:
    """Keys of a customer that work now."""
    rows = in_state(of_customer(customer_id), "active")
    return rows.filter(environment=environment) if environment else rows


def ended_of(customer_id: str) -> QuerySet[models.Key]:
    """Keys of a customer that were revoked or have expired."""
    return of_customer(customer_id).filter(~Q(revoked_at=None) | Q(expires_at__lte=now()))


def in_state(rows: QuerySet[models.Key], state: str) -> QuerySet[models.Key]:
    """Only the keys that are `active`, `expired` or `revoked` now."""
    past = Q(expires_at__lte=now())
    if state == "revoked":
        return rows.exclude(revoked_at=None)
    rows = rows.filter(revoked_at=None)
    return rows.filter(past) if state == "expired" else rows.exclude(past)


def limits_of(key: models.Key) -> list[list[Any]]:
    """The limits that hold for a key: its own, else those of its environment."""
    return key.limits or limits_in(key.environment)


def limits_in(environment: str) -> list[list[Any]]:
    """The limits of an environment, for keys that have none of their own."""
    limits: list[list[Any]] = settings.DEFAULT_LIMITS[environment]
    return limits


def offered_scopes() -> list[str]:
    """What the vendor lets keys be narrowed to; empty when it has no list."""
    return list(settings.KEY_SCOPES)


def environment_name(environment: str) -> str:
    """The word for an environment on screen."""
    return str(dict(models.Environment.choices).get(environment, environment))


def record_of(key: models.Key) -> KeyRecord:
    """What a verifier needs to know of a key, with all its secrets, also those that have ended."""
    return KeyRecord(
        key_id=key.pk,
        customer_id=key.customer_id,
        environment=key.environment,
        scopes=frozenset(key.scopes),
        expires_at=key.expires_at.timestamp() if key.expires_at else None,
        revoked=key.revoked_at is not None,
        limits=tuple(Limit(*row) for row in limits_of(key)),
        networks=tuple(ip_network(text) for text in key.networks),
        secrets=tuple(
            (bytes(secret.digest), secret.ends_at.timestamp() if secret.ends_at else None)
            for secret in key.secrets.all()
        ),
    )
