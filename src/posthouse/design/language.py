"""The language switch in the foot of every page: a cookie for visitors; whoever keeps profiles is told as well."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest

Listener = Callable[[HttpRequest, str], None]

_listeners: list[Listener] = []


def when_chosen(listener: Listener) -> Listener:
    """Register who remembers the choice of somebody signed in (decorator)."""
    _listeners.append(listener)
    return listener


def choose(request: HttpRequest, language: str) -> None:
    """Tell whoever remembers, if the language is one that we speak and somebody is signed in."""
    if request.user.is_authenticated and language in dict(settings.LANGUAGES):
        for listener in _listeners:
            listener(request, language)
