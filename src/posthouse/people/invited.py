"""The invitation somebody came with, remembered in the session until it is accepted."""

from django.http import HttpRequest

from posthouse.foundation.clock import now
from posthouse.people import models, queries
from posthouse.people.models import normal_email

SESSION_KEY = "invitation_secret"


def remember(request: HttpRequest, secret: str) -> None:
    """Keep the link's secret while the person signs up or in."""
    request.session[SESSION_KEY] = secret


def forget(request: HttpRequest) -> None:
    """It was accepted, or cannot be."""
    request.session.pop(SESSION_KEY, None)


def open_invitation(request: HttpRequest, email: str) -> models.Invitation | None:
    """The remembered invitation, if it is open and for this address."""
    invitation = queries.invitation_by_secret(request.session.get(SESSION_KEY, ""))
    if invitation and invitation.is_open(now()) and invitation.email == normal_email(email):
        return invitation
    return None


def address(request: HttpRequest) -> str:
    """Which address the remembered open invitation is for; empty without one."""
    invitation = queries.invitation_by_secret(request.session.get(SESSION_KEY, ""))
    return invitation.email if invitation and invitation.is_open(now()) else ""
