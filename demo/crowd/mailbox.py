"""Reads the mail Posthouse wrote to its folder, as the people do to whom it is addressed."""

import email
import email.policy
import re
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path

_LINK = re.compile(r"https?://[^\s<>\"']+")


class Mailbox:
    """The mail of everybody: a folder with one file per message, named in the order they were sent."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._read: set[str] = set()
        self._by_address: dict[str, list[Path]] = {}

    def newest_link(self, address: str, containing: str) -> str:
        """The first link with this text in the newest mail to an address that has one; empty when there is none."""
        self._sort_new_mail()
        for path in reversed(self._by_address.get(address.lower(), [])):
            for link in _links(_message(path)):
                if containing in link:
                    return link
        return ""

    def _sort_new_mail(self) -> None:
        for path in sorted(self._folder.glob("*.eml")):
            if path.name in self._read:
                continue
            self._read.add(path.name)
            for address in _message(path).get_all("To", []):
                self._by_address.setdefault(_bare(str(address)), []).append(path)


def _message(path: Path) -> EmailMessage:
    return email.message_from_bytes(path.read_bytes(), policy=email.policy.default)


def _bare(address: str) -> str:
    return address.rpartition("<")[2].rstrip(">").strip().lower()


def _links(message: EmailMessage) -> Iterator[str]:
    part = message.get_body(("plain", "html"))
    if part is not None:
        yield from (link.rstrip(".,)") for link in _LINK.findall(part.get_content()))
