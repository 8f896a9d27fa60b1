"""The address of a campaign to which another system reports: set up, rotated, removed; and what comes to it."""

import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import msgspec
from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils.translation import gettext as _

from posthouse.foundation import credentials
from posthouse.foundation.clock import now
from posthouse.surveys import events
from posthouse.surveys.actions.asking import Wish, ask
from posthouse.surveys.actions.campaigns import Refused
from posthouse.surveys.hooks import signing
from posthouse.surveys.hooks.mapping import Fault, check_mapping, read
from posthouse.surveys.models import Campaign, Hook, HookDelivery, Send, Signing
from posthouse.surveys.texts import Invalid
from posthouse.timeline.actions import record

MAX_BODY = 256 * 1024
MAX_OVERLAP = timedelta(days=30)
KEPT = 200
"""Deliveries of one hook that are kept; of more the oldest go."""
SOURCE = "webhook"
ID_FIELDS = ("webhook-id", "idempotency-key", "x-request-id")
STRANGERS_EVERY = timedelta(seconds=1)
"""A delivery that shows no right to be here costs a write at most so often."""


class NotTaken(Exception):
    """A delivery that was not taken in: `status`, a stable `code`, and for each fault its place."""

    def __init__(self, status: int, code: str, reason: str, faults: list[Fault] | None = None) -> None:
        super().__init__(reason)
        self.status, self.code, self.faults = status, code, faults or []


@dataclass(frozen=True)
class Taken:
    """A delivery that was taken in. `send` None: it was not meant, by the demands of the mapping."""

    send: Send | None
    repeated: bool = False
    missing: list[str] = field(default_factory=list)


@transaction.atomic
def make_hook(*, campaign: Campaign, mapping: Any, signing: str = Signing.STANDARD, actor: str = "") -> Hook:
    """An address for a campaign, with a new secret. Announces HookMade.

    Raises Refused where there is one, and Invalid for a mapping that cannot be.
    """
    fields = _checked({"mapping": mapping, "signing": signing})
    if Hook.objects.filter(campaign=campaign).exists():
        raise Refused("hook-exists", _("This campaign has an incoming webhook."))
    hook = Hook.objects.create(campaign=campaign, created_at=now(), **_fresh(), **fields)
    record(events.HookMade(campaign_id=campaign.pk, hook_id=hook.pk), actor=actor)
    return hook


@transaction.atomic
def change_hook(*, hook: Hook, actor: str = "", **changes: Any) -> Hook:
    """Change mapping or signing. Announces HookChanged if any did. Raises Invalid."""
    checked = _checked(changes)
    hook = Hook.objects.select_for_update().get(pk=hook.pk)
    changed = sorted(name for name, value in checked.items() if getattr(hook, name) != value)
    if changed:
        for name in changed:
            setattr(hook, name, checked[name])
        hook.save(update_fields=changed)
        record(events.HookChanged(campaign_id=hook.campaign_id, hook_id=hook.pk, changed=changed), actor=actor)
    return hook


@transaction.atomic
def rotate_hook(*, hook: Hook, overlap: timedelta, replacing: int | None = None, actor: str = "") -> Hook:
    """A new secret; the old one works on for `overlap`. Announces HookRotated.

    Raises Refused for an overlap below zero or above 30 days, and where the secret is no longer the one that was to be
    replaced (`replacing` is its turn): a form sent twice rotates once.
    """
    if not timedelta() <= overlap <= MAX_OVERLAP:
        raise Refused("overlap", _("An overlap lies between nothing and 30 days."))
    hook = Hook.objects.select_for_update().get(pk=hook.pk)
    if replacing is not None and hook.turn != replacing:
        raise Refused("already-rotated", _("The secret was replaced meanwhile."))
    hook.old_salt, hook.old_pepper_id, hook.old_ends_at = hook.salt, hook.pepper_id, now() + overlap
    for name, value in _fresh().items():
        setattr(hook, name, value)
    hook.turn += 1
    hook.save()
    ends = hook.old_ends_at.isoformat()
    record(events.HookRotated(campaign_id=hook.campaign_id, hook_id=hook.pk, overlap_ends_at=ends), actor=actor)
    return hook


@transaction.atomic
def remove_hook(*, hook: Hook, actor: str = "") -> None:
    """Take the address away, with its list of deliveries; what was asked stays. Announces HookRemoved, once."""
    if Hook.objects.filter(pk=hook.pk).delete()[0]:
        record(events.HookRemoved(campaign_id=hook.campaign_id, hook_id=hook.pk), actor=actor)


def _fresh() -> dict[str, str]:
    return {"salt": secrets.token_hex(16), "pepper_id": credentials.newest_pepper()}


def _checked(given: dict[str, Any]) -> dict[str, Any]:
    if "signing" in given and given["signing"] not in Signing.values:
        raise Invalid("/signing", _("This is one of: %(kinds)s.") % {"kinds": ", ".join(Signing.values)})
    return {name: check_mapping(value) if name == "mapping" else value for name, value in given.items()}


# what comes


