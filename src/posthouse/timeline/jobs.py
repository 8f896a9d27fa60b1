"""Moves the consumers along the log."""

from posthouse.foundation.jobs import every
from posthouse.timeline import actions


@every(0.2)
def consume_events() -> int:
    """Let every consumer take in what is new."""
    return actions.run_consumers()
