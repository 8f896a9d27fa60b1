"""Addresses of this feature."""

from django.urls import URLPattern, URLResolver, path

from posthouse.usage import desk_views, views

urlpatterns: list[URLPattern | URLResolver] = [
    path("c/<slug:customer_id>/calls/", views.calls, name="portal-calls"),
    path("c/<slug:customer_id>/calls-live/", views.calls_live, name="portal-calls-live"),
    path("c/<slug:customer_id>/usage/", views.usage, name="portal-usage"),
    path("c/<slug:customer_id>/usage/export.csv", views.export, {"form": "csv"}, name="portal-usage-csv"),
    path("c/<slug:customer_id>/usage/export.json", views.export, {"form": "json"}, name="portal-usage-json"),
    path("desk/traffic/", desk_views.traffic, name="desk-traffic"),
]
