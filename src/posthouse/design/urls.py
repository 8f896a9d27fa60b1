"""Addresses of this feature."""

from django.urls import URLPattern, URLResolver, path

from posthouse.design import gallery, views

urlpatterns: list[URLPattern | URLResolver] = [
    path("favicon.ico", views.favicon),
    path("design/vendor.css", views.vendor_css, name="design-vendor-css"),
    path("design/theme/", views.choose_theme, name="design-theme"),
    path("design/language/", views.choose_language, name="set_language"),
    path("design/gallery/", gallery.gallery, name="design-gallery"),
    path("design/gallery/<str:base>/", gallery.gallery, name="design-gallery-in"),
]
