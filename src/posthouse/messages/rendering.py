"""Turns a template and its values into subject, plain text and HTML in one language.

The words that the team edited (`MailTemplate`) come first, those shipped with the feature after.
"""

import logging
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from html import escape
from pathlib import Path
from typing import Any

import css_inline
from django.conf import settings
from django.template import TemplateDoesNotExist, engines
from django.template.backends.base import BaseEngine
from django.template.backends.django import DjangoTemplates
from django.template.utils import get_app_template_dirs
from django.utils import translation

from posthouse.messages import safe
from posthouse.messages.models import MailTemplate
from posthouse.messages.models.templates import SUBJECT_LENGTH
from posthouse.messages.safe import plain
from posthouse.vendor.queries import vendor

logger = logging.getLogger(__name__)

LINK = re.compile(r"https?://[^\s<>\"']+[^\s<>\"'.,;:!?)\]]")
_INLINER = css_inline.CSSInliner(keep_at_rules=True, load_remote_stylesheets=False)
"""Run when a mail is filled in: 0.1 ms, and by then no tag stands between the cells of a table."""


class Unusable(Exception):
    """The words of a mail could not be made."""


@dataclass(frozen=True)
class Rendered:
    """One mail's words. `trouble` says why the edited ones could not be used and the shipped ones were."""

    language: str
    subject: str
    text: str
    html: str
    trouble: str = ""


Written = dict[str, list[MailTemplate]]


def written(templates: Iterable[str]) -> Written:
    """What the team wrote for these mails, by name: for those who render many. One query."""
    found: Written = {name: [] for name in templates}
    for row in MailTemplate.objects.filter(key__in=found):
        found[row.key].append(row)
    return found


def render(template: str, language: str, context: dict[str, Any], known: Written | None = None) -> Rendered:
    """Words in the language nearest to the one asked for; a language that is not offered falls back to the vendor's.

    Edited words see plain data only, and `vendor`, `public_url`, `language` and `subject`. Shipped ones are
    `<app>/mail/<name>.subject.txt`, `.txt` and (when there is one) `.html`; nothing is escaped in the two plain ones.
    Raises TemplateDoesNotExist when there are neither, Unusable when they cannot be filled in. `known` is what was
    `written` for it, where that is at hand.
    """
    spoken = offered(language)
    edited = _edited(template, spoken, (known or written([template]))[template])
    trouble = ""
    if edited:
        try:
            return fill_words(edited.subject, edited.text, edited.html, edited.language, context)
        except Unusable as error:
            trouble = str(error)
            logger.warning("template %s (%s): %s", template, edited.language, error)
            MailTemplate.objects.filter(pk=edited.pk).update(trouble=trouble)
            if not is_shipped(template):
                raise
    return _shipped(template, spoken, context, trouble)


def fill_words(subject: str, text: str, html: str, language: str, context: dict[str, Any]) -> Rendered:
    """Words as somebody of the desk wrote them, filled in and put into the frame. Raises Unusable."""
    values = plain(_values(language, context))
    place = "subject"
    with translation.override(language):
        try:
            values["subject"] = _one_line(safe.fill(subject, values, escaped=False))
            place = "text"
            words = safe.fill(text, values, escaped=False)
            place = "html"
            body = safe.fill(html, values, escaped=True) if html.strip() else _paragraphs(words)
        except Exception as error:
            raise Unusable(f"{place}: {error}") from error
        framed = _fill(_plain(), "messages/mail/_framed.txt", {**values, "body": words})
        page = _fill(engines["django"], "messages/mail/_framed.html", {**values, "body": body})
    return Rendered(language, values["subject"], _tidy(framed), inlined(page))


def inlined(html: str) -> str:
    """The HTML with its style sheet written into the elements, as mail programs want it; @media stays in the head."""
    return _INLINER.inline(html) if "<style" in html else html


def public_url() -> str:
    """Where the house is reached."""
    return str(settings.PUBLIC_URL)


