"""Addresses of the portal's and the desk's first pages."""

from django.urls import URLPattern, URLResolver, include, path

from posthouse.pages import call_views, desk_views, parked_views, problem_views, views

PORTAL = "c/<slug:customer_id>/"

urlpatterns: list[URLPattern | URLResolver] = [
    path("", views.home, name="home"),
    path(PORTAL, views.portal_home, name="portal-home"),
    path(PORTAL + "first-key/", views.make_first_key, name="portal-first-key"),
    path(PORTAL + "waiting/", views.waiting, name="portal-waiting"),
    path(PORTAL + "golive/", views.golive, name="portal-golive"),
    path(PORTAL + "golive/limits/", views.confirm_limits, name="portal-golive-limits"),
    path(PORTAL + "golive/incidents/", views.set_incidents, name="portal-golive-incidents"),
    path(PORTAL + "calls/<path:call_id>/", call_views.inspect, name="portal-call"),
    path("desk/", desk_views.home, name="desk-home"),
    path("desk/customers/<slug:customer_id>/", desk_views.customer, name="desk-customer"),
    path("desk/events/", desk_views.events, name="desk-events"),
    path("desk/events/parked/", parked_views.parked, name="desk-parked"),
    path("desk/events/parked/retry/", parked_views.retry_all, name="desk-parked-retry-all"),
    path("desk/events/parked/<int:parked_id>/retry/", parked_views.retry_one, name="desk-parked-retry"),
    path("desk/events/parked/<int:parked_id>/discard/", parked_views.discard, name="desk-parked-discard"),
    path("desk/events/<int:position>/", desk_views.event, name="desk-event"),
    path("docs/problems/", problem_views.problems, name="docs-problems"),
    path("docs/problems/<slug:code>/", problem_views.problem, name="docs-problem"),
    path("", include("posthouse.pages.mail_urls")),
]
