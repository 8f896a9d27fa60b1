"""Addresses of the mail viewer in development."""

from django.urls import path

from posthouse.pages import mail_viewer

urlpatterns = [
    path("mail/", mail_viewer.index, name="mail-viewer"),
    path("mail/messages.json", mail_viewer.as_json, name="mail-json"),
    path("mail/<str:name>/", mail_viewer.one, name="mail-viewer-message"),
    path("mail/<str:name>/body/", mail_viewer.body, name="mail-viewer-body"),
    path("mail/<str:name>.eml", mail_viewer.download, name="mail-viewer-download"),
]
