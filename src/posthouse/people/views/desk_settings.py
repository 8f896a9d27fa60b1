"""The desk's settings page: what the portal and the mail say and look like."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from posthouse.people import access
from posthouse.people.forms.settings import SettingsForm
from posthouse.people.models import TeamRole, as_team
from posthouse.vendor import actions as vendor


@access.team(TeamRole.ADMIN)
def settings(request: access.TeamRequest) -> HttpResponse:
    """Name, look and addresses of the vendor."""
    form = SettingsForm(request.POST, request.FILES) if request.method == "POST" else SettingsForm.of_vendor()
    if request.method == "POST" and form.is_valid():
        try:
            vendor.describe_vendor(actor=as_team(request.member), **form.changes())
        except ValidationError as error:
            form.add_error(None, error)
        else:
            messages.success(request, _("Saved. Every page shows it within five seconds."))
            return redirect("desk-settings")
    return render(request, "people/desk_settings.html", {"form": form})
