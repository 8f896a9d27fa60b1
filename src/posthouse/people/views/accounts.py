"""Pages around signing in that django-allauth has no view for, or a view that does too little."""

from typing import Any

from allauth.account import views as allauth
from allauth.account.adapter import get_adapter
from allauth.account.internal.flows.email_verification import send_verification_email_to_address
from allauth.account.models import EmailAddress
from allauth.core import ratelimit
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from posthouse.people import access, invited
from posthouse.people.forms.accounts import ResendForm


class Signup(allauth.SignupView):  # type: ignore[misc]  # django-allauth has no types
    """Sign-up, with the address of an invitation filled in."""

    def get_initial(self) -> dict[str, Any]:
        """The invited address."""
        address = invited.address(self.request)
        initial: dict[str, Any] = super().get_initial()
        return initial | ({"email": address} if address else {})

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Shown beside the field: for whom the invitation is."""
        context: dict[str, Any] = super().get_context_data(**kwargs)
        return context | {"invited_address": invited.address(self.request)}


class NewPassword(allauth.PasswordResetFromKeyView):  # type: ignore[misc]  # django-allauth has no types
    """Choosing a password from the link of a mail, which proves the address as well as a confirmation would."""

    def form_valid(self, form: Any) -> HttpResponse:
        """Confirm the address, then set the password."""
        user = self.reset_user
        unproved = EmailAddress.objects.filter(user=user, email=user.email, verified=False).first()
        if unproved:
            get_adapter().confirm_email(self.request, unproved)
        response: HttpResponse = super().form_valid(form)
        return response


@access.public
def check_mail(request: HttpRequest) -> HttpResponse:
    """What to do after signing up. Says the same whether or not the address had an account."""
    address = request.session.get("mail_sent_to", "")
    return render(
        request, "account/verification_sent.html", {"address": address, "form": ResendForm(initial={"email": address})}
    )


@access.public
@require_POST
def resend_confirmation(request: HttpRequest) -> HttpResponse:
    """Send the confirmation again: to an account that waits for it; others get the mail that fits them.

    The answer is the same for every address, and every address gets one mail at most every three minutes.
    """
    too_many: HttpResponse | None = ratelimit.consume_or_429(request, action="resend")
    if too_many:
        return too_many
    form = ResendForm(request.POST)
    if not form.is_valid():
        return render(request, "account/verification_sent.html", {"form": form})
    email = form.cleaned_data["email"]
    request.session["mail_sent_to"] = email
    _send_what_fits(request, email)
    return redirect("account_email_verification_sent")


def _send_what_fits(request: HttpRequest, email: str) -> None:
    known = EmailAddress.objects.filter(email=email).select_related("user").first()
    nobody = EmailAddress(user=None, email=email)
    if known and not known.verified:
        send_verification_email_to_address(request, known)
    else:
        send_verification_email_to_address(request, nobody, signup=known is not None)


@access.public
def too_many_requests(request: HttpRequest, exception: Any = None) -> HttpResponse:
    """A limit on attempts was reached."""
    return render(request, "people/too_many.html", status=429)
