"""The same API in FastAPI, with a router that brings its prefix."""

from collections.abc import AsyncIterator
from typing import Any

from fastapi import APIRouter, FastAPI, Request
from fastapi.responses import JSONResponse, StreamingResponse

from posthouse_client.asgi import PosthouseMiddleware
from posthouse_client.client import Client

router = APIRouter()


@router.get("/sun/{place}")
def sun(place: str, request: Request) -> dict[str, Any]:
    """Who asks for which place."""
    return {"place": place, "customer": request.scope["posthouse"].customer_id}


@router.get("/fail")
def fail() -> JSONResponse:
    """A mistake of the caller."""
    return JSONResponse({"code": "place-unknown"}, 422, media_type="application/problem+json")


@router.get("/crash")
def crash() -> None:
    """A mistake of the vendor."""
    raise RuntimeError("crash")


@router.post("/echo")
def echo(body: dict[str, Any]) -> dict[str, Any]:
    """What was sent."""
    return body


@router.get("/stream")
async def stream() -> StreamingResponse:
    """An answer in pieces."""

    async def pieces() -> AsyncIterator[bytes]:
        for _ in range(3):
            yield b"piece;"

    return StreamingResponse(pieces(), media_type="text/plain")


def make(client: Client) -> PosthouseMiddleware:
    """The application, protected from outside."""
    app = FastAPI(openapi_url=None)
    app.include_router(router, prefix="/v1")

    @app.get("/openapi.json")
    def openapi(request: Request) -> dict[str, bool]:
        return {"caller": "posthouse" in request.scope}

    return PosthouseMiddleware(app, client)
