"""Bad input over HTTP: always the right code, never a 5xx."""

import random
import socket
from urllib.parse import quote, urlsplit

import pytest

MADRID = {"lat": "40.42", "lon": "-3.70"}
DAY = {**MADRID, "date": "2026-11-22"}
RANGE = {**MADRID, "from": "2026-11-22", "to": "2026-12-22"}


def assert_problem(answer, status, code):
    assert (answer.status, answer.json["code"]) == (status, code)
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json["status"] == status
    assert answer.json["type"].endswith(f"/docs/en/errors#{code}")
    assert answer.json["title"]
    assert answer.json["detail"]


@pytest.mark.parametrize(
    ("path", "query", "code"),
    [
        ("/v1/sun", {}, "parameter-missing"),
        ("/v1/sun", {**MADRID}, "parameter-missing"),
        ("/v1/sun", {**DAY, "lat": ""}, "parameter-missing"),
        ("/v1/sun", {**DAY, "latitude": "1"}, "parameter-unknown"),
        ("/v1/sun", {**DAY, "lat": "40,42"}, "lat-invalid"),
        ("/v1/sun", {**DAY, "lat": "NaN"}, "lat-invalid"),
        ("/v1/sun", {**DAY, "lat": "1e400"}, "lat-invalid"),
        ("/v1/sun", {**DAY, "lat": "\N{FULLWIDTH DIGIT FOUR}"}, "lat-invalid"),
        ("/v1/sun", {**DAY, "lat": "9" * 5000}, "lat-invalid"),
        ("/v1/sun", {**DAY, "lat": "90.0001"}, "lat-out-of-range"),
        ("/v1/sun", {**DAY, "lon": "inf"}, "lon-invalid"),
        ("/v1/sun", {**DAY, "lon": "-181"}, "lon-out-of-range"),
        ("/v1/sun", {**DAY, "date": "22/11/2026"}, "date-invalid"),
        ("/v1/sun", {**DAY, "date": "2026-02-30"}, "date-invalid"),
        ("/v1/sun", {**DAY, "date": "0000-01-01"}, "date-invalid"),
        ("/v1/sun", {**DAY, "date": "2026-W47-7"}, "date-invalid"),
        ("/v1/sun", {**DAY, "date": "2026-11-22\x00"}, "date-invalid"),
        ("/v1/sun", {**DAY, "date": "9999-12-31"}, "date-out-of-range"),
        ("/v1/sun", {**DAY, "date": "1979-12-31"}, "date-out-of-range"),
        ("/v1/sun", {**DAY, "tz": "../../etc/passwd"}, "time-zone-unknown"),
        ("/v1/sun", {**DAY, "tz": "x" * 5000}, "time-zone-unknown"),
        ("/v1/moon", {**DAY, "date": "tomorrow"}, "date-invalid"),
        ("/v1/sun/range", {**RANGE, "to": "2026-11-21"}, "range-reversed"),
        ("/v1/sun/range", {**RANGE, "to": "2027-11-23"}, "range-too-long"),
        ("/v1/sun/range", {**RANGE, "limit": "0"}, "page-size-invalid"),
        ("/v1/sun/range", {**RANGE, "limit": "101"}, "page-size-invalid"),
        ("/v1/sun/range", {**RANGE, "limit": "٣"}, "page-size-invalid"),
        ("/v1/sun/range", {**RANGE, "cursor": "%%%"}, "cursor-invalid"),
        ("/v1/sun/range", {**RANGE, "cursor": "W" * 5000}, "cursor-invalid"),
        ("/v1/places", {"q": "a" * 81}, "search-invalid"),
        ("/v1/places", {"cursor": ""}, "cursor-invalid"),
        ("/v1/places/madrid-spain", {"x": "1"}, "parameter-unknown"),
    ],
)
def test_wrong_parameters(sunline, path, query, code):
    assert_problem(sunline.get(path, **query), 400, code)


def test_a_parameter_twice(sunline):
    answer = sunline.request("GET", "/v1/sun?lat=1&lat=2&lon=1&date=2026-11-22")

    assert_problem(answer, 400, "parameter-repeated")
    assert answer.json["parameter"] == "lat"


def test_a_cursor_belongs_to_its_list(sunline):
    cursor = sunline.get("/v1/sun/range", **RANGE, limit=5).json["next_cursor"]

    assert sunline.get("/v1/sun/range", **RANGE, limit=3, cursor=cursor).status == 200
    assert_problem(sunline.get("/v1/sun/range", **{**RANGE, "lat": "1"}, cursor=cursor), 400, "cursor-invalid")
    assert_problem(sunline.get("/v1/places", cursor=cursor), 400, "cursor-invalid")
    assert_problem(sunline.get("/v1/sun/range", **RANGE, cursor=cursor[:-3]), 400, "cursor-invalid")


