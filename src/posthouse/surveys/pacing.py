"""How often one address on the network may answer. Counted in this process's memory alone, under a hash with a key that
is made when the process starts: nothing about who came is ever written down, and nothing is left when it ends."""

import hashlib
import math
import secrets
import time

from allauth.account.adapter import get_adapter
from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest

from posthouse_client.limits import Limit, Limiter

_KEY = secrets.token_bytes(32)
_limiter = Limiter()
MINUTE = 60


def wait(request: HttpRequest, door: str) -> int:
    """0, and this answer counts; or the seconds after which to come again. A door is an open link or a widget.

    The limits are POSTHOUSE_SURVEY_PACE answers a minute from one address, and a hundred times that through one door.
    """
    pace = settings.SURVEY_PACE
    each = (Limit("address", pace, MINUTE),)
    whole = (Limit("door", pace * 100, MINUTE),)
    for name, limits in ((_hashed(request, door), each), (door, whole)):
        passed, states = _limiter.hit(name, limits, time.time_ns())
        if not passed:
            seconds = max(state.retry_after for state in states)
            return MINUTE if math.isinf(seconds) else max(1, math.ceil(seconds))
    return 0


def forget() -> None:
    """Begin counting anew."""
    for name in list(_limiter._states):  # noqa: SLF001  there is no other way to empty it whole
        _limiter.forget(name)


def _hashed(request: HttpRequest, door: str) -> str:
    try:
        address = get_adapter().get_client_ip(request)
    except PermissionDenied:  # no address is known, as behind a socket: then all of them share one pace
        address = ""
    return hashlib.blake2b(f"{door} {address}".encode(), key=_KEY, digest_size=16).hexdigest()
