"""When traffic comes: by the hour of the day at the caller's place, and less at week-ends for some."""

from datetime import datetime
from functools import cache
from zoneinfo import ZoneInfo

from crowd.personas import Persona, Rhythm

_HOURS: dict[Rhythm, tuple[int, ...]] = {
    "office": (1, 1, 1, 1, 1, 2, 4, 9, 18, 24, 26, 25, 20, 22, 26, 26, 23, 18, 10, 6, 4, 3, 2, 1),
    "evening": (3, 2, 1, 1, 2, 6, 10, 8, 6, 5, 5, 6, 8, 8, 8, 10, 16, 24, 30, 30, 24, 16, 9, 5),
    "round-the-clock": (9, 9, 9, 9, 10, 11, 11, 11, 10, 10, 10, 10, 10, 10, 10, 10, 11, 12, 12, 11, 10, 10, 9, 9),
}
_WEEKEND: dict[Rhythm, float] = {"office": 0.2, "evening": 1.3, "round-the-clock": 1.0}
_SATURDAY = 5


def calls_per_second(persona: Persona, at: datetime) -> float:
    """How often a persona in production calls at a moment."""
    local = at.astimezone(_zone(persona.time_zone))
    return persona.calls_per_day / 86400 * intensity(persona.rhythm, local.weekday(), local.hour)


@cache
def intensity(rhythm: Rhythm, weekday: int, hour: int) -> float:
    """The share of an hour compared with the average hour of a working day, which is 1."""
    hours = _HOURS[rhythm]
    return hours[hour] * len(hours) / sum(hours) * (_WEEKEND[rhythm] if weekday >= _SATURDAY else 1.0)


@cache
def _zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)
