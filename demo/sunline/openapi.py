"""Sunline's OpenAPI 3.1 document: written by hand, with examples computed by the API itself so that they stay true."""

from datetime import UTC, date
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from sunline import places
from sunline.almanac import FIRST_DATE, LAST_DATE, moon_day, sun_day
from sunline.batch import LARGEST_BATCH, Item, answer_item
from sunline.errors import CODES, ErrorCode
from sunline.openapi_schemas import SCHEMAS, ref
from sunline.paging import PagedList
from sunline.reading import LARGEST_PAGE, LONGEST_SEARCH
from sunline.settings import Settings
from sunline.versions import CURRENT, HEADER, OLDEST, VERSIONS, render_moon, render_sun

Json = dict[str, Any]

_DAY = date(2026, 11, 22)
_MADRID = (40.42, -3.70, _DAY, ZoneInfo("Europe/Madrid"))
_MADRID_ID = "madrid-spain"

_REASONS = {
    400: "The request cannot be understood.",
    401: "The key is missing or not valid.",
    403: "The key is valid but may not do this.",
    404: "Not found.",
    413: "The body is too large.",
    415: "The body is not sent as JSON.",
    422: "The body is JSON of the wrong shape.",
    429: "A limit of the key is used up.",
    500: "Sunline made a mistake.",
    503: "Keys cannot be checked at the moment.",
}
_ANYWHERE = ["parameter-unknown", "parameter-repeated", "internal-error"]
_WITH_VERSION = [*_ANYWHERE, "version-unsupported"]
_WITH_KEY = [
    *_WITH_VERSION,
    *("key-missing", "key-malformed", "key-unknown", "key-revoked", "key-expired"),
    *("customer-suspended", "ip-not-allowed", "scope-missing", "quota-exceeded", "verifier-unavailable"),
]
_COORDINATES = ["parameter-missing", "lat-invalid", "lat-out-of-range", "lon-invalid", "lon-out-of-range"]
_DATE = ["date-invalid", "date-out-of-range"]
_PAGES = ["page-size-invalid", "cursor-invalid"]
_ONE_DAY = [*_WITH_KEY, *_COORDINATES, *_DATE, "time-zone-unknown"]

_DESCRIPTION = f"""
**Sunline** computes when the sun and the moon rise and set, for any place on Earth and any date from {FIRST_DATE} to
{LAST_DATE}, and how full the moon is.

## Keys
Send your key with every call: `Authorization: Bearer sun_test_…`. Test keys and live keys get the same answers; only
their limits differ. `GET /v1/status` needs no key.

## Times
Times are written as RFC 3339 with the offset of the time zone you asked for (`tz`, UTC if you ask for none). They are
good to about a minute between the polar circles. Where the sun does not rise or set on a date the answer is still
`200`: the member `state` says `never-sets` or `never-rises` and the times that do not happen are `null`.

## Versions
Sunline has dated versions. Send the one you wrote your program for as `{HEADER}: {CURRENT}`; without the header you get
the newest. Every answer says which version it has.

| Version | What changed |
| --- | --- |
| `{CURRENT}` | `day_length_seconds`, a number, replaced `day_length` |
| `{OLDEST}` | First version: `day_length` is a text such as `09:38:12` |

## Errors
Failures are [problem details](https://www.rfc-editor.org/rfc/rfc9457) with a machine-readable `code`. The codes of each
operation are listed with its answers.
"""


