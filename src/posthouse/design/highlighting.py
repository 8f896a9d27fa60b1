"""Colours code on the server: spans with classes, whose colours come from the style sheet."""

from functools import lru_cache

from django.utils.safestring import SafeString, mark_safe
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import get_lexer_by_name
from pygments.util import ClassNotFound

LONGEST = 200_000
ALIASES = {"curl": "bash", "shell": "bash", "node": "javascript", "problem": "json"}
_formatter = HtmlFormatter(nowrap=True)


def highlighted(text: str, language: str) -> SafeString:
    """HTML of the text, escaped; plain when the language is not known or the text is very long."""
    return mark_safe(_coloured(text, "text" if len(text) > LONGEST else language))  # noqa: S308  Pygments escapes


@lru_cache(maxsize=512)
def _coloured(text: str, language: str) -> str:
    try:
        lexer = get_lexer_by_name(ALIASES.get(language, language), stripnl=False, ensurenl=False)
    except ClassNotFound:
        lexer = get_lexer_by_name("text", stripnl=False, ensurenl=False)
    return str(highlight(text, lexer, _formatter))
