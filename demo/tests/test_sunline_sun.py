"""Sun times over HTTP: right where astronomy is settled, answered where the sun stays up or down."""

from datetime import date, datetime

import pytest

MADRID = {"lat": 40.42, "lon": -3.70}


def minutes_apart(one: str, other: str) -> float:
    return abs((datetime.fromisoformat(one) - datetime.fromisoformat(other)).total_seconds()) / 60


def test_a_day_in_madrid(sunline):
    answer = sunline.get("/v1/sun", **MADRID, date="2026-11-22", tz="Europe/Madrid")

    assert answer.status == 200
    assert answer.headers["Sunline-Version"] == "2026-09-01"
    assert answer.json["state"] == "rises-and-sets"
    assert minutes_apart(answer.json["sunrise"], "2026-11-22T08:09:00+01:00") < 2
    assert minutes_apart(answer.json["sunset"], "2026-11-22T17:52:00+01:00") < 2
    length = datetime.fromisoformat(answer.json["sunset"]) - datetime.fromisoformat(answer.json["sunrise"])
    assert answer.json["day_length_seconds"] == pytest.approx(length.total_seconds(), abs=1)


def test_without_a_time_zone_times_are_utc(sunline):
    answer = sunline.get("/v1/sun", **MADRID, date="2026-11-22")

    assert answer.json["noon"].endswith("+00:00")


def test_the_older_version_writes_the_length_as_text(sunline):
    answer = sunline.request(
        "GET", "/v1/sun?lat=40.42&lon=-3.7&date=2026-11-22", headers={"Sunline-Version": "2026-01-15"}
    )

    assert answer.headers["Sunline-Version"] == "2026-01-15"
    assert answer.json["day_length"] == "09:43:22"
    assert "day_length_seconds" not in answer.json


@pytest.mark.parametrize(
    ("day", "state", "seconds"), [("2026-06-21", "never-sets", 86400), ("2026-12-21", "never-rises", 0)]
)
def test_polar_day_and_polar_night_are_answers(sunline, day, state, seconds):
    answer = sunline.get("/v1/sun", lat=78.22, lon=15.65, date=day, tz="Arctic/Longyearbyen")

    assert answer.status == 200
    assert answer.json["state"] == state
    assert answer.json["sunrise"] is None
    assert answer.json["sunset"] is None
    assert answer.json["day_length_seconds"] == seconds


def test_far_east_the_day_is_the_local_one(sunline):
    answer = sunline.get("/v1/sun", lat=-36.85, lon=174.76, date="2026-01-10", tz="Pacific/Auckland")

    assert answer.json["sunrise"].startswith("2026-01-10T06:")
    assert answer.json["sunset"].startswith("2026-01-10T20:")


@pytest.mark.parametrize("longitude", [-180, -179.99, 0, 179.99, 180])
@pytest.mark.parametrize("zone", ["UTC", "Pacific/Kiritimati", "Pacific/Pago_Pago"])
def test_events_are_in_order_at_the_date_line(sunline, longitude, zone):
    answer = sunline.get("/v1/sun", lat=10, lon=longitude, date="2026-03-20", tz=zone).json

    times = [datetime.fromisoformat(answer[name]) for name in ("dawn", "sunrise", "noon", "sunset", "dusk")]
    assert times == sorted(times)
    assert (times[-1] - times[0]).total_seconds() < 14 * 3600


def test_a_range_comes_in_pages_without_gaps(sunline):
    query: dict[str, object] = {**MADRID, "from": "2026-11-22", "to": "2027-01-05", "limit": 20}
    pages = [sunline.get("/v1/sun/range", **query).json]
    while cursor := pages[-1]["next_cursor"]:
        pages.append(sunline.get("/v1/sun/range", **query, cursor=cursor).json)

    assert [len(page["data"]) for page in pages] == [20, 20, 5]
    days = [date.fromisoformat(day["date"]) for page in pages for day in page["data"]]
    assert days[0] == date(2026, 11, 22)
    assert days[-1] == date(2027, 1, 5)
    assert len(set(days)) == 45


def test_a_range_of_one_day(sunline):
    answer = sunline.get("/v1/sun/range", **MADRID, from_="2026-11-22", to="2026-11-22").json

    assert [day["date"] for day in answer["data"]] == ["2026-11-22"]
    assert answer["next_cursor"] is None
