"""Portal pages about a customer's keys."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from posthouse.foundation.clock import now
from posthouse.keys import actions, forms, models, queries
from posthouse.people import access
from posthouse.people.actions import as_contact

ENDED_SHOWN = 50
Request = access.CustomerRequest


@access.customer()
@require_GET
def list_keys(request: Request) -> HttpResponse:
    """All keys by environment, those that have ended below."""
    moment = now()
    keys = list(queries.active_of(request.customer.pk))
    ended = queries.ended_of(request.customer.pk)[: ENDED_SHOWN + 1]
    context = {
        "environments": [
            (name, label, [_shown(key, moment) for key in keys if key.environment == name])
            for name, label in models.Environment.choices
        ],
        "ended": [_shown(key, moment) for key in ended[:ENDED_SHOWN]],
        "more_ended": len(ended) > ENDED_SHOWN,
        "may_write": may_write(request),
    }
    return render(request, "keys/list.html", context)


@access.customer(*access.WRITERS)
@require_http_methods(["GET", "POST"])
def create(request: Request) -> HttpResponse:
    """Make a key; the answer to the POST itself shows the secret, so that it is kept nowhere."""
    asked = request.GET.get("environment")
    initial = {"environment": asked} if asked in models.Environment.values else {}
    form = forms.NewKeyForm(_sent(request), initial=initial)
    if not form.is_valid():
        return render(request, "keys/create.html", {"form": form}, status=422 if form.is_bound else 200)
    try:
        key, secret = actions.create_key(
            customer_id=request.customer.pk,
            environment=form.cleaned_data["environment"],
            once=f"web:{form.cleaned_data['once']}",
            **form.changes(),
            **_by(request),
        )
    except actions.TooManyKeys:
        form.add_error(None, _("There are %(count)d active keys. Revoke one first.") % {"count": actions.MAX_ACTIVE})
        return render(request, "keys/create.html", {"form": form}, status=422)
    if not secret:
        return _already_shown(request, key)
    return _show_secret(request, key, secret, "created")


@access.customer()
@require_GET
def one(request: Request, key_id: str) -> HttpResponse:
    """One key with its secrets' hints, limits and ends."""
    key = find(request.customer.pk, key_id)
    return render(request, "keys/one.html", _shown(key, now()) | {"may_write": may_write(request)})


@access.customer(*access.WRITERS)
@require_http_methods(["GET", "POST"])
def edit(request: Request, key_id: str) -> HttpResponse:
    """Change name, scopes, expiry and networks."""
    key = find(request.customer.pk, key_id)
    form = forms.EditKeyForm(_sent(request), key=key)
    if not form.is_valid():
        context = {"form": form, "key": key}
        return render(request, "keys/edit.html", context, status=422 if form.is_bound else 200)
    return _done(request, key, lambda: actions.change_key(key=key, **form.changes(), **_by(request)), _("Saved."))


@access.customer(*access.WRITERS)
@require_http_methods(["GET", "POST"])
def rotate(request: Request, key_id: str) -> HttpResponse:
    """Give the key a new secret, shown once in the answer to the POST."""
    key = find(request.customer.pk, key_id)
    newest = key.secrets.filter(ends_at=None).first()
    form = forms.RotateForm(_sent(request), initial={"replacing": newest.pk if newest else ""})
    if not form.is_valid():
        context = _shown(key, now()) | {"form": form}
        return render(request, "keys/rotate.html", context, status=422 if form.is_bound else 200)
    try:
        key, secret = actions.rotate_key(
            key=key, overlap=form.duration, replacing=form.cleaned_data["replacing"], **_by(request)
        )
    except actions.AlreadyRotated:
        return _already_shown(request, key)
    except actions.KeyNotUsable:
        return _has_ended(request, key)
    return _show_secret(request, key, secret, "rotated")


@access.customer(*access.WRITERS)
@require_http_methods(["GET", "POST"])
def revoke(request: Request, key_id: str) -> HttpResponse:
    """Ask once, naming what will happen, then end the key."""
    key = find(request.customer.pk, key_id)
    form = forms.RevokeForm(_sent(request))
    if not form.is_valid():
        context = _shown(key, now()) | {"form": form}
        return render(request, "keys/revoke.html", context, status=422 if form.is_bound else 200)
    actions.revoke_key(key=key, reason=form.cleaned_data["reason"], **_by(request))
    messages.success(request, _("“%(name)s” is revoked.") % {"name": key.name})
    return redirect("portal-key", request.customer.pk, key.pk)


def may_write(request: Request) -> bool:
    """Whether the person may make and change keys, or only look at them."""
    return request.membership.role in access.WRITERS


def find(customer_id: str, key_id: str) -> models.Key:
    """The customer's key; everybody else's is 404."""
    key = queries.one_of(customer_id, key_id)
    if key is None:
        raise Http404
    return key


def _sent(request: Request) -> Any:
    """The form as sent, however empty; None when nothing was."""
    return request.POST if request.method == "POST" else None


def _shown(key: models.Key, moment: Any) -> dict[str, Any]:
    """A key as the pages show it."""
    return {
        "key": key,
        "state": key.state(moment),
        "secrets": key.live_secrets(moment),
        "limits": queries.limits_of(key),
        "at": moment,
    }


def _by(request: Request) -> dict[str, Any]:
    return {"actor": as_contact(request.contact), "contact_id": request.contact.pk}


def _show_secret(request: Request, key: models.Key, secret: str, what: str) -> HttpResponse:
    """The only page that ever carries the secret; no cache keeps it, and sending the form again does not repeat it."""
    context = _shown(key, now()) | {"secret": secret, "what": what}
    response = render(request, "keys/secret.html", context)
    response.headers["Cache-Control"] = "no-store"
    return response


def _already_shown(request: Request, key: models.Key) -> HttpResponse:
    messages.info(
        request,
        _("This was done already, and its secret was shown then. It is kept nowhere, so it cannot be shown again."),
    )
    return redirect("portal-key", request.customer.pk, key.pk)


def _has_ended(request: Request, key: models.Key) -> HttpResponse:
    messages.warning(request, _("This key has ended, so it cannot be changed any more. Make a new one."))
    return redirect("portal-key", request.customer.pk, key.pk)


def _done(request: Request, key: models.Key, act: Callable[[], Any], words: str) -> HttpResponse:
    try:
        act()
    except actions.KeyNotUsable:
        return _has_ended(request, key)
    messages.success(request, words)
    return redirect("portal-key", request.customer.pk, key.pk)
