"""Moon and places over HTTP."""

from datetime import date, timedelta

import pytest

MADRID = {"lat": 40.42, "lon": -3.70}


@pytest.mark.parametrize(
    ("day", "name"),
    [("2026-11-09", "new-moon"), ("2026-11-17", "first-quarter"), ("2026-11-24", "full-moon")],
)
def test_phases_of_one_month(sunline, day, name):
    answer = sunline.get("/v1/moon", **MADRID, date=day)

    assert answer.status == 200
    assert answer.json["phase_name"] == name


def test_a_full_moon_is_lit(sunline):
    assert sunline.get("/v1/moon", **MADRID, date="2026-11-24").json["illumination"] > 0.97


def test_times_are_of_the_asked_date_and_some_dates_have_none(sunline):
    days = [date(2026, 11, 1) + timedelta(days=step) for step in range(30)]
    answers = [sunline.get("/v1/moon", **MADRID, date=day, tz="Europe/Madrid").json for day in days]

    for day, answer in zip(days, answers, strict=True):
        for event in ("moonrise", "moonset"):
            assert answer[event] is None or answer[event].startswith(day.isoformat())
    assert 1 <= sum(answer["moonrise"] is None for answer in answers) <= 2


def test_search_looks_at_beginnings_of_words_whatever_the_accents(sunline):
    answer = sunline.get("/v1/places", q="MÁD sp")

    assert [place["id"] for place in answer.json["data"]] == ["madrid-spain"]


def test_a_search_without_letters_finds_nothing(sunline):
    assert sunline.get("/v1/places", q="東京").json["data"] == []


def test_all_places_in_pages(sunline):
    found: list[str] = []
    cursor: dict[str, str] = {}
    while True:
        page = sunline.get("/v1/places", limit=100, **cursor).json
        found += [place["id"] for place in page["data"]]
        if page["next_cursor"] is None:
            break
        cursor = {"cursor": page["next_cursor"]}

    assert len(found) == len(set(found)) > 300
    assert found == sorted(found)


def test_one_place(sunline):
    answer = sunline.get("/v1/places/madrid-spain")

    assert answer.json["tz"] == "Europe/Madrid"
    assert answer.json["lat"] == pytest.approx(40.4, abs=0.1)


def test_a_batch_answers_item_by_item(sunline):
    items = [
        {"id": "a", "place_id": "madrid-spain", "date": "2026-11-22", "want": ["sun", "moon"]},
        {"id": "b", "lat": 140, "lon": 0, "date": "2026-11-22"},
        {"place_id": "atlantis", "date": "2026-11-22"},
        {"lat": 1, "date": "2026-11-22"},
        {"place_id": "madrid-spain", "date": "2026-02-30"},
        {"lat": 1, "lon": 1, "date": "2026-11-22", "tz": "Mars/Olympus"},
    ]
    answer = sunline.post_json("/v1/batch", {"items": items})

    assert answer.status == 200
    results = answer.json["results"]
    assert [result["status"] for result in results] == ["ok"] + ["failed"] * 5
    assert results[0]["sun"]["noon"].endswith("+01:00")
    assert results[0]["moon"]["phase_name"] == "waxing-gibbous"
    codes = [result["problem"]["code"] for result in results[1:]]
    assert codes == ["lat-out-of-range", "place-unknown", "item-invalid", "date-invalid", "time-zone-unknown"]
    assert results[1]["problem"]["pointer"] == "#/items/1/lat"


def test_status_is_public_and_short(sunline):
    assert sunline.get("/v1/status").json["status"] == "ok"
