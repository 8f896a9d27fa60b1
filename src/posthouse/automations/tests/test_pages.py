"""The desk's pages about automations, over HTTP."""

import json
from datetime import timedelta
from html.parser import HTMLParser

import pytest
from django.test import Client
from django.utils import timezone
from tests.test_permissions import BACKEND

from posthouse.automations import actions, definition
from posthouse.automations.models import Automation, AutomationRun, Effect, EffectState, Settings, Task, Wait
from posthouse.automations.ready import shipped
from posthouse.automations.tests.test_definition import WHOLE, body, mail
from posthouse.foundation.clock import now
from posthouse.foundation.jobs import run_until_idle
from posthouse.people import actions as people
from posthouse.people.models import TeamRole, User
from posthouse.timeline import queries as timeline

BASE = "/desk/automations/"
TEMPLATE = "automations/no_first_call"


def sign_in(user):
    client = Client()
    client.force_login(user, backend=BACKEND)
    return client


@pytest.fixture
def admin(db):
    return people.add_team_member(user=User.objects.create_user("admin@vendor.example.org", "x"), role=TeamRole.ADMIN)


@pytest.fixture
def desk(admin):
    return sign_in(admin.user)


@pytest.fixture
def analyst(db):
    user = User.objects.create_user("analyst@vendor.example.org", "x")
    return sign_in(people.add_team_member(user=user, role=TeamRole.ANALYST).user)


@pytest.fixture
def ada(db):
    return people.open_account(user=User.objects.create_user("ada@one.example.org", "x"))


def made(raw=None, key="mine", state="on"):
    revision = actions.save_revision(key=key, body=raw or on_customer())
    actions.publish_revision(revision=revision)
    return actions.switch(automation=revision.automation, state=state)


def on_customer(**more):
    when = {"kind": "event", "event": "customer.created"}
    return body(when=when, do=[mail(template=TEMPLATE)]) | more


def page(client, path, status=200):
    answer = client.get(BASE + path)
    assert answer.status_code == status, answer.content.decode()[:500]
    return answer.content.decode()


@pytest.mark.mission("S3")
def test_ready_made_automations_are_in_the_list_and_all_off(desk):
    run_until_idle()
    text = page(desk, "")
    assert "None is on." in text
    assert Automation.objects.count() == len(shipped())
    assert set(Automation.objects.values_list("state", flat=True)) == {"off"}
    assert "No first call three days after the first key" in text
    assert "3 days after a new key, without the first call" in text
    for one in shipped():
        page(desk, f"a/{one.key}/")


def test_ready_made_ones_that_were_changed_stay_as_the_team_wrote_them(desk):
    actions.install_ready()
    revision = actions.save_revision(key="gone_quiet", body=on_customer())
    actions.publish_revision(revision=revision)
    assert actions.install_ready() == 0
    assert Automation.objects.get(pk="gone_quiet").published_id == revision.pk


@pytest.mark.mission("S3")
def test_switched_on_it_sends_its_mail_and_every_step_is_explained(desk, ada, mailoutbox):
    actions.install_ready()
    key = "mine"
    made(key=key, state="off")
    assert "Switch “X” on?" in page(desk, f"a/{key}/switch/?to=on")
    assert desk.post(f"{BASE}a/{key}/switch/", {"to": "on"}).status_code == 302
    people.found_customer(name="One", owner=ada)
    run_until_idle()
    assert [sent.to for sent in mailoutbox if "first call" in sent.subject] == [["ada@one.example.org"]]
    run = AutomationRun.objects.get(automation_id=key)
    text = page(desk, f"runs/{run.pk}/")
    for words in ("It began on a new customer", "The cap allows it: 0 of 3", "Done", "customer.created", "Revision 1"):
        assert words in text, words
    assert 'It is to be done <span class="soft small">· send the mail' in text
    effect = run.effects.get()
    assert desk.get(f"{BASE}why/{effect.pk}/")["Location"] == f"/desk/automations/runs/{run.pk}/#{effect.pk}"
    assert "ada@one.example.org" in page(desk, "runs/")
    assert "No run fits" in page(desk, "runs/?automation=gone_quiet")


