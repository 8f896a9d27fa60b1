"""Addresses of this feature."""

from django.urls import URLPattern, URLResolver, path, re_path

from posthouse.surveys.delighted.views import answer as answer_delighted
from posthouse.surveys.views import (
    declining,
    desk,
    figures,
    hooks,
    keys,
    links,
    openly,
    public,
    receiving,
    schedule,
    trying,
)
from posthouse.surveys.views.routes import ROUTES

urlpatterns: list[URLPattern | URLResolver] = [
    *ROUTES,
    path("desk/surveys/", desk.campaigns, name="desk-surveys"),
    path("desk/surveys/new/", desk.new, name="desk-survey-new"),
    path("desk/surveys/sends/<slug:send_id>/", desk.send, name="desk-survey-send"),
    path("desk/surveys/sends/<slug:send_id>/cancel/", desk.cancel, name="desk-survey-send-cancel"),
    path("desk/surveys/responses/<slug:response_id>/", desk.response, name="desk-survey-response"),
    path("desk/surveys/sends/<slug:send_id>/qr.<slug:form>", links.personal_qr, name="desk-survey-send-qr"),
    path("desk/surveys/links/<slug:link_id>/", links.one, name="desk-survey-link"),
    path("desk/surveys/links/<slug:link_id>/withdraw/", links.withdraw, name="desk-survey-link-withdraw"),
    path("desk/surveys/links/<slug:link_id>/qr.<slug:form>", links.open_qr, name="desk-survey-link-qr"),
    path("desk/surveys/<slug:campaign_id>/", desk.one, name="desk-survey"),
    path("desk/surveys/<slug:campaign_id>/edit/", desk.edit, name="desk-survey-edit"),
    path("desk/surveys/<slug:campaign_id>/preview/<slug:language>/", desk.preview, name="desk-survey-preview"),
    path("desk/surveys/<slug:campaign_id>/state/", desk.change_state, name="desk-survey-state"),
    path("desk/surveys/<slug:campaign_id>/sends/", desk.sends, name="desk-survey-sends"),
    path("desk/surveys/<slug:campaign_id>/responses/", desk.responses, name="desk-survey-responses"),
    path("desk/surveys/<slug:campaign_id>/schedule/", schedule.schedule, name="desk-survey-schedule"),
    path("desk/surveys/<slug:campaign_id>/try/", trying.try_rules, name="desk-survey-try"),
    path("desk/surveys/<slug:campaign_id>/figures/", figures.figures, name="desk-survey-figures"),
    path("desk/surveys/<slug:campaign_id>/links/", links.campaign_links, name="desk-survey-links"),
    path("desk/surveys/<slug:campaign_id>/links/new/", links.make_open, name="desk-survey-link-new"),
    path("desk/surveys/<slug:campaign_id>/links/personal/", links.make_personal, name="desk-survey-link-personal"),
    path("desk/surveys/<slug:campaign_id>/key/", keys.key, name="desk-survey-key"),
    path("desk/surveys/<slug:campaign_id>/key/new/", keys.new, name="desk-survey-key-new"),
    path("desk/surveys/<slug:campaign_id>/key/revoke/", keys.revoke, name="desk-survey-key-revoke"),
    path("survey/open/<str:token>/", openly.answer, name="survey-open"),
    path("desk/surveys/<slug:campaign_id>/webhook/", hooks.hook, name="desk-survey-hook"),
    path("desk/surveys/<slug:campaign_id>/webhook/edit/", hooks.edit, name="desk-survey-hook-edit"),
    path("desk/surveys/<slug:campaign_id>/webhook/rotate/", hooks.rotate, name="desk-survey-hook-rotate"),
    path("desk/surveys/<slug:campaign_id>/webhook/remove/", hooks.remove, name="desk-survey-hook-remove"),
    path("hooks/surveys/<slug:hook_id>", receiving.receive, name="survey-hook"),
    path("survey/once/<slug:campaign_id>/<str:token>/", openly.once, name="survey-once"),
    path("survey/example/", public.example, name="survey-example"),
    path("survey/<str:link>/", public.answer, name="survey-answer"),
    path("survey/<str:link>/not-now/", declining.decline, name="survey-decline"),
    path("survey/<str:link>/more/", public.more, name="survey-more"),
    re_path(r"^compat/delighted/(?P<path>[\s\S]*)$", answer_delighted, name="compat-delighted"),
]
