"""How automations, their runs and effects are shown."""

from typing import Any

from django import template
from django.utils.safestring import SafeString

from posthouse.automations import sentences
from posthouse.automations.editing.fields import step_kinds
from posthouse.automations.models import EffectState, RunState
from posthouse.design.templatetags.design import badge

register = template.Library()

KINDS = {
    "on": "good",
    "dry": "warn",
    RunState.FAILED: "bad",
    EffectState.UNKNOWN: "bad",
    EffectState.HELD: "warn",
    EffectState.EXPIRED: "warn",
}


@register.simple_tag
def state_badge(row: Any) -> SafeString:
    """The state of an automation, run, wait or effect; the colour says whether it wants attention."""
    return badge(row.get_state_display(), KINDS.get(row.state, ""))


@register.filter
def of(names: dict[str, str], key: str) -> str:
    """The name for an id, else the id."""
    return names.get(key, key)


@register.filter
def event_words(type_: str) -> str:
    """An event as a noun."""
    return sentences.event_words(type_)


@register.filter
def kind_words(kind: str) -> str:
    """What a step of this kind does."""
    return dict(step_kinds()).get(kind, kind)
