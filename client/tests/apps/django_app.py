"""The same API in Django, with the client's settings from the environment."""

import json
from collections.abc import Iterator

from django.conf import settings
from django.core.asgi import get_asgi_application
from django.core.wsgi import get_wsgi_application
from django.http import HttpRequest, HttpResponse, JsonResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.urls import include, path

settings.configure(
    ALLOWED_HOSTS=["*"],
    ROOT_URLCONF=__name__,
    MIDDLEWARE=["posthouse_client.django.PosthouseMiddleware"],
    SECRET_KEY="for tests",
    LOGGING_CONFIG=None,
)


def sun(request: HttpRequest, place: str) -> HttpResponse:
    """Who asks for which place."""
    return JsonResponse({"place": place, "customer": request.posthouse.customer_id})  # type: ignore[attr-defined]


def fail(request: HttpRequest) -> HttpResponse:
    """A mistake of the caller."""
    return JsonResponse({"code": "place-unknown"}, status=422, content_type="application/problem+json")


def crash(request: HttpRequest) -> HttpResponse:
    """A mistake of the vendor."""
    raise RuntimeError("crash")


def echo(request: HttpRequest) -> HttpResponse:
    """What was sent."""
    return JsonResponse(json.loads(request.body))


def stream(request: HttpRequest) -> HttpResponseBase:
    """An answer in pieces."""

    def pieces() -> Iterator[bytes]:
        for _ in range(3):
            yield b"piece;"

    return StreamingHttpResponse(pieces(), content_type="text/plain")


def openapi(request: HttpRequest) -> HttpResponse:
    """Public."""
    return JsonResponse({"caller": hasattr(request, "posthouse")})


places = [
    path("sun/<str:place>", sun),
    path("fail", fail),
    path("crash", crash),
    path("echo", echo),
    path("stream", stream),
]
urlpatterns = [path("v1/", include(places)), path("openapi.json", openapi)]

wsgi = get_wsgi_application()
asgi = get_asgi_application()
