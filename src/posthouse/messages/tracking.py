"""Hears what providers of django-anymail report by webhook, and hands it on in our words.

django-anymail checks the secret (or the provider's signature) before it sends its signal; see `letters/` for the
address. Openings and clicks are not listened for: nobody is watched while reading.
"""

from typing import Any

from anymail.signals import AnymailTrackingEvent, tracking
from django.dispatch import receiver

from posthouse.messages import bounces
from posthouse.messages.actions import ProviderEvent, take_in_provider_event
from posthouse.messages.models import Report

Kind = Report.Kind
PLAIN = {
    "delivered": Kind.DELIVERED,
    "deferred": Kind.DELAYED,
    "complained": Kind.COMPLAINT,
    "unsubscribed": Kind.UNSUBSCRIBED,
    "autoresponded": Kind.AUTO_REPLY,
}
REFUSED = {
    "invalid": Kind.HARD,
    "bounced": Kind.HARD,
    "timed_out": Kind.SOFT,
    "blocked": Kind.SOFT,
    "spam": Kind.SOFT,
    "unsubscribed": Kind.UNSUBSCRIBED,
}


@receiver(tracking)
def hear(sender: Any, event: AnymailTrackingEvent, esp_name: str, **_rest: Any) -> None:
    """Called by django-anymail for each event of a webhook call; an error answers 500, and the provider tries again."""
    kind = kind_of(event)
    if kind is None or not event.recipient:
        return
    number = event.event_id or f"{event.event_type}:{event.message_id}:{event.recipient}:{event.timestamp}"
    words = " ".join(str(part) for part in (event.description, event.mta_response) if part)
    code = bounces.CODE.search(words)
    take_in_provider_event(
        event=ProviderEvent(
            kind=kind,
            fingerprint=str(number),
            source=esp_name[:40],
            recipient=event.recipient,
            provider_id=str(event.message_id or "")[:200],
            status=code[1] if code else "",
            detail=words[:1000],
        )
    )


def kind_of(event: AnymailTrackingEvent) -> Report.Kind | None:
    """What an event means to us; None for those that mean nothing."""
    if event.event_type in PLAIN:
        return PLAIN[event.event_type]
    if event.event_type not in ("bounced", "rejected"):
        return None
    if event.reject_reason in REFUSED:
        return REFUSED[event.reject_reason]
    words = f"{event.description or ''} {event.mta_response or ''}"
    return Kind.HARD if bounces.is_dead("", words) else Kind.SOFT
