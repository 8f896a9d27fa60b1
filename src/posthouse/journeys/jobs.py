"""What the engine does in time."""

from posthouse.foundation.jobs import every
from posthouse.journeys import actions


@every(5)
def close_windows() -> int:
    """End runs whose window is over."""
    return actions.close_windows()


@every(5)
def announce_late() -> int:
    """Announce those who wait longer than their step's limit."""
    return actions.announce_late()


@every(10)
def note_trouble() -> int:
    """Show where the engine could not take an event in."""
    return actions.note_trouble()


@every(0.5)
def work_off_replays() -> int:
    """The next piece of a backfill."""
    return actions.work_off_replays()


@every(5)
def sum_up() -> int:
    """Bring the board's summary up to date."""
    return actions.sum_up()


@every(60)
def announce_slow() -> int:
    """Announce those who wait longer than nine of ten did."""
    return actions.announce_all_slow()
