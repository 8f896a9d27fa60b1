"""Notices in the portal: telling somebody, and having read it."""

from collections.abc import Mapping

from django.db import transaction

from posthouse.foundation.clock import now
from posthouse.messages import queries
from posthouse.messages.events import NoticeShown
from posthouse.messages.models import Notice, NoticeRead
from posthouse.timeline.actions import record

LONGEST = 1000


@transaction.atomic
def notify(
    *,
    text: str | Mapping[str, str],
    contact_id: str = "",
    customer_id: str = "",
    link: str = "",
    key: str | None = None,
    why_url: str = "",
) -> Notice:
    """Put a notice behind the bell of the portal: for one contact, or for all members of a customer.

    `text` is one sentence, or one per language; `link` a path of ours (`/c/…`) or an https address. With a `key` the
    call is idempotent. Announces NoticeShown. Raises ValueError for nobody, an empty text, or another kind of link.
    """
    words = {"en": text} if isinstance(text, str) else dict(text)
    words = {language: " ".join(str(said).split())[:LONGEST] for language, said in words.items() if said}
    if not words or not (contact_id or customer_id):
        raise ValueError("a notice needs a text and somebody to read it")
    if link and not is_link(link):
        raise ValueError(f"{link[:100]!r} is neither a path of ours nor an https address")
    fields = {
        "contact_id": contact_id,
        "customer_id": customer_id,
        "text": words,
        "link": link,
        "why_url": why_url,
        "created_at": now(),
    }
    if key:
        notice, created = Notice.objects.get_or_create(key=key, defaults=fields)
        if not created:
            return notice
    else:
        notice = Notice.objects.create(**fields)
    record(NoticeShown(contact_id=contact_id, customer_id=customer_id, notice_id=notice.pk, text=words))
    return notice


def is_link(link: str) -> bool:
    """A path of ours, or an address that a browser may be sent to."""
    if any(ord(letter) <= ord(" ") or letter == "\\" for letter in link) or len(link) > 500:
        return False
    return link.startswith(("https://", "http://")) or (link.startswith("/") and not link.startswith("//"))


def mark_read(*, notice: Notice, contact_id: str) -> None:
    """The contact has read it; nothing happens the second time."""
    NoticeRead.objects.get_or_create(notice=notice, contact_id=contact_id, defaults={"at": now()})


def mark_all_read(*, reader: queries.Reader) -> int:
    """The contact has read all that it can see; returns how many were new."""
    unread = queries.unread(reader)
    moment = now()
    rows = [NoticeRead(notice=notice, contact_id=reader.contact_id, at=moment) for notice in unread]
    NoticeRead.objects.bulk_create(rows, ignore_conflicts=True)
    return len(rows)
