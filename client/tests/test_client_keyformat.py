"""A key can be read back, mistyped keys are noticed, and nothing but a digest needs to be kept."""

import hashlib
import hmac
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from posthouse_client import keyformat


@pytest.mark.mission("J2.3")
@pytest.mark.parametrize("kind", keyformat.KINDS)
def test_a_new_key_is_read_back_and_found_by_a_scanner(kind: str) -> None:
    key = keyformat.make("sun", kind)
    parsed = keyformat.parse(key)
    assert parsed is not None
    assert (parsed.issuer, parsed.kind, len(parsed.random)) == ("sun", kind, 30)
    assert re.findall(keyformat.scanner_regex("sun"), f"curl -H 'Bearer {key}'; echo") == [kind]
    assert len(key) <= keyformat.MAX_LENGTH


def test_two_keys_differ() -> None:
    assert len({keyformat.make("ph", "live") for _ in range(1000)}) == 1000


@given(position=st.integers(0, 35), letter=st.sampled_from(keyformat.ALPHABET))
def test_one_wrong_character_is_always_noticed(position: int, letter: str) -> None:
    key = keyformat.make("sun", "test")
    at = len("sun_test_") + position
    changed = key[:at] + letter + key[at + 1 :]
    assert (keyformat.parse(changed) is None) == (changed != key)


@given(st.text(max_size=60))
def test_any_text_can_be_looked_at(text: str) -> None:
    assert keyformat.parse(text) is None


@pytest.mark.parametrize("other", [" {}", "{}\n", "X{}", "{}0"])
def test_a_key_with_something_around_it_is_not_a_key(other: str) -> None:
    key = keyformat.make("sun", "test")
    assert keyformat.parse(other.replace("{}", key)) is None


def test_the_checksum_is_crc_32_in_base62() -> None:
    # CRC-32 of "123456789" is the published check value CBF43926 = 3 421 780 262.
    number = 0
    for digit in keyformat.checksum("123456789"):
        number = number * 62 + keyformat.ALPHABET.index(digit)
    assert number == 0xCBF43926
    assert len(keyformat.checksum("")) == 6


def test_the_hint_shows_eight_characters_of_the_secret() -> None:
    key = keyformat.make("sun", "test")
    assert keyformat.hint(key) == f"sun_test_{key[9:13]}…{key[-4:]}"
    with pytest.raises(ValueError, match="not a key"):
        keyformat.hint("sun_test_no")


def test_the_digest_is_hmac_sha_256() -> None:
    key = keyformat.make("sun", "test")
    assert keyformat.digest(b"pepper", key) == hmac.new(b"pepper", key.encode(), hashlib.sha256).digest()
    assert keyformat.digest(b"other", key) != keyformat.digest(b"pepper", key)


@pytest.mark.parametrize("issuer", ["", "s", "Sun", "1sun", "sun_", "averylongissuer", "süd"])
def test_an_issuer_that_would_not_be_found_is_refused(issuer: str) -> None:
    with pytest.raises(ValueError, match="issuer"):
        keyformat.make(issuer, "test")
    with pytest.raises(ValueError, match="issuer"):
        keyformat.scanner_regex(issuer)


def test_an_unknown_kind_is_refused() -> None:
    with pytest.raises(ValueError, match="test, live, team"):
        keyformat.make("sun", "prod")
