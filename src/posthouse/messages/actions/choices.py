"""What people choose to get, and whom we stop writing to. Every change is a line in the history."""

from dataclasses import dataclass, field

from django.db import transaction
from django.db.models import Q

from posthouse.foundation.clock import now
from posthouse.messages import addresses, categories, events
from posthouse.messages.addresses import Addressee
from posthouse.messages.models import (
    Change,
    How,
    Message,
    Notice,
    NoticeRead,
    Preference,
    Reason,
    Report,
    State,
    Suppression,
)
from posthouse.timeline.actions import record

STRENGTH = {Reason.ERASED: 0, Reason.UNSUBSCRIBED: 1, Reason.COMPLAINT: 2, Reason.MANUAL: 3, Reason.BOUNCE: 3}
"""A stronger reason replaces a weaker one; a weaker or equal one leaves what is there."""
OWN = (Reason.UNSUBSCRIBED, Reason.COMPLAINT, Reason.ERASED)
"""What a person may take back; the others only the team."""


@transaction.atomic
def choose(
    *, addressee: Addressee, category: str, wanted: bool, how: str, actor: str = "", message_id: str = ""
) -> bool:
    """Whether an address wants a kind of mail, from now on; False when it had said so already.

    Announces MessageUnsubscribed or MessageSubscribed when a contact is known under it. Raises LookupError for an
    unknown kind, ValueError for a transactional one.
    """
    kind = categories.get(category)
    if kind.transactional:
        raise ValueError(f"{category} cannot be chosen")
    rows = Preference.objects.filter(digest__in=addressee.digests, category=category)
    earlier = rows.order_by("-changed_at").first()
    if (earlier.wanted if earlier else kind.is_default) == wanted:
        return False
    rows.exclude(digest=addressee.digest).delete()
    Preference.objects.update_or_create(
        digest=addressee.digest, category=category, defaults={"wanted": wanted, "changed_at": now()}
    )
    change = _note(addressee, wanted=wanted, category=category, how=how, actor=actor, message_id=message_id)
    announced = events.MessageSubscribed if wanted else events.MessageUnsubscribed
    if change.contact_id:
        record(announced(contact_id=change.contact_id, category=category, how=how), actor=actor)
    return True


@transaction.atomic
def unsubscribe(*, addressee: Addressee, category: str = "", how: str, actor: str = "", message_id: str = "") -> bool:
    """Stop one kind of mail, or with no kind named all that is not transactional; False when it was so already."""
    if category:
        return choose(addressee=addressee, category=category, wanted=False, how=how, actor=actor, message_id=message_id)
    return suppress(addressee=addressee, reason=Reason.UNSUBSCRIBED, how=how, actor=actor, message_id=message_id)


@transaction.atomic
def resubscribe(*, addressee: Addressee, how: str, actor: str = "") -> bool:
    """The person itself takes back that it wants nothing; what bounced or the team stopped stays stopped."""
    row = Suppression.objects.filter(digest__in=addressee.digests, reason__in=OWN).first()
    return release(suppression=row, how=how, actor=actor) if row else False


@transaction.atomic
def suppress(
    *, addressee: Addressee, reason: str, how: str, note: str = "", actor: str = "", message_id: str = ""
) -> bool:
    """Write no more letters to an address; False when it was so already for this or a stronger reason.

    Announces AddressSuppressed (for UNSUBSCRIBED: MessageUnsubscribed of every kind) when a contact is known.
    """
    row = Suppression.objects.select_for_update().filter(digest__in=addressee.digests).first()
    if row and STRENGTH[Reason(row.reason)] >= STRENGTH[Reason(reason)]:
        return False
    fields = {"email": addressee.email, "reason": reason, "note": note, "actor": actor, "created_at": now()}
    if row:
        Suppression.objects.filter(pk=row.pk).update(**fields)
    elif not Suppression.objects.get_or_create(digest=addressee.digest, defaults=fields)[1]:
        return False
    change = _note(addressee, wanted=False, how=how, reason=reason, note=note, actor=actor, message_id=message_id)
    if change.contact_id and reason == Reason.UNSUBSCRIBED:
        record(events.MessageUnsubscribed(contact_id=change.contact_id, category="", how=how), actor=actor)
    elif change.contact_id:
        record(events.AddressSuppressed(contact_id=change.contact_id, reason=reason), actor=actor)
    return True


@transaction.atomic
def release(*, suppression: Suppression, how: str, note: str = "", actor: str = "") -> bool:
    """Write letters to an address again; False when somebody was quicker. Announces AddressReleased."""
    if not Suppression.objects.filter(pk=suppression.pk).delete()[0]:
        return False
    known = Addressee(suppression.email, (suppression.digest,))
    change = _note(known, wanted=True, how=how, reason=suppression.reason, note=note, actor=actor)
    if change.contact_id:
        record(events.AddressReleased(contact_id=change.contact_id, reason=suppression.reason), actor=actor)
    return True


@dataclass
class Imported:
    """What became of the lines of a file."""

    added: int = 0
    known: int = 0
    wrong: list[tuple[int, str]] = field(default_factory=list)


@transaction.atomic
def import_suppressions(*, lines: list[tuple[int, str, str]], actor: str) -> Imported:
    """Suppress many addresses: (line number, address, note) each. Those there already stay as they are."""
    result = Imported()
    for number, email, note in lines:
        if not addresses.is_address(email.strip()):
            result.wrong.append((number, email[:100]))
        elif suppress(
            addressee=addresses.addressee(email), reason=Reason.MANUAL, how=How.IMPORT, note=note[:500], actor=actor
        ):
            result.added += 1
        else:
            result.known += 1
    return result


@transaction.atomic
def forget_person(*, contact_id: str, email: str) -> None:
    """Erase what mail knows of a person: addresses, words, notices. Digests stay, so that it is not written to again.

    Mail that still waits is called off. Which mails went out, when and whether they arrived stays, without a name.
    """
    about = Q(contact_id=contact_id) if contact_id else Q(pk__in=[])
    found = {addresses.normal(to) for to in Message.objects.filter(about).order_by().values_list("to", flat=True) if to}
    for address in sorted(found | ({addresses.normal(email)} if email else set())):
        _forget_address(addresses.addressee(address, contact_id))
    NoticeRead.objects.filter(contact_id=contact_id).delete()
    if contact_id:
        Notice.objects.filter(contact_id=contact_id).delete()


def _forget_address(known: Addressee) -> None:
    suppress(addressee=known, reason=Reason.ERASED, how=How.HOUSE)
    Suppression.objects.filter(digest__in=known.digests).update(email="", note="")
    Change.objects.filter(digest__in=known.digests).update(email="", contact_id="", note="")
    Report.objects.filter(digest__in=known.digests).update(address="", detail="", excerpt="")
    mails = Message.objects.filter(to__iexact=known.email)
    mails.filter(state=State.WAITING).update(state=State.CANCELLED)
    mails.update(to="", to_digest=known.digest, subject="", text="", html="", values=None, last_error="")


def _note(addressee: Addressee, *, wanted: bool, how: str, **more: str) -> Change:
    """One line of the history, with the contact if one is known."""
    contact_id = addressee.contact_id
    if not contact_id and addressee.email and (found := addresses.recipient(email=addressee.email)):
        contact_id = found.contact_id
    return Change.objects.create(
        digest=addressee.digest,
        email=addressee.email,
        contact_id=contact_id,
        wanted=wanted,
        how=how,
        at=now(),
        **more,
    )
