"""Addresses of what is done with answers: comments, tags, notes."""

from django.urls import URLPattern, URLResolver, path

from posthouse.surveys.views import comments, export, tags

ROUTES: list[URLPattern | URLResolver] = [
    path("desk/surveys/responses/<slug:response_id>/notes/", comments.note, name="desk-survey-response-note"),
    path("desk/surveys/notes/<slug:note_id>/delete/", comments.delete_note, name="desk-survey-note-delete"),
    path("desk/surveys/acts/<slug:act_id>/undo/", comments.undo, name="desk-survey-act-undo"),
    path("desk/surveys/tags/", tags.tags, name="desk-survey-tags"),
    path("desk/surveys/tags/<slug:tag_id>/", tags.change, name="desk-survey-tag"),
    path("desk/surveys/tags/<slug:tag_id>/delete/", tags.delete, name="desk-survey-tag-delete"),
    path("desk/surveys/<slug:campaign_id>/comments-live/", comments.live, name="desk-survey-comments-live"),
    path("desk/surveys/<slug:campaign_id>/comments/act/", comments.act, name="desk-survey-comments-act"),
    path("desk/surveys/<slug:campaign_id>/export.<slug:form>", export.export, name="desk-survey-export"),
]
"""Before those of campaigns: some begin with words that could be the id of one."""
