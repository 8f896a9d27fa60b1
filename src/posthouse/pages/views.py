"""The portal's first pages: landing, a customer's home with the way to the first call, going live."""

from functools import partial
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from posthouse.foundation.clock import now
from posthouse.keys import actions as keys
from posthouse.keys import queries as key_queries
from posthouse.pages import actions, first_call, forms, queries, samples, traffic
from posthouse.people import access
from posthouse.people import queries as people
from posthouse.people.actions import as_contact

Request = access.CustomerRequest


@access.public
@require_GET
def home(request: HttpRequest) -> HttpResponse:
    """Who is signed in goes to where the work is; others see what this is and how to begin."""
    if not request.user.is_authenticated:
        return render(request, "pages/landing.html")
    found = access.current_membership(request)
    if found is not None:
        return redirect("portal-home", found.customer_id)
    return redirect("desk-home" if people.team_member(request.user) else "welcome")


@access.customer()
@require_GET
def portal_home(request: Request) -> HttpResponse:
    """The way to the first call until it has arrived, then what is left to do and how things stand."""
    return _home(request)


@access.customer(*access.WRITERS)
@require_POST
def make_first_key(request: Request) -> HttpResponse:
    """Make a test key from the portal's home; the samples in the answer carry its secret, this once."""
    form = forms.FirstKeyForm(request.POST)
    if not form.is_valid():
        return redirect("portal-home", request.customer.pk)
    try:
        _key, secret = keys.create_key(
            customer_id=request.customer.pk,
            name=_("First key"),
            environment="test",
            scopes=key_queries.offered_scopes(),
            once=f"home:{form.cleaned_data['once']}",
            **_by(request),
        )
    except keys.TooManyKeys:
        messages.error(request, _("There are too many active keys. Revoke one first."))
        return redirect("portal-keys", request.customer.pk)
    if not secret:
        messages.info(request, _("This key was made already, and its secret was shown then."))
        return redirect("portal-home", request.customer.pk)
    response = _home(request, secret=secret)
    response.headers["Cache-Control"] = "no-store"
    return response


@access.customer()
@require_GET
def waiting(request: Request) -> HttpResponse | StreamingHttpResponse:
    """Server-sent events for the box that waits for the first call."""
    language, zone = translation.get_language() or "en", timezone.get_current_timezone()
    context = {"customer": request.customer, "contact": request.contact}

    def box(found: first_call.FirstCall) -> str:
        steps = queries.getting_started(request.customer.pk, request.contact.pk)
        with translation.override(language), timezone.override(zone):
            return render_to_string("pages/_waiting_news.html", context | {"call": found, "steps": steps})

    seen = request.GET.get("seen", "waiting")
    events = first_call.stream(request.customer.pk, seen, box, partial(access.still_inside, request))
    response = StreamingHttpResponse(events, content_type="text/event-stream")
    response.headers["Cache-Control"] = "no-cache"
    response.headers["X-Accel-Buffering"] = "no"
    return response


@access.customer()
@require_GET
def golive(request: Request) -> HttpResponse:
    """The go-live checklist."""
    return _golive(request, forms.IncidentForm(initial={"email": queries.incident_email(request.customer.pk)}))


@access.customer(*access.WRITERS)
@require_POST
def confirm_limits(request: Request) -> HttpResponse:
    """The customer says that it knows its limits."""
    actions.confirm_limits(customer_id=request.customer.pk, **_by(request))
    return redirect("portal-golive", request.customer.pk)


@access.customer(*access.WRITERS)
@require_POST
def set_incidents(request: Request) -> HttpResponse:
    """Whom to write to when something is wrong."""
    form = forms.IncidentForm(request.POST)
    if not form.is_valid():
        return _golive(request, form, status=422)
    actions.set_incident_contact(customer_id=request.customer.pk, email=form.cleaned_data["email"], **_by(request))
    messages.success(request, _("Saved."))
    return redirect("portal-golive", request.customer.pk)


def _home(request: Request, secret: str = "") -> HttpResponse:
    customer_id = request.customer.pk
    steps = queries.getting_started(customer_id, request.contact.pk)
    call = first_call.first_call(customer_id)
    active = list(key_queries.active_of(customer_id)[:20])
    test_key = next((key for key in active if key.environment == "test"), None)
    language = translation.get_language() or "en"
    shown, variable = samples.first_call(secret, language) if call.state != "done" else ([], "")
    context: dict[str, Any] = {
        "steps": steps,
        "next": next((step for step in steps if step.is_next), None),
        "call": call,
        "done": {step.name for step in steps if step.at},
        "keys": active,
        "key": test_key,
        "key_hint": test_key.live_secrets(now())[0].hint if test_key else "",
        "secret": secret,
        "samples": shown,
        "variable": variable,
        "answers": samples.other_answers(language) if call.state != "done" else [],
        "may_write": request.membership.role in access.WRITERS,
        "form": forms.FirstKeyForm(),
        "typical": queries.typical_minutes() if call.state == "waiting" and test_key else None,
    }
    if call.state == "done":
        context |= traffic.overview(customer_id)
    return render(request, "pages/portal_home.html", context)


def _golive(request: Request, form: forms.IncidentForm, status: int = 200) -> HttpResponse:
    customer_id = request.customer.pk
    steps = queries.golive(customer_id)
    live = key_queries.active_of(customer_id, "live").first()
    context = {
        "steps": {step.name: step for step in steps},
        "open": sum(1 for step in steps if not step.at),
        "limits": key_queries.limits_of(live) if live else key_queries.limits_in("live"),
        "form": form,
        "incident_email": queries.incident_email(customer_id),
        "may_write": request.membership.role in access.WRITERS,
    }
    return render(request, "pages/golive.html", context, status=status)


def _by(request: Request) -> dict[str, Any]:
    return {"actor": as_contact(request.contact), "contact_id": request.contact.pk}
