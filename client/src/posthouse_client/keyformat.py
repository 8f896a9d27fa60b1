"""The shape of a key: made, read back, hinted at, found by scanners and digested for storage.

`{issuer}_{kind}_{random}{checksum}`, after GitHub's token format of 2021: an underscore, because a
double click then selects the whole key; 30 base62 characters of randomness (30 * log2(62) = 178 bits);
and 6 base62 characters of CRC-32, so that a scanner or a verifier recognises a mistyped key without
asking anybody.
"""

import hmac
import re
import secrets
import zlib
from dataclasses import dataclass

KINDS = ("test", "live", "team", "poll")
"""`test` and `live` are customers' keys, `team` marks the API tokens of the vendor's team, `poll` keys of a survey."""

RANDOM_LENGTH = 30
CHECKSUM_LENGTH = 6
MAX_LENGTH = 10 + 1 + 4 + 1 + RANDOM_LENGTH + CHECKSUM_LENGTH
"""No key is longer than this many characters."""

ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

_ISSUER = re.compile(r"[a-z][a-z0-9]{1,9}")
_KEY = re.compile(r"([a-z][a-z0-9]{1,9})_(test|live|team|poll)_([0-9A-Za-z]{30})([0-9A-Za-z]{6})", re.ASCII)


@dataclass(frozen=True, slots=True)
class ParsedKey:
    """A key taken apart; its checksum was right, which says nothing about its being known."""

    issuer: str
    kind: str
    random: str


def make(issuer: str, kind: str) -> str:
    """Make a new key from the operating system's random source.

    Raises ValueError when the issuer is not `[a-z][a-z0-9]{1,9}` or the kind is not one of `KINDS`.
    """
    check_issuer(issuer)
    if kind not in KINDS:
        raise ValueError(f"a key is one of {', '.join(KINDS)}, not {kind!r}")
    body = f"{issuer}_{kind}_{''.join(secrets.choice(ALPHABET) for _ in range(RANDOM_LENGTH))}"
    return body + checksum(body)


def parse(text: str) -> ParsedKey | None:
    """Take a key apart; None when its shape or its checksum is wrong."""
    match = _KEY.fullmatch(text)
    if match is None:
        return None
    issuer, kind, random, check = match.groups()
    if checksum(text[:-CHECKSUM_LENGTH]) != check:
        return None
    return ParsedKey(issuer, kind, random)


def checksum(body: str) -> str:
    """CRC-32 (ISO-HDLC, as in zlib) of `{issuer}_{kind}_{random}`, as 6 base62 digits, zero-padded."""
    number = zlib.crc32(body.encode("ascii"))
    digits = ""
    for _ in range(CHECKSUM_LENGTH):
        number, digit = divmod(number, 62)
        digits = ALPHABET[digit] + digits
    return digits


def scanner_regex(issuer: str) -> str:
    """The expression a secret scanner needs to find this vendor's keys.

    Raises ValueError when the issuer is not `[a-z][a-z0-9]{1,9}`.
    """
    check_issuer(issuer)
    return rf"\b{issuer}_({'|'.join(KINDS)})_[0-9A-Za-z]{{{RANDOM_LENGTH + CHECKSUM_LENGTH}}}\b"


def hint(text: str) -> str:
    """What may be shown of a key afterwards: `sun_test_9fK2…wQ1c`, 8 of its 36 characters.

    Raises ValueError when the text is not a key.
    """
    parsed = parse(text)
    if parsed is None:
        raise ValueError("not a key")
    return f"{parsed.issuer}_{parsed.kind}_{parsed.random[:4]}…{text[-4:]}"


def digest(pepper: bytes, text: str) -> bytes:
    """HMAC-SHA-256 of the whole key under a pepper: the 32 bytes that are stored instead of it.

    Fast and without salt on purpose: nobody guesses 178 random bits, and only a digest that is the
    same every time can be looked up in one step. The pepper, which is kept away from the database,
    makes a stolen table useless even for checking a key somebody already has.
    """
    return hmac.digest(pepper, text.encode(), "sha256")


def check_issuer(issuer: str) -> None:
    """Raise ValueError when an issuer's prefix is not `[a-z][a-z0-9]{1,9}`."""
    if not _ISSUER.fullmatch(issuer):
        raise ValueError("an issuer is a lower-case letter and 1 to 9 lower-case letters or digits")
