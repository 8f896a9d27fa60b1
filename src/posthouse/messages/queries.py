"""Questions about mail and notices: what was sent, who wants what, what lies in the folder."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext

from posthouse.messages import addresses, categories, rendering, safe, samples, shipped
from posthouse.messages.addresses import Addressee, addressee, is_address
from posthouse.messages.categories import Category
from posthouse.messages.mailbox import Mail, mail, mails
from posthouse.messages.models import (
    Change,
    Feedback,
    How,
    MailTemplate,
    Message,
    Notice,
    NoticeRead,
    Preference,
    Reason,
    Report,
    State,
    Suppression,
    TemplateRevision,
)
from posthouse.messages.shipped import Source

EVEN_TRANSACTIONAL = (Reason.BOUNCE, Reason.MANUAL)
"""What stops service notices too: the address is dead, or the team wants it so."""


def log(
    *,
    state: str = "",
    text: str = "",
    feedback: str = "",
    category: str = "",
    template: str = "",
    since: date | None = None,
    until: date | None = None,
    contact_id: str = "",
    customer_id: str = "",
) -> QuerySet[Message]:
    """The mail log, newest first; `text` looks in addresses and subjects."""
    exact = {
        "state": state,
        "feedback": feedback,
        "category": category,
        "template": template,
        "contact_id": contact_id,
        "customer_id": customer_id,
        "created_at__date__gte": since,
        "created_at__date__lte": until,
    }
    rows = Message.objects.filter(**{name: value for name, value in exact.items() if value})
    if text:
        rows = rows.filter(Q(to__icontains=text) | Q(subject__icontains=text) | Q(pk=text))
    return rows.order_by("-created_at", "-pk").defer("text", "html", "values")


def one(message_id: str) -> Message | None:
    """A message by id."""
    return Message.objects.filter(pk=message_id).first()


def by_token(token: str) -> Message | None:
    """The message whose links or return path carry this token."""
    return Message.objects.filter(token=token.lower()).first() if token else None


def of_contact(contact_id: str) -> QuerySet[Message]:
    """What a contact was sent, newest first."""
    return Message.objects.filter(contact_id=contact_id).order_by("-created_at").defer("text", "html")


def counts() -> dict[str, int]:
    """How many messages are in each state."""
    found = dict(Message.objects.order_by().values_list("state").annotate(Count("pk")))
    return {state: found.get(state, 0) for state in State.values}


def templates_used() -> list[str]:
    """Templates that the log knows, for its filter."""
    return list(Message.objects.order_by("template").values_list("template", flat=True).distinct())


def addressee_of(message: Message) -> Addressee:
    """About whom choices made by a link in this message are."""
    if message.to:
        return addressee(message.to, message.contact_id)
    return Addressee("", (message.to_digest,))


def suppression(known: Addressee) -> Suppression | None:
    """Why an address gets no letters, if it does not."""
    return Suppression.objects.filter(digest__in=known.digests).first()


def is_suppressed(email: str, *, transactional: bool = False) -> bool:
    """Whether an address gets no letters at all; with `transactional`: not even service notices."""
    return refusal(email, categories.SERVICE) != "" if transactional else suppression(addressee(email)) is not None


def may_receive(email: str, category: str) -> bool:
    """Whether a letter of this kind may go to an address. Raises LookupError for an unknown kind."""
    return refusal(email, category) == ""


def refusal(email: str, category: str) -> str:
    """Why a letter of this kind may not go there: "", "suppressed" or "unsubscribed". Raises LookupError."""
    return refusals([(email, category)])[0]


def refusals(asked: Iterable[tuple[str, str]]) -> list[str]:
    """The same for many letters, in two queries."""
    wanted = [(addresses.digests(email), categories.get(category)) for email, category in asked]
    every = {digest for digests, _kind in wanted for digest in digests}
    stopped = dict(Suppression.objects.filter(digest__in=every).values_list("digest", "reason"))
    chosen = {
        (digest, category): choice
        for digest, category, choice in Preference.objects.filter(digest__in=every)
        .order_by("changed_at")
        .values_list("digest", "category", "wanted")
    }
    return [_refusal(digests, kind, stopped, chosen) for digests, kind in wanted]


def _refusal(digests: list[str], kind: Category, stopped: dict[str, str], chosen: dict[tuple[str, str], bool]) -> str:
    reason = next((stopped[digest] for digest in digests if digest in stopped), "")
    if reason in EVEN_TRANSACTIONAL or (reason and not kind.transactional):
        return "unsubscribed" if reason == Reason.UNSUBSCRIBED else "suppressed"
    if kind.transactional:
        return ""
    wanted = [chosen[digest, kind.key] for digest in digests if (digest, kind.key) in chosen]
    return "" if (wanted[-1] if wanted else kind.is_default) else "unsubscribed"


def kinds() -> list[Category]:
    """All kinds of mail, those that can be chosen first."""
    return categories.categories()


def choices(known: Addressee) -> list[tuple[Category, bool]]:
    """Every kind of mail, and whether the address wants it (leaving aside that it may want nothing at all)."""
    rows = Preference.objects.filter(digest__in=known.digests).order_by("changed_at")
    chosen = dict(rows.values_list("category", "wanted"))
    return [(kind, kind.transactional or chosen.get(kind.key, kind.is_default)) for kind in categories.categories()]


def category_name(key: str) -> str:
    """How a kind of mail is called; the empty one is all of them."""
    return next((str(kind.label) for kind in categories.categories() if kind.key == key), key or gettext("everything"))


def reason_name(key: str) -> str:
    """Why an address is not written to, in words; what is no such reason stays as it is."""
    return str(dict(Reason.choices).get(key, key))


def changes(known: Addressee) -> QuerySet[Change]:
    """The consent history of an address, newest first."""
    return Change.objects.filter(digest__in=known.digests)


def suppressions(*, text: str = "", reason: str = "") -> QuerySet[Suppression]:
    """The suppression list, newest first; a whole address is found after an erasure too."""
    rows = Suppression.objects.order_by("-created_at", "-pk")
    if reason:
        rows = rows.filter(reason=reason)
    if text:
        rows = rows.filter(Q(email__icontains=text) | Q(digest__in=addresses.digests(text)))
    return rows


def refusals_of(category: str) -> QuerySet[Change]:
    """For each address that refuses a kind of mail, or everything, of its own will: when it said so, and how.

    Those who said so twice appear once, with the later time. Raises LookupError for an unknown kind.
    """
    kind = categories.get(category)
    one = Preference.objects.filter(digest=OuterRef("digest"), category=kind.key, wanted=False)
    everything = Suppression.objects.filter(digest=OuterRef("digest"), reason=Reason.UNSUBSCRIBED)
    said = (Q(category=kind.key) & Exists(one)) | (Q(category="", reason=Reason.UNSUBSCRIBED) & Exists(everything))
    later = Change.objects.filter(
        Q(category=kind.key) | Q(category="", reason=Reason.UNSUBSCRIBED), digest=OuterRef("digest"), wanted=False
    ).filter(Q(at__gt=OuterRef("at")) | Q(at=OuterRef("at"), pk__gt=OuterRef("pk")))
    rows = Change.objects.filter(said, ~Exists(later), wanted=False).exclude(email="")
    return rows.order_by("at", "pk")


def suppression_by_id(suppression_id: str) -> Suppression | None:
    """One entry of the suppression list."""
    return Suppression.objects.filter(pk=suppression_id).first()


def reports(*, kind: str = "", unmatched: bool = False) -> QuerySet[Report]:
    """What mail servers reported, newest first; `unmatched`: only what could not be laid to a mail of ours."""
    rows = Report.objects.order_by("-received_at", "-pk")
    if kind:
        rows = rows.filter(kind=kind)
    return rows.filter(message_id="", digest="") if unmatched else rows


def reports_of(message: Message) -> QuerySet[Report]:
    """What was reported about one mail, oldest first."""
    return Report.objects.filter(message_id=message.pk).order_by("received_at", "pk")


@dataclass(frozen=True)
class Edition:
    """One mail in one language: whether it was edited, and what is in force."""

    key: str
    language: str
    subject: str
    is_edited: bool
    is_shipped: bool
    trouble: str = ""
    updated_at: datetime | None = None


def editions(languages: Iterable[str]) -> list[Edition]:
    """Every mail in every language, by name. One query."""
    rows = {(row.key, row.language): row for row in MailTemplate.objects.all()}
    keys = rendering.shipped_keys() | {key for key, _language in rows}
    return [
        _edition(key, language, rows.get((key, language)))
        for key in sorted(keys)
        for language in languages
        if (key, language) in rows or rendering.is_shipped(key)
    ]


def _edition(key: str, language: str, row: MailTemplate | None) -> Edition:
    is_shipped = rendering.is_shipped(key)
    if row is None:
        return Edition(key, language, shipped.source(key, language).subject, False, is_shipped)
    return Edition(key, language, row.subject, True, is_shipped, row.trouble, row.updated_at)


def words_in_force(key: str, language: str) -> tuple[Source, int] | None:
    """What is written for a mail in a language, and the number of its last revision (0: never edited).

    None when there is no such mail; empty words for a language in which one's own mail was not written yet.
    """
    row = MailTemplate.objects.filter(key=key, language=language).first()
    last = revisions(key, language).first()
    if row is None and not rendering.exists(key) and last is None:
        return None
    found = Source(row.subject, row.text, row.html) if row else shipped.source(key, language)
    return found, last.number if last else 0


def revisions(key: str, language: str) -> QuerySet[TemplateRevision]:
    """All words that were ever in force since the first edit, newest first."""
    return TemplateRevision.objects.filter(key=key, language=language).order_by("-number")


def is_shipped(key: str) -> bool:
    """Whether a feature brings this mail along."""
    return rendering.is_shipped(key)


def template_keys() -> list[str]:
    """Every mail there is, shipped or written in the desk: for choosing one."""
    own = MailTemplate.objects.order_by("key").values_list("key", flat=True).distinct()
    return sorted(rendering.shipped_keys() | set(own))


def names_in(key: str, words: Source) -> list[str]:
    """Values that a mail may name: those of every letter, and those that its shipped or present words name."""
    asked = set(samples.ALWAYS)
    for one in (words, shipped.source(key, "en")):
        for text in (one.subject, one.text, one.html):
            asked |= safe.names_in(text) if not safe.check(text, "") else set()
    return sorted(asked)


@dataclass(frozen=True)
class Reader:
    """A contact as a member of a customer: which notices it sees."""

    contact_id: str
    customer_id: str
    member_since: datetime


def notices(reader: Reader) -> QuerySet[Notice]:
    """Behind the bell, newest first, each with `is_read`; not what the customer was told before this member joined."""
    own = Q(contact_id=reader.contact_id, customer_id__in=["", reader.customer_id])
    shared = Q(contact_id="", customer_id=reader.customer_id, created_at__gte=reader.member_since)
    seen = NoticeRead.objects.filter(notice=OuterRef("pk"), contact_id=reader.contact_id)
    return Notice.objects.filter(own | shared).annotate(is_read=Exists(seen)).order_by("-created_at", "-pk")


def unread(reader: Reader) -> QuerySet[Notice]:
    """Those not read yet."""
    return notices(reader).exclude(readings__contact_id=reader.contact_id)


def notice(reader: Reader, notice_id: str) -> Notice | None:
    """One of a reader's notices."""
    return notices(reader).filter(pk=notice_id).first()


