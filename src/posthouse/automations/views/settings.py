"""Caps, quiet hours and spreading, for all automations together."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from posthouse.automations import actions, figures, queries
from posthouse.automations.forms import SettingsForm
from posthouse.automations.views.common import Request, actor_of
from posthouse.people import access


@access.team(access.TeamRole.ADMIN)
@require_http_methods(["GET", "POST"])
def settings(request: Request) -> HttpResponse:
    """One form."""
    form = SettingsForm(request.POST or None, instance=queries.settings())
    if request.method == "POST" and form.is_valid():
        actions.change_settings(actor=actor_of(request), **form.cleaned_data)
        messages.success(request, _("Saved. It holds from the next message on."))
        return redirect("desk-automation-settings")
    context = {"form": form, "counts": figures.counts()}
    return render(request, "automations/settings.html", context, status=422 if form.errors else 200)
