"""Sun and moon for one place and one date, computed with astral and free of its edge cases.

astral works on UTC days. A caller asks for a date in some time zone, so every function here looks at the neighbouring
UTC days too and keeps what belongs to the asked date.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo
from functools import lru_cache
from math import cos, tau
from typing import Literal

from astral import Observer, SunDirection, moon, sun

FIRST_DATE = date(1980, 1, 1)
LAST_DATE = date(2099, 12, 31)

SunState = Literal["rises-and-sets", "never-sets", "never-rises"]

# The upper edge of the sun is on the horizon when its centre is 0.8333 degrees below (16' radius and 34' refraction).
_HORIZON = -0.8333
_SUNRISE_ZENITH = 90.0 + sun.SUN_APPARENT_RADIUS
_CIVIL_ZENITH = 96.0
_HALF_DAY = timedelta(hours=12)
_NEIGHBOURS = (timedelta(days=-1), timedelta(0), timedelta(days=1))
_LUNATION = 28.0  # astral counts the phase from 0 to 28
_PHASES = (
    "new-moon",
    "waxing-crescent",
    "first-quarter",
    "waxing-gibbous",
    "full-moon",
    "waning-gibbous",
    "last-quarter",
    "waning-crescent",
)


@dataclass(frozen=True, slots=True)
class SunDay:
    """The solar day whose noon falls on `on`: its times are in the asked time zone, None where nothing happens."""

    on: date
    state: SunState
    dawn: datetime | None
    sunrise: datetime | None
    noon: datetime
    sunset: datetime | None
    dusk: datetime | None
    day_length: timedelta


@dataclass(frozen=True, slots=True)
class MoonDay:
    """The moon on one date: `phase` runs from 0 (new) over 14 (full) to 28, `illumination` from 0 to 1."""

    on: date
    phase: float
    phase_name: str
    illumination: float
    moonrise: datetime | None
    moonset: datetime | None


def sun_day(latitude: float, longitude: float, on: date, zone: tzinfo) -> SunDay:
    """Times of the sun at a place on a date between FIRST_DATE and LAST_DATE."""
    observer = Observer(latitude, longitude)
    noon = _noon(observer, on, zone)
    sunrise = _before(observer, noon, _SUNRISE_ZENITH)
    sunset = _after(observer, noon, _SUNRISE_ZENITH)
    state = _state(observer, noon, sunrise, sunset)
    return SunDay(
        on=on,
        state=state,
        dawn=_local(_before(observer, noon, _CIVIL_ZENITH), zone),
        sunrise=_local(sunrise, zone),
        noon=_whole_second(noon).astimezone(zone),
        sunset=_local(sunset, zone),
        dusk=_local(_after(observer, noon, _CIVIL_ZENITH), zone),
        day_length=_day_length(state, noon, sunrise, sunset),
    )


def moon_day(latitude: float, longitude: float, on: date, zone: tzinfo) -> MoonDay:
    """Phase of the moon, and when it rises and sets at a place on a date; about every 25th day it does not."""
    phase = round(moon.phase(on), 2)
    nearby = [_moon_rise_and_set(on + step, latitude, longitude) for step in _NEIGHBOURS]
    return MoonDay(
        on=on,
        phase=phase,
        phase_name=_PHASES[int(phase / _LUNATION * 8 + 0.5) % 8],
        illumination=round((1 - cos(tau * phase / _LUNATION)) / 2, 2),
        moonrise=_first_on(on, zone, [rise for rise, _ in nearby]),
        moonset=_first_on(on, zone, [setting for _, setting in nearby]),
    )


def _noon(observer: Observer, on: date, zone: tzinfo) -> datetime:
    """The solar noon nearest to noon by the clock of the asked date."""
    clock_noon = datetime(on.year, on.month, on.day, 12, tzinfo=zone).astimezone(UTC)
    candidates = [sun.noon(observer, on + step) for step in _NEIGHBOURS]
    return min(candidates, key=lambda candidate: abs(candidate - clock_noon))


def _before(observer: Observer, noon: datetime, zenith: float) -> datetime | None:
    times = _transits(observer, noon.date(), zenith, SunDirection.RISING)
    return max((time for time in times if noon - _HALF_DAY < time <= noon), default=None)


def _after(observer: Observer, noon: datetime, zenith: float) -> datetime | None:
    times = _transits(observer, noon.date(), zenith, SunDirection.SETTING)
    return min((time for time in times if noon <= time < noon + _HALF_DAY), default=None)


def _transits(observer: Observer, on: date, zenith: float, direction: SunDirection) -> list[datetime]:
    """When the sun crosses the zenith angle on the date and its neighbours (astral raises when it never does)."""
    found = []
    for step in _NEIGHBOURS:
        try:
            found.append(sun.time_of_transit(observer, on + step, zenith, direction))
        except ValueError:
            continue
    return found


def _state(observer: Observer, noon: datetime, sunrise: datetime | None, sunset: datetime | None) -> SunState:
    if sunrise and sunset:
        return "rises-and-sets"
    above = sun.elevation(observer, noon, with_refraction=False) > _HORIZON
    return "never-sets" if above else "never-rises"


def _day_length(state: SunState, noon: datetime, sunrise: datetime | None, sunset: datetime | None) -> timedelta:
    """Sunrise to sunset; a side without an event lasts until the solar midnight of that side."""
    if state == "never-rises":
        return timedelta(0)
    length = (sunset or noon + _HALF_DAY) - (sunrise or noon - _HALF_DAY)
    return timedelta(seconds=round(length.total_seconds()))


@lru_cache(maxsize=4096)
def _moon_rise_and_set(on: date, latitude: float, longitude: float) -> tuple[datetime | None, datetime | None]:
    """The moon of astral, in UTC. Where it stumbles over its own rounding (an hour of 24) there is no event."""
    try:
        moonrise, moonset = moon.riseset(on, Observer(latitude, longitude))
    except (ValueError, ZeroDivisionError):
        return None, None
    return moonrise, moonset


def _first_on(on: date, zone: tzinfo, times: list[datetime | None]) -> datetime | None:
    local = (time.astimezone(zone) for time in times if time is not None)
    return min((time for time in local if time.date() == on), default=None)


def _local(time: datetime | None, zone: tzinfo) -> datetime | None:
    return None if time is None else _whole_second(time).astimezone(zone)


def _whole_second(time: datetime) -> datetime:
    return (time + timedelta(milliseconds=500)).replace(microsecond=0)
