"""What is announced about mail and notices, when it concerns a contact or a customer."""

from dataclasses import dataclass
from typing import Any, ClassVar

from posthouse.timeline.events import Event


@dataclass(frozen=True, kw_only=True)
class MessageSent(Event):
    """A mail was taken over by the mail server or provider."""

    type: ClassVar[str] = "message.sent"
    message_id: str
    template: str
    subject: str


@dataclass(frozen=True, kw_only=True)
class MessageFailed(Event):
    """A mail was given up: it was refused for good, or too often, or its template could not be filled in."""

    type: ClassVar[str] = "message.failed"
    message_id: str
    template: str
    subject: str
    error: str


@dataclass(frozen=True, kw_only=True)
class MessageDelivered(Event):
    """The receiving server told that it took a mail."""

    type: ClassVar[str] = "message.delivered"
    message_id: str
    template: str
    subject: str


@dataclass(frozen=True, kw_only=True)
class MessageBounced(Event):
    """A mail came back; `kind` is hard (the address is dead) or soft (for now), `status` an enhanced status code."""

    type: ClassVar[str] = "message.bounced"
    message_id: str
    template: str
    subject: str
    kind: str
    status: str
    error: str


@dataclass(frozen=True, kw_only=True)
class MessageComplained(Event):
    """The recipient reported a mail as spam."""

    type: ClassVar[str] = "message.complained"
    message_id: str
    template: str
    subject: str


@dataclass(frozen=True, kw_only=True)
class MessageUnsubscribed(Event):
    """A person no longer wants a kind of mail; an empty `category` is all but service notices."""

    type: ClassVar[str] = "message.unsubscribed"
    category: str
    how: str


@dataclass(frozen=True, kw_only=True)
class MessageSubscribed(Event):
    """A person wants a kind of mail."""

    type: ClassVar[str] = "message.subscribed"
    category: str
    how: str


@dataclass(frozen=True, kw_only=True)
class AddressSuppressed(Event):
    """An address is no longer written to: mail came back, was reported as spam, or the team said so."""

    type: ClassVar[str] = "address.suppressed"
    reason: str


@dataclass(frozen=True, kw_only=True)
class AddressReleased(Event):
    """An address is written to again; `reason` is why it had not been."""

    type: ClassVar[str] = "address.released"
    reason: str


@dataclass(frozen=True, kw_only=True)
class NoticeShown(Event):
    """A notice was put behind the bell of the portal; `text` by language."""

    type: ClassVar[str] = "notice.shown"
    notice_id: str
    text: dict[str, str]


@dataclass(frozen=True, kw_only=True)
class TemplateChanged(Event):
    """The words of a mail were edited, or taken back to the shipped ones."""

    type: ClassVar[str] = "template.changed"
    key: str
    language: str
    number: int


def about(message: Any) -> dict[str, str]:
    """The fields that events about a mail share."""
    return {
        "customer_id": message.customer_id,
        "contact_id": message.contact_id,
        "message_id": message.pk,
        "template": message.template,
        "subject": message.subject,
    }
