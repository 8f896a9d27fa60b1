"""What somebody can do with a letter in hand, without signing in; and where providers report to."""

from contextlib import nullcontext
from typing import Any

from anymail.urls import urlpatterns as providers
from django.conf import settings
from django.contrib import messages as flash
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST

from posthouse.messages import actions, queries
from posthouse.people import access
from posthouse.people import queries as people

FIELD, VALUE = "List-Unsubscribe", "One-Click"


@csrf_exempt
@access.public
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def unsubscribe(request: HttpRequest, token: str) -> HttpResponse:
    """RFC 8058: POST acts, without login, cookie or redirect; GET asks. Twice is as good as once.

    Programs that fetch every address in a mail do no harm, because they only GET. Nobody else can make the address:
    the token is random. Without protection against forged requests, because the mail program has no cookie of ours.
    """
    message = _letter(token)
    known = queries.addressee_of(message)
    everything = request.POST.get("everything") == "on"
    kind = "" if everything else _refusable(message.category)
    context = {"message": message, "known": known, "field": FIELD, "value": VALUE}
    with _language_of(request, message):
        context["kind"] = queries.category_name(kind)
        if request.method != "POST":
            return _page(request, "letters/unsubscribe.html", context)
        if request.POST.get(FIELD) != VALUE:
            return _page(request, "letters/unsubscribe.html", {**context, "wrong": True}, status=400)
        how = queries.How.PAGE if "page" in request.POST else queries.How.ONE_CLICK
        actions.unsubscribe(addressee=known, category=kind, how=how, message_id=message.pk)
        if how == queries.How.ONE_CLICK:
            return HttpResponse(_("Unsubscribed"), content_type="text/plain; charset=utf-8")
        return _page(request, "letters/unsubscribed.html", context)


@access.public
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def preferences(request: HttpRequest, token: str) -> HttpResponse:
    """Which kinds of mail one wants, for whoever holds a mail to that address, which is not shown whole."""
    message = _letter(token)
    known = queries.addressee_of(message)
    with _language_of(request, message):
        if request.method == "POST":
            save_choices(request, known, queries.How.PAGE, message_id=message.pk)
            return redirect("letter-preferences", token)
        return _page(request, "letters/preferences.html", {**choices_of(known), "message": message})


@access.public
@never_cache
def why(request: HttpRequest, token: str) -> HttpResponse:
    """Why somebody got a mail; the team finds the whole story from here."""
    message = _letter(token)
    is_team = request.user.is_authenticated and people.team_member(request.user) is not None
    with _language_of(request, message) if not is_team else nullcontext():
        kind = queries.category_name(message.category) if message.category else ""
        return _page(request, "letters/why.html", {"message": message, "kind": kind, "is_team": is_team})


@csrf_exempt
@access.public
@require_POST
def provider_webhook(request: HttpRequest, provider: str) -> Any:
    """Where a provider of django-anymail reports; anymail checks its secret. Without a secret it does not exist."""
    found = next((one for one in providers if str(one.pattern) == f"{provider}/tracking/"), None)
    if found is None or not dict(settings.ANYMAIL).get("WEBHOOK_SECRET"):
        raise Http404
    return found.callback(request)


def choices_of(known: queries.Addressee) -> dict[str, Any]:
    """What the preferences page shows: each kind with its state, and why there may be nothing at all."""
    return {"known": known, "choices": queries.choices(known), "suppression": queries.suppression(known)}


def save_choices(
    request: HttpRequest, known: queries.Addressee, how: str, *, message_id: str = "", actor: str = ""
) -> None:
    """Take over the ticked kinds, or with `act=nothing` that no letters are wanted, and say so."""
    if request.POST.get("act") == "nothing":
        actions.unsubscribe(addressee=known, how=how, actor=actor, message_id=message_id)
        flash.success(request, _("You will get no more letters from us, only notices about your service."))
        return
    wanted = set(request.POST.getlist("kind"))
    if wanted:
        actions.resubscribe(addressee=known, how=how, actor=actor)
    about: dict[str, Any] = {"addressee": known, "how": how, "actor": actor, "message_id": message_id}
    for kind in queries.kinds():
        if not kind.transactional:
            actions.choose(category=kind.key, wanted=kind.key in wanted, **about)
    flash.success(request, _("Saved."))


def _refusable(category: str) -> str:
    """The kind of a letter when it can be refused, else all of them."""
    return category if category in {kind.key for kind in queries.kinds() if not kind.transactional} else ""


def _language_of(request: HttpRequest, message: queries.Message) -> translation.override:
    """The language chosen on these pages, else that of the mail; what a browser asks for counts less than either."""
    chosen = request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME, "")
    return translation.override(chosen if chosen in dict(settings.LANGUAGES) else message.language)


def _letter(token: str) -> queries.Message:
    message = queries.by_token(token)
    if message is None or not (message.to or message.to_digest):
        raise Http404
    return message


def _page(request: HttpRequest, template: str, context: dict[str, Any], status: int = 200) -> HttpResponse:
    response = render(request, template, context, status=status)
    response.headers["X-Robots-Tag"] = "noindex"
    return response
