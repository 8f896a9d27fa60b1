"""Addresses of this feature."""

from django.urls import URLPattern, URLResolver, path

from posthouse.journeys.views import backfill, board, editor, insights, portal, revisions, runs

DESK, ONE = "desk/journeys/", "desk/journeys/<slug:key>/"
RUNS = DESK + "all-runs/"
"""A journey's key has no hyphen, so these names are free."""

urlpatterns: list[URLPattern | URLResolver] = [
    path(DESK, board.board, name="desk-journeys"),
    path(DESK + "export.<slug:form>", board.export_board, name="desk-journeys-export"),
    path(DESK + "new-journey/", editor.new, name="desk-journey-new"),
    path(RUNS, runs.runs, name="desk-runs"),
    path(RUNS + "export.<slug:form>", runs.export_runs, name="desk-runs-export"),
    path(RUNS + "act/", runs.act, name="desk-runs-act"),
    path(RUNS + "enrol/", runs.enrol, name="desk-runs-enrol"),
    path(RUNS + "<slug:run_id>/", runs.run, name="desk-run"),
    path(DESK + "back-fill/", backfill.backfill, name="desk-backfill"),
    path(DESK + "back-fill/<int:number>/", backfill.progress, name="desk-backfill-one"),
    path(DESK + "first-calls/", insights.first_calls, name="desk-first-calls"),
    path(DESK + "first-calls.<slug:form>", insights.export_first_calls, name="desk-first-calls-export"),
    path(DESK + "who-returns/", insights.returning, name="desk-returning"),
    path(DESK + "ways-taken/", insights.paths, name="desk-paths"),
    path("c/<slug:customer_id>/journeys/", portal.journeys, name="portal-journeys"),
    path(ONE, board.journey, name="desk-journey"),
    path(ONE + "edit/", editor.edit, name="desk-journey-edit"),
    path(ONE + "revisions/", revisions.revisions, name="desk-journey-revisions"),
    path(ONE + "revisions/<int:number>/", revisions.revision, name="desk-journey-revision"),
    path(ONE + "revisions/<int:number>/publish/", revisions.publish, name="desk-journey-publish"),
    path(ONE + "revisions/<int:number>/definition.yaml", revisions.definition_file, name="desk-journey-file"),
]
