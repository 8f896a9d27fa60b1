"""Durations as people write them (3 d, 90 min) for definitions that keep them as ISO 8601 (P3D, PT90M)."""

import re

from posthouse.foundation.durations import duration, words

WRITTEN = re.compile(r"(?P<number>\d{1,6})\s*(?P<unit>[a-zí]+)", re.I)
UNITS = {
    "P{}W": ("w", "week", "weeks", "sem", "semana", "semanas"),
    "P{}D": ("d", "day", "days", "día", "días", "dia", "dias"),
    "PT{}H": ("h", "hour", "hours", "hora", "horas"),
    "PT{}M": ("m", "min", "minute", "minutes", "minuto", "minutos"),
}


def to_iso(text: str) -> str:
    """ "3 d" -> "P3D"; ISO 8601 stays as it is. Raises ValueError for anything else."""
    text = text.strip()
    if found := WRITTEN.fullmatch(text):
        for pattern, names in UNITS.items():
            if found["unit"].lower() in names:
                text = pattern.format(int(found["number"]))
    duration(text.upper())
    return text.upper()


def short(iso: str) -> str:
    """ "P3D" -> 3 d, as one would type it; a mixture of units stays as it is."""
    for pattern, names in UNITS.items():
        before, after = pattern.split("{}")
        number = str(iso).removeprefix(before).removesuffix(after)
        if number.isdecimal() and pattern.format(number) == iso:
            return f"{number} {names[0] if names[0] != 'm' else 'min'}"
    return str(iso)


def in_words(iso: str) -> str:
    """ "P3D" -> 3 days; what is no duration stays as it is."""
    try:
        return words(duration(iso))
    except ValueError:
        return str(iso or "")
