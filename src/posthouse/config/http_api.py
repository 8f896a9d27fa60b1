"""The HTTP API: one document made of every feature's routes, and one way to answer errors."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, HttpError, ValidationError
from ninja.parser import Parser

from posthouse import __version__
from posthouse.automations.api import router as automations_router
from posthouse.edge.openapi import paths as edge_paths
from posthouse.edge.problems import invalid, token_invalid
from posthouse.foundation.problems import MEDIA_TYPE, Problem, not_found
from posthouse.guides.actions import own_document_from
from posthouse.guides.api import router as guides_router
from posthouse.intake.api import router as intake_router
from posthouse.keys.api import router as keys_router
from posthouse.letters.api import router as letters_router
from posthouse.pages.api import router as timeline_router
from posthouse.people.api import router as people_router
from posthouse.surveys.api import router as surveys_router
from posthouse.usage.api import router as usage_router
from posthouse.webhooks.actions import declared_webhooks
from posthouse.webhooks.api import router as webhooks_router

ABOUT = """Everything the desk can do.

## Authorization

Send a token of the team as `Authorization: Bearer …`. An admin makes tokens in the desk, under Team; each has scopes,
shows when it was last used, and is refused within a second of its revocation.

## Errors

Refusals are problem details (RFC 9457): `code` is stable, `detail` says what to do next, `errors` names places in the
body.

## Pages

Lists answer with `next`: send it as `after` (`null`: that was all). To keep a copy of survey responses, read them with
`order=updated` and keep `cursor`: whatever changes later comes behind it.

## Repeating

Sends take an `Idempotency-Key`: a repeat is answered with what the first request led to.

## Webhooks

What stands under `webhooks` is sent to the addresses you subscribe with `POST /api/v1/webhooks`: at least once, in no
particular order, signed after [Standard Webhooks](https://www.standardwebhooks.com), again for about three days until
it is answered with 2xx.
"""


class HttpApi(NinjaAPI):
    """The routes of the features, with those of the edge in the same document."""

    def get_openapi_schema(self, **options: Any) -> Any:
        """The document. Refusals are problem details everywhere."""
        document = super().get_openapi_schema(**{"path_prefix": "/api/v1/", **options})
        paths, schemas = edge_paths()
        for address, item in paths.items():
            document["paths"].setdefault(address, {}).update(item)
        document["components"].setdefault("schemas", {}).update(schemas)
        document["webhooks"] = declared_webhooks()
        return document


api = HttpApi(
    title="Posthouse",
    version=__version__,
    description=ABOUT,
    docs_url=None,
    openapi_url="/openapi.json",
    urls_namespace="api",
    parser=Parser(),
)
api.add_router("", timeline_router)
api.add_router("", people_router)
api.add_router("", keys_router)
api.add_router("", guides_router)
api.add_router("", usage_router)
api.add_router("", intake_router)
api.add_router("", surveys_router)
api.add_router("", automations_router)
api.add_router("", letters_router)
api.add_router("", webhooks_router)


def openapi_document() -> dict[str, Any]:
    """The whole document, as served at /api/v1/openapi.json."""
    return dict(api.get_openapi_schema())


own_document_from(openapi_document)


def _answer(request: HttpRequest, problem: Problem) -> HttpResponse:
    response = api.create_response(request, problem.body(request.path), status=problem.status)
    response.headers["Content-Type"] = MEDIA_TYPE
    for name, value in problem.headers.items():
        response.headers[name] = value
    return response


@api.exception_handler(Problem)
def on_problem(request: HttpRequest, error: Problem) -> HttpResponse:
    """Problems raised by actions and routes."""
    return _answer(request, error)


@api.exception_handler(Http404)
def on_missing(request: HttpRequest, error: Http404) -> HttpResponse:
    """What does not exist, or is not the caller's."""
    return _answer(request, not_found("resource"))


@api.exception_handler(AuthenticationError)
def on_unauthenticated(request: HttpRequest, error: AuthenticationError) -> HttpResponse:
    """No token, or one that is not valid."""
    return _answer(request, token_invalid())


@api.exception_handler(ValidationError)
def on_invalid(request: HttpRequest, error: ValidationError) -> HttpResponse:
    """The request does not have the documented form."""
    return _answer(request, invalid([_where(item) for item in error.errors]))


@api.exception_handler(HttpError)
def on_http_error(request: HttpRequest, error: HttpError) -> HttpResponse:
    """Errors that the framework itself raises, such as an unreadable body."""
    return _answer(
        request,
        Problem(status=error.status_code, code="bad-request", title="The request cannot be read", detail=str(error)),
    )


def _where(item: dict[str, Any]) -> dict[str, str]:
    return {"path": "/".join(str(part) for part in item.get("loc", [])), "message": str(item.get("msg", ""))}
