"""Saying that two ids mean the same contact or customer."""

from typing import Literal

from django.db import transaction

from posthouse.timeline import events, locks, models, queries
from posthouse.timeline.actions.recording import record


class AliasError(ValueError):
    """This id cannot stand for that one; the text says why."""


@transaction.atomic
def alias(
    *, alias: str, canonical: str, kind: Literal["contact", "customer"] = "contact", actor: str = ""
) -> models.Alias:
    """From now on `alias` means `canonical` (or what that stands for); events keep their ids, readers follow.

    Saying the same again changes nothing. Announces IdentityAliased. Raises AliasError for an empty or too long id,
    for a circle, and for an id that stands for somebody else already.
    """
    _check(alias, canonical)
    locks.one_at_a_time(locks.JOINING)
    end = queries.canonical([canonical])[canonical]
    before = models.Alias.objects.filter(alias=alias).first()
    if before and before.canonical == end:
        return before
    if before:
        raise AliasError(f"{alias} stands for {before.canonical} already")
    if end == alias:
        raise AliasError(f"{canonical} stands for {alias} already")
    return _tie(alias, end, kind, actor)


def _check(alias: str, canonical: str) -> None:
    for name in (alias, canonical):
        if not 0 < len(name) <= 64 or "\x00" in name:
            raise AliasError("an id has 1 to 64 characters")
    if alias == canonical:
        raise AliasError(f"{alias} cannot stand for itself")


def _tie(alias: str, end: str, kind: str, actor: str) -> models.Alias:
    whose = {"customer_id": end} if kind == "customer" else {"contact_id": end}
    event = record(
        events.IdentityAliased(alias=alias, canonical=end, kind=kind, **whose), actor=actor, event_id=f"alias:{alias}"
    )
    models.Alias.objects.filter(canonical=alias).update(canonical=end)
    return models.Alias.objects.create(
        alias=alias, target=end, canonical=end, kind=kind, tx=event.tx, position=event.position
    )
