"""When: local times, quiet hours, and spreading. Pure; all moments are aware, all answers in UTC."""

import hashlib
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

EVERY_DAY = tuple(range(7))


@lru_cache(maxsize=1024)
def zone_named(name: str) -> ZoneInfo | None:
    """The time zone, or None when there is none of this name."""
    try:
        return ZoneInfo(name) if name else None
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None


def next_local(after: datetime, zone: ZoneInfo, at: time, days: Collection[int] = EVERY_DAY) -> datetime:
    """The first moment behind `after` at which clocks in the zone show `at` on one of the days (0 is Monday).

    Where clocks are put forward over that time, it is the moment they would have shown it; where they are put back
    and show it twice, the first.
    """
    day = after.astimezone(zone).date()
    for ahead in range(-1, 15):
        there = day + timedelta(days=ahead)
        if there.weekday() in days and (moment := moment_at(there, at, zone)) > after:
            return moment
    raise ValueError("a week has seven days")


def moment_at(day: date, at: time, zone: ZoneInfo) -> datetime:
    """When clocks in the zone show this day and time."""
    return datetime.combine(day, at, tzinfo=zone).astimezone(UTC)


def quiet_until(moment: datetime, zone: ZoneInfo, begin: time, end: time) -> datetime | None:
    """When the quiet hours around the moment end in this zone; None when it is not in any.

    They may cross midnight (`begin` > `end`); equal ends mean that no hour is quiet. Where clocks show the end twice,
    or never, it is the first moment behind `moment` that is not quiet any more.
    """
    if not is_quiet(moment, zone, begin, end):
        return None
    today = moment.astimezone(zone).date()
    ends = [
        moment_at(today + timedelta(days=ahead), end.replace(fold=fold), zone) for ahead in (0, 1, 2) for fold in (0, 1)
    ]
    return min(found for found in ends if found > moment and not is_quiet(found, zone, begin, end))


def is_quiet(moment: datetime, zone: ZoneInfo, begin: time, end: time) -> bool:
    """Whether clocks in the zone show a quiet hour."""
    local = moment.astimezone(zone).time()
    return begin <= local < end if begin <= end else local >= begin or local < end


def spread(key: str, within: timedelta) -> timedelta:
    """A share of `within` that is always the same for a key and even over many keys, in whole seconds."""
    seconds = int(within.total_seconds())
    if seconds <= 0:
        return timedelta(0)
    number = int.from_bytes(hashlib.blake2b(key.encode(), digest_size=8).digest())
    return timedelta(seconds=number % seconds)


@dataclass(frozen=True)
class Hours:
    """When people may be written to, by the clocks where they live: outside the quiet hours, on `days` (0 is Monday).

    Without both ends no hour is quiet.
    """

    quiet_from: time | None = None
    quiet_to: time | None = None
    days: tuple[int, ...] = EVERY_DAY

    def allowed_from(self, moment: datetime, zone: ZoneInfo) -> tuple[datetime, str]:
        """The first moment from `moment` on that is allowed, and what was in the way first: quiet, weekday or nothing.

        Raises ValueError where no hour of the week is left.
        """
        found, why = moment, ""
        for _ in range(30):  # a day that is left out where clocks jump over it, and the night that follows each
            if found.astimezone(zone).weekday() not in self.days:
                found, why = next_local(found, zone, time(0), self.days), why or "weekday"
            elif (end := self._quiet_until(found, zone)) is not None:
                found, why = end, why or "quiet"
            else:
                return found, why
        raise ValueError("no hour of the week is left")

    def _quiet_until(self, moment: datetime, zone: ZoneInfo) -> datetime | None:
        if self.quiet_from is None or self.quiet_to is None:
            return None
        return quiet_until(moment, zone, self.quiet_from, self.quiet_to)


def share(key: str) -> float:
    """A number from 0 up to 1 that is always the same for a key and even over many keys."""
    return int.from_bytes(hashlib.blake2b(key.encode(), digest_size=8).digest()) / 2**64
