"""Finishing to set up, the profile, and invitations to join."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from posthouse.foundation.clock import now
from posthouse.people import access, actions, invited, models, queries
from posthouse.people.forms.accounts import ProfileForm, WelcomeForm
from posthouse.people.forms.portal import OrganisationForm


@access.signed_in
def welcome(request: access.SignedInRequest) -> HttpResponse:
    """Right after confirming: the organisation and the profile. Once both are there it leads on to the home page."""
    contact = queries.contact_of(request.user)
    if contact is None:
        if queries.team_member(request.user):
            return redirect("home")
        contact = actions.open_account(user=request.user)
    _join_remembered(request, contact)
    has_customer = contact.memberships.exists()
    if has_customer and contact.job_role and contact.use_case:
        return redirect("home")
    form = WelcomeForm(request.POST or None, initial=_known(request, contact), has_customer=has_customer)
    if request.method == "POST" and form.is_valid():
        _save(request, contact, form.cleaned_data)
        if organisation := form.cleaned_data.get("organisation"):
            founded = actions.found_customer(name=organisation, owner=contact, channel=contact.channel)
            access.remember_customer(request, founded.pk)
        return redirect("home")
    invitations = queries.invitations_for(contact.email)
    return render(
        request,
        "people/welcome.html",
        {"form": form, "invitations": invitations, "memberships": queries.memberships(request.user)},
    )


@access.signed_in
def profile(request: access.SignedInRequest) -> HttpResponse:
    """What a person tells of itself."""
    contact = queries.contact_of(request.user) or actions.open_account(user=request.user)
    form = ProfileForm(request.POST or None, initial=_known(request, contact))
    if request.method == "POST" and form.is_valid():
        _save(request, contact, form.cleaned_data)
        with translation.override(form.cleaned_data["language"]):
            messages.success(request, _("Your profile is saved."))
        return redirect("portal-profile")
    return render(
        request, "people/profile.html", {"form": form, "contact": contact, "memberships": queries.customers_of(contact)}
    )


@access.signed_in
def customers(request: access.SignedInRequest) -> HttpResponse:
    """All customers somebody belongs to, to change between them, and a form to found another."""
    contact = queries.contact_of(request.user) or actions.open_account(user=request.user)
    form = OrganisationForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        founded = actions.found_customer(name=form.cleaned_data["name"], owner=contact, channel=contact.channel)
        access.remember_customer(request, founded.pk)
        return redirect("home")
    current = access.current_membership(request)
    return render(
        request,
        "people/customers.html",
        {
            "form": form,
            "memberships": queries.memberships(request.user),
            "current": current,
            "invitations": queries.invitations_for(contact.email),
        },
    )


@access.signed_in
@require_POST
def switch_customer(request: access.SignedInRequest, customer_id: str) -> HttpResponse:
    """Make a customer the one that the home page shows."""
    if queries.membership(request.user, customer_id) is None:
        raise Http404
    access.remember_customer(request, customer_id)
    return redirect("home")


@access.public
@never_cache
def invitation(request: HttpRequest, secret: str) -> HttpResponse:
    """Where an invitation's link leads: sign up, sign in, or join; POST joins."""
    found = queries.invitation_by_secret(secret)
    if found is None:
        return render(request, "people/invitation.html", {"state": "unknown"}, status=404)
    contact = queries.contact_of(request.user)
    state = _state(request, found, contact)
    if state == "join" and request.method == "POST" and contact:
        return _accept(request, found, contact)
    if state == "sign-in":
        invited.remember(request, secret)
    has_login = models.User.objects.filter(email=found.email).exists()
    return render(
        request,
        "people/invitation.html",
        {"state": state, "invitation": found, "has_login": has_login},
        status=410 if state in {"expired", "closed"} else 200,
    )


@access.signed_in
@require_POST
def join(request: access.SignedInRequest, invitation_id: str) -> HttpResponse:
    """Accept an invitation for one's own address, which is confirmed."""
    contact = queries.contact_of(request.user)
    found = queries.invitations_for(request.user.email).filter(pk=invitation_id).first() if contact else None
    if found is None or contact is None:
        raise Http404
    return _accept(request, found, contact)


def _state(request: HttpRequest, found: models.Invitation, contact: models.Contact | None) -> str:
    if found.accepted_at and contact and contact.email == found.email:
        return "joined"
    if not found.is_open(now()):
        return "closed" if found.accepted_at or found.withdrawn_at else "expired"
    if not request.user.is_authenticated:
        return "sign-in"
    return "join" if contact and contact.email == found.email else "wrong-address"


def _accept(request: HttpRequest, found: models.Invitation, contact: models.Contact) -> HttpResponse:
    try:
        actions.accept_invitation(invitation=found, contact=contact)
    except actions.Refused as refused:
        messages.error(request, str(refused))
        return redirect("portal-customers")
    invited.forget(request)
    access.remember_customer(request, found.customer_id)
    messages.success(request, _("You now belong to %(customer)s.") % {"customer": found.customer.name})
    return redirect("welcome")


def _join_remembered(request: access.SignedInRequest, contact: models.Contact) -> None:
    """Whoever signed up or in after following an invitation for this very address joins without another click."""
    found = invited.open_invitation(request, contact.email)
    if found:
        actions.accept_invitation(invitation=found, contact=contact)
        access.remember_customer(request, found.customer_id)
    invited.forget(request)


def _known(request: access.SignedInRequest, contact: models.Contact) -> dict[str, Any]:
    return {
        "name": contact.name,
        "job_role": contact.job_role,
        "use_case": contact.use_case,
        "language": request.user.language or translation.get_language(),
        "time_zone": request.user.time_zone,
    }


def _save(request: HttpRequest, contact: models.Contact, given: dict[str, Any]) -> None:
    names = ("name", "job_role", "use_case", "language", "time_zone")
    actions.save_profile(contact=contact, **{name: given[name] for name in names})