def test_dry_run_does_nothing_and_says_what_it_would_have_done(desk, ada, mailoutbox):
    made(state="dry")
    people.found_customer(name="One", owner=ada)
    run_until_idle()
    assert not [sent for sent in mailoutbox if "first call" in sent.subject]
    run = AutomationRun.objects.get()
    assert "Left out: it runs dry" in page(desk, f"runs/{run.pk}/")


def test_what_a_month_would_have_brought_and_one_event_in_full(desk, ada):
    automation = made(state="off")
    people.found_customer(name="One", owner=ada)
    text = page(desk, f"a/{automation.key}/past/")
    assert "It would have begun 1 time in the last 30 days" in text
    event = timeline.newest(types=["customer.created"]).get()
    text = page(desk, f"a/{automation.key}/past/?event={event.id}")
    assert "It would have begun" in text
    assert "Send the mail" in text or "send the mail" in text
    other = timeline.newest(types=["account.created"]).get()
    assert "This kind of event does not begin it." in page(desk, f"a/{automation.key}/past/?event={other.id}")
    assert "There is no such event." in page(desk, f"a/{automation.key}/past/?event=evt_nothing%00")


def test_a_trace_shows_the_answers_of_the_condition_and_the_way_taken(desk, ada):
    raw = on_customer(
        **{"if": {"all": [{"field": "event.data.name", "op": "is", "value": "Two"}, {"happened": "key.created"}]}}
    )
    automation = made(raw, state="off")
    people.found_customer(name="One", owner=ada)
    event = timeline.newest(types=["customer.created"]).get()
    text = page(desk, f"a/{automation.key}/past/?event={event.id}")
    assert "It would have done nothing" in text
    assert "does not hold" in text
    assert "found: One" in " ".join(text.split())


# the editor


def form(**more):
    return {
        "act": "save",
        "key": "fresh",
        "based_on": "0",
        "was": "form",
        "/name/en": "Fresh",
        "/when/kind": "event",
        "/when/event": "customer.created",
        "/often": "once",
        "/do": "",
        "/do/0/do": "send_mail",
        "/do/0/id": "",
        "/do/0/template": TEMPLATE,
    } | more


A_WAIT = {"/do/1/do": "wait", "/do/1/for/n": "2", "/do/1/for/unit": "days"}


def test_an_automation_is_made_with_the_form(desk):
    assert "New automation" in page(desk, "new/")
    answer = desk.post(f"{BASE}new/", form())
    assert answer.status_code == 302, answer.content.decode()
    found = Automation.objects.get(pk="fresh")
    assert (found.state, found.published.number) == ("off", 1)
    assert found.published.body["do"] == [{"do": "send_mail", "id": "s1", "template": TEMPLATE}]
    assert "On a new customer: send the mail" in page(desk, "a/fresh/")
    text = page(desk, "a/fresh/edit/")
    assert 'name="/do/0/template"' in text


class Sent(HTMLParser):
    """What a browser sends of the form of the editor when nothing in it is touched."""

    def __init__(self, text):
        super().__init__()
        self.fields, self.select, self.inside = {}, "", False
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        found = dict(attrs)
        self.inside = found.get("class") == "editor" if tag == "form" else self.inside
        name, value = found.get("name"), found.get("value") or ""
        if tag == "select":
            self.select = name
        elif tag == "option" and self.inside and ("selected" in found or self.select not in self.fields):
            self.fields[self.select] = [value]
        elif tag == "input" and self.inside and name and (found.get("type") != "checkbox" or "checked" in found):
            self.fields.setdefault(name, []).append(value)


