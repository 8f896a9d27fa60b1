"""The words of a campaign: one JSON value per language, checked here; and those a new campaign begins with.

    {"en": {"subject": …, "intro": …, "question": …, "low": …, "high": …,
            "comment": {"low": …, "middle": …, "high": …}, "thanks": {…}, "link": {…}}, "es": {…}}

`low` and `high` stand at the ends of the scale; `comment` asks for the reason, `thanks` is said after the answer, and
`link` is what the link of that group is called, all by score group. `reminder_subject` and `reminder` are the subject
and the first words of a reminder, without which it says the usual ones. Any language may be added.
"""

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from posthouse.surveys.scales import Group, Metric

LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Z][a-z]{3})?(-[A-Z]{2})?", re.ASCII)
MOST_LANGUAGES = 40
LENGTHS = {
    "subject": 150, "intro": 1000, "question": 300, "low": 60, "high": 60, "reminder_subject": 150, "reminder": 1000,
}  # fmt: skip
GROUPED = {"comment": 300, "thanks": 1000, "link": 80}
NEEDED = ("subject", "question")
LINK_LENGTH = 500
COMMENT_LENGTH = 5000
"""Of what respondents write."""
ACCENT = re.compile(r"#[0-9a-fA-F]{6}", re.ASCII)


class Invalid(ValueError):
    """What was given cannot be; `place` is a JSON pointer to what, the text says why, in the active language."""

    def __init__(self, place: str, reason: str) -> None:
        super().__init__(reason)
        self.place = place
        self.reason = reason


def check_texts(texts: Any, place: str = "/texts") -> dict[str, dict[str, Any]]:
    """The texts without what is empty. Raises Invalid."""
    if not isinstance(texts, Mapping) or not texts:
        raise Invalid(place, _("A campaign needs its words in at least one language."))
    if len(texts) > MOST_LANGUAGES:
        raise Invalid(place, _("At most %(count)d languages.") % {"count": MOST_LANGUAGES})
    return {code: _check_language(code, words, place) for code, words in texts.items()}


def _check_language(code: Any, words: Any, place: str) -> dict[str, Any]:
    place = f"{place}/{code}"[:100]
    if not isinstance(code, str) or not LANGUAGE.fullmatch(code):
        raise Invalid(place, _("A language is written like en, es or pt-BR."))
    if not isinstance(words, Mapping):
        raise Invalid(place, _("The words of a language are an object."))
    for name in words:
        if name not in LENGTHS and name not in GROUPED:
            raise Invalid(f"{place}/{name}"[:100], _("This is not known here."))
    found: dict[str, Any] = {
        name: check_text(words.get(name, ""), length, f"{place}/{name}") for name, length in LENGTHS.items()
    }
    for name in NEEDED:
        if not found[name]:
            raise Invalid(f"{place}/{name}", _("This is needed in every language."))
    for name, length in GROUPED.items():
        found[name] = check_grouped(words.get(name, {}), length, f"{place}/{name}")
    return {name: value for name, value in found.items() if value}


def check_grouped(value: Any, length: int, place: str) -> dict[str, str]:
    """Texts by score group, without the empty ones. Raises Invalid."""
    if not isinstance(value, Mapping) or not set(value) <= set(Group.values):
        raise Invalid(place, _("This is an object of texts by group: low, middle, high."))
    checked = {group: check_text(text, length, f"{place}/{group}") for group, text in value.items()}
    return {group: text for group, text in checked.items() if text}


def check_text(text: Any, length: int, place: str) -> str:
    """A text that both databases keep, stripped. Raises Invalid."""
    if not isinstance(text, str):
        raise Invalid(place, _("This is a text."))
    kept: str = text.replace("\r\n", "\n").strip()
    if len(kept) > length:
        raise Invalid(place, _("At most %(count)d characters.") % {"count": length})
    if "\x00" in kept or any("\ud800" <= letter <= "\udfff" for letter in kept):
        raise Invalid(place, _("It holds characters that cannot be kept."))
    return kept


def check_links(links: Any, place: str = "/links") -> dict[str, str]:
    """Where the thank-you of each group leads: web addresses. Raises Invalid."""
    found = check_grouped(links, LINK_LENGTH, place)
    for group, address in found.items():
        check_address(address, f"{place}/{group}")
    return found


def check_address(address: str, place: str) -> str:
    """A whole http(s) address. Raises Invalid."""
    try:
        parts = urlsplit(address)
        fit = parts.scheme in ("https", "http") and bool(parts.hostname) and address.isprintable()
    except ValueError:
        fit = False
    if not fit or " " in address:
        raise Invalid(place, _("This is a whole web address that begins with https://."))
    return address


def in_language(texts: Mapping[str, Any], *wanted: str) -> tuple[str, dict[str, Any]]:
    """The first language wanted that there is (`pt` serves `pt-BR` and the other way round), else any; its words."""
    for code in wanted:
        short = code.partition("-")[0]
        near = [code, short, *(known for known in texts if known.partition("-")[0] == short)]
        found = next((known for known in near if known and known in texts), "")
        if found:
            return found, texts[found]
    return next(iter(texts.items()), ("", {}))


def usual(metric: str, language: str) -> dict[str, Any]:
    """What a new campaign says in a language that the house speaks."""
    with translation.override(language):
        question, low, high = _asked(metric)
        thanks = _("Thank you. We read every answer.")
        return {
            "subject": _("A short question"),
            "question": question,
            "low": low,
            "high": high,
            "comment": {
                Group.LOW.value: _("What went wrong, and what should we do about it?"),
                Group.MIDDLE.value: _("What would make it better for you?"),
                Group.HIGH.value: _("What do you like most?"),
            },
            "thanks": dict.fromkeys(Group.values, thanks),
        }


def _asked(metric: str) -> tuple[str, str, str]:
    if metric == Metric.NPS:
        return (
            _("How likely are you to recommend our API to another developer?"),
            _("Not at all likely"),
            _("Extremely likely"),
        )
    if metric == Metric.CSAT:
        return (
            _("How satisfied are you with the help you got?"),
            pgettext("scale", "Very dissatisfied"),
            pgettext("scale", "Very satisfied"),
        )
    return _("We made it easy for you to get this done."), _("Strongly disagree"), _("Strongly agree")


def spoken_here(*wanted: str) -> str:
    """The first of the languages wanted in which the house has words of its own, for what surrounds a campaign's."""
    codes = [code for code, _name in settings.LANGUAGES]
    found = (near for code in wanted for near in (code, code.partition("-")[0]) if near in codes)
    return next(found, codes[0])
