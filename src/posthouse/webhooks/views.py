"""Desk pages about webhooks: subscriptions, what was sent to each, and what it answered."""

import json

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from posthouse.foundation.clock import now
from posthouse.foundation.paging import page_of
from posthouse.people import access
from posthouse.people.access import TeamRole
from posthouse.people.actions import as_team
from posthouse.webhooks import actions, forms, queries
from posthouse.webhooks.models import Delivery, DeliveryState, OffReason, Subscription

Request = access.TeamRequest
MAKERS = (TeamRole.ADMIN, TeamRole.ENGINEER)
"""Who may send what the house knows to another place."""
LOST = (DeliveryState.FAILED, DeliveryState.DROPPED)


@access.team()
@require_GET
def webhooks(request: Request) -> HttpResponse:
    """All subscriptions, and which of them take nothing."""
    rows = list(queries.subscriptions())
    counts = queries.state_counts([row.pk for row in rows])
    shown = [(row, counts[row.pk].get("delivered", 0), _lost(counts[row.pk])) for row in rows]
    return render(request, "webhooks/webhooks.html", {"rows": shown, "may_write": _may_write(request)})


@access.team(*MAKERS)
@never_cache
def new(request: Request) -> HttpResponse:
    """Subscribe an address; the secret is in the answer to the form and nowhere else."""
    form = forms.WebhookForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        try:
            row = actions.subscribe(
                url=given["url"],
                events_=given["events"],
                campaign_ids=given.get("campaign_ids", []),
                description=given["description"],
                actor=as_team(request.member),
            )
        except actions.Refused as refused:
            form.take(refused)
        else:
            return render(request, "webhooks/secret.html", {"webhook": row, "secret": row.secret})
    return render(request, "webhooks/new.html", {"form": form}, status=422 if form.errors else 200)


@access.team()
@require_GET
def one(request: Request, webhook_id: str) -> HttpResponse:
    """One subscription with its deliveries, newest first."""
    row = _webhook(webhook_id)
    form = forms.DeliveryFilter(request.GET)
    given = form.given()
    names = queries.campaign_names() if row.campaign_ids else {}
    context = {
        "webhook": row,
        "campaigns": [names.get(id_, id_) for id_ in row.campaign_ids],
        "old_secret_works": len(row.secrets(now())) > 1,
        "may_write": _may_write(request),
        "filter": form,
        "narrowed": any(given.values()),
        "page": page_of(request, queries.deliveries(row, **given)),
        "lost": _lost(queries.state_counts([row.pk])[row.pk]),
    }
    return render(request, "webhooks/webhook.html", context)


@access.team(*MAKERS)
def edit(request: Request, webhook_id: str) -> HttpResponse:
    """Another address, other events."""
    row = _webhook(webhook_id)
    form = forms.WebhookForm(request.POST if request.method == "POST" else None, subscription=row)
    if request.method == "POST" and form.is_valid():
        try:
            actions.change_subscription(subscription=row, actor=as_team(request.member), **form.cleaned_data)
        except actions.Refused as refused:
            form.take(refused)
        else:
            messages.success(request, _("Saved."))
            return redirect("desk-webhook", row.pk)
    status = 422 if form.errors else 200
    return render(request, "webhooks/edit.html", {"form": form, "webhook": row}, status=status)


@access.team(*MAKERS)
@require_POST
def test(request: Request, webhook_id: str) -> HttpResponse:
    """Send an example, and show what comes of it."""
    row = _webhook(webhook_id)
    try:
        sent = actions.send_test(subscription=row)
    except actions.Refused as refused:
        messages.error(request, str(refused))
        return redirect("desk-webhook", row.pk)
    return redirect("desk-webhook-delivery", row.pk, sent.pk)


@access.team(*MAKERS)
@require_POST
def switch(request: Request, webhook_id: str) -> HttpResponse:
    """Off, or on again."""
    row, actor = _webhook(webhook_id), as_team(request.member)
    if row.off_at is None:
        actions.switch_off(subscription=row, reason=OffReason.TEAM, actor=actor)
        messages.success(
            request, _("“%(name)s” is switched off. What happens until it is on is not told later.") % _of(row)
        )
    else:
        actions.switch_on(subscription=row, actor=actor)
        messages.success(request, _("“%(name)s” is switched on.") % _of(row))
    return redirect("desk-webhook", row.pk)


@access.team(*MAKERS)
@never_cache
def rotate(request: Request, webhook_id: str) -> HttpResponse:
    """A new secret, shown once."""
    row = _webhook(webhook_id)
    form = forms.RotateForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        row = actions.rotate_secret(subscription=row, overlap=form.overlap(), actor=as_team(request.member))
        return render(request, "webhooks/secret.html", {"webhook": row, "secret": row.secret})
    status = 422 if form.errors else 200
    return render(request, "webhooks/rotate.html", {"form": form, "webhook": row}, status=status)


@access.team(*MAKERS)
def delete(request: Request, webhook_id: str) -> HttpResponse:
    """Tell it nothing any more; asked once more before."""
    row = _webhook(webhook_id)
    if request.method != "POST":
        return render(request, "webhooks/delete.html", {"webhook": row})
    actions.remove_subscription(subscription=row, actor=as_team(request.member))
    messages.success(request, _("“%(name)s” is deleted.") % _of(row))
    return redirect("desk-webhooks")


@access.team(*MAKERS)
@require_POST
def again(request: Request, webhook_id: str) -> HttpResponse:
    """Send everything again that was given up or not sent."""
    row = _webhook(webhook_id)
    count = actions.redeliver_failed(subscription=row)
    said = ngettext("%(count)s delivery is sent again.", "%(count)s deliveries are sent again.", count)
    messages.success(request, said % {"count": count})
    return redirect("desk-webhook", row.pk)


@access.team()
@require_GET
def delivery(request: Request, webhook_id: str, delivery_id: str) -> HttpResponse:
    """One delivery: what is sent, and what was answered each time; htmx asks anew while it is under way."""
    row = _delivery(webhook_id, delivery_id)
    context = {
        "delivery": row,
        "webhook": row.subscription,
        "attempts": list(queries.attempts(row)),
        "is_going": row.state == DeliveryState.CLAIMED or (row.state == DeliveryState.DUE and row.due_at <= now()),
        "may_write": _may_write(request),
    }
    if request.headers.get("HX-Request"):
        return render(request, "webhooks/_attempts.html", context)
    body = json.dumps(json.loads(row.body), indent=2, ensure_ascii=False) if row.body else ""
    return render(request, "webhooks/delivery.html", context | {"body": body})


@access.team(*MAKERS)
@require_POST
def redeliver(request: Request, webhook_id: str, delivery_id: str) -> HttpResponse:
    """Send it once more."""
    row = _delivery(webhook_id, delivery_id)
    try:
        actions.redeliver(delivery=row)
    except actions.Refused as refused:
        messages.error(request, str(refused))
    return redirect("desk-webhook-delivery", webhook_id, row.pk)


def _may_write(request: Request) -> bool:
    return request.member.role in MAKERS


def _lost(counts: dict[str, int]) -> int:
    return sum(counts.get(state, 0) for state in LOST)


def _of(row: Subscription) -> dict[str, str]:
    return {"name": str(row)}


def _webhook(webhook_id: str) -> Subscription:
    found = queries.subscription(webhook_id)
    if found is None:
        raise Http404
    return found


def _delivery(webhook_id: str, delivery_id: str) -> Delivery:
    found = queries.delivery(delivery_id)
    if found is None or found.subscription_id != webhook_id:
        raise Http404
    return found
