"""What the script in the vendor's pages asks us: from the origins that a widget lists, without a cookie.

A browser says by itself from which origin a page speaks; others are refused before anything is read. Whoever is no
browser can claim any origin, so nothing rests on it but where the question appears: the pace, the tickets and the
signature of the vendor's backend hold for everybody.
"""

import json
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.staticfiles import finders
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_http_methods

from posthouse.foundation.ids import new_id
from posthouse.foundation.problems import MEDIA_TYPE, Problem, not_found
from posthouse.people import access
from posthouse.surveys import actions, anonymity, pacing, queries, tickets
from posthouse.surveys.devices import device_of
from posthouse.surveys.models import Channel, Widget
from posthouse.surveys.texts import LANGUAGE
from posthouse.surveys.widget import saying
from posthouse.surveys.widget.identity import Forged, Identity, read

SCRIPT = "surveys/widget.js"
MOST_BYTES = 32_000
MOST_ATTRIBUTES = 40
PERSON = ":send"
"""Behind the id of a widget in the tickets of those whom the vendor vouches for: they name a send, not an answer."""


@access.public
@require_GET
def script(request: HttpRequest) -> HttpResponse:
    """The script itself, at an address that stays, usable from pages that isolate themselves from other origins."""
    path = finders.find(SCRIPT)
    if not path:
        raise Http404
    response = HttpResponse(Path(str(path)).read_bytes(), content_type="text/javascript; charset=utf-8")
    response.headers["Cache-Control"] = "public, max-age=3600"
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response


@csrf_exempt
@access.public
@never_cache
@require_http_methods(["POST", "OPTIONS"])
def offer(request: HttpRequest, widget_id: str) -> HttpResponse:
    """Whether this visitor is asked, and what."""
    return _answered(request, widget_id, _offer)


@csrf_exempt
@access.public
@never_cache
@require_http_methods(["POST", "OPTIONS"])
def answer(request: HttpRequest, widget_id: str) -> HttpResponse:
    """Take in a score, and a comment; the same ticket again changes the same answer."""
    return _answered(request, widget_id, _answer)


@csrf_exempt
@access.public
@never_cache
@require_http_methods(["POST", "OPTIONS"])
def decline(request: HttpRequest, widget_id: str) -> HttpResponse:
    """For "not now": somebody known is left alone for as long as the campaign says; of others nothing is kept."""
    return _answered(request, widget_id, _decline)


def _answered(request: HttpRequest, widget_id: str, act: Any) -> HttpResponse:
    widget = queries.widget(widget_id)
    origin = request.headers.get("Origin", "")
    try:
        if widget is None:
            raise not_found("widget")
        if origin not in widget.origins:
            raise _problem(403, "origin-refused", "The widget is not allowed on this origin", "Add it to its origins.")
        if request.method == "OPTIONS":
            response = HttpResponse(status=204)
            response.headers["Access-Control-Allow-Methods"] = "POST"
            response.headers["Access-Control-Allow-Headers"] = "content-type"
            response.headers["Access-Control-Max-Age"] = "600"
        else:
            response = JsonResponse(act(request, widget, _body(request)))
    except Problem as problem:
        # without the address, which tells nothing more and may stand in a log of the page
        response = JsonResponse(problem.body(), status=problem.status, headers=problem.headers, content_type=MEDIA_TYPE)
    except actions.Refused as refused:
        body = Problem(status=409, code=refused.code, title="Not possible now", detail=str(refused)).body()
        response = JsonResponse(body, status=409, content_type=MEDIA_TYPE)
    except actions.Invalid as fault:
        body = _problem(422, "survey-invalid", "The answer cannot be taken in", fault.reason).body()
        response = JsonResponse(body, status=422, content_type=MEDIA_TYPE)
    if widget is not None and origin in widget.origins:
        response.headers["Access-Control-Allow-Origin"] = origin
    response.headers["Vary"] = "Origin"
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    response._has_been_logged = True  # type: ignore[attr-defined]  # noqa: SLF001  nothing is said of who answers
    return response


def _body(request: HttpRequest) -> dict[str, Any]:
    if request.content_type != "application/json":
        raise _problem(
            415, "unsupported-media-type", "The body is not JSON", "Send it with Content-Type: application/json."
        )
    if len(request.body) > MOST_BYTES:
        raise _problem(413, "too-large", "The body is too large", f"At most {MOST_BYTES} bytes.")
    try:
        said = json.loads(request.body)
    except (ValueError, RecursionError) as error:
        raise _problem(400, "bad-request", "The request cannot be read", "This is not JSON in UTF-8.") from error
    if not isinstance(said, dict):
        raise _problem(422, "survey-invalid", "The answer cannot be taken in", "The body is an object.")
    return said


