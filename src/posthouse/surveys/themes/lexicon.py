"""Topics that people write about when they write about an API, and the words that tell of them in two languages.

The words stand in `lexicon.yaml`. English and Spanish are kept apart, so that a word of one language is not taken for
one of the other.
"""

from functools import cache
from pathlib import Path
from typing import Any

import yaml
from django.utils.translation import pgettext_lazy

from posthouse.surveys.themes.words import stem, words

Pattern = tuple[str, ...]
WORDS = Path(__file__).with_name("lexicon.yaml")

NAMES: dict[str, Any] = {
    "docs": pgettext_lazy("theme", "Documentation"),
    "sdk": pgettext_lazy("theme", "SDKs and libraries"),
    "speed": pgettext_lazy("theme", "Speed"),
    "reliability": pgettext_lazy("theme", "Errors and outages"),
    "pricing": pgettext_lazy("theme", "Prices and billing"),
    "limits": pgettext_lazy("theme", "Limits"),
    "auth": pgettext_lazy("theme", "Keys and sign-in"),
    "support": pgettext_lazy("theme", "Support"),
    "onboarding": pgettext_lazy("theme", "Getting started"),
    "changes": pgettext_lazy("theme", "Versions and changes"),
    "webhooks": pgettext_lazy("theme", "Webhooks and events"),
    "console": pgettext_lazy("theme", "Dashboard and console"),
    "features": pgettext_lazy("theme", "Missing features"),
}
KEYS = tuple(NAMES)
RIGHT, FOUND = 87, 74
"""Of a hundred: themes that were right, and themes that were found, on the half of our sample nobody tuned to."""


@cache
def patterns(language: str) -> tuple[tuple[str, Pattern], ...]:
    """Pairs of topic and words in a row: a stem, or what a word begins with and a star."""
    known = yaml.safe_load(WORDS.read_text("utf-8"))
    phrases = [(key, str(phrase)) for key in KEYS for part in (language, "any") for phrase in known[key].get(part, ())]
    return tuple((key, tuple(_part(one, language) for one in phrase.split())) for key, phrase in phrases)


def _part(word: str, language: str) -> str:
    return word if word.endswith("*") else stem(words(word)[0], language)