def exists(template: str) -> bool:
    """Whether a template of this name is shipped or was written in the desk."""
    return is_shipped(template) or MailTemplate.objects.filter(key=template).exists()


def is_shipped(template: str) -> bool:
    """Whether a feature brings this template along."""
    return template in shipped_keys()


@cache
def shipped_keys() -> frozenset[str]:
    """All templates that features bring along, by their files."""
    found = (
        path for folder in get_app_template_dirs("templates") for path in Path(folder).glob("*/mail/*.subject.txt")
    )
    return frozenset(f"{path.parent.parent.name}/{path.name.removesuffix('.subject.txt')}" for path in found)


def offered(language: str) -> str:
    """The language nearest to the one asked for that the house speaks."""
    codes = [code for code, _ in settings.LANGUAGES]
    short = language.partition("-")[0]
    return next((code for code in (language, short) if code in codes), vendor().default_language)


def _edited(template: str, language: str, found: Iterable[MailTemplate]) -> MailTemplate | None:
    """The edited words in this language; for a mail that nobody shipped, else in the vendor's, else in any."""
    rows = {row.language: row for row in found}
    if language in rows or is_shipped(template):
        return rows.get(language)
    return rows.get(vendor().default_language) or next(iter(rows.values()), None)


def _shipped(template: str, language: str, context: dict[str, Any], trouble: str) -> Rendered:
    app, _, name = template.partition("/")
    path = f"{app}/mail/{name}"
    values = _values(language, context)
    with translation.override(language):
        subject = _one_line(_fill(_plain(), f"{path}.subject.txt", values))
        values["subject"] = subject
        text = _tidy(_fill(_plain(), f"{path}.txt", values))
        return Rendered(language, subject, text, _html(f"{path}.html", values), trouble)


def _values(language: str, context: dict[str, Any]) -> dict[str, Any]:
    here = vendor()
    seen = {name: getattr(here, name) for name in ("name", "accent", "support_email", "api_base_url")}
    return {"vendor": seen, "public_url": settings.PUBLIC_URL, "language": language, **context}


def _one_line(text: str) -> str:
    return " ".join(text.split())[:SUBJECT_LENGTH]


def _tidy(text: str) -> str:
    return re.sub(r"\n{3,}", "\n\n", text).strip() + "\n"


def _paragraphs(text: str) -> str:
    """HTML made from plain text: paragraphs, line breaks, links."""
    parts = [part.strip() for part in re.split(r"\n\s*\n", text) if part.strip()]
    return "\n".join(f"<p>{_linked(part)}</p>" for part in parts)


def _linked(text: str) -> str:
    out, end = [], 0
    for found in LINK.finditer(text):
        address = escape(found[0])
        out += [escape(text[end : found.start()]), f'<a href="{address}">{address}</a>']
        end = found.end()
    return "".join([*out, escape(text[end:])]).replace("\n", "<br>\n")


def _html(path: str, values: dict[str, Any]) -> str:
    try:
        return inlined(_fill(engines["django"], path, values))
    except TemplateDoesNotExist as missing:
        if str(missing) == path:
            return ""
        raise


def _fill(engine: BaseEngine, path: str, values: dict[str, Any]) -> str:
    return str(engine.get_template(path).render(values))


def _plain() -> DjangoTemplates:
    """The page engine's twin for plain text: the same tags, nothing escaped."""
    pages: dict[str, Any] = settings.TEMPLATES[0]
    return _plain_engine(tuple(str(folder) for folder in pages.get("DIRS", [])))


@cache
def _plain_engine(folders: tuple[str, ...]) -> DjangoTemplates:
    """Made once, because an engine remembers the templates that it has read."""
    pages: dict[str, Any] = settings.TEMPLATES[0]
    options = {**pages["OPTIONS"], "autoescape": False, "context_processors": []}
    return DjangoTemplates({"NAME": "plain", "DIRS": folders, "APP_DIRS": True, "OPTIONS": options})
