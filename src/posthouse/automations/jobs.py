"""Automations in time."""

from posthouse.automations import actions
from posthouse.foundation.jobs import every


@every(0.25)
def carry_on() -> int:
    """Take runs on whose wait is over, and carry out what is due."""
    return actions.carry_on()


@every(5)
def take_back() -> int:
    """Look after what a process that died has left claimed."""
    return actions.take_back()


@every(15)
def come_round() -> int:
    """Begin the runs of scheduled automations whose time has come."""
    return actions.come_round()


@every(600)
def plan_occasions() -> int:
    """Scheduled automations come round in every zone in use."""
    return actions.plan_occasions()


@every(600)
def install_ready() -> int:
    """Put the ready-made automations of this version into the list, switched off."""
    return actions.install_ready()
