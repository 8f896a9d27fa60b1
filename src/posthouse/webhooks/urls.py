"""Addresses of this feature."""

from django.urls import URLPattern, URLResolver, path

from posthouse.webhooks import views

urlpatterns: list[URLPattern | URLResolver] = [
    path("desk/webhooks/", views.webhooks, name="desk-webhooks"),
    path("desk/webhooks/new/", views.new, name="desk-webhook-new"),
    path("desk/webhooks/<slug:webhook_id>/", views.one, name="desk-webhook"),
    path("desk/webhooks/<slug:webhook_id>/edit/", views.edit, name="desk-webhook-edit"),
    path("desk/webhooks/<slug:webhook_id>/test/", views.test, name="desk-webhook-test"),
    path("desk/webhooks/<slug:webhook_id>/switch/", views.switch, name="desk-webhook-switch"),
    path("desk/webhooks/<slug:webhook_id>/rotate/", views.rotate, name="desk-webhook-rotate"),
    path("desk/webhooks/<slug:webhook_id>/delete/", views.delete, name="desk-webhook-delete"),
    path("desk/webhooks/<slug:webhook_id>/again/", views.again, name="desk-webhook-again"),
    path("desk/webhooks/<slug:webhook_id>/<slug:delivery_id>/", views.delivery, name="desk-webhook-delivery"),
    path("desk/webhooks/<slug:webhook_id>/<slug:delivery_id>/again/", views.redeliver, name="desk-webhook-redeliver"),
]
