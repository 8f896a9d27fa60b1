"""Addresses of what is done with answers: comments, tags, notes."""

from django.urls import URLPattern, URLResolver, path

from posthouse.surveys.views import comments, export, plans, tags, themes

ROUTES: list[URLPattern | URLResolver] = [
    path("desk/surveys/plans/", plans.listing, name="desk-survey-plans"),
    path("desk/surveys/plans/new/", plans.new, name="desk-survey-plan-new"),
    path("desk/surveys/plans/<slug:plan_id>/", plans.one, name="desk-survey-plan"),
    path("desk/surveys/plans/<slug:plan_id>/rename/", plans.rename, name="desk-survey-plan-rename"),
    path("desk/surveys/plans/<slug:plan_id>/test/", plans.test, name="desk-survey-plan-test"),
    path("desk/surveys/plans/<slug:plan_id>/duplicate/", plans.duplicate, name="desk-survey-plan-duplicate"),
    path("desk/surveys/plans/<slug:plan_id>/delete/", plans.delete, name="desk-survey-plan-delete"),
    path("desk/surveys/plans/<slug:plan_id>/take-back/", plans.take_back, name="desk-survey-plan-take-back"),
    path("desk/surveys/plans/<slug:plan_id>/<slug:step>/", plans.step, name="desk-survey-plan-step"),
    path("desk/surveys/responses/<slug:response_id>/notes/", comments.note, name="desk-survey-response-note"),
    path("desk/surveys/notes/<slug:note_id>/delete/", comments.delete_note, name="desk-survey-note-delete"),
    path("desk/surveys/acts/<slug:act_id>/undo/", comments.undo, name="desk-survey-act-undo"),
    path("desk/surveys/tags/", tags.tags, name="desk-survey-tags"),
    path("desk/surveys/tags/<slug:tag_id>/", tags.change, name="desk-survey-tag"),
    path("desk/surveys/tags/<slug:tag_id>/delete/", tags.delete, name="desk-survey-tag-delete"),
    path("desk/surveys/<slug:campaign_id>/comments-live/", comments.live, name="desk-survey-comments-live"),
    path("desk/surveys/<slug:campaign_id>/comments/act/", comments.act, name="desk-survey-comments-act"),
    path("desk/surveys/<slug:campaign_id>/export.<slug:form>", export.export, name="desk-survey-export"),
    path("desk/surveys/responses/<slug:response_id>/theme/", themes.correct, name="desk-survey-theme-correct"),
    path("desk/surveys/<slug:campaign_id>/themes/", themes.themes, name="desk-survey-themes"),
    path("desk/surveys/<slug:campaign_id>/themes/<slug:theme>/", themes.change, name="desk-survey-theme"),
]
"""Before those of campaigns: some begin with words that could be the id of one."""
