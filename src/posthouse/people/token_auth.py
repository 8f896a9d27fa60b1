"""Bearer tokens of the team on the HTTP API: `auth=scope("customers:read")` on a route is its access rule."""

from datetime import timedelta
from typing import Any

from django.db.models import Q
from django.http import HttpRequest
from ninja.security import HttpBearer

from posthouse.foundation.clock import now
from posthouse.foundation.credentials import digests
from posthouse.foundation.problems import Problem
from posthouse.people import models, scopes

USE_NOTED_EVERY = timedelta(minutes=1)


class scope(HttpBearer):  # noqa: N801  reads as a word where routes are declared
    """Lets in requests whose team token carries the scope; sets `request.token`."""

    def __init__(self, name: str) -> None:
        super().__init__()
        if name not in scopes.SCOPES:
            raise ValueError(f"there is no scope {name!r}")
        self.name = name

    def authenticate(self, request: HttpRequest, token: str) -> Any:
        """The token's row. Raises a 403 problem when it lacks the scope; None makes a 401."""
        found = find_token(token)
        if found is None:
            return None
        if not scopes.allows(found.scopes, self.name):
            raise missing_scope(self.name)
        return found


def need_scope(token: models.TeamToken, name: str) -> None:
    """Raises a 403 problem when the token lacks a scope beyond that of the route."""
    if not scopes.allows(token.scopes, name):
        raise missing_scope(name)


def missing_scope(name: str) -> Problem:
    """403: the token is good, but not for this."""
    return Problem(
        status=403,
        code="scope-missing",
        title="The token lacks a scope",
        detail=f"This needs the scope {name}. Make a token with it in the desk under Team.",
        extra={"scope": name},
    )


def find_token(text: str) -> models.TeamToken | None:
    """The usable token with this secret; its last use is noted once a minute."""
    candidates = digests(text)
    if not candidates:
        return None
    moment = now()
    live = Q(expires_at=None) | Q(expires_at__gt=moment)
    rows = models.TeamToken.objects.select_related("owner__user")
    token = rows.filter(live, digest__in=candidates, revoked_at=None, owner__user__is_active=True).first()
    if token and (token.last_used_at is None or moment - token.last_used_at > USE_NOTED_EVERY):
        models.TeamToken.objects.filter(pk=token.pk).update(last_used_at=moment)
    return token
