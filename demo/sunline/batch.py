"""`POST /v1/batch`: several places and dates in one call; an item that fails does not fail the others."""

from typing import Annotated, Any, Literal

import msgspec
from starlette.requests import Request

from sunline import places
from sunline.almanac import moon_day, sun_day
from sunline.errors import ProblemError, problem_body, shown
from sunline.reading import check_degrees, read_date, read_zone
from sunline.versions import render_moon, render_sun

LARGEST_BATCH = 50
LARGEST_BODY = 64 * 1024

ShortText = Annotated[str, msgspec.Meta(max_length=200)]


class Item(msgspec.Struct, forbid_unknown_fields=True):
    """One question: where, when, and about what."""

    date: ShortText
    id: Annotated[str, msgspec.Meta(max_length=64)] | None = None
    place_id: ShortText | None = None
    lat: float | None = None
    lon: float | None = None
    tz: ShortText | None = None
    want: list[Literal["sun", "moon"]] = msgspec.field(default_factory=lambda: ["sun"])


class Batch(msgspec.Struct, forbid_unknown_fields=True):
    """The body of the call."""

    items: list[Item]


async def read_batch(request: Request) -> Batch:
    """The body of the call, checked for size, type and shape."""
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type != "application/json":
        raise ProblemError("media-type-unsupported", f"“{shown(media_type)}” is not application/json.")
    batch = _decode(await _bounded_body(request))
    if not 1 <= len(batch.items) <= LARGEST_BATCH:
        raise ProblemError("batch-too-large", f"{len(batch.items)} items; a batch has from 1 to {LARGEST_BATCH}.")
    return batch


def answer_item(index: int, item: Item, version: str, docs_url: str) -> dict[str, Any]:
    """The result of one item: what was wanted, or the problem."""
    result: dict[str, Any] = {"index": index, "id": item.id}
    try:
        return result | {"status": "ok"} | _compute(item, version, f"#/items/{index}")
    except ProblemError as problem:
        return result | {"status": "failed", "problem": problem_body(problem, docs_url)}


async def _bounded_body(request: Request) -> bytes:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > LARGEST_BODY:
            raise ProblemError("body-too-large", f"More than {LARGEST_BODY} bytes.")
    return bytes(body)


def _decode(body: bytes) -> Batch:
    try:
        return msgspec.json.decode(body, type=Batch)
    except msgspec.ValidationError as reason:
        raise ProblemError("body-invalid", str(reason)) from reason
    except (ValueError, RecursionError) as reason:
        raise ProblemError("body-not-json", str(reason)) from reason


def _compute(item: Item, version: str, pointer: str) -> dict[str, Any]:
    latitude, longitude, default_zone = _where(item, pointer)
    day = read_date(item.date, pointer=f"{pointer}/date")
    zone = read_zone(item.tz or default_zone, pointer=f"{pointer}/tz")
    answer: dict[str, Any] = {}
    if "sun" in item.want:
        answer["sun"] = render_sun(sun_day(latitude, longitude, day, zone), version)
    if "moon" in item.want:
        answer["moon"] = render_moon(moon_day(latitude, longitude, day, zone))
    return answer


def _where(item: Item, pointer: str) -> tuple[float, float, str]:
    """Latitude, longitude and the time zone used when the item names none."""
    if item.place_id is not None and item.lat is None and item.lon is None:
        place = places.find(item.place_id)
        if place is None:
            detail = f"“{shown(item.place_id)}” is not the id of a place."
            raise ProblemError("place-unknown", detail, pointer=f"{pointer}/place_id")
        return place.latitude, place.longitude, place.time_zone
    if item.place_id is None and item.lat is not None and item.lon is not None:
        latitude = check_degrees("lat", item.lat, pointer=f"{pointer}/lat")
        return latitude, check_degrees("lon", item.lon, pointer=f"{pointer}/lon"), "UTC"
    raise ProblemError("item-invalid", "An item has either place_id, or lat and lon.", pointer=pointer)
