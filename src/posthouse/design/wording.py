"""Figures, times and amounts in the words of the person's language."""

from datetime import date, datetime, timedelta
from typing import Any

from babel.core import Locale
from babel.dates import format_date, format_datetime, format_timedelta
from babel.numbers import format_decimal
from django.utils import timezone
from django.utils.translation import get_language, gettext

from posthouse.foundation.clock import now

JUST_NOW_SECONDS = 45


def locale() -> Locale:
    """The language of the page."""
    return Locale.parse((get_language() or "en").replace("-", "_"))


def number(value: Any) -> str:
    """1284 -> 1,284; decimals up to two places."""
    return str(format_decimal(value, format="#,##0.##", locale=locale()))


def duration_us(value: float) -> str:
    """Microseconds as a person would say them: 850 µs, 12 ms, 1.4 s, 2 min 5 s."""
    if value < 1_000:
        return f"{number(round(value))} µs"
    if value < 999_500:  # from here on it would be rounded to 1,000 ms
        return f"{_figures(value / 1_000)} ms"
    if value < 60_000_000:
        return f"{_figures(value / 1_000_000)} s"
    minutes, seconds = divmod(round(value / 1_000_000), 60)
    return f"{number(minutes)} min {seconds} s"


def day(value: date) -> str:
    """22 Nov; with the year when it is not this one."""
    pattern = "d MMM" if value.year == timezone.localtime(now()).year else "d MMM y"
    return str(format_date(value, pattern, locale=locale()))


def day_and_time(value: datetime) -> str:
    """22 Nov, 09:12 in the person's zone."""
    local = timezone.localtime(value)
    return f"{day(local.date())}, {local:%H:%M}"


def moment(value: datetime) -> str:
    """The shortest text that tells when: 09:12 today, else 22 Nov, 09:12."""
    local = timezone.localtime(value)
    return f"{local:%H:%M}" if local.date() == timezone.localtime(now()).date() else day_and_time(value)


def full_moment(value: datetime) -> str:
    """Saturday 22 November 2025, 09:12:31 CET."""
    local = timezone.localtime(value)
    return str(format_datetime(local.replace(tzinfo=None), "EEEE d MMMM y, HH:mm:ss", locale=locale())) + f" {local:%Z}"


def ago(value: datetime) -> str:
    """4 minutes ago."""
    seconds = (now() - value).total_seconds()
    if abs(seconds) < JUST_NOW_SECONDS:
        return gettext("just now")
    return str(
        format_timedelta(
            timedelta(seconds=-seconds), granularity="minute", threshold=1, add_direction=True, locale=locale()
        )
    )


def _figures(value: float) -> str:
    return number(round(value, 1) if value < 10 else round(value))
