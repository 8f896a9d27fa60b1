"""Local times and quiet hours, through midnight and through changes of the clocks."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from posthouse.foundation.timing import Hours, is_quiet, next_local, quiet_until, spread

ZONES = [
    "Europe/Madrid",
    "America/New_York",
    "Australia/Lord_Howe",
    "Asia/Kathmandu",
    "Pacific/Apia",
    "America/Sao_Paulo",
    "UTC",
]
zones = st.sampled_from(ZONES).map(ZoneInfo)
moments = st.datetimes(datetime(2010, 1, 1), datetime(2035, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
times = st.times().map(lambda value: value.replace(microsecond=0, fold=0))


def at(text):
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@given(moments, zones, times, st.sets(st.integers(0, 6), min_size=1))
def test_the_next_local_time_is_behind_and_on_a_wanted_day(moment, zone, wanted, days):
    found = next_local(moment, zone, wanted, days)
    assert moment < found <= moment + timedelta(days=9)
    there = found.astimezone(zone)
    exists = datetime.combine(there.date(), wanted, tzinfo=zone).astimezone(UTC).astimezone(zone).time() == wanted
    if there.time() == wanted:
        assert there.weekday() in days
    else:
        assert not exists or there.utcoffset() != (found - timedelta(hours=3)).astimezone(zone).utcoffset()


@given(moments, zones, times, times)
def test_quiet_hours_end_at_the_first_moment_that_is_not_quiet(moment, zone, begin, end):
    found = quiet_until(moment, zone, begin, end)
    assert (found is not None) == is_quiet(moment, zone, begin, end)
    if found is not None:
        assert moment < found <= moment + timedelta(hours=50)
        assert not is_quiet(found, zone, begin, end)


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        ("2026-11-23T19:59:59", None),
        ("2026-11-23T20:00:00", "2026-11-24T07:00:00"),
        ("2026-11-24T06:59:59", "2026-11-24T07:00:00"),
        ("2026-11-24T07:00:00", None),
        # clocks go forward in the night of 28 March 2027: eight o'clock is an hour earlier
        ("2027-03-27T22:00:00", "2027-03-28T06:00:00"),
        # and back in the night of 25 October 2026
        ("2026-10-24T21:00:00", "2026-10-25T07:00:00"),
    ],
)
def test_quiet_hours_across_midnight_in_madrid(moment, expected):
    found = quiet_until(at(moment), ZoneInfo("Europe/Madrid"), time(21), time(8))
    assert found == (at(expected) if expected else None)


def test_an_end_that_clocks_show_twice_is_the_second_where_the_first_is_past():
    """On 25 October 2026 Madrid has 02:30 twice: at 00:30 and at 01:30 UTC."""
    zone = ZoneInfo("Europe/Madrid")
    assert quiet_until(at("2026-10-25T00:10:00"), zone, time(21), time(2, 30)) == at("2026-10-25T00:30:00")
    assert quiet_until(at("2026-10-25T01:10:00"), zone, time(21), time(2, 30)) == at("2026-10-25T01:30:00")


def test_a_time_that_clocks_leave_out_is_when_they_would_have_shown_it():
    zone = ZoneInfo("Europe/Madrid")
    assert next_local(at("2027-03-27T12:00:00"), zone, time(2, 30)) == at("2027-03-28T01:30:00")


def test_spreading_is_even_and_always_the_same():
    width = timedelta(minutes=15)
    shares = [spread(f"eff_{number}", width) for number in range(3000)]
    assert shares == [spread(f"eff_{number}", width) for number in range(3000)]
    assert all(timedelta(0) <= share < width for share in shares)
    first_third = sum(share < width / 3 for share in shares)
    assert 900 < first_third < 1100
    assert spread("eff_1", timedelta(0)) == timedelta(0)


days_of_the_week = st.sets(st.integers(0, 6), min_size=1).map(lambda days: tuple(sorted(days)))


@given(moments, zones, times, times, days_of_the_week)
def test_the_allowed_moment_is_the_first_one_that_is_neither_quiet_nor_on_another_day(moment, zone, begin, end, days):
    hours = Hours(begin, end, days)
    found, why = hours.allowed_from(moment, zone)
    assert found >= moment
    assert (found == moment) == (why == "")
    assert found.astimezone(zone).weekday() in days
    assert not is_quiet(found, zone, begin, end)
    between = (moment + step * (found - moment) / 50 for step in range(50))
    for earlier in between if found > moment else ():
        assert earlier.astimezone(zone).weekday() not in days or is_quiet(earlier, zone, begin, end)


def test_a_night_before_a_free_day_lasts_until_the_morning_after_it():
    """Friday, 22:00 in Madrid: quiet from 21 to 8, and nothing on Saturdays and Sundays."""
    hours = Hours(time(21), time(8), (0, 1, 2, 3, 4))
    found = hours.allowed_from(at("2026-11-27T21:00:00"), ZoneInfo("Europe/Madrid"))
    assert found == (at("2026-11-30T07:00:00"), "quiet")
    sunday = hours.allowed_from(at("2026-11-29T12:00:00"), ZoneInfo("Europe/Madrid"))
    assert sunday == (at("2026-11-30T07:00:00"), "weekday")


def test_where_a_whole_day_was_left_out_the_next_one_is_taken():
    """Apia had no 30 December 2011, a Friday."""
    found, _why = Hours(days=(4, 0)).allowed_from(at("2011-12-29T20:00:00"), ZoneInfo("Pacific/Apia"))
    assert found.astimezone(ZoneInfo("Pacific/Apia")).date().isoformat() == "2012-01-02"
