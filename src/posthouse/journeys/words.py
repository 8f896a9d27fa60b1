"""Names of journeys and steps in the language of the page, and stretches of time as people say them."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from posthouse.design.wording import number

PARKED = "an event waits: "
MINUTE, HOUR, DAY = 60, 3600, 86400


def said(texts: Any) -> str:
    """A text per language in the language of the page, else in English, else in any."""
    if not isinstance(texts, Mapping):
        return str(texts or "")
    language = (get_language() or "en").partition("-")[0]
    return str(texts.get(language) or texts.get("en") or next(filter(None, texts.values()), ""))


def name_of(body: Mapping[str, Any], otherwise: str = "") -> str:
    """The journey's name."""
    return said(body.get("name")) or otherwise or str(body.get("key", ""))


def steps_of(body: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The steps in the order of the file."""
    return [step for step in body.get("steps") or [] if isinstance(step, Mapping)]


def step_names(body: Mapping[str, Any]) -> dict[str, str]:
    """Names of the steps by key."""
    return {str(step["key"]): said(step.get("name")) or str(step["key"]) for step in steps_of(body)}


def trouble(noted: str) -> str:
    """What keeps the engine from going on with a run, as it was noted."""
    kind, _colon, error = noted.partition(PARKED)
    return noted if kind else _("an event waits: %(error)s") % {"error": error}


def span(seconds: float | None) -> str:
    """How long: 40 s, 9 min, 1.4 h, 2.5 d; a dash when nobody knows."""
    if seconds is None:
        return "–"
    for size, unit, most in ((1, "s", 90), (MINUTE, "min", 90 * MINUTE), (HOUR, "h", 36 * HOUR)):
        if seconds < most:
            return f"{_figures(seconds / size)} {unit}"
    return _("%(n)s d") % {"n": _figures(seconds / DAY)}


def percent(share: float | None) -> str:
    """0.784 -> 78 %; a dash when there is nothing to take a share of."""
    if share is None:
        return "–"
    value = share * 100
    return f"{number(round(value, 1) if 0 < value < 10 else round(value))}\N{NO-BREAK SPACE}%"


def _figures(value: float) -> str:
    return number(round(value, 1) if value < 10 else round(value))