def all_notices(*, text: str = "") -> QuerySet[Notice]:
    """What was shown to anybody, newest first, each with `read_count`."""
    rows = Notice.objects.annotate(read_count=Count("readings")).order_by("-created_at", "-pk")
    if text:
        rows = rows.filter(Q(text__icontains=text) | Q(contact_id=text) | Q(customer_id=text))
    return rows


__all__ = [
    "Addressee",
    "Category",
    "Change",
    "Edition",
    "Feedback",
    "How",
    "Mail",
    "Message",
    "Notice",
    "Reader",
    "Reason",
    "Report",
    "Source",
    "State",
    "Suppression",
    "addressee",
    "addressee_of",
    "all_notices",
    "by_token",
    "category_name",
    "changes",
    "choices",
    "counts",
    "editions",
    "is_address",
    "is_shipped",
    "is_suppressed",
    "kinds",
    "log",
    "mail",
    "mails",
    "may_receive",
    "names_in",
    "notice",
    "notices",
    "of_contact",
    "one",
    "reason_name",
    "refusal",
    "refusals",
    "refusals_of",
    "reports",
    "reports_of",
    "revisions",
    "suppression",
    "suppression_by_id",
    "suppressions",
    "template_keys",
    "templates_used",
    "unread",
    "words_in_force",
]
