"""Desk pages about a customer's keys: look, limit, revoke."""

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from posthouse.foundation.clock import now
from posthouse.keys import actions, forms, models, queries
from posthouse.people import access
from posthouse.people.actions import as_team

Request = access.TeamRequest


@access.team()
@require_GET
def one(request: Request, customer_id: str, key_id: str) -> HttpResponse:
    """One key of a customer, with the forms that the role allows."""
    key = _find(customer_id, key_id)
    return _page(request, key, forms.TeamRevokeForm(), forms.limit_rows(key.limits))


@access.team(*access.TEAM_WRITERS)
@require_POST
def limit(request: Request, customer_id: str, key_id: str) -> HttpResponse:
    """Give a key limits of its own, or with no row those of its environment."""
    key = _find(customer_id, key_id)
    rows = forms.limit_rows(key.limits, request.POST)
    if not rows.is_valid():
        return _page(request, key, forms.TeamRevokeForm(), rows, status=422)
    try:
        actions.change_key(key=key, limits=rows.limits, actor=as_team(request.member))
        messages.success(request, _("Saved. The new limits hold at every verifier within a second."))
    except actions.KeyNotUsable:
        messages.warning(request, _("This key has ended, so its limits do not matter any more."))
    return redirect("desk-key", customer_id, key_id)


@access.team(*access.TEAM_WRITERS)
@require_POST
def revoke(request: Request, customer_id: str, key_id: str) -> HttpResponse:
    """End a customer's key, with a reason that the customer reads."""
    key = _find(customer_id, key_id)
    form = forms.TeamRevokeForm(request.POST)
    if not form.is_valid():
        return _page(request, key, form, forms.limit_rows(key.limits), status=422)
    actions.revoke_key(key=key, reason=form.cleaned_data["reason"], actor=as_team(request.member))
    messages.success(request, _("“%(name)s” is revoked.") % {"name": key.name})
    return redirect("desk-key", customer_id, key_id)


def _find(customer_id: str, key_id: str) -> models.Key:
    key = queries.one_of(customer_id, key_id)
    if key is None:
        raise Http404
    return key


def _page(
    request: Request, key: models.Key, revoking: forms.TeamRevokeForm, rows: forms.LimitRows, status: int = 200
) -> HttpResponse:
    moment = now()
    context = {
        "key": key,
        "state": key.state(moment),
        "secrets": key.live_secrets(moment),
        "limits": queries.limits_of(key),
        "own_limits": bool(key.limits),
        "revoking": revoking,
        "rows": rows,
        "may_write": request.member.role in access.TEAM_WRITERS,
    }
    return render(request, "keys/desk_key.html", context, status=status)
