"""The desk of the documentation: import a document, look at what was found, publish, go back, delete."""

from typing import cast

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from posthouse.foundation.paging import page_of
from posthouse.guides import actions, models, queries
from posthouse.guides.changes import changes_between
from posthouse.guides.forms import DocumentForm
from posthouse.guides.openapi.findings import Finding, ImportRefused
from posthouse.guides.remember import spec_of
from posthouse.people import access
from posthouse.people.access import TeamRequest, TeamRole
from posthouse.people.actions import as_team

EDITORS = (TeamRole.ADMIN, TeamRole.ENGINEER)


@access.team(*EDITORS)
@require_http_methods(["GET", "HEAD", "POST"])
def documents(request: HttpRequest) -> HttpResponse:
    """All imported documents, and the form for a new one. What is imported here is looked at before it is shown."""
    form = DocumentForm(request.POST or None, request.FILES or None)
    findings: list[Finding] = []
    if request.method == "POST" and form.is_valid():
        source, name = form.source()
        member = cast(TeamRequest, request).member
        try:
            document = actions.import_document(source=source, name=name, actor=as_team(member), publish=False)
        except ImportRefused as error:
            findings = error.findings
        else:
            return redirect("desk-guides-document", document.pk)
    context = {
        "form": form,
        "findings": findings,
        "page_obj": page_of(request, queries.documents().defer("packed", "notes")),
    }
    return render(request, "guides/desk_documents.html", context, status=422 if findings or form.errors else 200)


@access.team(*EDITORS)
def document(request: HttpRequest, document_id: str) -> HttpResponse:
    """What was found in a document, and what publishing it would change."""
    row = _row(document_id)
    spec = spec_of(row)
    current = queries.published()
    context = {
        "document": row,
        "notes": [Finding(**note) for note in row.notes],
        "groups": spec.groups,
        "changes": changes_between(current.spec, spec) if current and not row.is_current else None,
        "current": current.document if current else None,
    }
    return render(request, "guides/desk_document.html", context)


@access.team(*EDITORS)
@require_POST
def publish(request: HttpRequest, document_id: str) -> HttpResponse:
    """Show this document from now on."""
    row = _row(document_id)
    actions.publish_document(document=row)
    messages.success(request, _("The documentation shows %(document)s now.") % {"document": row})
    return redirect("desk-guides-document", row.pk)


@access.team(*EDITORS)
@require_http_methods(["GET", "HEAD", "POST"])
def delete(request: HttpRequest, document_id: str) -> HttpResponse:
    """Ask, then forget a document that is not shown."""
    row = _row(document_id)
    if row.is_current:
        messages.error(request, _("This document is shown at present. Publish another one first."))
        return redirect("desk-guides-document", row.pk)
    if request.method != "POST":
        return render(request, "guides/desk_delete.html", {"document": row})
    actions.delete_document(document=row)
    messages.success(request, _("%(document)s was deleted.") % {"document": row})
    return redirect("desk-guides")


def _row(document_id: str) -> models.Document:
    row = queries.documents().filter(pk=document_id).first()
    if row is None:
        raise Http404
    return row
