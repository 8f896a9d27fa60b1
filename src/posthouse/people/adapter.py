"""How django-allauth speaks with the house: its mail goes through messages, links name the public address."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.models import EmailAddress
from django.conf import settings
from django.db import transaction
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from posthouse.messages.actions import send_mail
from posthouse.people import actions, queries

SHOWN = ("activate_url", "password_reset_url", "signup_url")
"""What our mail templates need of the context that django-allauth gives; all are addresses of ours."""


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]  # django-allauth has no types
    """Sends mail as message rows, so that it is retried and logged like any other."""

    error_messages = DefaultAccountAdapter.error_messages | {
        "email_password_mismatch": _("Address and password do not fit together. Check both, or choose a new password."),
        "too_many_login_attempts": _("Too many attempts. Wait a few minutes, or choose a new password."),
        "enter_current_password": _("This is not your current password."),
    }

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Called by django-allauth for every mail it sends: `account/email/<name>` becomes `people/<name>`."""
        contact = queries.contact_by_email(email)
        send_mail(
            template=f"people/{template_prefix.rpartition('/')[2]}",
            to=email,
            language=queries.language_of(email) or get_language() or "",
            context={name: _public(str(context[name])) for name in SHOWN if name in context},
            contact_id=contact.pk if contact else "",
            forget_when_sent="activate_url" in context or "password_reset_url" in context,
        )

    @transaction.atomic
    def confirm_email(self, request: HttpRequest, email_address: EmailAddress) -> bool:
        """The link was followed and its button pressed. Announces EmailConfirmed in the same transaction."""
        confirmed: bool = super().confirm_email(request, email_address)
        if confirmed:
            actions.confirm_email(user=email_address.user)
        return confirmed

    def get_login_redirect_url(self, request: HttpRequest) -> str:
        """To the desk, to the customer, or to what is left to set up."""
        return landing_path(request)

    def get_email_verification_redirect_url(self, email_address: EmailAddress) -> str:
        """In another browser than the one of the sign-up, the person signs in first."""
        return landing_path(self.request) if self.request.user.is_authenticated else reverse("account_login")

    def get_password_change_redirect_url(self, request: HttpRequest) -> str:
        """Back to the profile."""
        return reverse("portal-profile")


def landing_path(request: HttpRequest) -> str:
    """Where somebody who has just signed in wants to be."""
    if queries.memberships(request.user).exists() or queries.team_member(request.user):
        return reverse("home")
    return reverse("welcome")


def _public(address: str) -> str:
    """The address under the name the vendor chose for the house, whatever host the request named."""
    path = address.partition("://")[2].partition("/")[2]
    return f"{settings.PUBLIC_URL}/{path}"
