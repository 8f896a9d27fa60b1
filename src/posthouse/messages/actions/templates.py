"""Editing the words of mails: checked, kept as immutable revisions, and back to the shipped ones at any time."""

import re
from dataclasses import dataclass, replace
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from posthouse.foundation.clock import now
from posthouse.messages import markup, rendering, safe, samples, shipped
from posthouse.messages.actions.mail import new_token, write_rendered
from posthouse.messages.events import TemplateChanged
from posthouse.messages.models import MailTemplate, Message, TemplateRevision
from posthouse.messages.models.templates import KEY_LENGTH, LONGEST, SUBJECT_LENGTH
from posthouse.messages.safe import Flaw
from posthouse.timeline.actions import record

MOST_BRACES = 2_000
"""Each may make the reader look through all that follows."""
OWN_KEY = re.compile(rf"[a-z][a-z0-9_-]{{0,{KEY_LENGTH - 1}}}")


class WordsRefused(ValueError):
    """The words cannot be used; `flaws` says where and why."""

    def __init__(self, flaws: list[Flaw]) -> None:
        super().__init__("; ".join(f"{flaw.place} {flaw.line}: {flaw.reason}" for flaw in flaws))
        self.flaws = flaws


class EditedMeanwhile(ValueError):
    """Somebody else saved these words after they were opened."""


@dataclass(frozen=True)
class Draft:
    """Words that are being written."""

    key: str
    language: str
    subject: str
    text: str
    html: str = ""


def look(*, template: str, language: str, context: dict[str, Any]) -> rendering.Rendered:
    """A mail as it would be sent with these values, without sending it. Raises rendering.Unusable."""
    return rendering.render(template, language, context)


def flaws_of(draft: Draft) -> list[Flaw]:
    """Everything that keeps a draft from being saved: each with field, line and reason."""
    found = list(_plain_flaws(draft))
    if found:
        return found
    for place, source in (("subject", draft.subject), ("text", draft.text), ("html", draft.html)):
        found += safe.check(source, place)
    found += markup.check(draft.html, "html")
    return found or _trial(draft)


def _plain_flaws(draft: Draft) -> list[Flaw]:
    found = []
    if not rendering.is_shipped(draft.key) and not OWN_KEY.fullmatch(draft.key):
        found.append(Flaw("key", 1, _("A name is made of small letters, digits, - and _, and begins with a letter.")))
    if not draft.subject.strip():
        found.append(Flaw("subject", 1, _("A mail needs a subject.")))
    if "\n" in draft.subject.strip() or len(draft.subject) > SUBJECT_LENGTH:
        found.append(Flaw("subject", 1, _("The subject is one line of at most 255 characters.")))
    if not draft.text.strip():
        found.append(Flaw("text", 1, _("A mail needs a plain text.")))
    for place, source in (("text", draft.text), ("html", draft.html)):
        if len(source) > LONGEST:
            found.append(Flaw(place, 1, _("This is longer than 50,000 characters.")))
        if source.count("{") > MOST_BRACES:
            found.append(Flaw(place, 1, _("There are too many tags and values in this.")))
        if "\x00" in source:
            found.append(Flaw(place, 1, _("This holds a character that no mail can carry.")))
    return found


def _trial(draft: Draft) -> list[Flaw]:
    try:
        preview(draft)
    except rendering.Unusable as error:
        place, _colon, reason = str(error).partition(": ")
        return [Flaw(place, 1, reason)]
    return []


def preview(draft: Draft) -> rendering.Rendered:
    """The draft filled in with sample values. Raises Unusable, and TemplateSyntaxError where it is not sound."""
    return rendering.fill_words(draft.subject, draft.text, draft.html, draft.language, sample_values(draft))


def sample_values(draft: Draft) -> dict[str, object]:
    """Something for every name that the draft asks for, and the links of a letter's foot."""
    names = {name for source in (draft.subject, draft.text, draft.html) for name in safe.names_in(source)}
    base = samples.values_for(names)
    address = f"{rendering.public_url()}/letters/sample/"
    return base | dict.fromkeys(("why_link", "preferences_url", "unsubscribe_url"), address)


@transaction.atomic
def save_template(*, draft: Draft, actor: str, note: str = "", based_on: int | None = None) -> MailTemplate:
    """Put words in force, as a new revision. `based_on` is the revision that was opened (0: the shipped words).

    Announces TemplateChanged. Raises WordsRefused, and EditedMeanwhile when there is a newer revision.
    """
    draft = replace(draft, **{name: getattr(draft, name).replace("\r\n", "\n") for name in ("subject", "text", "html")})
    if flaws := flaws_of(draft):
        raise WordsRefused(flaws)
    words = {"subject": draft.subject.strip(), "text": draft.text, "html": draft.html}
    number = _revise(draft.key, draft.language, based_on, actor=actor, note=note, **words)
    row, _made = MailTemplate.objects.update_or_create(
        key=draft.key,
        language=draft.language,
        defaults={**words, "number": number, "trouble": "", "updated_at": now()},
    )
    return row


@transaction.atomic
def restore_shipped(*, key: str, language: str, actor: str) -> bool:
    """Go back to the shipped words, or take words of one's own out of use; False when nothing was edited.

    Announces TemplateChanged. All revisions stay.
    """
    if not MailTemplate.objects.filter(key=key, language=language).delete()[0]:
        return False
    words = shipped.source(key, language)
    _revise(key, language, None, actor=actor, is_shipped=True, subject=words.subject, text=words.text, html=words.html)
    return True


@transaction.atomic
def send_test(*, draft: Draft, to: str) -> Message:
    """Send a draft, filled in with sample values, to the person who writes it; it need not be saved.

    Raises WordsRefused.
    """
    if flaws := flaws_of(draft):
        raise WordsRefused(flaws)
    return write_rendered(preview(draft), template=draft.key, to=to, token=new_token())


def _revise(key: str, language: str, based_on: int | None, **fields: object) -> int:
    rows = TemplateRevision.objects.select_for_update().filter(key=key, language=language)
    latest = rows.order_by("-number").first()
    number = (latest.number if latest else 0) + 1
    if based_on is not None and based_on != number - 1:
        raise EditedMeanwhile
    TemplateRevision.objects.create(key=key, language=language, number=number, created_at=now(), **fields)
    record(TemplateChanged(key=key, language=language, number=number), actor=str(fields.get("actor", "")))
    return number