def receive(*, hook: Hook, headers: Mapping[str, str], body: bytes) -> Taken:
    """Take in one delivery: check its signature, read it, ask the contact; the same delivery again asks nobody twice.

    Raises NotTaken. Either way the list of deliveries says what became of it.
    """
    id_, digest = "", hashlib.blake2b(body, digest_size=16).hexdigest()
    try:
        _check_size(body)
        id_ = signing.checked(hook, headers, body)
    except signing.Unsigned as error:
        _note_stranger(hook, error.code, str(error))
        raise NotTaken(401, error.code, str(error)) from error
    except NotTaken as error:
        _note_stranger(hook, error.code, str(error))
        raise
    try:
        return _take(hook, _decoded(body), headers, id_, digest)
    except NotTaken as error:
        _note(hook, error.code, _short(id_ or digest), digest, detail=_detail(error))
        raise


def _check_size(body: bytes) -> None:
    if len(body) > MAX_BODY:
        raise NotTaken(413, "hook-too-large", f"A delivery has at most {MAX_BODY // 1024} KiB.")


def _decoded(body: bytes) -> Any:
    try:
        return msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        raise NotTaken(400, "hook-not-json", f"The body is not JSON: {error}") from error


def _take(hook: Hook, payload: Any, headers: Mapping[str, str], id_: str, digest: str) -> Taken:
    found = read(hook.mapping, payload)
    if not found.meant:
        _note(hook, "passed-over", detail="")
        return Taken(None)
    if found.faults:
        raise NotTaken(422, "hook-unreadable", "The payload does not say what is needed.", found.faults)
    id_ = id_ or found.id or (_unsigned_id(headers) if hook.signing == Signing.HEADER else "") or digest
    message_id = _short(id_)
    earlier = HookDelivery.objects.select_related("send").filter(hook=hook, message_id=message_id, code="").first()
    if earlier:
        return _again(earlier, digest)
    wish = Wish(
        email=found.email,
        name=found.name,
        attributes=found.attributes,
        delay=found.delay,
        language=found.language,
        source=SOURCE,
        key=f"{hook.pk}:{message_id}",
        why_url=f"/desk/surveys/{hook.campaign_id}/webhook/",
    )
    try:
        with transaction.atomic():
            asked = ask(campaign=hook.campaign, wish=wish)
            _note(hook, "", message_id, digest, detail=", ".join(found.missing), send=asked.send)
    except Refused as refused:
        status, code = (409, "hook-id-reused") if refused.code == "idempotency-key-reused" else (422, refused.code)
        raise NotTaken(status, code, str(refused)) from refused
    return Taken(asked.send, asked.repeated, found.missing)


def _again(earlier: HookDelivery, digest: str) -> Taken:
    if earlier.body_digest != digest:
        raise NotTaken(409, "hook-id-reused", "Another delivery with this id, which said something else, was taken in.")
    HookDelivery.objects.filter(pk=earlier.pk).update(times=F("times") + 1, last_at=now())
    return Taken(earlier.send, repeated=True)


def _unsigned_id(headers: Mapping[str, str]) -> str:
    """The id in a header: believed only from those who show the secret itself."""
    return next((headers[name] for name in ID_FIELDS if headers.get(name)), "")


def _short(id_: str) -> str:
    """Ids that are too long, or hold what databases do not, are known by their digest."""
    if len(id_) <= 100 and id_.isascii() and id_.isprintable():
        return id_
    return hashlib.blake2b(id_.encode("utf-8", "replace"), digest_size=16).hexdigest()


def _detail(error: NotTaken) -> str:
    faults = [f"{fault.part} {fault.pointer}: {fault.reason}".strip() for fault in error.faults]
    return "; ".join(faults or [str(error)])


def _note_stranger(hook: Hook, code: str, detail: str) -> None:
    lately = HookDelivery.objects.filter(hook=hook, code=code, message_id="", last_at__gt=now() - STRANGERS_EVERY)
    if not lately.exists():
        _note(hook, code, detail=detail)


def _note(
    hook: Hook, code: str, message_id: str = "", digest: str = "", *, detail: str, send: Send | None = None
) -> None:
    """A line in the list of deliveries; the same again is the same line."""
    known = HookDelivery.objects.filter(hook=hook, code=code, message_id=message_id)
    fresh = {"detail": detail[:1000], "body_digest": digest, "last_at": now()}
    if known.update(times=F("times") + 1, **fresh):
        return
    row = HookDelivery(hook=hook, code=code, message_id=message_id, send=send, first_at=now(), **fresh)
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError:  # another process was quicker, or the hook is gone
        known.update(times=F("times") + 1, **fresh)


def trim_deliveries() -> int:
    """Forget the oldest deliveries of hooks that have more than KEPT; returns how many."""
    gone = 0
    for hook in Hook.objects.all():
        rows = HookDelivery.objects.filter(hook=hook).order_by("-last_at", "-pk")
        old = list(rows.values_list("pk", flat=True)[KEPT : KEPT + 1_000])
        gone += HookDelivery.objects.filter(pk__in=old).delete()[0]
    return gone