def test_the_form_sent_as_it_came_changes_nothing(desk):
    whole = WHOLE | {"when": {"kind": "event", "event": "call.first"}}
    revision = actions.save_revision(key="whole", body=whole)
    actions.publish_revision(revision=revision)
    answer = desk.post(f"{BASE}a/whole/edit/", Sent(page(desk, "a/whole/edit/")).fields | {"act": "save"})
    assert answer.status_code == 302, answer.content.decode()
    found = Automation.objects.get(pk="whole").published
    assert definition.parse(found.body) == definition.parse(revision.body)


def test_errors_stand_at_their_place_and_nothing_typed_is_lost(desk):
    data = form(
        **{
            "key": "Not a key",
            "/when/event": "<no>",
            "/do/1/do": "wait",
            "/do/1/for/n": "soon",
            "/do/1/for/unit": "days",
        }
    )
    answer = desk.post(f"{BASE}new/", data)
    text = answer.content.decode()
    assert answer.status_code == 422
    assert Automation.objects.count() == 0
    for kept in ("Not a key", "&lt;no&gt;", 'value="soon"', 'value="Fresh"'):
        assert kept in text, kept
    assert 'href="#at-do-1-for"' in text
    assert 'id="at-do-1-for"' in text
    assert 'id="at-do-1-for-errors"' in text


def test_steps_are_added_and_moved_without_a_script(desk):
    answer = desk.post(f"{BASE}new/", form(act="add:/do", **{"new:/do": "wait"}))
    text = answer.content.decode()
    assert answer.status_code == 200
    assert 'name="/do/1/for/n"' in text
    moved = desk.post(f"{BASE}new/", form(act="up:/do/1", **A_WAIT))
    assert 'name="/do/0/for/n"' in moved.content.decode()
    assert Automation.objects.count() == 0


def test_the_raw_json_can_be_edited_and_a_slip_is_kept_and_named(desk):
    made(state="off")
    assert "The whole automation as JSON" in page(desk, "a/mine/edit/?view=json")
    data = {"act": "save", "based_on": "1", "was": "json", "view": "json", "json": '{"name": {"en": "Broken"},'}
    answer = desk.post(f"{BASE}a/mine/edit/", data)
    assert answer.status_code == 422
    assert "This is no JSON: line 1" in answer.content.decode()
    assert "Broken" in answer.content.decode()
    data["json"] = json.dumps(on_customer(name={"en": "Mended"}))
    assert desk.post(f"{BASE}a/mine/edit/", data).status_code == 302
    assert Automation.objects.get().published.number == 2


def test_two_tabs_do_not_overwrite_each_other(desk):
    made(state="off")
    first = form(based_on="1", **{"/name/en": "First"})
    second = form(based_on="1", **{"/name/en": "Second"})
    assert desk.post(f"{BASE}a/mine/edit/", first).status_code == 302
    answer = desk.post(f"{BASE}a/mine/edit/", second)
    text = answer.content.decode()
    assert answer.status_code == 409
    assert "Somebody saved revision 2" in text
    assert 'value="Second"' in text
    assert "First" in text
    assert desk.post(f"{BASE}a/mine/edit/", second | {"over": "2"}).status_code == 302
    assert Automation.objects.get().published.body["name"] == {"en": "Second"}


def test_a_key_is_taken_once(desk):
    made(key="fresh", state="off")
    answer = desk.post(f"{BASE}new/", form())
    assert answer.status_code == 422
    assert "Another automation has this key." in answer.content.decode()


def test_revisions_show_what_changed_and_one_can_go_back(desk):
    made(state="off")
    desk.post(f"{BASE}a/mine/edit/", form(based_on="1", note="A better name", **{"/name/en": "Better"}))
    assert "A better name" in page(desk, "a/mine/revisions/")
    text = page(desk, "a/mine/revisions/2/")
    assert "<del>" in text
    assert "<ins>" in text
    assert desk.post(f"{BASE}a/mine/revisions/1/restore/").status_code == 302
    found = Automation.objects.get()
    assert (found.published.number, found.published.body["name"]) == (3, {"en": "X"})
    page(desk, "a/mine/revisions/9/", 404)
    page(desk, "a/mine/revisions/99999999999999999999/", 404)


# switching, pausing, waiting, failing


