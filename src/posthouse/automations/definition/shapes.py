"""What an automation is made of, as frozen dataclasses."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import time, timedelta
from typing import Any, ClassVar, Literal

Condition = dict[str, Any] | None
Words = dict[str, str]
Of = Literal["contact", "customer"]


# what starts it


@dataclass(frozen=True)
class OnEvent:
    """Whenever an event of this type happens."""

    kind: ClassVar[str] = "event"
    event: str


@dataclass(frozen=True)
class OnStep:
    """Whenever somebody reaches a step of a journey."""

    kind: ClassVar[str] = "step"
    journey: str
    step: str


@dataclass(frozen=True)
class OnStuck:
    """Whenever somebody is stuck before a step of a journey (no step: before any)."""

    kind: ClassVar[str] = "stuck"
    journey: str
    step: str


@dataclass(frozen=True)
class Since:
    """When `duration` has gone by after `event` and `without` has not happened meanwhile (empty: whatever happened)."""

    kind: ClassVar[str] = "since"
    event: str
    without: str
    duration: timedelta


@dataclass(frozen=True)
class Schedule:
    """At `time` on `days` (0 is Monday), in the contact's zone or a named one, for all whom it fits."""

    kind: ClassVar[str] = "schedule"
    time: time
    days: tuple[int, ...]
    zone: str
    whom: Condition


When = OnEvent | OnStep | OnStuck | Since | Schedule


@dataclass(frozen=True)
class Again:
    """How often for the same contact or customer: `once`, `every_time`, or `after` a while since it began last."""

    kind: Literal["once", "every_time", "after"] = "once"
    after: timedelta | None = None


# what it does


@dataclass(frozen=True)
class Wait:
    """Go on after a while."""

    do: ClassVar[str] = "wait"
    id: str
    duration: timedelta


@dataclass(frozen=True)
class WaitUntil:
    """Go on at a time of day on one of `days` (0 is Monday), in the contact's zone or a named one."""

    do: ClassVar[str] = "wait_until"
    id: str
    time: time
    days: tuple[int, ...]
    zone: str


@dataclass(frozen=True)
class WaitFor:
    """Go on with `then` when the event comes, with `otherwise` when the deadline passes first."""

    do: ClassVar[str] = "wait_for"
    id: str
    event: str
    when: Condition
    deadline: timedelta
    then: tuple["Step", ...]
    otherwise: tuple["Step", ...]


@dataclass(frozen=True)
class If:
    """Go on with `then` or with `otherwise`."""

    do: ClassVar[str] = "if"
    id: str
    condition: Condition
    then: tuple["Step", ...]
    otherwise: tuple["Step", ...]


@dataclass(frozen=True)
class SendMail:
    """A mail from an editable template."""

    do: ClassVar[str] = "send_mail"
    id: str
    template: str
    transactional: bool
    valid_for: timedelta | None


@dataclass(frozen=True)
class SendSurvey:
    """A survey to the contact, `delay` from now.

    `campaign` is the id of one, or a kind (`nps`, `csat`, `ces`): then the running one of it that was started last.
    `attributes` are kept with the answer: name to field, as conditions name fields (`customer.plan`). `language` is a
    code, a field that holds one, or empty for the person's own.
    """

    do: ClassVar[str] = "send_survey"
    id: str
    campaign: str
    delay: timedelta | None
    attributes: Words
    language: str
    valid_for: timedelta | None


@dataclass(frozen=True)
class Notice:
    """A notice in the portal."""

    do: ClassVar[str] = "notice"
    id: str
    text: Words
    link: str
    valid_for: timedelta | None


@dataclass(frozen=True)
class Webhook:
    """A POST to the vendor's own system; `after_crash` says what to do when its outcome is unknown."""

    do: ClassVar[str] = "webhook"
    id: str
    url: str
    after_crash: Literal["retry", "skip"]
    valid_for: timedelta | None


@dataclass(frozen=True)
class Task:
    """Something for a team member (None: for whoever takes it) to do, within `due`."""

    do: ClassVar[str] = "task"
    id: str
    title: Words
    assignee: int | None
    due: timedelta | None


@dataclass(frozen=True)
class SetAttribute:
    """Note something about the contact or the customer; None takes the attribute away."""

    do: ClassVar[str] = "set_attribute"
    id: str
    of: Of
    name: str
    value: str | int | float | bool | None


@dataclass(frozen=True)
class Tag:
    """Put a tag on the contact or the customer, or take it off."""

    do: ClassVar[str] = "tag"
    id: str
    of: Of
    tag: str
    act: Literal["add", "remove"]


@dataclass(frozen=True)
class Journey:
    """Enrol in a journey, or leave it."""

    do: ClassVar[str] = "journey"
    id: str
    act: Literal["enrol", "exit"]
    journey: str


Step = Wait | WaitUntil | WaitFor | If | SendMail | SendSurvey | Notice | Webhook | Task | SetAttribute | Tag | Journey
Effect = SendMail | SendSurvey | Notice | Webhook | Task | SetAttribute | Tag | Journey


@dataclass(frozen=True)
class Definition:
    """A whole automation: when, if, how often, until, and then what."""

    name: Words
    when: When
    condition: Condition = None
    again: Again = field(default_factory=Again)
    stop_if: Condition = None
    do: tuple[Step, ...] = ()


def walk(steps: tuple[Step, ...]) -> Iterator[Step]:
    """Every step, those in branches after the one they hang on."""
    for step in steps:
        yield step
        if isinstance(step, WaitFor | If):
            yield from walk(step.then)
            yield from walk(step.otherwise)
