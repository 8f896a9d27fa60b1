"""Language and time zone belong to the person, not to the browser; where a visitor came from is remembered."""

import re
import zoneinfo
from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import timezone, translation

from posthouse.people import actions, models

WITHOUT_A_TRACE = ("/api/", "/survey/")
"""Programs, and people who answer: they get no session."""
NOT_A_CHANNEL = re.compile(r"[^\w.:/ -]")


def speak_the_persons_language(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """Use the language and zone of the signed-in person's profile; without one, what the browser asked for stands.

    A language chosen on any page (which sets its cookie) goes into the profile of whoever is signed in.
    """

    def around(request: HttpRequest) -> HttpResponse:
        user = request.user
        if not isinstance(user, models.User):
            return get_response(request)
        if user.language:
            translation.activate(user.language)
            request.LANGUAGE_CODE = user.language
        with timezone.override(_zone(user.time_zone)):
            response = get_response(request)
        chosen = response.cookies.get(settings.LANGUAGE_COOKIE_NAME)
        if chosen and chosen.value != user.language:
            actions.speak_language(user=user, language=chosen.value)
        return response

    return around


def remember_channel(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Keep the first `?utm_source=` or `?ref=` of a visit in the session, for the sign-up that may follow."""

    def around(request: HttpRequest) -> HttpResponse:
        named = request.GET.get("utm_source") or request.GET.get("ref")
        kept = named and request.method == "GET" and not request.path.startswith(WITHOUT_A_TRACE)
        if named and kept and not _signed_in(request):
            request.session.setdefault("channel", NOT_A_CHANNEL.sub("", named)[:60].strip())
        return get_response(request)

    return around


def _signed_in(request: HttpRequest) -> bool:
    return bool(request.user.is_authenticated)


def _zone(name: str) -> zoneinfo.ZoneInfo | None:
    try:
        return zoneinfo.ZoneInfo(name) if name else None
    except (zoneinfo.ZoneInfoNotFoundError, ValueError):
        return None
