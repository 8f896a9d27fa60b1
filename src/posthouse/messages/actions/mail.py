"""Mail as such: write one, send it again, call it off."""

import secrets
from datetime import datetime
from email.utils import parseaddr
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.template import TemplateDoesNotExist

from posthouse.foundation.clock import now
from posthouse.foundation.ids import new_id
from posthouse.messages import delivery, events, queries, rendering, safe
from posthouse.messages.models import Message, State
from posthouse.timeline.actions import record

ALPHABET = "abcdefghijklmnopqrstuvwxyz234567"


COPIED = (
    "template", "to", "contact_id", "customer_id", "language", "subject", "text", "html", "category", "why_url",
)  # fmt: skip
"""What a mail that is sent again takes over."""


class UnknownTemplate(LookupError):
    """There is neither a shipped nor a written template of this name."""


def new_token() -> str:
    """130 random bits in letters that survive any change of case on the way: for links and return paths."""
    return "".join(secrets.choice(ALPHABET) for _ in range(26))


@transaction.atomic
def send_mail(
    *,
    template: str,
    to: str,
    language: str,
    context: dict[str, Any],
    key: str | None = None,
    contact_id: str = "",
    customer_id: str = "",
    due_at: datetime | None = None,
    headers: dict[str, str] | None = None,
    forget_when_sent: bool = False,
) -> Message:
    """Write a mail that the person asked for or needs (a confirmation, an invitation), in the caller's transaction.

    It is sent whatever preferences and the suppression list say; what we write of our own accord is a letter
    (`send_letter`). `template` is `<app>/<name>`, see `rendering.render`. With a `key` the call is idempotent: the
    message written earlier under it is returned. With `forget_when_sent` its words are emptied as soon as it has left,
    because they hold a secret. When it has left, MessageSent is announced (MessageFailed when it is given up),
    provided it concerns a contact or a customer. Raises UnknownTemplate.
    """
    return write(
        key=key,
        template=template,
        to=to,
        language=language,
        context=context,
        contact_id=contact_id,
        customer_id=customer_id,
        due_at=due_at,
        headers=headers or {},
        forget_when_sent=forget_when_sent,
        token=new_token(),
    )


def write(*, key: str | None, **fields: Any) -> Message:
    """Store a mail (the fields of `compose`). With a `key` that is taken the earlier one is returned."""
    if key and (earlier := Message.objects.filter(key=key).first()):
        return earlier
    return store([compose(key=key, **fields)])[0]


def compose(
    *,
    template: str,
    to: str,
    language: str,
    context: dict[str, Any],
    key: str | None,
    due_at: datetime | None,
    headers: dict[str, str],
    written: rendering.Written | None = None,
    **more: Any,
) -> Message:
    """A mail that is not stored yet. When its words cannot be made, it is one that failed, with what it was to say.

    Edited words that cannot be filled in are replaced by the shipped ones; where there are none (or they fail too)
    the mail waits, failed and visible, to be tried again when the template is mended.
    """
    message_id = new_id("msg")
    return Message(
        id=message_id,
        key=key or None,
        template=template,
        to=to,
        headers={**headers, "Message-ID": f"<{message_id}@{_domain()}>"},
        created_at=now(),
        due_at=due_at or now(),
        **_worded(template, language, context, written),
        **more,
    )


def store(mails: list[Message]) -> list[Message]:
    """Store mails in one query; for one whose key was taken meanwhile the earlier one is returned."""
    try:
        with transaction.atomic():
            stored = Message.objects.bulk_create(mails)
    except IntegrityError:
        if len(mails) > 1:
            return [message for mail in mails for message in store([mail])]
        earlier = Message.objects.filter(key=mails[0].key).exclude(key=None).first()
        if earlier is None:
            raise
        return [earlier]
    for message in stored:
        if message.state == State.FAILED:
            _announce_failure(message)
    return stored


def _worded(
    template: str, language: str, context: dict[str, Any], written: rendering.Written | None = None
) -> dict[str, Any]:
    try:
        words = rendering.render(template, language, context, written)
    except TemplateDoesNotExist as missing:
        if not rendering.exists(template):
            raise UnknownTemplate(template) from missing
        raise
    except rendering.Unusable as error:
        return {
            "language": rendering.offered(language),
            "subject": template,
            "text": "",
            "state": State.FAILED,
            "last_error": str(error)[:1000],
            "values": safe.plain(context),
        }
    return {
        "language": words.language,
        "subject": words.subject,
        "text": words.text,
        "html": words.html,
        "state": State.WAITING,
        "values": None,
    }


def write_rendered(words: rendering.Rendered, *, template: str, to: str, **more: Any) -> Message:
    """Store a mail whose words are made already: a test."""
    new = new_id("msg")
    return Message.objects.create(
        id=new,
        template=template,
        to=to,
        language=words.language,
        subject=words.subject,
        text=words.text,
        html=words.html,
        headers={"Message-ID": f"<{new}@{_domain()}>"},
        created_at=now(),
        due_at=now(),
        **more,
    )


def _announce_failure(message: Message) -> None:
    if message.contact_id or message.customer_id:
        record(events.MessageFailed(**events.about(message), error=message.last_error))


def _domain() -> str:
    return parseaddr(settings.DEFAULT_FROM_EMAIL)[1].rpartition("@")[2] or "localhost"


@transaction.atomic
def retry_message(*, message: Message) -> bool:
    """Try a failed or cancelled message again now, with all its attempts before it.

    False when it is neither, when its words are no longer kept, or when its template still cannot be filled in.
    """
    rows = Message.objects.filter(pk=message.pk, state__in=(State.FAILED, State.CANCELLED))
    changes: dict[str, Any] = {"due_at": now(), "attempts": 0, "last_error": "", "leased_until": None}
    if message.values is not None:
        return bool(rows.update(**changes | _worded(message.template, message.language, message.values))) and (
            not rows.exists()
        )
    return bool(rows.exclude(text="", html="").update(state=State.WAITING, **changes))


@transaction.atomic
def resend_message(*, message: Message) -> Message | None:
    """Write a sent message anew to the same address, under a Message-ID of its own.

    None when it was not sent, when its words are no longer kept, or when the person does not want it any more.
    """
    kept = message.state == State.SENT and message.text
    if not kept or (message.category and queries.refusal(message.to, message.category)):
        return None
    new = new_id("msg")
    return Message.objects.create(
        id=new,
        token=new_token(),
        headers={**message.headers, "Message-ID": f"<{new}@{_domain()}>"},
        created_at=now(),
        due_at=now(),
        **{name: getattr(message, name) for name in COPIED},
    )


def cancel_message(*, message: Message) -> bool:
    """Call off a message that still waits; False when it is already on its way or done."""
    return bool(Message.objects.filter(pk=message.pk, state=State.WAITING).update(state=State.CANCELLED))


def send_due() -> int:
    """Send what is due; returns how many were taken on. For the worker."""
    return delivery.send_due()


def forget_words() -> int:
    """Empty the words of mails finished long ago; returns how many. For the worker."""
    return delivery.forget_words()
