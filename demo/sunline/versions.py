"""The dated versions of Sunline and how an answer looks in each of them."""

from datetime import datetime
from typing import Any

from sunline.almanac import MoonDay, SunDay

HEADER = "Sunline-Version"
OLDEST = "2026-01-15"
CURRENT = "2026-09-01"
VERSIONS = (OLDEST, CURRENT)

Json = dict[str, Any]


def render_sun(day: SunDay, version: str) -> Json:
    """One day of the sun. Version 2026-09-01 replaced the text `day_length` by a number of seconds."""
    answer: Json = {
        "date": day.on.isoformat(),
        "state": day.state,
        "dawn": _iso(day.dawn),
        "sunrise": _iso(day.sunrise),
        "noon": _iso(day.noon),
        "sunset": _iso(day.sunset),
        "dusk": _iso(day.dusk),
    }
    seconds = int(day.day_length.total_seconds())
    if version == OLDEST:
        answer["day_length"] = f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"
    else:
        answer["day_length_seconds"] = seconds
    return answer


def render_moon(day: MoonDay) -> Json:
    """One day of the moon, the same in every version."""
    return {
        "date": day.on.isoformat(),
        "phase": day.phase,
        "phase_name": day.phase_name,
        "illumination": day.illumination,
        "moonrise": _iso(day.moonrise),
        "moonset": _iso(day.moonset),
    }


def _iso(time: datetime | None) -> str | None:
    return None if time is None else time.isoformat()
