"""What the HTML of a mail may hold: no scripts, no forms, nothing fetched but pictures, no place where a value could
become a tag or an attribute."""

import re
from collections.abc import Iterator
from html.parser import HTMLParser

from django.utils.translation import gettext as _

from posthouse.messages.safe import Flaw

STAND_IN = "\ue000"
REFUSED = {
    "applet", "audio", "base", "button", "embed", "form", "frame", "frameset", "iframe", "input", "link", "math",
    "meta", "object", "script", "select", "svg", "template", "textarea", "video",
}  # fmt: skip
ADDRESSES = {"href", "src", "action", "background", "poster", "formaction"}
SCHEME = re.compile(r"\s*([a-z][a-z0-9+.-]*):", re.IGNORECASE)
SCHEMES = {"http", "https", "mailto", "tel"}
FETCHES = re.compile(r"@import|expression\s*\(|url\s*\(\s*['\"]?\s*(?!https:)", re.IGNORECASE)


def check(source: str, place: str) -> list[Flaw]:
    """Everything that must not stand in the HTML of a mail, with its line."""
    bare = re.sub(r"\{\{.*?\}\}", STAND_IN, re.sub(r"\{%.*?%\}|\{#.*?#\}", " ", source))
    reader = _Reader(place)
    for tag in re.finditer(rf"<\s*/?\s*{STAND_IN}", bare):
        reader.flaws.append(Flaw(place, bare.count("\n", 0, tag.start()) + 1, _naked()))
    reader.feed(bare)
    reader.close()
    return reader.flaws


def _naked() -> str:
    return _("Inside a tag a value may stand only between quotation marks.")


def _is_fit(address: str) -> bool:
    """Whether an address leads where a mail may lead, or is a picture within the mail."""
    scheme = SCHEME.match(address)
    if not scheme or scheme[1].lower() in SCHEMES:
        return True
    return address.lower().startswith(("data:image/png;", "data:image/jpeg;"))


class _Reader(HTMLParser):
    """Collects what is wrong."""

    def __init__(self, place: str) -> None:
        super().__init__()
        self.place = place
        self.flaws: list[Flaw] = []
        self.in_style = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.in_style = tag == "style"
        if tag in REFUSED:
            self._refuse(_("<%(tag)s> has no place in a mail.") % {"tag": tag})
        if STAND_IN in tag or re.search(rf"\s[^\s=\"']*{STAND_IN}[^=\"']*(=|\s|>)|=\s*{STAND_IN}", self._tag()):
            self._refuse(_naked())
        for reason in self._of_attributes(attrs):
            self._refuse(reason)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        self.in_style = False

    def handle_endtag(self, tag: str) -> None:
        self.in_style = False

    def handle_data(self, data: str) -> None:
        if self.in_style and (FETCHES.search(data) or STAND_IN in data):
            self._refuse(_("A style sheet of a mail may fetch nothing and hold no values."))

    def _tag(self) -> str:
        return re.sub(r"\"[^\"]*\"|'[^']*'", '""', self.get_starttag_text() or "")

    def _of_attributes(self, attrs: list[tuple[str, str | None]]) -> Iterator[str]:
        for name, value in attrs:
            said = re.sub(r"[\x00-\x20]", "", value or "")
            if name.startswith("on") or name in ("srcdoc", "ping"):
                yield _("The attribute “%(name)s” has no place in a mail.") % {"name": name[:40]}
            elif name == "style" and (FETCHES.search(said) or STAND_IN in said):
                yield _("A style of a mail may fetch nothing and hold no values.")
            elif name in ADDRESSES and not _is_fit(said):
                yield _("An address of a mail begins with https:, http:, mailto: or tel:.")

    def _refuse(self, reason: str) -> None:
        self.flaws.append(Flaw(self.place, self.getpos()[0], reason))
