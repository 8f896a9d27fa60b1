"""Comments as stems: letters without accents, cut into words, each word without its ending."""

import re
import unicodedata
from functools import lru_cache
from pathlib import Path

import snowballstemmer
import yaml

LANGUAGES = {"en": "english", "es": "spanish"}
WORD = re.compile(r"[a-z0-9]+(?:'[a-z]+)?")
STOP: dict[str, frozenset[str]] = {
    code: frozenset(map(str, little))
    for code, little in yaml.safe_load(Path(__file__).with_name("little_words.yaml").read_text("utf-8")).items()
}
"""Little words, which tell a language and say nothing else."""
_STEMMERS = {code: snowballstemmer.stemmer(name) for code, name in LANGUAGES.items()}
_SPANISH_SIGNS = re.compile(r"[ñ¿¡áéíóú]", re.IGNORECASE)


def folded(text: str) -> str:
    """Lower case, without accents."""
    parts = unicodedata.normalize("NFKD", text.casefold())
    return "".join(letter for letter in parts if not unicodedata.combining(letter))


def words(text: str) -> list[str]:
    """The words of a text, folded; numbers and parts around signs are words too."""
    return WORD.findall(folded(text.replace("\u2019", "'")))


def language_of(text: str, said: str = "") -> str:
    """`en` or `es`: by the little words of the text; where these do not tell, what was said; else English.

    The language of the page is only a hint: people write in their own.
    """
    found = words(text)
    counts = {code: sum(word in stop for word in found) for code, stop in STOP.items()}
    counts["es"] += len(_SPANISH_SIGNS.findall(text))
    if counts["en"] != counts["es"]:
        return "en" if counts["en"] > counts["es"] else "es"
    base = said.partition("-")[0]
    return base if base in LANGUAGES else "en"


@lru_cache(maxsize=50_000)
def stem(word: str, language: str) -> str:
    """A word without its ending (Porter2 for English, Snowball for Spanish)."""
    return str(_STEMMERS[language].stemWord(word))


def stems(text: str, language: str) -> list[str]:
    """The words of a text without their endings, in order."""
    return [stem(word, language) for word in words(text)]