@cache
def document(settings: Settings) -> Json:
    """The document for the address Sunline runs at."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Sunline",
            "version": CURRENT,
            "summary": "Sun and moon times for a place and a date.",
            "description": _DESCRIPTION.strip(),
            "contact": {"name": "Sunline support", "email": "support@sunline.example"},
            "license": {"name": "Apache 2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": settings.base_url, "description": "Sunline"}],
        "externalDocs": {"description": "Guides", "url": f"{settings.docs_url}/en/getting-started"},
        "tags": [
            {"name": "Sun", "description": "Dawn, sunrise, noon, sunset and dusk."},
            {"name": "Moon", "description": "Phase, moonrise and moonset."},
            {"name": "Places", "description": "Places with known coordinates and time zone."},
            {"name": "Batch", "description": "Many questions in one call."},
            {"name": "Status", "description": "Whether Sunline works."},
        ],
        "security": [{"bearer": []}],
        "paths": _paths(settings.docs_url),
        "components": {
            "securitySchemes": {
                "bearer": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "Your key: `Authorization: Bearer sun_test_…` or `sun_live_…`.",
                }
            },
            "parameters": _parameters(),
            "headers": _headers(),
            "schemas": SCHEMAS,
        },
    }


def error_codes(codes: list[ErrorCode], docs_url: str) -> Json:
    """The value of `x-error-codes`: what each code means and how to mend it, in English and in `translations`."""
    return {
        code.code: {
            "title": code.words["en"].title,
            "description": code.words["en"].description,
            "fix": code.words["en"].fix,
            "docs": f"{docs_url}/en/errors#{code.code}",
            "translations": {
                "es": {
                    "title": code.words["es"].title,
                    "description": code.words["es"].description,
                    "fix": code.words["es"].fix,
                    "docs": f"{docs_url}/es/errors#{code.code}",
                }
            },
        }
        for code in codes
    }


def _paths(docs_url: str) -> Json:
    return {
        "/v1/sun": {"get": _get_sun(docs_url)},
        "/v1/sun/range": {"get": _get_sun_range(docs_url)},
        "/v1/moon": {"get": _get_moon(docs_url)},
        "/v1/places": {"get": _search_places(docs_url)},
        "/v1/places/{place_id}": {"get": _get_place(docs_url)},
        "/v1/batch": {"post": _post_batch(docs_url)},
        "/v1/status": {"get": _get_status(docs_url)},
    }


def _get_sun(docs_url: str) -> Json:
    return {
        "operationId": "getSun",
        "tags": ["Sun"],
        "summary": "Sun times for a date",
        "description": "Dawn, sunrise, solar noon, sunset and dusk of one date.\n\nThe times are those of the solar "
        "day whose noon falls on `date` in the time zone `tz`. Far from the equator, or in a time zone that does not "
        "belong to the place, sunset and dusk may therefore carry the next date.\n\n**Polar day and polar night are "
        "answers, not errors**: see `state`.",
        "x-scope": "read:sun",
        "parameters": _refs("lat", "lon", "date", "tz", "version"),
        "responses": _responses(
            ref("SunDay"),
            {
                "Madrid": {"summary": "Madrid in November", "value": render_sun(sun_day(*_MADRID), CURRENT)},
                "PolarNight": {
                    "summary": "Longyearbyen in polar night",
                    "value": render_sun(sun_day(78.22, 15.65, _DAY, ZoneInfo("Arctic/Longyearbyen")), CURRENT),
                },
            },
            _ONE_DAY,
            docs_url,
        ),
    }


def _get_sun_range(docs_url: str) -> Json:
    days = [render_sun(sun_day(*_MADRID[:2], _DAY.replace(day=day), UTC), CURRENT) for day in (22, 23)]
    cursor = PagedList(("sun", "40.42", "-3.7", "2026-11-22", "30", "UTC"), 30).cursor(2)
    return {
        "operationId": "listSun",
        "tags": ["Sun"],
        "summary": "Sun times for a range of dates",
        "description": "One entry per date from `from` to `to`, both included, at most 366. Long ranges come in pages: "
        "send `next_cursor` back as `cursor`, with the other parameters unchanged, until it is `null`.",
        "x-scope": "read:sun",
        "parameters": _refs("lat", "lon", "from", "to", "tz", "days_limit", "cursor", "version"),
        "responses": _responses(
            ref("SunPage"),
            {"FirstPage": {"summary": "The first page, two days long", "value": _page(days, cursor)}},
            [*_ONE_DAY, "range-reversed", "range-too-long", *_PAGES],
            docs_url,
        ),
    }


def _get_moon(docs_url: str) -> Json:
    return {
        "operationId": "getMoon",
        "tags": ["Moon"],
        "summary": "Moon phase and times for a date",
        "description": "Phase of the moon on a date, and when it rises and sets at a place. The moon rises about 50 "
        "minutes later every day, so once in a month there is a date without a moonrise and one without a moonset: "
        "these times are `null`.",
        "x-scope": "read:moon",
        "parameters": _refs("lat", "lon", "date", "tz", "version"),
        "responses": _responses(
            ref("MoonDay"),
            {"Madrid": {"summary": "Madrid, two days before full moon", "value": render_moon(moon_day(*_MADRID))}},
            _ONE_DAY,
            docs_url,
        ),
    }


def _search_places(docs_url: str) -> Json:
    found = [place.render() for place in places.search("mad")]
    return {
        "operationId": "searchPlaces",
        "tags": ["Places"],
        "summary": "Search places",
        "description": "Places whose name or region has every word of `q` at the beginning of a word, whatever the "
        "accents and capitals, in the order of their ids. Without `q` all places, in pages.\n\nThe places are those of "
        "the [astral](https://pypi.org/project/astral/) library: capitals and some larger towns.",
        "x-scope": "read:places",
        "parameters": _refs("q", "places_limit", "cursor", "version"),
        "responses": _responses(
            ref("PlacePage"),
            {"Search": {"summary": "Search for “mad”", "value": _page(found, None)}},
            [*_WITH_KEY, "search-invalid", *_PAGES],
            docs_url,
        ),
    }


def _get_place(docs_url: str) -> Json:
    place = places.find(_MADRID_ID)
    return {
        "operationId": "getPlace",
        "tags": ["Places"],
        "summary": "Get a place",
        "description": "Coordinates and time zone of one place.",
        "x-scope": "read:places",
        "parameters": _refs("place_id", "version"),
        "responses": _responses(
            ref("Place"),
            {"Madrid": {"summary": "Madrid", "value": place.render() if place else {}}},
            [*_WITH_KEY, "place-unknown"],
            docs_url,
        ),
    }


def _post_batch(docs_url: str) -> Json:
    item_codes = ["item-invalid", "place-unknown", *_COORDINATES[2::2], *_DATE, "time-zone-unknown"]
    items = [
        Item(date=str(_DAY), id="madrid", place_id=_MADRID_ID, want=["sun", "moon"]),
        Item(date="22/11/2026", id="wrong", lat=40.42, lon=-3.70),
    ]
    results = [answer_item(index, item, CURRENT, docs_url) for index, item in enumerate(items)]
    responses = _responses(
        ref("BatchResults"),
        {"Mixed": {"summary": "One item answered, one failed", "value": {"results": results}}},
        [*_WITH_KEY, "body-not-json", "body-too-large", "media-type-unsupported", "body-invalid", "batch-too-large"],
        docs_url,
    )
    responses["200"]["description"] = "One result per item, in the order of the items. Items can fail one by one."
    responses["200"]["x-error-codes"] = error_codes([CODES[code] for code in item_codes], docs_url)
    return {
        "operationId": "batch",
        "tags": ["Batch"],
        "summary": "Sun and moon for many places and dates",
        "description": f"Answers up to {LARGEST_BATCH} questions in one call, and counts as one call.\n\nAn item that "
        "cannot be answered has `status: failed` and its own `problem`, whose `pointer` says what is wrong; the other "
        "items are answered all the same. An item with a `place_id` uses the time zone of the place unless `tz` says "
        "otherwise.",
        "x-scope": "read:sun",
        "parameters": _refs("version"),
        "requestBody": {
            "required": True,
            "content": {
                "application/json": {
                    "schema": ref("Batch"),
                    "examples": {
                        "Mixed": {
                            "summary": "A place by id, and a mistake",
                            "value": {
                                "items": [
                                    {
                                        "id": "madrid",
                                        "place_id": _MADRID_ID,
                                        "date": str(_DAY),
                                        "want": ["sun", "moon"],
                                    },
                                    {"id": "wrong", "lat": 40.42, "lon": -3.70, "date": "22/11/2026"},
                                ]
                            },
                        }
                    },
                }
            },
        },
        "responses": responses,
    }


def _get_status(docs_url: str) -> Json:
    value = {"status": "ok", "version": CURRENT, "versions": list(VERSIONS)}
    return {
        "operationId": "getStatus",
        "tags": ["Status"],
        "summary": "Status",
        "description": "Whether Sunline works, and which versions it has. Needs no key and counts against no limit.",
        "security": [],
        "parameters": [],
        "responses": _responses(ref("Status"), {"Ok": {"value": value}}, _ANYWHERE, docs_url),
    }


def _responses(schema: Json, examples: Json, codes: list[str], docs_url: str) -> Json:
    answers: Json = {
        "200": {
            "description": "The answer.",
            "headers": {name: {"$ref": f"#/components/headers/{name}"} for name in _answer_headers(codes)},
            "content": {"application/json": {"schema": schema, "examples": examples}},
        }
    }
    for status in sorted({CODES[code].status for code in codes}):
        answers[str(status)] = _error_response(status, [CODES[c] for c in codes if CODES[c].status == status], docs_url)
    return answers


def _answer_headers(codes: list[str]) -> list[str]:
    return [HEADER, "RateLimit-Policy", "RateLimit"] if "quota-exceeded" in codes else [HEADER]


def _error_response(status: int, codes: list[ErrorCode], docs_url: str) -> Json:
    listed = "\n".join(f"- `{code.code}`: {code.words['en'].title}" for code in codes)
    response: Json = {
        "description": f"{_REASONS[status]}\n\n{listed}",
        "content": {
            "application/problem+json": {
                "schema": ref("Problem"),
                "examples": {code.code: _error_example(code, docs_url) for code in codes},
            }
        },
        "x-error-codes": error_codes(codes, docs_url),
    }
    if status in (429, 503):
        response["headers"] = {"Retry-After": {"$ref": "#/components/headers/Retry-After"}}
    return response


def _error_example(code: ErrorCode, docs_url: str) -> Json:
    return {
        "summary": code.words["en"].title,
        "value": {
            "type": _problem_type(code, docs_url),
            "title": code.words["en"].title,
            "status": code.status,
            "detail": code.words["en"].description,
            "code": code.code,
        },
    }


def _problem_type(code: ErrorCode, docs_url: str) -> str:
    if code.code == "quota-exceeded":
        return "https://iana.org/assignments/http-problem-types#quota-exceeded"
    return f"{docs_url}/en/errors#{code.code}"


def _refs(*names: str) -> list[Json]:
    return [{"$ref": f"#/components/parameters/{name}"} for name in names]


def _parameters() -> Json:
    return {
        "lat": _query("lat", "Latitude in decimal degrees, positive to the north.", _degrees(90), 40.42, required=True),
        "lon": _query("lon", "Longitude in decimal degrees, positive to the east.", _degrees(180), -3.7, required=True),
        "date": _query("date", "The date, `YYYY-MM-DD`.", _date(), str(_DAY), required=True),
        "from": _query("from", "The first date, `YYYY-MM-DD`.", _date(), "2026-11-22", required=True),
        "to": _query(
            "to",
            "The last date, `YYYY-MM-DD`, at most 366 days from the first.",
            _date(),
            "2026-12-21",
            required=True,
        ),
        "tz": _query(
            "tz",
            "Time zone of the answer: a name of the IANA database.",
            {"type": "string", "default": "UTC"},
            "Europe/Madrid",
        ),
        "q": _query("q", "What to search for.", {"type": "string", "maxLength": LONGEST_SEARCH, "default": ""}, "mad"),
        "days_limit": _query("limit", "How many dates a page has at most.", _page_size(31), 31),
        "places_limit": _query("limit", "How many places a page has at most.", _page_size(25), 25),
        "cursor": _query("cursor", "The `next_cursor` of the page before.", {"type": "string"}, None),
        "place_id": {
            "name": "place_id",
            "in": "path",
            "required": True,
            "description": "The `id` of a place.",
            "schema": {"type": "string"},
            "example": "madrid-spain",
        },
        "version": {
            "name": HEADER,
            "in": "header",
            "description": "The version your program was written for. Without it you get the newest.",
            "schema": {"type": "string", "enum": list(VERSIONS), "default": CURRENT},
            "example": CURRENT,
        },
    }


def _query(name: str, description: str, schema: Json, example: object, *, required: bool = False) -> Json:
    parameter: Json = {
        "name": name,
        "in": "query",
        "required": required,
        "description": description,
        "schema": schema,
    }
    if example is not None:
        parameter["example"] = example
    return parameter


def _degrees(end: int) -> Json:
    return {"type": "number", "minimum": -end, "maximum": end}


def _date() -> Json:
    return {"type": "string", "format": "date"}


def _page_size(default: int) -> Json:
    return {"type": "integer", "minimum": 1, "maximum": LARGEST_PAGE, "default": default}


def _headers() -> Json:
    return {
        HEADER: {
            "description": "The version of the answer.",
            "schema": {"type": "string", "enum": list(VERSIONS)},
            "example": CURRENT,
        },
        "RateLimit-Policy": {
            "description": "The limits of your key: `q` calls in `w` seconds.",
            "schema": {"type": "string"},
            "example": '"burst";q=10;w=1, "daily";q=10000;w=86400',
        },
        "RateLimit": {
            "description": "What is left of each limit: `r` calls, more in `t` seconds.",
            "schema": {"type": "string"},
            "example": '"burst";r=9;t=1, "daily";r=8741;t=9',
        },
        "Retry-After": {
            "description": "Seconds to wait before the next try.",
            "schema": {"type": "integer"},
            "example": 3,
        },
    }


def _page(data: list[Json], cursor: str | None) -> Json:
    return {"data": data, "next_cursor": cursor}
