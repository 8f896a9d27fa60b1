"""The door: key, form and pace of a call; then whoever answers it. Whatever happens, the answer is JSON."""

import base64
import binascii
import logging
from datetime import timedelta
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.db import OperationalError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import translation
from django.views.decorators.csrf import csrf_exempt

from posthouse.foundation.clock import now
from posthouse.foundation.credentials import digests
from posthouse.people import access
from posthouse.surveys.delighted import pace, reading, routes
from posthouse.surveys.delighted.calls import Call, Reply
from posthouse.surveys.delighted.faults import Fault
from posthouse.surveys.models import CampaignKey

logger = logging.getLogger(__name__)

BASE = "/compat/delighted/v1/"
USE_NOTED_EVERY = timedelta(minutes=1)
RANGES = {"application/json", "application/*", "*/*"}
WITH_BODY = {"POST", "PUT", "DELETE"}
LOOPBACK = {"127.0.0.1", "localhost", "::1"}


@csrf_exempt
@access.public
def answer(request: HttpRequest, path: str) -> HttpResponse:
    """Any call. Its key says which campaign it is about, so no session, cookie or language matters."""
    with translation.override("en"):
        try:
            reply = _reply(request, path)
        except Fault as fault:
            reply = _refusal(fault)
        except OperationalError:
            logger.exception("the database is away")
            away = Fault(status=503, message="The service is not available.", headers={"Retry-After": "5"})
            reply = _refusal(away)
        except Exception:
            logger.exception("a call for Delighted failed: %s", request.method)
            reply = _refusal(Fault(status=500, message="Something went wrong here."))
    response = JsonResponse(reply.body, safe=False, status=reply.status, headers=reply.headers)
    response.headers.setdefault("Cache-Control", "no-store")
    return response


def _refusal(fault: Fault) -> Reply:
    return Reply(fault.body(), fault.status, fault.headers)


def _reply(request: HttpRequest, path: str) -> Reply:
    key = _key(request)
    if not path.startswith("v1/"):
        raise Fault(status=404, message=f"The calls are below {BASE}.")
    path = path.removeprefix("v1/")
    seconds = pace.wait(key.pk, settings.SURVEY_KEY_RATE, settings.SURVEY_KEY_BURST)
    if seconds:
        raise Fault(status=429, message="Too many calls at once.", headers={"Retry-After": str(seconds)})
    if not path.rstrip("/").endswith(routes.JSON) and not _accepts_json(request):
        raise Fault(status=406, message="Send Accept: application/json, or add .json to the address.")
    method = "GET" if request.method == "HEAD" else request.method or ""
    act, named = routes.find(method, path)
    params = reading.params_of(
        request.META.get("QUERY_STRING", ""),
        request.content_type or "",
        _body(request) if method in WITH_BODY else b"",
        reads_body=method in WITH_BODY,
    )
    return act(Call(key, params, _base(request)), **named)


def _body(request: HttpRequest) -> bytes:
    try:
        declared = int(request.META.get("CONTENT_LENGTH") or 0)
    except ValueError:
        declared = 0
    try:
        if declared <= reading.LONGEST_BODY:
            return request.body
    except RequestDataTooBig:
        pass
    raise Fault(status=413, message=f"At most {reading.LONGEST_BODY} bytes are taken at once.")


def _accepts_json(request: HttpRequest) -> bool:
    given = request.headers.get("Accept", "*/*") or "*/*"
    return any(one.partition(";")[0].strip().lower() in RANGES for one in given.split(","))


def _base(request: HttpRequest) -> str:
    """Where calls go, for links to next pages: the public address. Without one, whatever this call came to."""
    if urlsplit(settings.PUBLIC_URL).hostname in LOOPBACK:
        return request.build_absolute_uri(BASE)
    return f"{settings.PUBLIC_URL}{BASE}"


def _key(request: HttpRequest) -> CampaignKey:
    """The key that works, noted as used once a minute. Raises 401 faults."""
    found = _found(_secret(request.headers.get("Authorization", "")))
    if found is None:
        raise Fault(
            status=401,
            message="Send a key of a campaign as the user of HTTP Basic. Keys are made in the desk under Surveys.",
            headers={"WWW-Authenticate": 'Basic realm="surveys", charset="UTF-8"'},
        )
    moment = now()
    if found.last_used_at is None or moment - found.last_used_at > USE_NOTED_EVERY:
        CampaignKey.objects.filter(pk=found.pk).update(last_used_at=moment)
    return found


def _found(secret: str) -> CampaignKey | None:
    candidates = digests(secret)
    rows = CampaignKey.objects.select_related("campaign").filter(digest__in=candidates) if candidates else ()
    return next((row for row in rows if row.is_usable(now())), None)


def _secret(authorization: str) -> str:
    """The user of Basic, with or without a colon behind it; the password means nothing."""
    scheme, _blank, given = authorization.strip().partition(" ")
    if scheme.lower() != "basic":
        return ""
    given = given.strip()
    try:
        return base64.b64decode(given + "=" * (-len(given) % 4)).decode().partition(":")[0]
    except (binascii.Error, ValueError):
        return ""