def _offer(request: HttpRequest, widget: Widget, said: dict[str, Any]) -> dict[str, Any]:
    if pacing.wait(request, f"{widget.pk}:offer"):
        return {"show": False, "why": "too-fast"}
    identity = _identity(widget, said)
    made = actions.offer(widget=widget, identity=identity, attributes=_attributes(said))
    if made.why:
        return {"show": False, "why": made.why}
    if made.send is not None:
        ticket = tickets.ticket(f"{widget.pk}{PERSON}", made.send.pk)
    else:
        response_id = anonymity.response_id() if widget.campaign.anonymous else new_id("rsp")
        ticket = tickets.ticket(widget.pk, response_id)
    language = identity.language if identity and identity.language else _language(said)
    return {"show": True, "ticket": ticket} | saying.question(widget, language)


def _identity(widget: Widget, said: dict[str, Any]) -> Identity | None:
    """Who it is; in an anonymous campaign that is not even looked at."""
    token = said.get("identity") or ""
    if widget.campaign.anonymous or not token:
        return None
    if not isinstance(token, str):
        raise _problem(422, "identity-invalid", "Who the visitor is cannot be trusted", "The token is a text.")
    try:
        return read(widget, token)
    except Forged as forged:
        raise _problem(403, forged.code, "Who the visitor is cannot be trusted", str(forged)) from forged


def _answer(request: HttpRequest, widget: Widget, said: dict[str, Any]) -> dict[str, Any]:
    send_id, response_id = _ticket(widget, said)
    comment = said.get("comment", "")
    if not isinstance(comment, str):
        raise actions.Invalid("/comment", "This is a text.")
    if seconds := pacing.wait(request, widget.pk):
        problem = _problem(429, "too-fast", "Too many answers from one address", "Send the same again after a pause.")
        problem.headers["Retry-After"] = str(seconds)
        raise problem
    language = _language(said)
    given = actions.Answer(
        score=said.get("score"),  # type: ignore[arg-type]  # what it is, is looked at by the action
        comment=comment,
        language=language if language in widget.campaign.texts else "",
        device=device_of(request.headers.get("User-Agent", "")),
    )
    if send_id:
        send = queries.send(send_id)
        if send is None or send.campaign_id != widget.campaign_id:
            raise _forged()
        response = actions.answer(send=send, given=given)
    else:
        kept = actions.kept_attributes(widget, _attributes(said))
        door = actions.Door(campaign=widget.campaign, channel=Channel.WIDGET, attributes=kept)
        response = actions.answer_openly(door=door, response_id=response_id, given=given)
    return {"score": response.score, "group": widget.campaign.group_of(response.score)}


def _decline(request: HttpRequest, widget: Widget, said: dict[str, Any]) -> dict[str, Any]:
    send_id, _response_id = _ticket(widget, said)
    send = queries.send(send_id) if send_id else None
    if send is not None and send.campaign_id == widget.campaign_id:
        actions.decline(send=send)
    return {"declined": True}


def _ticket(widget: Widget, said: dict[str, Any]) -> tuple[str, str]:
    """The send that a ticket is of, or else the id of the answer."""
    text = said.get("ticket")
    if not isinstance(text, str):
        raise _forged()
    try:
        send_id = tickets.read(text[:300], f"{widget.pk}{PERSON}")
        response_id = tickets.read(text[:300], widget.pk)
    except tickets.Expired as error:
        raise _problem(410, "ticket-expired", "The question was open for too long", "Ask for it again.") from error
    if not send_id and not response_id:
        raise _forged()
    return send_id or "", response_id or ""


def _attributes(said: dict[str, Any]) -> dict[str, str]:
    """What the page says of its visitor, as far as it is short words; nobody vouches for it."""
    given = said.get("attributes")
    found: dict[str, str] = {}
    for name, value in list(given.items())[:MOST_ATTRIBUTES] if isinstance(given, dict) else ():
        if isinstance(value, bool):
            found[name] = "true" if value else "false"
        elif isinstance(value, str | int | float):
            found[name] = str(value).strip()
    return {name: value for name, value in found.items() if len(value) <= 100 and actions.is_plain(value)}


def _language(said: dict[str, Any]) -> str:
    language = said.get("language")
    return language if isinstance(language, str) and LANGUAGE.fullmatch(language) else ""


def _forged() -> Problem:
    return _problem(403, "ticket-invalid", "The ticket is not one of this widget", "Ask for the question again.")


def _problem(status: int, code: str, title: str, detail: str) -> Problem:
    return Problem(status=status, code=code, title=title, detail=detail)


def address() -> str:
    """Where the script is."""
    return f"{settings.PUBLIC_URL}/survey/widget.js"
