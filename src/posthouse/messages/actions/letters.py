"""Writing to somebody of our own accord: only where the person wants it, and with the way out in every letter."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from functools import cached_property
from typing import Any

from django.conf import settings
from django.db import transaction

from posthouse.messages import addresses, categories, queries, rendering
from posthouse.messages.actions.mail import UnknownTemplate, compose, new_token, store
from posthouse.messages.models import Message

DEFAULT_CATEGORY = "onboarding"


class Outcome(StrEnum):
    """What became of a letter."""

    QUEUED = "sent-to-queue"
    SUPPRESSED = "suppressed"
    UNSUBSCRIBED = "unsubscribed"
    NO_ADDRESS = "no_address"
    NO_TEMPLATE = "no_template"


@dataclass(frozen=True)
class Letter:
    """The outcome, and the message where one was written."""

    outcome: Outcome
    message: Message | None = None

    @property
    def message_id(self) -> str:
        """The id of the message; empty where none was written."""
        return self.message.pk if self.message else ""


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """A letter that somebody is to get; `send_letter` says what the fields mean.

    `recipient` is the contact, where it is at hand: then it is not asked for.
    """

    template_key: str
    contact_id: str = ""
    email: str = ""
    customer_id: str = ""
    language: str = ""
    context: dict[str, Any] | None = None
    key: str | None = None
    category: str = ""
    transactional: bool = False
    headers: dict[str, str] | None = None
    why_url: str = ""
    due_at: datetime | None = None
    forget_when_sent: bool = False
    recipient: addresses.Recipient | None = None
    prepared: Message | None = None
    """What `prepare` made of it."""

    @cached_property
    def kind(self) -> categories.Category:
        """What kind of mail it is. Raises LookupError."""
        service = categories.get(categories.SERVICE)
        kind = categories.get(self.category) if self.category else None
        if self.transactional:
            return kind if kind and kind.transactional else service
        return kind or categories.get(DEFAULT_CATEGORY)

    @cached_property
    def known(self) -> addresses.Recipient | None:
        """The contact, if anybody knows it."""
        return self.recipient or addresses.recipient(contact_id=self.contact_id, email=self.email)

    @cached_property
    def to(self) -> str:
        """The address in its normal form."""
        return addresses.normal(self.email or (self.known.email if self.known else ""))


def send_letter(
    *,
    template_key: str,
    contact_id: str = "",
    email: str = "",
    customer_id: str = "",
    language: str = "",
    context: dict[str, Any] | None = None,
    key: str | None = None,
    category: str = "",
    transactional: bool = False,
    headers: dict[str, str] | None = None,
    why_url: str = "",
    due_at: datetime | None = None,
    forget_when_sent: bool = False,
) -> Letter:
    """Write a letter to a contact (or an address), unless the person does not want it; in the caller's transaction.

    `template_key` is a shipped template (`<app>/<name>`) or one made in the desk. `category` is a kind of
    `categories.py` (onboarding when left out); with `transactional` it is a service notice, which preferences do not
    stop, but a bounced or blocked address does. Letters that can be refused carry List-Unsubscribe and
    List-Unsubscribe-Post (RFC 8058). It is asked again when the letter leaves. With a `key` the call is idempotent.
    `why_url` leads the team to the explanation. With `forget_when_sent` its words are emptied once it has left.
    Besides `context` a template sees `contact` and `customer_id`.

    A template that cannot be filled in gives a failed message in the log, which can be tried again (`write`).
    Raises UnknownTemplate, and LookupError for an unknown category.
    """
    wanted = Wanted(
        template_key=template_key,
        contact_id=contact_id,
        email=email,
        customer_id=customer_id,
        language=language,
        context=context,
        key=key,
        category=category,
        transactional=transactional,
        headers=headers,
        why_url=why_url,
        due_at=due_at,
        forget_when_sent=forget_when_sent,
    )
    letter = send_letters([wanted])[0]
    if letter.outcome == Outcome.NO_TEMPLATE:
        raise UnknownTemplate(template_key)
    return letter


@transaction.atomic
def send_letters(asked: Sequence[Wanted]) -> list[Letter]:
    """The same for many letters of different keys, in as many queries as for one; what became of each, in their order.

    A template that does not exist is an outcome here. Raises LookupError for an unknown category.
    """
    keys = [one.key for one in asked if one.key]
    earlier = {row.key: row for row in Message.objects.filter(key__in=keys)} if keys else {}
    letters = {at: Letter(Outcome.QUEUED, earlier[one.key]) for at, one in enumerate(asked) if one.key in earlier}
    written = rendering.written({one.template_key for one in asked})
    for at, one in enumerate(asked):
        if at in letters:
            continue
        if not (rendering.is_shipped(one.template_key) or written[one.template_key]):
            letters[at] = Letter(Outcome.NO_TEMPLATE)
        elif not (one.kind and addresses.is_address(one.to)):
            letters[at] = Letter(Outcome.NO_ADDRESS)
    left = [at for at in range(len(asked)) if at not in letters]
    refusals = queries.refusals([(asked[at].to, asked[at].kind.key) for at in left])
    for at, refusal in zip(left, refusals, strict=True):
        if refusal:
            letters[at] = Letter(Outcome.UNSUBSCRIBED if refusal == "unsubscribed" else Outcome.SUPPRESSED)
    left = [at for at in left if at not in letters]
    for at, message in zip(
        left, store([asked[at].prepared or _composed(asked[at], written) for at in left]), strict=True
    ):
        letters[at] = Letter(Outcome.QUEUED, message)
    return [letters[at] for at in range(len(asked))]


def prepare(asked: Sequence[Wanted]) -> list[Wanted]:
    """The same letters with their words made, for `send_letters`: before a transaction that holds SQLite's one writer.

    Those without a template or a usable address are left as they are, for `send_letters` to say so.
    """
    written = rendering.written({one.template_key for one in asked})
    return [
        replace(one, prepared=_composed(one, written))
        if (rendering.is_shipped(one.template_key) or written[one.template_key]) and addresses.is_address(one.to)
        else one
        for one in asked
    ]


def _composed(one: Wanted, written: rendering.Written) -> Message:
    token = new_token()
    contact_id = one.contact_id or (one.known.contact_id if one.known else "")
    person = {"id": contact_id, "email": one.to, "name": one.known.name if one.known else ""}
    return compose(
        template=one.template_key,
        to=one.to,
        language=one.language or (one.known.language if one.known else ""),
        context={"contact": person, "customer_id": one.customer_id, **(one.context or {})} | links(token, one.kind),
        key=one.key,
        written=written,
        token=token,
        contact_id=contact_id,
        customer_id=one.customer_id,
        category=one.kind.key,
        why_url=one.why_url[:500],
        headers={**(one.headers or {}), **list_headers(token, one.kind)},
        due_at=one.due_at,
        forget_when_sent=one.forget_when_sent,
    )


def links(token: str, kind: categories.Category) -> dict[str, str]:
    """The addresses that stand in a letter's foot."""
    base = f"{settings.PUBLIC_URL}/letters/{token}"
    found = {"why_link": f"{base}/why/", "preferences_url": f"{base}/preferences/"}
    return found if kind.transactional else found | {"unsubscribe_url": f"{base}/unsubscribe/"}


def list_headers(token: str, kind: categories.Category) -> dict[str, str]:
    """RFC 8058: where a mail program's own button unsubscribes. Whoever signs the mail (DKIM) must cover both."""
    if kind.transactional:
        return {}
    return {
        "List-Unsubscribe": f"<{settings.PUBLIC_URL}/letters/{token}/unsubscribe/>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
    }
