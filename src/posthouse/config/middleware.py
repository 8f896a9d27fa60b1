"""Headers that every page carries, and refusals that say something to whoever asked."""

from collections.abc import Callable
from http import HTTPStatus

from asgiref.sync import iscoroutinefunction, sync_to_async
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.decorators import sync_and_async_middleware

from posthouse.design import views
from posthouse.edge import problems
from posthouse.foundation.problems import MEDIA_TYPE, Problem

API = "/api/"
COMPATIBLE = "/compat/"
"""Programs of others ask here; what answers them has forms of its own, but for what Django refuses by itself."""

POLICY = "; ".join(
    [
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "font-src 'self'",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
        "manifest-src 'self'",
    ]
)


@sync_and_async_middleware
def security_headers(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """A Content-Security-Policy without exceptions: no inline script, no inline style, nothing from elsewhere."""
    if iscoroutinefunction(get_response):

        async def around_async(request: HttpRequest) -> HttpResponse:
            return _dressed(await get_response(request))

        return around_async  # type: ignore[return-value]  # Django accepts both kinds here

    def around(request: HttpRequest) -> HttpResponse:
        return _dressed(get_response(request))

    return around


def _dressed(response: HttpResponse) -> HttpResponse:
    policy = f"{POLICY}; frame-src 'self'" if getattr(response, "may_frame_itself", False) else POLICY
    response.headers.setdefault("Content-Security-Policy", policy)
    response.headers.setdefault("Permissions-Policy", "camera=(), geolocation=(), microphone=()")
    return response


@sync_and_async_middleware
def head_as_get(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """HEAD is answered wherever GET is, without the body (RFC 9110, section 9.3.2); `META` goes on saying HEAD."""
    if iscoroutinefunction(get_response):

        async def around_async(request: HttpRequest) -> HttpResponse:
            asked = _get_for_head(request)
            response = await get_response(request)
            return _head_of(response) if asked else response

        return around_async  # type: ignore[return-value]  # Django accepts both kinds here

    def around(request: HttpRequest) -> HttpResponse:
        asked = _get_for_head(request)
        response = get_response(request)
        return _head_of(response) if asked else response

    return around


def _get_for_head(request: HttpRequest) -> bool:
    if request.method != "HEAD":
        return False
    request.method = "GET"
    return True


def _head_of(response: HttpResponse) -> HttpResponse:
    """The same status and header fields; a stream, which would have no length, is not begun."""
    head = HttpResponse(status=response.status_code, headers=dict(response.headers))
    head.cookies = response.cookies
    if not response.streaming:
        head.headers["Content-Length"] = str(len(response.content))
    response.close()
    return head


@sync_and_async_middleware
def clear_refusals(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Programs get problem details, whichever part refused; a browser gets a page where Django would send nothing."""
    if iscoroutinefunction(get_response):

        async def around_async(request: HttpRequest) -> HttpResponse:
            response = await get_response(request)
            return await sync_to_async(_cleared)(request, response) if _is_unclear(request, response) else response

        return around_async  # type: ignore[return-value]  # Django accepts both kinds here

    def around(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        return _cleared(request, response) if _is_unclear(request, response) else response

    return around


def _is_unclear(request: HttpRequest, response: HttpResponse) -> bool:
    if request.path.startswith(API):
        return response.status_code in REFUSED and response.headers.get("Content-Type") != MEDIA_TYPE
    if request.path.startswith(COMPATIBLE):
        return response.status_code in REFUSED and response.headers.get("Content-Type", "").startswith("text/html")
    return response.status_code == HTTPStatus.METHOD_NOT_ALLOWED and not response.content


def _cleared(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    if not request.path.startswith((API, COMPATIBLE)):
        cleared = views.method_not_allowed(request)
        cleared.headers["Allow"] = response.headers["Allow"]
        return cleared
    problem = REFUSED[response.status_code](response)
    body = problem.body(request.path)
    return JsonResponse(body, status=problem.status, headers=problem.headers, content_type=MEDIA_TYPE)


def _methods(response: HttpResponse) -> str:
    return ", ".join(sorted(response.headers["Allow"].split(", ")))


REFUSED: dict[int, Callable[[HttpResponse], Problem]] = {
    400: lambda _: problems.bad_request("The address or the header fields are too long or damaged."),
    403: lambda _: problems.not_found(),  # a form's token missing: no route of the API asks for one
    404: lambda _: problems.not_found(),
    405: lambda response: problems.method_not_allowed(_methods(response)),
    500: lambda _: problems.internal(),
}
"""What Django or the framework of the API refuses by itself, in its own form."""
