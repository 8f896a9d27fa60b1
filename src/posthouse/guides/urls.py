"""Addresses of this feature."""

from django.urls import URLPattern, URLResolver, path

from posthouse.guides.views import desk, docs

urlpatterns: list[URLPattern | URLResolver] = [
    path("docs/", docs.home, name="docs-home"),
    path("docs/quickstart/", docs.quickstart, name="docs-quickstart"),
    path("docs/search/", docs.find, name="docs-search"),
    path("docs/openapi.json", docs.openapi, name="docs-openapi"),
    path("docs/reference/<slug:slug>/", docs.operation, name="docs-operation"),
    path("docs/reference/<slug:slug>.md", docs.operation_text, name="docs-operation-text"),
    path("docs/schemas/", docs.schemas, name="docs-schemas"),
    path("docs/schemas/<str:slug>/", docs.schema, name="docs-schema"),
    path("docs/guides/<slug:slug>/", docs.guide, name="docs-guide"),
    path("desk/guides/", desk.documents, name="desk-guides"),
    path("desk/guides/<slug:document_id>/", desk.document, name="desk-guides-document"),
    path("desk/guides/<slug:document_id>/publish/", desk.publish, name="desk-guides-publish"),
    path("desk/guides/<slug:document_id>/delete/", desk.delete, name="desk-guides-delete"),
]
