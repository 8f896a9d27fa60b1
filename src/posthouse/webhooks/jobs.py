"""Webhooks in time."""

from posthouse.foundation.jobs import every
from posthouse.webhooks import actions


@every(0.5)
def deliver() -> int:
    """Call the addresses that are to be told of something, and keep what they answered."""
    return actions.carry_on()


@every(3600)
def forget_old() -> int:
    """Delete deliveries after WEBHOOK_RETENTION_DAYS."""
    return actions.forget_old()
