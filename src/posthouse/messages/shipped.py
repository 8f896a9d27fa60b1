"""The words that features bring along, as somebody of the desk would write them: one language, in the safe subset.

Shipped mails are files with translation tags inside; here the texts of one language are put in their place, so that
editing begins with what is in force. `source` is what `rendering.render` would say, not yet filled in.
"""

import re
from dataclasses import dataclass

from django.template import TemplateDoesNotExist, engines
from django.utils import translation
from django.utils.translation import gettext

BUTTON = re.compile(
    r"""\{%\s*translate\s+"([^"]*)"\s+as\s+(\w+)\s*%\}\s*"""
    r"""\{%\s*include\s+"messages/mail/_button\.html"\s+with\s+href=(\S+)\s+text=\2\s*%\}"""
)
BLOCK = re.compile(
    r"\{%\s*blocktranslate(?P<with>(?:\s+with(?:\s+\w+=\S+)+)?)(?P<trimmed>\s+trimmed)?\s*%\}"
    r"(?P<text>.*?)\{%\s*endblocktranslate\s*%\}",
    re.DOTALL,
)
WORD = re.compile(r"""\{%\s*translate\s+"([^"]*)"\s*%\}""")
CONTENT = re.compile(r"\{%\s*block content\s*%\}(.*?)\{%\s*endblock(?: content)?\s*%\}", re.DOTALL)
VALUE = re.compile(r"\{\{\s*(\w+)\s*\}\}")
PLACE = re.compile(r"%\((\w+)\)s")


@dataclass(frozen=True)
class Source:
    """Subject, text and HTML as they are written."""

    subject: str = ""
    text: str = ""
    html: str = ""


def source(key: str, language: str) -> Source:
    """What a feature shipped for this mail in this language; empty when it ships none."""
    app, _, name = key.partition("/")
    with translation.override(language):
        return Source(*(_flat(f"{app}/mail/{name}{ending}") for ending in (".subject.txt", ".txt", ".html")))


def _flat(path: str) -> str:
    try:
        text = str(engines["django"].get_template(path).template.source)  # type: ignore[attr-defined]
    except TemplateDoesNotExist:
        return ""
    if inner := CONTENT.search(text):
        text = inner[1]
    text = BUTTON.sub(lambda found: f'{{% button {found[3]} "{gettext(found[1])}" %}}', text)
    text = BLOCK.sub(_translated, text)
    return WORD.sub(lambda found: gettext(found[1]), text).strip()


def _translated(found: re.Match[str]) -> str:
    """The translated text, its places filled with the values that the tag names."""
    named = dict(pair.split("=", 1) for pair in found["with"].split()[1:])
    message = VALUE.sub(r"%(\1)s", found["text"].replace("%", "%%"))
    if found["trimmed"]:
        message = " ".join(line.strip() for line in message.splitlines() if line.strip())
    text = PLACE.sub(lambda place: f"{{{{ {named.get(place[1], place[1])} }}}}", gettext(message))
    return text.replace("%%", "%")
