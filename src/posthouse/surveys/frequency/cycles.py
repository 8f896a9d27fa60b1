"""When whose turn is: cycles of days, weeks or months, and a place in each for every contact. Pure."""

import calendar
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache

from posthouse.foundation.timing import share
from posthouse.surveys.rules import Rules

DAY = timedelta(days=1)
LENGTHS = {"day": 1, "week": 7}


@dataclass(frozen=True)
class Cycle:
    """From `start` up to, but without, `end`; turns come on `days`, of which there is one at least."""

    start: date
    end: date
    days: tuple[date, ...]

    def place(self, key: str) -> int:
        """Which of the days belongs to a key: at about the same place of every cycle, and even over many keys."""
        return int(share(key) * len(self.days))


def key_of(campaign_id: str, contact_id: str) -> str:
    """What a contact's place in a campaign is worked out from."""
    return f"turn:{campaign_id}:{contact_id}"


def cycle_at(rules: Rules, anchor: date, day: date) -> Cycle | None:
    """The cycle that a day lies in; None before the first, and for rules by which nothing comes round."""
    if not rules.every or day < anchor:
        return None
    return _cycle(rules.every, rules.unit, rules.spread_days, rules.days, anchor, _number(rules, anchor, day))


def cycle_behind(rules: Rules, anchor: date, cycle: Cycle) -> Cycle:
    """The next cycle. Raises ValueError for rules by which nothing comes round."""
    found = cycle_at(rules, anchor, cycle.end)
    if found is None:
        raise ValueError("nothing comes round by these rules")
    return found


def _number(rules: Rules, anchor: date, day: date) -> int:
    """How many cycles lie between the anchor and the one of a day."""
    if rules.unit in LENGTHS:
        return (day - anchor).days // (LENGTHS[rules.unit] * rules.every)
    number = ((day.year - anchor.year) * 12 + day.month - anchor.month) // rules.every
    return number - 1 if _start(rules.every, rules.unit, anchor, number) > day else number


def _start(every: int, unit: str, anchor: date, number: int) -> date:
    if unit in LENGTHS:
        return anchor + number * every * LENGTHS[unit] * DAY
    months = anchor.month - 1 + number * every
    year, month = anchor.year + months // 12, months % 12 + 1
    return date(year, month, min(anchor.day, calendar.monthrange(year, month)[1]))


@lru_cache(maxsize=256)
def _cycle(every: int, unit: str, spread_days: int, weekdays: tuple[int, ...], anchor: date, number: int) -> Cycle:
    start, end = (_start(every, unit, anchor, n) for n in (number, number + 1))
    wanted = [day for day in _days(start, end) if day.weekday() in weekdays]
    spread = [day for day in wanted if not spread_days or (day - start).days < spread_days]
    return Cycle(start, end, tuple(spread or wanted[:1]))


def _days(start: date, end: date) -> Iterator[date]:
    for ahead in range((end - start).days):
        yield start + ahead * DAY
