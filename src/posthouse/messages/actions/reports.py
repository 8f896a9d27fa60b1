"""Taking in what comes back: bounces, complaints, and what a provider's webhooks tell."""

import hashlib
from dataclasses import dataclass
from datetime import timedelta

from django.db import transaction

from posthouse.foundation.clock import now
from posthouse.messages import addresses, bounces, events, queries
from posthouse.messages.actions.choices import suppress, unsubscribe
from posthouse.messages.addresses import Addressee
from posthouse.messages.models import Feedback, How, Message, Reason, Report
from posthouse.timeline.actions import record

Kind = Report.Kind
STRIKES = 5
WITHIN = timedelta(days=30)
"""So many different mails that came back for now within so long: then the address counts as dead."""
WEIGHT = {"": 0, Feedback.SOFT: 1, Feedback.DELIVERED: 2, Feedback.HARD: 3, Feedback.COMPLAINT: 4}


@transaction.atomic
def take_in_report(*, raw: bytes, recipient: str = "", source: str = "mail") -> Report:
    """Take in a mail that came to the return path; the same bytes count once.

    It is laid to a mail of ours by the token in `recipient` or its headers, or by our Message-ID in what it quotes,
    neither of which can be guessed; an address alone is not believed. What cannot be laid to a mail is kept and
    shown, and changes nothing. Announces MessageBounced, MessageComplained, MessageDelivered or MessageUnsubscribed;
    bounces for good and complaints suppress the address, so do five bounces for now within thirty days.
    """
    reading = bounces.read(raw, recipient)
    message = queries.by_token(reading.token) or (queries.one(reading.message_id) if reading.message_id else None)
    known = queries.addressee_of(message) if message else None
    report, is_new = _kept(
        hashlib.sha256(raw).hexdigest(),
        kind=reading.kind,
        source=source,
        message=message,
        known=known,
        address=reading.address,
        status=reading.status,
        detail=reading.detail,
        excerpt="" if message and reading.kind != Kind.UNKNOWN else reading.text,
    )
    if is_new and message and known:
        _act(report, message, known)
    return report


@dataclass(frozen=True)
class ProviderEvent:
    """What a provider tells by webhook, in the words of `Report.Kind`."""

    kind: Report.Kind
    fingerprint: str
    source: str
    recipient: str
    provider_id: str = ""
    status: str = ""
    detail: str = ""


@transaction.atomic
def take_in_provider_event(*, event: ProviderEvent) -> Report:
    """Take in what a provider reported over its protected address; the same event counts once.

    Because the provider is believed, its word about an address counts even when the mail is not one of ours.
    """
    message = None
    if event.provider_id:
        message = Message.objects.filter(provider_id=event.provider_id, to__iexact=event.recipient).first()
    known = addresses.addressee(event.recipient, message.contact_id if message else "")
    report, is_new = _kept(
        hashlib.sha256(f"{event.source}:{event.fingerprint}".encode()).hexdigest(),
        kind=event.kind,
        source=event.source,
        message=message,
        known=known,
        address=event.recipient,
        status=event.status,
        detail=event.detail,
        excerpt="",
    )
    if is_new:
        _act(report, message, known)
    return report


def _kept(fingerprint: str, *, message: Message | None, known: Addressee | None, **fields: str) -> tuple[Report, bool]:
    longest = {"address": 254, "status": 20, "source": 40}
    texts = {name: value.replace("\x00", "")[: longest.get(name, 4000)] for name, value in fields.items()}
    return Report.objects.get_or_create(
        fingerprint=fingerprint,
        defaults={
            **texts,
            "message_id": message.pk if message else "",
            "digest": known.digest if known else "",
            "received_at": now(),
        },
    )


def _act(report: Report, message: Message | None, known: Addressee) -> None:
    message_id = message.pk if message else ""
    note = f"{report.status} {report.detail}".strip()[:500]
    if message:
        _mark(report, message)
    if report.kind == Kind.HARD or (report.kind == Kind.SOFT and _struck_out(known)):
        suppress(addressee=known, reason=Reason.BOUNCE, how=How.REPORT, note=note, message_id=message_id)
    elif report.kind == Kind.COMPLAINT:
        suppress(addressee=known, reason=Reason.COMPLAINT, how=How.REPORT, note=note, message_id=message_id)
    elif report.kind == Kind.UNSUBSCRIBED:
        kind = message.category if message else ""
        unsubscribe(addressee=known, category=_optional(kind), how=How.REPORT, message_id=message_id)


def _optional(category: str) -> str:
    """A kind that can be refused, else the empty one: all of them."""
    found = {kind.key for kind, _wanted in queries.choices(Addressee("", ("",))) if not kind.transactional}
    return category if category in found else ""


def _struck_out(known: Addressee) -> bool:
    lately = Report.objects.filter(digest__in=known.digests, received_at__gte=now() - WITHIN)
    arrived = lately.filter(kind=Kind.DELIVERED).exists()
    return not arrived and lately.filter(kind=Kind.SOFT).values("message_id").distinct().count() >= STRIKES


FEEDBACK = {
    Kind.HARD: Feedback.HARD,
    Kind.SOFT: Feedback.SOFT,
    Kind.DELIVERED: Feedback.DELIVERED,
    Kind.COMPLAINT: Feedback.COMPLAINT,
}


def _mark(report: Report, message: Message) -> None:
    """Note on the mail what came back, if it says more than what came before, and announce it."""
    feedback = FEEDBACK.get(Kind(report.kind))
    if feedback is None:
        return
    if WEIGHT[feedback] > WEIGHT[message.feedback]:
        Message.objects.filter(pk=message.pk).update(feedback=feedback)
    if not (message.contact_id or message.customer_id):
        return
    fields = events.about(message)
    if feedback == Feedback.DELIVERED:
        record(events.MessageDelivered(**fields))
    elif feedback == Feedback.COMPLAINT:
        record(events.MessageComplained(**fields))
    else:
        record(events.MessageBounced(**fields, kind=feedback, status=report.status, error=report.detail[:500]))
