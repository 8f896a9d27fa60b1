"""What is announced about subscriptions to webhooks; single deliveries are not."""

from dataclasses import dataclass
from typing import ClassVar

from posthouse.timeline.events import Event


@dataclass(frozen=True, kw_only=True)
class WebhookSubscribed(Event):
    """An address is told of public events from now on."""

    type: ClassVar[str] = "webhook.subscribed"
    subscription_id: str
    host: str
    events: list[str]


@dataclass(frozen=True, kw_only=True)
class WebhookChanged(Event):
    """A subscription was changed; `changed` names what, `secret` among it where the secret was rotated."""

    type: ClassVar[str] = "webhook.changed"
    subscription_id: str
    changed: list[str]


@dataclass(frozen=True, kw_only=True)
class WebhookSwitchedOff(Event):
    """A subscription was switched off: by the team, after long failure, or because the address said it is gone."""

    type: ClassVar[str] = "webhook.switched_off"
    subscription_id: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class WebhookRemoved(Event):
    """An address is told of nothing any more, and its deliveries are forgotten."""

    type: ClassVar[str] = "webhook.removed"
    subscription_id: str
    host: str
