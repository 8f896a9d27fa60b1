"""What texts and attributes may hold: bounds that forms and the HTTP API share."""

import json
import math
import zoneinfo
from typing import Any

from babel import Locale
from django.core.exceptions import ValidationError
from django.utils.translation import get_language
from django.utils.translation import gettext as _

ATTRIBUTES_BYTES = 16_384
ATTRIBUTES_DEPTH = 6


def check_text(text: str) -> str:
    """The text itself. Raises ValueError for what no database stores: NUL, and halves of characters (surrogates)."""
    if "\x00" in text:
        raise ValueError(_("The character NUL is not allowed."))
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise ValueError(_("The text holds half a character (a lone surrogate).")) from error
    return text


def check_name(name: str) -> str:
    """A name of a person or an organisation. It appears in mail to others, so it may not be an address of a page."""
    check_text(name)
    if "://" in name or "www." in name.lower():
        raise ValueError(_("A name cannot hold a web address."))
    if not all(character.isprintable() for character in name):
        raise ValueError(_("A name cannot hold invisible characters."))
    return name


def plain_name(name: str) -> None:
    """`check_name` as a validator of forms."""
    try:
        check_name(name)
    except ValueError as error:
        raise ValidationError(str(error)) from error


def check_attributes(value: Any) -> dict[str, Any]:
    """The attributes themselves. Raises ValueError unless they are an object of JSON, small, flat and storable."""
    if not isinstance(value, dict):
        raise ValueError(_("Attributes are a JSON object: {…}."))  # noqa: TRY004  reported as a value, like the others
    _check_json(value, ATTRIBUTES_DEPTH)
    if len(json.dumps(value, ensure_ascii=False).encode()) > ATTRIBUTES_BYTES:
        raise ValueError(_("Attributes are at most 16 KB of JSON."))
    return value


def _check_json(value: Any, depth: int) -> None:
    if depth < 0:
        raise ValueError(_("Attributes are nested too deeply."))
    if isinstance(value, str):
        check_text(value)
    elif isinstance(value, float) and not math.isfinite(value):
        raise ValueError(_("NaN and Infinity are not JSON."))
    elif isinstance(value, int) and abs(value) > 2**63:
        raise ValueError(_("A number is too large."))
    elif isinstance(value, dict):
        for key, item in value.items():
            check_text(key)
            _check_json(item, depth - 1)
    elif isinstance(value, list):
        for item in value:
            _check_json(item, depth - 1)


def country_names() -> list[tuple[str, str]]:
    """Code and name of every country, by name, in the language of the page."""
    names = Locale.parse(get_language() or "en", sep="-").territories
    return sorted(
        ((code, name) for code, name in names.items() if code in COUNTRIES),
        key=lambda pair: pair[1],
    )


def country_name(code: str) -> str:
    """Name of a country in the language of the page; the code itself when nobody knows it."""
    return str(Locale.parse(get_language() or "en", sep="-").territories.get(code, code))


def time_zones() -> list[str]:
    """Time zones named after places, and UTC."""
    named = {zone for zone in zoneinfo.available_timezones() if zone.partition("/")[0] in CONTINENTS and "/" in zone}
    return ["UTC", *sorted(named)]


CONTINENTS = {
    "Africa",
    "America",
    "Antarctica",
    "Arctic",
    "Asia",
    "Atlantic",
    "Australia",
    "Europe",
    "Indian",
    "Pacific",
}
OTHER_TERRITORIES = {"EU", "EZ", "QO", "UN", "XA", "XB", "ZZ"}
COUNTRIES = frozenset(
    code
    for code in map(str, Locale("en").territories)
    if len(code) == 2 and code.isalpha() and code not in OTHER_TERRITORIES
)
"""ISO 3166-1 two-letter codes, from the Unicode CLDR (which adds a few groups, left out here)."""
