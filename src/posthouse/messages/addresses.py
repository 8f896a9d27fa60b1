"""Addresses: how they are compared, under which digest a choice about one is kept, and how a contact's is found."""

import hashlib
import hmac
from collections.abc import Callable
from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from posthouse.foundation.credentials import peppers


@dataclass(frozen=True)
class Recipient:
    """A contact as mail sees it."""

    contact_id: str
    email: str
    language: str = ""
    name: str = ""


AddressBook = Callable[[str, str], Recipient | None]
_books: list[AddressBook] = []


def address_book(finder: AddressBook) -> AddressBook:
    """Register who finds a contact by id or else by address: people stands above and cannot be asked directly."""
    if finder not in _books:
        _books.append(finder)
    return finder


def recipient(*, contact_id: str = "", email: str = "") -> Recipient | None:
    """The contact with this id, or else with this address; None when nobody knows it."""
    return next((found for book in _books if (found := book(contact_id, email))), None)


@dataclass(frozen=True)
class Addressee:
    """An address about which choices are made: as it is read, and the digests under which they may be stored.

    After an erasure `email` is empty and the digest is all there is.
    """

    email: str
    digests: tuple[str, ...]
    contact_id: str = ""

    @property
    def digest(self) -> str:
        """Under which a new choice is stored."""
        return self.digests[-1]

    @property
    def masked(self) -> str:
        """The address for pages that anybody with a link may open: `a…@example.org`."""
        name, at, domain = self.email.partition("@")
        return f"{name[:1]}…{at}{domain}" if at else "…"


def addressee(email: str, contact_id: str = "") -> Addressee:
    """The addressee behind an address."""
    return Addressee(normal(email), tuple(digests(email)), contact_id)


def normal(email: str) -> str:
    """The form in which addresses are compared."""
    return email.strip().lower()


def is_address(email: str) -> bool:
    """Whether mail can be sent there at all; what an erased contact is left with is no address."""
    try:
        validate_email(email)
    except ValidationError:
        return False
    return not email.endswith(".invalid")


def digests(email: str) -> list[str]:
    """Under which digests a choice about an address may be stored: one per pepper, the newest last.

    HMAC-SHA256 under a pepper that lives outside the database: addresses are guessable, a bare hash would hide none.
    """
    text = b"address:" + normal(email).encode()
    return [hmac.new(pepper, text, hashlib.sha256).hexdigest() for pepper in peppers().values()]