def test_an_unknown_version_lists_the_known_ones(sunline):
    answer = sunline.request("GET", "/v1/sun", fields=DAY, headers={"Sunline-Version": "2020-01-01"})

    assert_problem(answer, 400, "version-unsupported")
    assert answer.json["supported"] == ["2026-01-15", "2026-09-01"]


@pytest.mark.parametrize("place", ["atlantis", "%00", "%ff%fe", "..%2f..%2fetc", "a" * 4000, quote("北京")])
def test_an_unknown_place(sunline, place):
    assert sunline.get(f"/v1/places/{place}").status == 404


@pytest.mark.parametrize("path", ["/", "/v1", "/v1/sun/", "/sun", "/v2/sun", "/docs/en/nothing", "/docs/../app/errors"])
def test_an_unknown_path(sunline, path):
    assert_problem(sunline.get(path), 404, "route-unknown")


def test_a_wrong_method_says_which_are_right(sunline):
    answer = sunline.request("DELETE", "/v1/sun")

    assert_problem(answer, 405, "method-not-allowed")
    assert set(answer.headers["Allow"].split(", ")) == {"GET", "HEAD"}


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b"", 400, "body-not-json"),
        (b'{"items": [', 400, "body-not-json"),
        (b"\xff\xfe", 400, "body-not-json"),
        (b"[" * 60_000, 422, "body-invalid"),
        (b'{"items":' + b'[{"x":' * 9_000, 422, "body-invalid"),
        (b"null", 422, "body-invalid"),
        (b'{"items": [1]}', 422, "body-invalid"),
        (b'{"items": [{"date": "2026-11-22", "lat": "40"}]}', 422, "body-invalid"),
        (b'{"items": [{"date": "2026-11-22", "lat": NaN}]}', 400, "body-not-json"),
        (b'{"items": [{"date": "2026-11-22", "lat": 1e999}]}', 422, "body-invalid"),
        (b'{"items": [{"date": "2026-11-22", "extra": 1}]}', 422, "body-invalid"),
        (b'{"items": [{"date": "2026-11-22", "want": ["stars"]}]}', 422, "body-invalid"),
        (b'{"items": []}', 422, "batch-too-large"),
        (b'{"items": [' + b",".join([b'{"date": "2026-11-22"}'] * 51) + b"]}", 422, "batch-too-large"),
        (b" " * 70_000, 413, "body-too-large"),
    ],
)
def test_wrong_bodies(sunline, body, status, code):
    headers = {"Content-Type": "application/json; charset=utf-8"}

    assert_problem(sunline.request("POST", "/v1/batch", body=body, headers=headers), status, code)


def test_a_body_must_be_json(sunline):
    answer = sunline.request("POST", "/v1/batch", body=b"a=1", headers={"Content-Type": "text/plain"})

    assert_problem(answer, 415, "media-type-unsupported")


def test_strange_text_in_an_item_comes_back_as_a_problem_of_the_item(sunline):
    items = [{"place_id": "\u202e\x00" * 50, "date": "2026-11-22"}, {"lat": 1, "lon": 1, "date": "٢٠٢٦-١١-٢٢"}]

    results = sunline.post_json("/v1/batch", {"items": items}).json["results"]

    assert [result["problem"]["code"] for result in results] == ["place-unknown", "date-invalid"]


def test_random_queries_never_break_it(sunline):
    seeds = random.Random(7)
    values = [
        "",
        "0",
        "-0",
        "90",
        "180",
        "1e3",
        "null",
        "\x00",
        "😀",
        "%",
        "2026-11-22",
        "2024-02-29",
        "UTC",
        "a" * 300,
    ]
    names = ["lat", "lon", "date", "tz", "from", "to", "limit", "cursor", "q", "lat[]"]
    for _ in range(300):
        path = seeds.choice(["/v1/sun", "/v1/sun/range", "/v1/moon", "/v1/places"])
        query = {name: seeds.choice(values) for name in seeds.sample(names, seeds.randint(0, 6))}
        assert sunline.get(path, **query).status < 500


def test_a_query_that_is_not_utf_8(sunline):
    parts = urlsplit(sunline.url)
    with socket.create_connection((parts.hostname or "", parts.port or 0), timeout=5) as connection:
        connection.sendall(b"GET /v1/sun?lat=%ff%fe&lon=%c3%28 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        answer = b"".join(iter(lambda: connection.recv(4096), b""))

    assert answer.startswith(b"HTTP/1.1 400")
    assert b"lat-invalid" in answer
