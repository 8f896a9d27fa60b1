"""The planner's questions in their order, and the words for what can be answered."""

import re
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

STEPS = ("campaign", "trigger", "source", "attributes", "rhythm", "language")
MOST_ATTRIBUTES = 20
LONGEST_VALUE = 200
ATTRIBUTE = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]{0,59}", re.ASCII)

Words = list[tuple[str, str | Promise]]

TITLES: dict[str, Any] = {
    "campaign": _("Which survey is it about?"),
    "trigger": _("What triggers the survey?"),
    "source": _("Where does that event live?"),
    "attributes": _("Which attributes go along?"),
    "rhythm": _("Once, or again and again?"),
    "language": _("In which language is it asked?"),
}
TRIGGERS: Words = [
    ("purchase", _("Somebody bought or upgraded")),
    ("onboarding", _("Somebody has finished the setup")),
    ("first_call", _("Somebody made the first call")),
    ("ticket", _("A question to support was solved")),
    ("time", _("Time has passed, nothing happened")),
    ("other", _("Something else")),
]
SOURCES: Words = [
    ("code", _("In the code of your own product")),
    ("events", _("On the timeline here: Posthouse is already told of it")),
    ("tool", _("In another tool that sends webhooks (CRM, help desk, shop)")),
    ("warehouse", _("In a data warehouse or a list, read by a job")),
]
RHYTHMS: Words = [
    ("once", _("Each time it happens")),
    ("recurring", _("Every three months, to all who are active")),
]
UNITS: Words = [
    ("minutes", _("minutes")),
    ("hours", pgettext_lazy("unit", "hours")),
    ("days", pgettext_lazy("unit", "days")),
]
SECONDS = {"minutes": 60, "hours": 3600, "days": 86400}
OF_CONTACT = "contact"
"""The language of each person, as far as it is known."""
EVENT_NAMES = {
    "purchase": "order",
    "onboarding": "setup",
    "first_call": "first-call",
    "ticket": "ticket",
    "time": "quarter",
    "other": "event",
}


def word(words: Words, name: str) -> str:
    """What an answer says in the language of the page."""
    return str(dict(words).get(name, name))


def open_step(answers: dict[str, Any]) -> str:
    """The first question without an answer; empty: all are answered."""
    return next((step for step in STEPS if step not in answers), "")


def after(step: str) -> str:
    """The next question; empty: it was the last."""
    place = STEPS.index(step) + 1
    return STEPS[place] if place < len(STEPS) else ""


def before(step: str) -> str:
    """The question before; empty: it is the first."""
    place = STEPS.index(step)
    return STEPS[place - 1] if place else ""


def delay_seconds(answers: dict[str, Any]) -> int:
    """How long after the event people are asked."""
    rhythm = answers.get("rhythm", {})
    return int(rhythm.get("delay", 0)) * SECONDS.get(rhythm.get("unit", ""), 0)


def read_attributes(text: str) -> dict[str, Any]:
    """Lines such as `plan = pro` as a mapping; numbers and yes/no as such. Raises ValueError, naming the line."""
    found: dict[str, Any] = {}
    for line in filter(None, map(str.strip, text.splitlines())):
        name, _sign, value = (part.strip() for part in line.partition("="))
        if not ATTRIBUTE.fullmatch(name) or len(value) > LONGEST_VALUE or "\x00" in value:
            raise ValueError(line[:80])
        found[name] = _value(value)
    if len(found) > MOST_ATTRIBUTES:
        raise ValueError(f"> {MOST_ATTRIBUTES}")
    return found


def written(attributes: dict[str, Any]) -> str:
    """Attributes as lines, for the form."""
    names = {True: "true", False: "false"}
    return "\n".join(
        f"{name} = {names[value] if isinstance(value, bool) else value}" for name, value in attributes.items()
    )


def _value(text: str) -> Any:
    if text in ("true", "false"):
        return text == "true"
    if re.fullmatch(r"-?(0|[1-9]\d{0,14})(\.\d{1,6})?", text, re.ASCII):
        return float(text) if "." in text else int(text)
    return text or "…"
