"""Sunline's HTTP interface: the routes, each a few lines around the almanac."""

from datetime import date, timedelta
from typing import Any, cast

import msgspec
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sunline import docs, openapi, places
from sunline.almanac import moon_day, sun_day
from sunline.batch import answer_item, read_batch
from sunline.errors import ProblemError, problem_response, shown
from sunline.paging import PagedList
from sunline.reading import Query
from sunline.settings import Settings
from sunline.versions import CURRENT, HEADER, VERSIONS, render_moon, render_sun

LONGEST_RANGE = 366
DAYS_PER_PAGE = 31
PLACES_PER_PAGE = 25


def create_app(settings: Settings) -> Starlette:
    """The application, not yet protected by Posthouse."""
    app = Starlette(
        routes=[
            Route("/v1/sun", get_sun),
            Route("/v1/sun/range", get_sun_range),
            Route("/v1/moon", get_moon),
            Route("/v1/places", search_places),
            Route("/v1/places/{place_id}", get_place),
            Route("/v1/batch", post_batch, methods=["POST"]),
            Route("/v1/status", get_status),
            Route("/openapi.json", get_openapi),
            Route("/docs/{language}/{page}", docs.get_page),
        ],
        exception_handlers={
            ProblemError: _answer_problem,
            404: _answer_route_unknown,
            405: _answer_method_not_allowed,
            500: _answer_internal_error,
        },
    )
    app.router.redirect_slashes = False
    app.state.settings = settings
    return app


async def get_sun(request: Request) -> Response:
    """Dawn, sunrise, noon, sunset and dusk on one date."""
    version = _version(request)
    query = Query(request, "lat", "lon", "date", "tz")
    day = sun_day(query.degrees("lat"), query.degrees("lon"), query.day("date"), query.zone())
    return _json(render_sun(day, version), version)


async def get_sun_range(request: Request) -> Response:
    """The sun on every date of a range, in pages."""
    version = _version(request)
    query = Query(request, "lat", "lon", "from", "to", "tz", "limit", "cursor")
    latitude, longitude = query.degrees("lat"), query.degrees("lon")
    first, length, zone = *_range(query), query.zone()
    page_size = query.page_size(DAYS_PER_PAGE)
    days = PagedList(("sun", str(latitude), str(longitude), str(first), str(length), str(zone)), length)
    start = days.start(query.optional("cursor"))
    end = min(start + page_size, length)
    dates = (first + timedelta(days=offset) for offset in range(start, end))
    data = [render_sun(sun_day(latitude, longitude, day, zone), version) for day in dates]
    return _json({"data": data, "next_cursor": days.cursor(end)}, version)


async def get_moon(request: Request) -> Response:
    """Phase of the moon, moonrise and moonset on one date."""
    version = _version(request)
    query = Query(request, "lat", "lon", "date", "tz")
    day = moon_day(query.degrees("lat"), query.degrees("lon"), query.day("date"), query.zone())
    return _json(render_moon(day), version)


async def search_places(request: Request) -> Response:
    """Places by the beginning of words of their name or region."""
    version = _version(request)
    query = Query(request, "q", "limit", "cursor")
    text = query.search_text()
    page_size = query.page_size(PLACES_PER_PAGE)
    found = places.search(text)
    paged = PagedList(("places", text), len(found))
    start = paged.start(query.optional("cursor"))
    end = start + page_size
    data = [place.render() for place in found[start:end]]
    return _json({"data": data, "next_cursor": paged.cursor(end)}, version)


async def get_place(request: Request) -> Response:
    """One place by its id."""
    version = _version(request)
    Query(request)
    place_id = request.path_params["place_id"]
    place = places.find(place_id)
    if place is None:
        raise ProblemError("place-unknown", f"“{shown(place_id)}” is not the id of a place.")
    return _json(place.render(), version)


async def post_batch(request: Request) -> Response:
    """Sun and moon for up to 50 places and dates."""
    version = _version(request)
    Query(request)
    batch = await read_batch(request)
    docs_url = request.app.state.settings.docs_url
    results = [answer_item(index, item, version, docs_url) for index, item in enumerate(batch.items)]
    return _json({"results": results}, version)


async def get_status(request: Request) -> Response:
    """Whether Sunline works, and its versions. Public."""
    Query(request)
    return _json({"status": "ok", "version": CURRENT, "versions": list(VERSIONS)}, CURRENT)


async def get_openapi(request: Request) -> Response:
    """The OpenAPI document. Public."""
    return _json(openapi.document(request.app.state.settings), CURRENT)


def _version(request: Request) -> str:
    version = request.headers.get(HEADER, CURRENT)
    if version not in VERSIONS:
        raise ProblemError(
            "version-unsupported", f"“{shown(version)}” is not a version of Sunline.", supported=VERSIONS
        )
    return version


def _range(query: Query) -> tuple[date, int]:
    """The first date and how many dates there are."""
    first, last = query.day("from"), query.day("to")
    length = (last - first).days + 1
    if length < 1:
        raise ProblemError("range-reversed", f"{last} is earlier than {first}.", parameter="to")
    if length > LONGEST_RANGE:
        raise ProblemError("range-too-long", f"{length} days; at most {LONGEST_RANGE} are allowed.", parameter="to")
    return first, length


def _json(content: dict[str, Any], version: str) -> Response:
    return Response(msgspec.json.encode(content), headers={HEADER: version}, media_type="application/json")


async def _answer_problem(request: Request, problem: Exception) -> Response:
    return problem_response(request, cast("ProblemError", problem))


async def _answer_route_unknown(request: Request, _: Exception) -> Response:
    return problem_response(request, ProblemError("route-unknown", f"There is no {shown(request.url.path)}."))


async def _answer_method_not_allowed(request: Request, error: Exception) -> Response:
    problem = ProblemError("method-not-allowed", f"{request.method} is not possible here.")
    return problem_response(request, problem, cast("HTTPException", error).headers)


async def _answer_internal_error(request: Request, _: Exception) -> Response:
    return problem_response(request, ProblemError("internal-error", "The call could not be finished."))
