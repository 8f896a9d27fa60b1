"""Addresses of this feature."""

from django.urls import URLPattern, URLResolver, path

from posthouse.keys import desk_views, views

PORTAL = "c/<slug:customer_id>/keys/"
DESK = "desk/customers/<slug:customer_id>/keys/<slug:key_id>/"

urlpatterns: list[URLPattern | URLResolver] = [
    path(PORTAL, views.list_keys, name="portal-keys"),
    path(PORTAL + "new/", views.create, name="portal-key-new"),
    path(PORTAL + "<slug:key_id>/", views.one, name="portal-key"),
    path(PORTAL + "<slug:key_id>/edit/", views.edit, name="portal-key-edit"),
    path(PORTAL + "<slug:key_id>/rotate/", views.rotate, name="portal-key-rotate"),
    path(PORTAL + "<slug:key_id>/revoke/", views.revoke, name="portal-key-revoke"),
    path(DESK, desk_views.one, name="desk-key"),
    path(DESK + "limits/", desk_views.limit, name="desk-key-limits"),
    path(DESK + "revoke/", desk_views.revoke, name="desk-key-revoke"),
]
