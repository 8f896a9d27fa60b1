"""Addresses of this feature."""

from django.urls import URLPattern, URLResolver, path

from posthouse.intake import views

urlpatterns: list[URLPattern | URLResolver] = [
    path("desk/sources/", views.sources, name="desk-sources"),
    path("desk/sources/new/", views.new, name="desk-source-new"),
    path("desk/sources/<slug:source_id>/", views.one, name="desk-source"),
    path("desk/sources/<slug:source_id>/edit/", views.edit, name="desk-source-edit"),
    path("desk/sources/<slug:source_id>/rotate/", views.rotate, name="desk-source-rotate"),
    path("desk/sources/<slug:source_id>/switch/", views.switch, name="desk-source-switch"),
    path("desk/sources/<slug:source_id>/rejected/", views.rejected, name="desk-source-rejected"),
    path("desk/sources/<slug:source_id>/rejected/<slug:reject_id>/", views.rejected_one, name="desk-reject"),
    path("desk/sources/<slug:source_id>/rejected/<slug:reject_id>/mend/", views.mend, name="desk-reject-mend"),
    path("desk/sources/<slug:source_id>/rejected/<slug:reject_id>/forget/", views.forget, name="desk-reject-forget"),
]
