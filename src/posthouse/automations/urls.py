"""Addresses of this feature."""

from django.urls import URLPattern, URLResolver, path

from posthouse.automations.views import editor, listing, past, pausing, revisions, runs, settings, tasks, work

DESK = "desk/automations/"
ONE = DESK + "a/<slug:key>/"
TASKS = "desk/tasks/"

urlpatterns: list[URLPattern | URLResolver] = [
    path(DESK, listing.listed, name="desk-automations"),
    path(DESK + "new/", editor.new, name="desk-automation-new"),
    path(DESK + "runs/", runs.listed, name="desk-automation-runs"),
    path(DESK + "runs/<slug:run_id>/", runs.one, name="desk-automation-run"),
    path(DESK + "runs/<slug:run_id>/retry/", work.retry_run, name="desk-automation-run-retry"),
    path(DESK + "why/<slug:effect_id>/", runs.why, name="desk-automation-why"),
    path(DESK + "waiting/", work.waiting, name="desk-automation-waiting"),
    path(DESK + "waiting/<int:wait_id>/move/", work.move, name="desk-automation-wait-move"),
    path(DESK + "waiting/<int:wait_id>/cancel/", work.cancel, name="desk-automation-wait-cancel"),
    path(DESK + "failed/", work.failed, name="desk-automation-failed"),
    path(DESK + "failed/<slug:effect_id>/retry/", work.retry, name="desk-automation-effect-retry"),
    path(DESK + "failed/<slug:effect_id>/skip/", work.skip, name="desk-automation-effect-skip"),
    path(DESK + "settings/", settings.settings, name="desk-automation-settings"),
    path(ONE, listing.one, name="desk-automation"),
    path(ONE + "edit/", editor.edit, name="desk-automation-edit"),
    path(ONE + "switch/", listing.switch, name="desk-automation-switch"),
    path(ONE + "pause/", pausing.pause, name="desk-automation-pause"),
    path(ONE + "resume/", pausing.resume, name="desk-automation-resume"),
    path(ONE + "past/", past.past, name="desk-automation-past"),
    path(ONE + "revisions/", revisions.listed, name="desk-automation-revisions"),
    path(ONE + "revisions/<int:number>/", revisions.one, name="desk-automation-revision"),
    path(ONE + "revisions/<int:number>/restore/", revisions.restore, name="desk-automation-restore"),
    path(TASKS, tasks.listed, name="desk-tasks"),
    path(TASKS + "new/", tasks.new, name="desk-task-new"),
    path(TASKS + "<slug:task_id>/", tasks.one, name="desk-task"),
    path(TASKS + "<slug:task_id>/assign/", tasks.assign, name="desk-task-assign"),
    path(TASKS + "<slug:task_id>/done/", tasks.done, name="desk-task-done"),
    path(TASKS + "<slug:task_id>/undo/", tasks.undo, name="desk-task-undo"),
    path(TASKS + "<slug:task_id>/comment/", tasks.comment, name="desk-task-comment"),
]
