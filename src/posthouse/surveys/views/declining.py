"""Where "not now" is said, by whoever holds the signed link. GET and HEAD store nothing, as with answers."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from posthouse.people import access
from posthouse.surveys import actions, links, queries, texts
from posthouse.surveys.views.public import GONE, METHODS, closed, opened, page
from posthouse.vendor.queries import vendor


@csrf_exempt
@access.public
@never_cache
@require_http_methods(METHODS)
def decline(request: HttpRequest, link: str) -> HttpResponse:
    """The page with the button; POST keeps that the person does not want to answer now."""
    said, send = opened(link)
    if said is None or send is None:
        return closed(request, _("This link is not whole. Please open it from the mail itself."), 404)
    with translation.override(texts.spoken_here(actions.language_of(send), vendor().default_language)):
        try:
            actions.answerable(send, queries.response_to(send))
            if request.method == "POST":
                send = actions.decline(send=send)
        except actions.Refused as refused:
            return closed(request, str(refused), GONE, send)
        if queries.response_to(send) is not None:
            return redirect("survey-answer", links.token(send.pk))
        context = {"campaign": send.campaign, "declined": send.declined_at is not None, "token": links.token(send.pk)}
        return page(request, "surveys/decline.html", context, 200)
