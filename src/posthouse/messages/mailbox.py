"""Reads back what the folder backend wrote: the mail viewer of development and the demo."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from functools import cached_property, lru_cache
from html import unescape
from pathlib import Path

from django.conf import settings

NAME = re.compile(r"mail_[0-9a-z]{26}")
_LINK = re.compile(r"""https?://[^\s<>"']+[^\s<>"'.,;:!?)\]]""")


@dataclass(frozen=True)
class Mail:
    """One mail in the folder."""

    name: str
    raw: bytes

    @cached_property
    def message(self) -> EmailMessage:
        """The parsed mail."""
        return message_from_bytes(self.raw, policy=policy.default)

    @property
    def to(self) -> str:
        """The address it went to."""
        return str(self.message["To"] or "")

    @property
    def subject(self) -> str:
        """Its subject."""
        return str(self.message["Subject"] or "")

    @property
    def sent_at(self) -> datetime | None:
        """The moment in its Date header."""
        header = self.message["Date"]
        moment: datetime | None = header.datetime if header else None
        return moment.replace(tzinfo=moment.tzinfo or UTC) if moment else None

    @property
    def headers(self) -> list[tuple[str, str]]:
        """All headers, decoded."""
        return [(name, str(value)) for name, value in self.message.items()]

    @cached_property
    def text(self) -> str:
        """The plain text."""
        return self._part("plain")

    @cached_property
    def html(self) -> str:
        """The HTML, if there is any."""
        return self._part("html")

    @cached_property
    def links(self) -> list[str]:
        """Every web address in it, in order, each once."""
        return list(dict.fromkeys(_LINK.findall(self.text + "\n" + unescape(self.html))))

    def _part(self, kind: str) -> str:
        part = self.message.get_body(preferencelist=(kind,))
        return str(part.get_content()) if part else ""


def mails(to: str = "") -> Iterator[Mail]:
    """All mails in the folder, newest first; with `to` only those whose recipient contains it."""
    folder = Path(settings.MAIL_FOLDER)
    for path in sorted(folder.glob("mail_*.eml"), reverse=True):
        found = _read(path)
        if to.lower() in found.to.lower():
            yield found


def mail(name: str) -> Mail | None:
    """One mail by the name of its file."""
    path = Path(settings.MAIL_FOLDER) / f"{name}.eml"
    return _read(path) if NAME.fullmatch(name) and path.exists() else None


@lru_cache(maxsize=2000)
def _read(path: Path) -> Mail:
    """Files never change once they are there."""
    return Mail(path.stem, path.read_bytes())
