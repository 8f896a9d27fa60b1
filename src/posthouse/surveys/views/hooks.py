"""Desk pages about the incoming webhook of a campaign: its address, what is read out of a delivery, what came."""

from typing import Any

import msgspec
from django.contrib import messages as flash
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from posthouse.foundation.clock import now
from posthouse.foundation.paging import page_of
from posthouse.people import access
from posthouse.people.actions import as_team
from posthouse.surveys import actions, queries
from posthouse.surveys.forms.hooks import HookForm, RotateHookForm
from posthouse.surveys.hooks import samples, signing
from posthouse.surveys.hooks.mapping import check_mapping, read
from posthouse.surveys.models import Campaign, Hook

Request = access.TeamRequest


@access.team()
@require_GET
def hook(request: Request, campaign_id: str) -> HttpResponse:
    """The address, how it is set up, and the last deliveries with what became of them."""
    campaign, found = _found(campaign_id)
    context: dict[str, Any] = {"campaign": campaign, "hook": found, "may_write": access.may_write(request)}
    if found:
        context |= {
            "address": samples.address(found),
            "old_works": bool(found.old_ends_at and now() < found.old_ends_at),
            "page": page_of(request, queries.deliveries(found)),
        }
    return render(request, "surveys/hook.html", context)


@access.team(*access.TEAM_WRITERS)
@never_cache
@require_http_methods(["GET", "POST"])
def edit(request: Request, campaign_id: str) -> HttpResponse:
    """Where everything stands. POST with `act`: try (on a payload) or save; a new one shows its secret, once."""
    campaign, found = _found(campaign_id)
    form = HookForm(request.POST) if request.method == "POST" else HookForm.of(found) if found else HookForm()
    tried = None
    if request.method == "POST" and form.is_valid():
        try:
            if request.POST.get("act") != "try":
                return _save(request, campaign, found, form)
            tried = _try(form)
        except actions.Invalid as fault:
            form.take_fault(fault)
        except actions.Refused as refused:
            form.add_error(None, str(refused))
    context = {"campaign": campaign, "hook": found, "form": form, "tried": tried}
    return render(request, "surveys/hook_edit.html", context, status=422 if form.errors else 200)


def _save(request: Request, campaign: Campaign, found: Hook | None, form: HookForm) -> HttpResponse:
    changes = {"mapping": form.mapping(), "signing": form.cleaned_data["signing"]}
    if found is None:
        made = actions.make_hook(campaign=campaign, actor=as_team(request.member), **changes)
        return _secret(request, campaign, made)
    actions.change_hook(hook=found, actor=as_team(request.member), **changes)
    flash.success(request, _("Saved. It holds for what comes from now on."))
    return redirect("desk-survey-hook", campaign.pk)


def _try(form: HookForm) -> Any:
    text = form.cleaned_data["payload"]
    if not text.strip():
        form.add_error("payload", _("Put a payload here to try it on."))
        return None
    return read(check_mapping(form.mapping()), msgspec.json.decode(text.encode("utf-8", "replace")))


@access.team(*access.TEAM_WRITERS)
@never_cache
@require_http_methods(["GET", "POST"])
def rotate(request: Request, campaign_id: str) -> HttpResponse:
    """A new secret, shown once in the answer to the POST."""
    campaign, found = _found(campaign_id)
    if found is None:
        raise Http404
    form = RotateHookForm(request.POST if request.method == "POST" else None, initial={"replacing": found.turn})
    if request.method == "POST" and form.is_valid():
        try:
            changed = actions.rotate_hook(
                hook=found,
                overlap=form.overlap(),
                replacing=form.cleaned_data["replacing"],
                actor=as_team(request.member),
            )
        except actions.Refused as refused:
            flash.error(request, str(refused))
            return redirect("desk-survey-hook", campaign.pk)
        return _secret(request, campaign, changed)
    status = 422 if form.errors else 200
    return render(
        request, "surveys/hook_rotate.html", {"campaign": campaign, "hook": found, "form": form}, status=status
    )


@access.team(*access.TEAM_WRITERS)
@require_http_methods(["GET", "POST"])
def remove(request: Request, campaign_id: str) -> HttpResponse:
    """Ask once, then take the address away."""
    campaign, found = _found(campaign_id)
    if found is None:
        raise Http404
    if request.method == "POST":
        actions.remove_hook(hook=found, actor=as_team(request.member))
        flash.success(request, _("The address is gone. What was asked stays."))
        return redirect("desk-survey-hook", campaign.pk)
    return render(request, "surveys/hook_remove.html", {"campaign": campaign, "hook": found})


def _secret(request: Request, campaign: Campaign, found: Hook) -> HttpResponse:
    secret = signing.secret_of(found)
    context = {
        "campaign": campaign,
        "hook": found,
        "secret": secret,
        "address": samples.address(found),
        "sample": samples.sample(found, secret),
        "old_works": bool(found.old_ends_at and now() < found.old_ends_at),
    }
    return render(request, "surveys/hook_secret.html", context)


def _found(campaign_id: str) -> tuple[Campaign, Hook | None]:
    campaign = queries.campaign(campaign_id)
    if campaign is None:
        raise Http404
    return campaign, queries.hook_of(campaign)
