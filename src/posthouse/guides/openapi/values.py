"""Reading values that may be of any kind: a flawed document must still be shown as far as it goes."""

from typing import Any

from posthouse.foundation.snippets.call import as_json as as_json
from posthouse.foundation.snippets.call import as_word as as_word

Json = dict[str, Any]


def mapping(value: Any) -> Json:
    """The object, or an empty one where something else stands."""
    return value if isinstance(value, dict) else {}


def sequence(value: Any) -> list[Any]:
    """The array, or an empty one where something else stands."""
    return value if isinstance(value, list) else []


def text(value: Any) -> str:
    """The text; numbers count as text (`version: 1.0` in YAML), everything else is empty."""
    if isinstance(value, str):
        return value
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else ""


def texts(value: Any) -> list[str]:
    """The texts in an array; a single text counts as an array of one."""
    return [item for item in ([value] if isinstance(value, str) else sequence(value)) if isinstance(item, str)]


def number(value: Any) -> int | float | None:
    """The number, if it is one."""
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None