def test_pause_and_go_on_with_each_of_the_three_choices(desk, ada):
    made()
    for way in ("skip", "latest", "all"):
        assert desk.post(f"{BASE}a/mine/pause/").status_code == 302
        assert Automation.objects.get().paused_at is not None
        page(desk, "a/mine/resume/")
        assert desk.post(f"{BASE}a/mine/resume/", {}).status_code == 422
        assert desk.post(f"{BASE}a/mine/resume/", {"overdue": way}).status_code == 302
        assert Automation.objects.get().paused_at is None


def waiting_run(ada):
    made(on_customer(do=[{"id": "s1", "do": "wait", "for": "P3D"}, mail(id="s2", template=TEMPLATE)]))
    people.found_customer(name="One", owner=ada)
    run_until_idle()
    return Wait.objects.get(state="waiting")


def test_what_waits_can_be_moved_and_called_off(desk, ada):
    wait = waiting_run(ada)
    assert "1 run waits." in page(desk, "waiting/")
    later = timezone.localtime(now() + timedelta(days=9)).replace(second=0, microsecond=0, tzinfo=None)
    desk.post(f"{BASE}waiting/{wait.pk}/move/", {"due_at": later.isoformat()})
    wait.refresh_from_db()
    assert (wait.due_at - now()).days in (8, 9)
    desk.post(f"{BASE}waiting/{wait.pk}/move/", {"due_at": "tomorrow"})
    desk.post(f"{BASE}waiting/{wait.pk}/cancel/")
    assert AutomationRun.objects.get().state == "stopped"
    assert "somebody of the team called it off" in page(desk, f"runs/{wait.run_id}/")
    assert desk.post(f"{BASE}waiting/99999999999999999999/move/").status_code == 404


def test_switching_off_says_how_many_runs_end(desk, ada):
    waiting_run(ada)
    assert "1 run under way ends" in page(desk, "a/mine/switch/?to=off")
    desk.post(f"{BASE}a/mine/switch/", {"to": "off"})
    assert AutomationRun.objects.get().state == "stopped"
    assert desk.get(f"{BASE}a/mine/switch/?to=moon").status_code == 302


def test_what_failed_is_listed_tried_again_and_left_out(desk, ada):
    made()
    people.found_customer(name="One", owner=ada)
    run_until_idle()
    effect = Effect.objects.get()
    for verb, state in (("retry", EffectState.DUE), ("skip", EffectState.SKIPPED)):
        Effect.objects.filter(pk=effect.pk).update(state=EffectState.FAILED, answer={"error": "no route to host"})
        assert "no route to host" in page(desk, "failed/")
        assert "want a look" in page(desk, "") or "wants a look" in page(desk, "")
        desk.post(f"{BASE}failed/{effect.pk}/{verb}/")
        effect.refresh_from_db()
        assert effect.state == state
    assert "Nothing failed" in page(desk, "failed/")


def test_a_run_that_an_error_stopped_is_tried_again(desk, ada):
    wait = waiting_run(ada)
    AutomationRun.objects.update(state="failed", error="boom")
    assert "boom" in page(desk, "failed/")
    desk.post(f"{BASE}runs/{wait.run_id}/retry/")
    assert AutomationRun.objects.get().state == "open"


def test_caps_and_quiet_hours(desk):
    good = {"cap_most": 2, "cap_days": 7, "quiet_from": "22:00", "quiet_to": "08:00", "spread_minutes": 30}
    good |= {"valid_hours": 72, "hourly_limit": 100, "late_hours": 24}
    assert "Quiet from" in page(desk, "settings/")
    assert desk.post(f"{BASE}settings/", good).status_code == 302
    assert Settings.objects.get().cap_most == 2
    for wrong in (
        {"quiet_to": ""},
        {"quiet_to": "22:00"},
        {"cap_days": 0},
        {"cap_most": -1},
        {"spread_minutes": 99999},
    ):
        assert desk.post(f"{BASE}settings/", good | wrong).status_code == 422, wrong


