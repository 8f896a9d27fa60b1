"""What automations announce."""

from dataclasses import dataclass
from typing import ClassVar

from posthouse.timeline.events import Event


@dataclass(frozen=True, kw_only=True)
class AutomationSwitched(Event):
    """An automation was switched off, to a dry run or on, paused or resumed; `state` is how it stands now."""

    type: ClassVar[str] = "automation.switched"
    automation: str
    state: str
    paused: bool


@dataclass(frozen=True, kw_only=True)
class AutomationPublished(Event):
    """A revision of an automation came into force."""

    type: ClassVar[str] = "automation.published"
    automation: str
    revision: int


@dataclass(frozen=True, kw_only=True)
class AutomationActed(Event):
    """An automation did something for a contact or a customer."""

    type: ClassVar[str] = "automation.acted"
    automation: str
    run_id: str
    effect_id: str
    kind: str


@dataclass(frozen=True, kw_only=True)
class AutomationGaveUp(Event):
    """Something an automation was to do for a contact or a customer could not be done."""

    type: ClassVar[str] = "automation.gave_up"
    automation: str
    run_id: str
    effect_id: str
    kind: str
    error: str


@dataclass(frozen=True, kw_only=True)
class TaskOpened(Event):
    """The team has something to do."""

    type: ClassVar[str] = "task.opened"
    task_id: str


@dataclass(frozen=True, kw_only=True)
class TaskDone(Event):
    """Somebody of the team did what was to do."""

    type: ClassVar[str] = "task.done"
    task_id: str


@dataclass(frozen=True, kw_only=True)
class AutomationSettingsChanged(Event):
    """Caps, quiet hours or spreading changed; `changed` names the fields."""

    type: ClassVar[str] = "automation.settings_changed"
    changed: list[str]
