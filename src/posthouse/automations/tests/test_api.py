"""Automations over the HTTP API."""

import json

import pytest
from django.test import Client

from posthouse.automations import actions
from posthouse.automations.models import Automation, AutomationRun, Effect, EffectState, Wait
from posthouse.automations.tests.test_definition import body, mail
from posthouse.foundation.jobs import run_until_idle
from posthouse.people import actions as people
from posthouse.people.models import TeamRole, User

TEMPLATE = "automations/no_first_call"


@pytest.fixture
def admin(db):
    return people.add_team_member(user=User.objects.create_user("admin@vendor.example.org", "x"), role=TeamRole.ADMIN)


@pytest.fixture
def ask(admin):
    _token, secret = people.make_token(owner=admin, name="t", scopes=["automations:read", "automations:write"])
    client = Client()

    def call(method, path, data=None, status=200):
        headers = {"Authorization": f"Bearer {secret}"}
        extra = {} if method == "get" else {"data": json.dumps(data or {}), "content_type": "application/json"}
        answer = getattr(client, method)(f"/api/v1{path}", headers=headers, **extra)
        assert answer.status_code == status, answer.content
        return answer.json()

    return call


@pytest.fixture
def customer(db):
    ada = people.open_account(user=User.objects.create_user("ada@one.example.org", "x"))
    return lambda: people.found_customer(name="One", owner=ada)


def raw(**more):
    return body(when={"kind": "event", "event": "customer.created"}, do=[mail(template=TEMPLATE)]) | more


def test_an_automation_is_written_switched_tried_paused_and_read(ask, customer):
    made = ask("put", "/automations/mine", {"body": raw(), "note": "first"})
    assert (made["state"], made["revision"]) == ("off", 1)
    assert made["sentence"].startswith("On a new customer: send the mail")
    assert ask("put", "/automations/mine", {"body": raw(), "based_on": 0}, 409)["code"] == "not-possible-now"
    assert ask("put", "/automations/mine", {"body": raw(), "based_on": 1})["revision"] == 2
    assert [row["number"] for row in ask("get", "/automations/mine/revisions")] == [2, 1]
    customer()
    assert ask("post", "/automations/mine/try", {})["fired"] == 1
    assert ask("post", "/automations/mine/switch", {"state": "on"})["state"] == "on"
    assert ask("post", "/automations/mine/pause")["paused_at"]
    ask("post", "/automations/mine/resume", {"overdue": "some"}, 422)
    assert ask("post", "/automations/mine/resume", {"overdue": "all"})["paused_at"] is None
    assert [row["key"] for row in ask("get", "/automations")] == ["mine"]


def test_every_fault_comes_with_its_place(ask):
    wrong = ask("put", "/automations/mine", {"body": {"name": {}, "when": {"kind": "moon"}, "do": []}}, 422)
    assert [error["place"] for error in wrong["errors"]] == ["/name", "/when/kind", "/do"]
    assert all(error["reason"] for error in wrong["errors"])
    ask("put", "/automations/mine", {"body": raw(), "colour": 1}, 422)
    ask("put", "/automations/9mine", {"body": raw()}, 422)
    assert not Automation.objects.exists()


def test_runs_are_explained_waits_moved_and_failures_tried_again(ask, customer):
    waits = [{"id": "s1", "do": "wait", "for": "P1D"}, mail(id="s2", template=TEMPLATE)]
    ask("put", "/automations/mine", {"body": raw(do=waits)})
    ask("post", "/automations/mine/switch", {"state": "on"})
    customer()
    run_until_idle()
    run = ask("get", "/automation-runs")["items"][0]
    told = ask("get", f"/automation-runs/{run['id']}")
    assert [line["what"] for line in told["decisions"]] == ["trigger", "wait"]
    wait = ask("get", "/automation-waits")[0]
    moved = ask("post", f"/automation-waits/{wait['id']}/move", {"due_at": "2020-01-01T00:00:00Z"})
    assert moved["due_at"].startswith("2020")
    run_until_idle()
    effect = Effect.objects.get()
    ask("post", f"/automation-failures/{effect.pk}/retry", status=409)
    Effect.objects.update(state=EffectState.FAILED)
    assert ask("get", "/automation-failures")["items"][0]["id"] == effect.pk
    assert ask("post", f"/automation-failures/{effect.pk}/retry")["state"] == "due"
    assert not Wait.objects.filter(state="waiting").exists()
    ask("post", f"/automation-runs/{run['id']}/cancel", status=409)
    ask("post", f"/automation-runs/{run['id']}/retry", status=409)
    AutomationRun.objects.update(state="open")
    assert ask("post", f"/automation-runs/{run['id']}/cancel")["state"] == "stopped"
    ask("get", "/automation-runs/arn_nothing", status=404)


def test_settings(ask):
    assert ask("patch", "/automation-settings", {"cap_most": 1})["cap_most"] == 1
    assert ask("get", "/automation-settings")["cap_most"] == 1
    ask("patch", "/automation-settings", {"quiet_from": "22:00"}, 422)
    ask("patch", "/automation-settings", {"cap_most": -5}, 422)


def test_tasks(ask, admin, customer):
    found = customer()
    task = ask("post", "/tasks", {"title": "Call them", "customer_id": found.pk}, 201)
    assert ask("post", f"/tasks/{task['id']}/assign", {"assignee": admin.user_id})["assignee"] == admin.user_id
    ask("post", f"/tasks/{task['id']}/assign", {"assignee": 10**12}, 409)
    ask("post", f"/tasks/{task['id']}/comments", {"text": "Nobody there"})
    assert ask("post", f"/tasks/{task['id']}/done")["done_at"]
    assert ask("get", f"/tasks?customer_id={found.pk}&done=true")["items"][0]["id"] == task["id"]
    assert ask("post", f"/tasks/{task['id']}/undo")["done_at"] is None
    ask("post", "/tasks", {"title": "x", "customer_id": "cus_nothing"}, 404)
    ask("post", "/tasks", {"title": ""}, 422)
    assert actions.install_ready() > 0
