"""What a definition will look like: its steps on the board and in the portal, and the whole in a sentence."""

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from posthouse.foundation import conditions
from posthouse.journeys.editing.durations import in_words
from posthouse.journeys.words import said


@dataclass(frozen=True)
class StepPreview:
    """One step in the words of the person's language."""

    name: str
    words: str
    todo: str
    reached_by: str
    expected: str
    required: bool
    milestone: bool


@dataclass(frozen=True)
class Preview:
    """The whole."""

    steps: list[StepPreview]
    portal: bool
    sentence: str


def preview(body: dict[str, Any]) -> Preview:
    """Of a definition without problems."""
    steps = [_step(step) for step in body["steps"]]
    return Preview(steps, body.get("portal") is True, _sentence(body, len(steps)))


def events_in_words(on: Any) -> str:
    """The events that reach a step, with their conditions in words."""
    return _(" or ").join(_trigger(one) for one in on or [])


def _trigger(one: dict[str, Any]) -> str:
    if not one.get("when"):
        return str(one.get("event", ""))
    return _("%(event)s, if %(condition)s") % {"event": one.get("event"), "condition": conditions.words(one["when"])}


def _step(step: dict[str, Any]) -> StepPreview:
    return StepPreview(
        name=said(step.get("name")),
        words=said(step.get("words")),
        todo=said(step.get("todo")),
        reached_by=events_in_words(step.get("on")),
        expected=in_words(step.get("expected", "")),
        required=step.get("required", True) is not False,
        milestone=step.get("milestone") is True,
    )


def _sentence(body: dict[str, Any], steps: int) -> str:
    entry = body.get("entry") or {}
    who = (
        _("A person enters with %(events)s.")
        if body.get("subject") == "contact"
        else _("A customer enters with %(events)s.")
    )
    parts = [who % {"events": events_in_words(entry.get("on"))}, _again(entry.get("again", "once"))]
    parts.append(ngettext("%(n)d step follows.", "%(n)d steps follow.", steps) % {"n": steps})
    if body.get("window"):
        parts.append(_("Steps count for %(time)s.") % {"time": in_words(body["window"])})
    parts += [
        _("It ends early (%(reason)s) with %(events)s.")
        % {"reason": rule.get("reason", ""), "events": events_in_words(rule.get("on"))}
        for rule in body.get("exit") or []
    ]
    return " ".join(parts)


def _again(rule: Any) -> str:
    if isinstance(rule, dict):
        name, value = next(iter(rule.items()))
        if name == "after":
            return _("They may enter again after %(time)s.") % {"time": in_words(str(value))}
        return _("They enter once for each value of %(field)s.") % {"field": value}
    return {
        "once": _("They enter once."),
        "after_exit": _("They may enter again once they have left."),
        "parallel": _("They may enter any number of times."),
    }.get(str(rule), "")