# tasks


def test_a_task_is_made_given_discussed_done_and_taken_back(desk, admin, ada):
    customer = people.found_customer(name="One", owner=ada)
    assert desk.post("/desk/tasks/new/", {"title": ""}).status_code == 422
    made_ = {"title": "Call Ada", "assignee": "", "due_on": "2020-01-02", "customer": customer.pk}
    assert desk.post("/desk/tasks/new/", made_).status_code == 302
    task = Task.objects.get()
    assert "Call Ada" in desk.get("/desk/tasks/?show=due").content.decode()
    assert "Call Ada" not in desk.get("/desk/tasks/").content.decode()
    desk.post(f"/desk/tasks/{task.pk}/assign/", {"assignee": admin.user_id})
    assert "Call Ada" in desk.get("/desk/tasks/").content.decode()
    desk.post(f"/desk/tasks/{task.pk}/comment/", {"text": "Nobody <there>"})
    assert "Nobody &lt;there&gt;" in desk.get(f"/desk/tasks/{task.pk}/").content.decode()
    assert desk.post(f"/desk/tasks/{task.pk}/comment/", {"text": ""}).status_code == 422
    desk.post(f"/desk/tasks/{task.pk}/done/", {"show": "mine"})
    assert "Call Ada" in desk.get("/desk/tasks/?show=done").content.decode()
    desk.post(f"/desk/tasks/{task.pk}/undo/")
    task.refresh_from_db()
    assert task.done_at is None
    desk.post(f"/desk/tasks/{task.pk}/assign/", {"assignee": "99999999999"})
    task.refresh_from_db()
    assert task.assignee == admin.user_id
    assert desk.get("/desk/tasks/tsk_nothing/").status_code == 404


def test_tasks_stand_on_the_page_of_their_customer(desk, ada):
    customer = people.found_customer(name="One", owner=ada)
    actions.open_task(title="Call Ada", customer_id=customer.pk, actor="")
    text = desk.get(f"/desk/customers/{customer.pk}/").content.decode()
    assert "Call Ada" in text
    assert f"/desk/tasks/new/?customer={customer.pk}" in text


def test_a_task_of_an_automation_says_why_it_is_there(desk, ada):
    made(on_customer(do=[{"id": "s1", "do": "task", "title": {"en": "Say hello"}, "due": "P1D"}]))
    people.found_customer(name="One", owner=ada)
    run_until_idle()
    task = Task.objects.get()
    assert f"{BASE}why/{task.effect_id}/" in desk.get(f"/desk/tasks/{task.pk}/").content.decode()


def test_who_only_reads_sees_no_buttons_and_cannot_act(analyst, ada):
    waiting_run(ada)
    for path in ("", "a/mine/", "waiting/", "failed/", "runs/", "a/mine/past/", "a/mine/revisions/1/"):
        assert 'method="post"' not in page(analyst, path).split("<main")[1]
    assert analyst.get(f"{BASE}a/mine/edit/").status_code == 403
    assert analyst.post(f"{BASE}a/mine/switch/", {"to": "off"}).status_code == 403


@pytest.mark.parametrize("path", ["a/nothing/", "a/nothing/past/", "runs/arn_nothing/", "why/eff_nothing/"])
def test_what_does_not_exist(desk, path):
    page(desk, path, 404)


def test_everything_in_spanish(admin, desk, ada):
    User.objects.filter(pk=admin.user_id).update(language="es")
    wait = waiting_run(ada)
    actions.install_ready()
    event = timeline.newest(types=["customer.created"]).get()
    paths = ["", "new/", "runs/", f"runs/{wait.run_id}/", "waiting/", "failed/", "settings/", "a/mine/", "a/mine/edit/"]
    paths += [
        "a/mine/past/",
        f"a/mine/past/?event={event.id}",
        "a/mine/revisions/",
        "a/mine/revisions/1/",
        "a/mine/switch/?to=off",
    ]
    for path in paths:
        assert "Automatiza" in page(desk, path)
