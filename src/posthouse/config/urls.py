"""Where every page and route lives."""

from django.urls import URLPattern, URLResolver, include, path

from posthouse.config.http_api import api

urlpatterns: list[URLPattern | URLResolver] = [
    path("", include("posthouse.people.urls")),  # before pages, whose customers/<id>/ would take customers/new/
    path("", include("posthouse.pages.urls")),
    path("", include("posthouse.journeys.urls")),
    path("", include("posthouse.keys.urls")),
    path("", include("posthouse.usage.urls")),
    path("", include("posthouse.intake.urls")),
    path("", include("posthouse.guides.urls")),
    path("", include("posthouse.automations.urls")),
    path("", include("posthouse.letters.urls")),
    path("", include("posthouse.surveys.urls")),
    path("", include("posthouse.webhooks.urls")),
    path("", include("posthouse.design.urls")),
    path("accounts/", include("posthouse.people.urls_accounts")),
    path("api/v1/", api.urls),
]

handler404 = "posthouse.design.views.not_found"
handler403 = "posthouse.design.views.forbidden"
handler500 = "posthouse.design.views.broken"
handler429 = "posthouse.people.views.accounts.too_many_requests"
handler400 = "posthouse.design.views.bad_request"
