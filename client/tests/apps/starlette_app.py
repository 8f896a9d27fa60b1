"""A vendor's API in Starlette, as small as the tests allow."""

from collections.abc import AsyncIterator

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Mount, Route

from posthouse_client.asgi import PosthouseMiddleware
from posthouse_client.client import Client


async def sun(request: Request) -> Response:
    """Who asks for which place."""
    caller = request.scope["posthouse"]
    return JSONResponse({"place": request.path_params["place"], "customer": caller.customer_id})


async def fail(request: Request) -> Response:
    """A mistake of the caller."""
    return JSONResponse({"code": "place-unknown"}, 422, media_type="application/problem+json")


async def crash(request: Request) -> Response:
    """A mistake of the vendor."""
    raise RuntimeError("crash")


async def echo(request: Request) -> Response:
    """What was sent."""
    return JSONResponse(await request.json())


async def stream(request: Request) -> Response:
    """An answer in pieces."""

    async def pieces() -> AsyncIterator[bytes]:
        for _ in range(3):
            yield b"piece;"

    return StreamingResponse(pieces(), media_type="text/plain")


async def openapi(request: Request) -> Response:
    """Public."""
    return JSONResponse({"caller": "posthouse" in request.scope})


def make(client: Client) -> Starlette:
    """The application, protected."""
    places = [Route("/sun/{place}", sun), Route("/fail", fail), Route("/crash", crash), Route("/stream", stream)]
    return Starlette(
        routes=[
            Mount("/v1", routes=[*places, Route("/echo", echo, methods=["POST"])]),
            Route("/openapi.json", openapi),
        ],
        middleware=[Middleware(PosthouseMiddleware, client=client)],
    )
