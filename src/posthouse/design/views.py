"""Error pages, the choice of language and theme, the vendor's colours, and the component gallery."""

from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.template import loader
from django.templatetags.static import static
from django.utils.http import url_has_allowed_host_and_scheme
from django.views import i18n
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_GET, require_POST

from posthouse.design import colours, language
from posthouse.design.theme import COOKIE, THEMES, YEAR, theme_of


def not_found(request: HttpRequest, exception: Any = None) -> HttpResponse:
    """There is no such page, or it belongs to somebody else."""
    return render(request, "design/not_found.html", status=404)


def forbidden(request: HttpRequest, exception: Any = None) -> HttpResponse:
    """The role of the person does not allow this."""
    return render(request, "design/forbidden.html", status=403)


def bad_request(request: HttpRequest, exception: Any = None) -> HttpResponse:
    """The request cannot be read."""
    return render(request, "design/bad_request.html", status=400)


def method_not_allowed(request: HttpRequest) -> HttpResponse:
    """The address only takes what a form sends, and was opened like a page."""
    return render(request, "design/method_not_allowed.html", status=405)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form came without the token that proves it is from one of our pages."""
    return render(request, "design/csrf.html", {"back": _back(request)}, status=403)


def broken(request: HttpRequest) -> HttpResponse:
    """Something failed on our side: said without the database, the session or anything else that may have failed."""
    page = loader.get_template("design/broken.html")
    return HttpResponse(
        page.render({"chosen_theme": theme_of(request), "address": request.path}), status=500, content_type="text/html"
    )


@require_POST
def choose_language(request: HttpRequest) -> HttpResponse:
    """Remember the language: in a cookie, and in the profile of whoever is signed in."""
    language.choose(request, request.POST.get("language", ""))
    return i18n.set_language(request)


@require_POST
def choose_theme(request: HttpRequest) -> HttpResponse:
    """Remember light or dark in a cookie; anything else means as the system."""
    response = HttpResponseRedirect(_back(request))
    chosen = request.POST.get("theme", "")
    if chosen in THEMES:
        response.set_cookie(COOKIE, chosen, max_age=YEAR, samesite="Lax", secure=request.is_secure())
    else:
        response.delete_cookie(COOKIE)
    return response


@require_GET
@cache_control(public=True, max_age=YEAR, immutable=True)
def vendor_css(request: HttpRequest) -> HttpResponse:
    """The vendor's accent colour, made legible in both themes. The colour is in the address, so it can be cached."""
    return HttpResponse(colours.style_sheet(request.GET.get("accent", "")), content_type="text/css; charset=utf-8")


@require_GET
@cache_control(public=True, max_age=86_400)
def favicon(request: HttpRequest) -> HttpResponse:
    """For browsers that ask without having read a page."""
    return HttpResponseRedirect(static("design/favicon.svg"))


def _back(request: HttpRequest) -> str:
    """Where the person came from, when that is one of our own pages."""
    for candidate in (request.POST.get("next"), request.headers.get("referer")):
        if candidate and url_has_allowed_host_and_scheme(
            candidate, allowed_hosts={request.get_host()}, require_https=request.is_secure()
        ):
            return candidate
    return "/"
