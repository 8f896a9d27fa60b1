"""Background work about calls."""

from posthouse.foundation.jobs import every
from posthouse.usage import actions


@every(0.25)
def take_in_calls() -> int:
    """Take new calls into the roll-ups and announce milestones."""
    return actions.take_in_calls()


@every(20)
def announce_silence() -> int:
    """Announce customers that have gone quiet, end error spikes of those who stopped calling."""
    return actions.announce_silence()


@every(300)
def forget_old_calls() -> int:
    """Delete raw calls and minute roll-ups whose time is over."""
    return actions.forget_old()
