"""Whether a mail that is due may go now: quiet hours, weekdays and the daily cap. Pure, so that trying out is exact."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from posthouse.foundation.timing import moment_at
from posthouse.surveys.rules import Rules

CAP = "cap"
"""Why a mail was moved; the others are those of `Hours.allowed_from`: quiet and weekday."""


@dataclass(frozen=True)
class Hold:
    """Until when a mail waits, and what for."""

    until: datetime
    why: str


def held(*, rules: Rules, due_at: datetime, at: datetime, zone: ZoneInfo, house: ZoneInfo, sent: int) -> Hold | None:
    """Why a mail due at `due_at` may not go `at` this moment; None when it may.

    `zone` is the person's and rules its hours, `house` the vendor's and rules the day of the cap, of which `sent` are
    gone. What exceeds the cap is due at the same time of the next day, or at the first hour allowed behind that.
    """
    until, why = rules.hours.allowed_from(at, zone)
    if why:
        return Hold(until, why)
    if rules.daily_cap and sent >= rules.daily_cap:
        until, _why = rules.hours.allowed_from(next_day(due_at, at, house), zone)
        return Hold(until, CAP)
    return None


def next_day(due_at: datetime, at: datetime, house: ZoneInfo) -> datetime:
    """The moment of the vendor's next day at which its clocks show what they showed at `due_at`."""
    return moment_at(day_of(at, house) + timedelta(days=1), due_at.astimezone(house).time(), house)


def day_of(moment: datetime, house: ZoneInfo) -> date:
    """The vendor's day."""
    return moment.astimezone(house).date()


def bounds(day: date, house: ZoneInfo) -> tuple[datetime, datetime]:
    """When a day of the vendor begins, and when it has ended: 23 to 25 hours."""
    return moment_at(day, time(0), house), moment_at(day + timedelta(days=1), time(0), house)
