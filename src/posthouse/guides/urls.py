"""Addresses of this feature."""

from django.urls import URLPattern, URLResolver, path

from posthouse.guides.book import in_own_book
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
    path("docs/posthouse/", in_own_book(docs.home), name="docs-own-home"),
    path("docs/posthouse/search/", in_own_book(docs.find), name="docs-own-search"),
    path("docs/posthouse/openapi.json", in_own_book(docs.openapi), name="docs-own-openapi"),
    path("docs/posthouse/reference/<slug:slug>/", in_own_book(docs.operation), name="docs-own-operation"),
    path("docs/posthouse/reference/<slug:slug>.md", in_own_book(docs.operation_text), name="docs-own-operation-text"),
    path("docs/posthouse/schemas/", in_own_book(docs.schemas), name="docs-own-schemas"),
    path("docs/posthouse/schemas/<str:slug>/", in_own_book(docs.schema), name="docs-own-schema"),
    path("desk/guides/", desk.documents, name="desk-guides"),
    path("desk/guides/<slug:document_id>/", desk.document, name="desk-guides-document"),
    path("desk/guides/<slug:document_id>/publish/", desk.publish, name="desk-guides-publish"),
    path("desk/guides/<slug:document_id>/delete/", desk.delete, name="desk-guides-delete"),
]
