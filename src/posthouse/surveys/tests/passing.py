"""Letting time pass with the worker at it: from one moment at which something is due to the next."""

from datetime import UTC, datetime, timedelta

from posthouse.surveys import actions
from posthouse.surveys.frequency.gate import house_zone
from posthouse.surveys.frequency.holding import bounds, day_of
from posthouse.surveys.frequency.turning import take_turns
from posthouse.surveys.models import Send


def work():
    """What the worker does until it comes to rest."""
    while take_turns() + actions.send_due() + actions.send_reminders():
        pass


def pass_days(clock, days):
    """So many days; the clock stands still in between, as it does for a worker that has nothing to do."""
    end = datetime.now(UTC) + timedelta(days=days)
    while (moment := min(_next(), end)) < end:
        clock.move_to(moment)
        work()
    clock.move_to(end)
    work()


def _next():
    at, house = datetime.now(UTC), house_zone()
    _begin, midnight = bounds(day_of(at, house), house)
    due = Send.objects.filter(state="pending", due_at__gt=at).order_by("due_at").values_list("due_at", flat=True)
    again = Send.objects.filter(remind_at__gt=at).order_by("remind_at").values_list("remind_at", flat=True)
    return min(midnight, due.first() or midnight, again.first() or midnight)
