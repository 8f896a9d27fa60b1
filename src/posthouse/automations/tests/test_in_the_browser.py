"""The pages of automations in Chromium: one is switched on and its mail arrives; the editor without a script."""

import pytest
from playwright.sync_api import expect
from tests.browser import DESKTOP, PHONE, check_page, shot

from posthouse.automations import actions
from posthouse.automations.models import Automation, AutomationRun, Effect, EffectState
from posthouse.automations.tests.test_definition import WHOLE
from posthouse.foundation.clock import now
from posthouse.foundation.jobs import run_until_idle
from posthouse.keys import actions as keys
from posthouse.people import actions as people
from posthouse.people.models import TeamRole, User
from posthouse.timeline import queries as timeline
from posthouse.usage import actions as usage
from posthouse.usage.models import Call

pytestmark = [pytest.mark.slow, pytest.mark.browser]

WIDTHS = [("light", DESKTOP, "en"), ("dark", PHONE, "es"), ("dark", DESKTOP, "es"), ("light", PHONE, "en")]


@pytest.fixture
def admin(transactional_db):
    user = User.objects.create_user("admin@vendor.example.org", "x")
    return people.add_team_member(user=user, role=TeamRole.ADMIN, name="Grace").user


@pytest.fixture
def ada(transactional_db):
    return people.open_account(user=User.objects.create_user("ada@one.example.org", "x"), name="Ada")


def first_call(contact):
    """The customer of a contact makes its first call, and it works."""
    customer = people.found_customer(name="Analytical Engines", owner=contact)
    key, _secret = keys.create_key(customer_id=customer.pk, name="backend", environment="test")
    call = {"route": "/sun", "method": "GET", "status": 200, "duration_us": 900, "environment": "test"}
    usage.store_calls([Call(id="call_1", at=now(), received_at=now(), customer_id=customer.pk, key_id=key.pk, **call)])
    run_until_idle()
    return customer


@pytest.mark.mission("S3", "J3.2")
@pytest.mark.parametrize("javascript", [True, False])
def test_a_ready_made_one_is_switched_on_and_its_mail_arrives(browse, admin, ada, settings, tmp_path, javascript):
    settings.MAIL_VIEWER, settings.MAIL_FOLDER = True, tmp_path
    settings.EMAIL_BACKEND = "posthouse.messages.folder.FolderBackend"
    run_until_idle()
    page = browse("/desk/automations/", user=admin, javascript=javascript)
    page.get_by_role("link", name="First call worked: what comes next").click()
    page.get_by_role("link", name="Switch on").click()
    page.get_by_role("heading", name="Switch “First call worked: what comes next” on?").wait_for()
    page.get_by_role("button", name="Switch on").click()
    page.get_by_text("It is on. From now on it acts.").wait_for()
    first_call(ada)
    page.goto("/mail/?to=ada@one.example.org")
    page.get_by_role("link", name="Your first call worked").click()
    page.frame_locator("iframe").get_by_text("your first call").wait_for()
    assert AutomationRun.objects.get(automation_id="first_call_done").state == "done"


@pytest.mark.parametrize("javascript", [True, False])
def test_an_automation_is_written_with_and_without_a_script(browse, admin, javascript):
    browse.expect("status of 422")
    page = browse("/desk/automations/new/", user=admin, javascript=javascript)
    page.fill("#key", "thank_them")
    page.get_by_label("Name in English").fill("Thank them")
    page.locator("[name='/when/event']").fill("golive.completed")
    page.locator("[name='new:/do']").select_option("wait")
    page.get_by_role("button", name="Add this step").click()
    expect(page.get_by_label("Name in English")).to_have_value("Thank them")
    page.locator("[name='/do/0/for/n']").fill("soon")
    page.locator("[name='new:/do']").select_option("notice")
    page.get_by_role("button", name="Add this step").click()
    page.locator("[name='/do/1/text/en']").fill("Well done")
    page.get_by_role("button", name="Save").click()
    page.get_by_role("alert").wait_for()
    if javascript:
        check_page(page)
    expect(page.locator("[name='/do/0/for/n']")).to_have_value("soon")
    page.get_by_role("alert").get_by_role("link").first.click()
    page.locator("[name='/do/0/for/n']").fill("2")
    page.get_by_role("button", name="Up 2").click()
    expect(page.locator("[name='/do/0/text/en']")).to_have_value("Well done")
    page.get_by_role("button", name="Save").click()
    page.get_by_role("heading", name="Thank them").wait_for()
    steps = Automation.objects.get(pk="thank_them").published.body["do"]
    assert [(step["do"], step.get("for")) for step in steps] == [("notice", None), ("wait", "P2D")]


def test_every_page_in_every_look(browse, admin, ada):
    actions.install_ready()
    for key, body in (
        ("first_call_done", None),
        ("whole", WHOLE | {"when": {"kind": "event", "event": "call.first"}, "if": None}),
    ):
        if body:
            actions.publish_revision(revision=actions.save_revision(key=key, body=body))
        actions.switch(automation=Automation.objects.get(pk=key), state="on")
    customer = first_call(ada)
    run = AutomationRun.objects.get(automation_id="first_call_done")
    actions.open_task(title="Call Ada", customer_id=customer.pk, assignee=admin.pk, actor="")
    task = actions.open_task(title="Ask what they build", actor="")
    actions.comment_on_task(task=task, text="Nobody there yet.", actor=f"team:{admin.pk}")
    Effect.objects.update(state=EffectState.FAILED, answer={"error": "no route to host"})
    event = timeline.newest(types=["call.first_success"]).get()
    pages = {
        "list": "/desk/automations/",
        "one": "/desk/automations/a/no_first_call/",
        "edit": "/desk/automations/a/whole/edit/",
        "edit-json": "/desk/automations/a/whole/edit/?view=json",
        "new": "/desk/automations/new/",
        "switch": "/desk/automations/a/first_call_done/switch/?to=off",
        "past": "/desk/automations/a/first_call_done/past/",
        "trace": f"/desk/automations/a/first_call_done/past/?event={event.id}",
        "revision": "/desk/automations/a/whole/revisions/1/",
        "runs": "/desk/automations/runs/",
        "run": f"/desk/automations/runs/{run.pk}/",
        "waiting": "/desk/automations/waiting/",
        "failed": "/desk/automations/failed/",
        "settings": "/desk/automations/settings/",
        "resume": "/desk/automations/a/whole/resume/",
        "tasks": "/desk/tasks/?show=all",
        "task": f"/desk/tasks/{task.pk}/",
        "task-new": "/desk/tasks/new/",
    }
    for theme, width, language in WIDTHS:
        User.objects.filter(pk=admin.pk).update(language=language)
        page = browse(user=admin, theme=theme, width=width, language=language)
        for name, path in pages.items():
            page.goto(path)
            shot(page, f"automations-{name}-{theme}-{width}")
            check_page(page)
        page.context.close()
