"""The portal's page about the people of a customer."""

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from posthouse.foundation.clock import now
from posthouse.people import access, actions, models, queries
from posthouse.people.forms.portal import InviteForm, RoleForm
from posthouse.people.models import Role, as_contact


@access.customer()
def people(request: access.CustomerRequest) -> HttpResponse:
    """Who belongs to the customer and who was invited."""
    return _page(request, InviteForm())


@access.customer(Role.OWNER)
@require_POST
def invite(request: access.CustomerRequest) -> HttpResponse:
    """Ask somebody to join."""
    form = InviteForm(request.POST)
    if form.is_valid():
        try:
            actions.invite_member(customer=request.customer, by=request.contact, **form.cleaned_data)
        except actions.Refused as refused:
            form.add_error("email", str(refused))
        else:
            messages.success(request, _("The invitation is on its way to %(email)s.") % form.cleaned_data)
            return _back(request)
    return _page(request, form, status=422)


@access.customer(Role.OWNER)
@require_POST
def resend(request: access.CustomerRequest, invitation_id: str) -> HttpResponse:
    """Send an invitation again, with a new link."""
    found = _invitation(request, invitation_id)
    try:
        actions.resend_invitation(invitation=found, actor=as_contact(request.contact))
    except actions.Refused as refused:
        messages.error(request, str(refused))
    else:
        messages.success(request, _("A new link is on its way to %(email)s.") % {"email": found.email})
    return _back(request)


@access.customer(Role.OWNER)
@require_POST
def withdraw(request: access.CustomerRequest, invitation_id: str) -> HttpResponse:
    """End an open invitation."""
    found = _invitation(request, invitation_id)
    actions.withdraw_invitation(invitation=found, actor=as_contact(request.contact))
    messages.success(request, _("The invitation of %(email)s is withdrawn.") % {"email": found.email})
    return _back(request)


@access.customer(Role.OWNER)
@require_POST
def change_role(request: access.CustomerRequest, membership_id: str) -> HttpResponse:
    """Give a member another role."""
    found = _membership(request, membership_id)
    form = RoleForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("There is no such role."))
        return _back(request)
    try:
        actions.change_role(membership=found, role=form.cleaned_data["role"], actor=as_contact(request.contact))
    except actions.Refused as refused:
        messages.error(request, str(refused))
    else:
        messages.success(request, _("The role of %(name)s is changed.") % {"name": found.contact})
    return _back(request)


@access.customer(Role.OWNER)
def remove(request: access.CustomerRequest, membership_id: str) -> HttpResponse:
    """Take a member away; asked once more before."""
    found = _membership(request, membership_id)
    if request.method != "POST":
        return render(request, "people/remove_member.html", {"membership": found})
    try:
        actions.remove_member(membership=found, actor=as_contact(request.contact))
    except actions.Refused as refused:
        messages.error(request, str(refused))
    else:
        messages.success(request, _("%(name)s is no longer a member.") % {"name": found.contact})
    return _back(request)


@access.customer()
def leave(request: access.CustomerRequest) -> HttpResponse:
    """End one's own membership; asked once more before."""
    if request.method != "POST":
        return render(request, "people/leave.html", {"membership": request.membership})
    try:
        actions.leave_customer(membership=request.membership)
    except actions.Refused as refused:
        messages.error(request, str(refused))
        return _back(request)
    messages.success(request, _("You left %(customer)s.") % {"customer": request.customer})
    return redirect("portal-customers")


def _page(request: access.CustomerRequest, form: InviteForm, status: int = 200) -> HttpResponse:
    return render(
        request,
        "people/people.html",
        {
            "form": form,
            "members": list(queries.members(request.customer)),
            "invitations": list(queries.open_invitations(request.customer)),
            "now": now(),
            "may_manage": request.membership.role == Role.OWNER,
            "roles": Role.choices,
        },
        status=status,
    )


def _back(request: access.CustomerRequest) -> HttpResponse:
    return redirect("portal-people", customer_id=request.customer.pk)


def _membership(request: access.CustomerRequest, membership_id: str) -> models.Membership:
    found = queries.members(request.customer).filter(pk=membership_id).first()
    if found is None:
        raise Http404
    return found


def _invitation(request: access.CustomerRequest, invitation_id: str) -> models.Invitation:
    found = queries.invitation(invitation_id, request.customer)
    if found is None:
        raise Http404
    return found
