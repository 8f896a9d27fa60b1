"""Credentials of the vendor's programs."""

from datetime import datetime

from django.db import transaction

from posthouse.foundation.clock import now
from posthouse.foundation.credentials import make_secret
from posthouse.people import events, models
from posthouse.people.models import as_team
from posthouse.timeline.actions import record


@transaction.atomic
def make_token(
    *, owner: models.TeamMember, name: str, scopes: list[str], expires_at: datetime | None = None
) -> tuple[models.TeamToken, str]:
    """A new credential for a program, and its secret, which can never be shown again. Announces TeamTokenMade."""
    secret = make_secret("team")
    token = models.TeamToken.objects.create(
        owner=owner,
        name=name,
        scopes=scopes,
        expires_at=expires_at,
        digest=secret.digest,
        pepper_id=secret.pepper_id,
        hint=secret.hint,
        created_at=now(),
    )
    record(events.TeamTokenMade(token_id=token.pk, name=name, scopes=scopes), actor=as_team(owner))
    return token, secret.text


@transaction.atomic
def revoke_token(*, token: models.TeamToken, actor: str = "") -> None:
    """End a credential; it is refused everywhere within a second. Announces TeamTokenRevoked, once."""
    if models.TeamToken.objects.filter(pk=token.pk, revoked_at=None).update(revoked_at=now()):
        record(events.TeamTokenRevoked(token_id=token.pk, name=token.name), actor=actor)
