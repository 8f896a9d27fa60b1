"""The integration planner: its questions, the request, versions, copies, undo, and what ticks itself off."""

import ast
import re
import subprocess

import pytest
from django.core import mail
from django.test import Client

from posthouse.foundation.jobs import run_until_idle
from posthouse.messages.models import Message
from posthouse.people.actions import make_token
from posthouse.surveys import actions
from posthouse.surveys.models import Plan
from posthouse.surveys.planning import acting, finding, requests, steps
from posthouse.surveys.tests.conftest import BACKEND
from posthouse.timeline.models import Event
from posthouse.webhooks import actions as webhooks
from posthouse.webhooks.models import Delivery

pytestmark = [pytest.mark.django_db, pytest.mark.mission("S13")]


def answers(campaign, **changes):
    return {
        "campaign": {"campaign": campaign.pk},
        "trigger": {"kind": "purchase", "words": "The invoice was paid"},
        "source": {"kind": "code"},
        "attributes": {"lines": "plan = pro\nseats = 5\n\nbeta = true"},
        "rhythm": {"kind": "once", "delay": "2", "unit": "hours"},
        "language": {"code": "es"},
    } | changes


@pytest.fixture
def planned(desk, campaign):
    """A plan answered to its end in a browser without a script."""

    def made(**changes):
        began = desk.post("/desk/surveys/plans/new/", {"name": "NPS after a purchase"})
        address = began.url
        for step, given in answers(campaign, **changes).items():
            assert address.endswith(f"/{step}/")
            assert desk.get(address).status_code == 200
            address = desk.post(address, given).url
        return address, Plan.objects.latest("created_at")

    return made


def test_six_questions_lead_to_the_request_in_seven_languages(desk, planned, campaign, settings):
    address, plan = planned()
    shown = desk.get(address).content.decode()
    for title in ("curl", "Python", "JavaScript", "Go", "Ruby", "PHP", "Java"):
        assert f">{title}</label>" in shown
    assert "The invoice was paid" in shown
    call = requests.call_of(campaign.pk, plan.answers)
    assert call.url == f"{settings.PUBLIC_URL}/api/v1/surveys/{campaign.pk}/sends"
    assert call.body == {
        "email": "ada@example.org",
        "attributes": {"plan": "pro", "seats": 5, "beta": True},
        "delay": 7200,
        "language": "es",
    }
    code = {title: text for _, title, text in requests.samples(campaign.pk, plan.answers)}
    ast.parse(code["Python"])
    assert subprocess.run(["bash", "-nc", code["curl"]], check=False).returncode == 0
    assert all("POSTHOUSE_TOKEN" in text and campaign.pk in text for text in code.values())
    assert Event.objects.get(type="survey.plan_saved").data["number"] == 1


def test_the_request_of_a_plan_is_one_that_the_api_takes(planned, call, campaign):
    _, plan = planned()
    asked = requests.call_of(campaign.pk, plan.answers)
    answer = call("post", asked.url.partition("/api/v1/")[2], asked.body)
    assert (answer.status_code, answer.json()["outcome"]) == (201, "scheduled")


def test_a_job_gets_the_request_for_many(planned, call, campaign):
    _, plan = planned(source={"kind": "warehouse"}, attributes={"lines": ""}, language={"code": "contact"})
    asked = requests.call_of(campaign.pk, plan.answers)
    assert asked.url.endswith("/sends/batch")
    answer = call("post", asked.url.partition("/api/v1/")[2], asked.body)
    assert [item["status"] for item in answer.json()["items"]] == ["made", "made"]


def test_the_questions_come_in_their_order_and_what_was_typed_stays(desk, campaign):
    began = desk.post("/desk/surveys/plans/new/", {"name": "x"})
    plan = Plan.objects.get()
    later = desk.get(f"/desk/surveys/plans/{plan.pk}/attributes/")
    assert later.url == began.url
    assert desk.get(f"/desk/surveys/plans/{plan.pk}/").url == began.url
    wrong = desk.post(began.url, {"campaign": "cmp_other"})
    assert wrong.status_code == 422
    for step in ("campaign", "trigger", "source"):
        desk.post(f"/desk/surveys/plans/{plan.pk}/{step}/", answers(campaign)[step])
    wrong = desk.post(f"/desk/surveys/plans/{plan.pk}/attributes/", {"lines": "plan = pro\nno way!"})
    assert wrong.status_code == 422
    assert "no way!" in wrong.content.decode()
    assert desk.get(f"/desk/surveys/plans/{plan.pk}/sideways/").status_code == 404
    assert desk.post("/desk/surveys/plans/new/", {"name": ""}).status_code == 422


@pytest.mark.parametrize(
    "line", ["= 5", "a b = 1", "a\x00 = 1", "ñ = 1", "x = " + "y" * 201, "\n".join(f"a{n} = 1" for n in range(21))]
)
def test_what_is_no_attribute_is_refused(line):
    with pytest.raises(ValueError):
        steps.read_attributes(line)


def test_changing_an_answer_is_a_new_version_and_the_old_one_stays_readable(desk, planned):
    address, plan = planned()
    desk.post(f"{address}language/", {"code": "en"})
    desk.post(f"{address}language/", {"code": "en"})
    plan.refresh_from_db()
    assert plan.version == 2, "the same again is no new version"
    assert requests.body_of(plan.answers)["language"] == "en"
    earlier = desk.get(f"{address}?version=1").content.decode()
    assert "Version 1, as it was" in earlier
    for nonsense in ("3", "x", "-1", "9" * 30, "٣"):
        assert desk.get(f"{address}?version={nonsense}").status_code == 404


def test_a_plan_is_copied_renamed_deleted_and_taken_back(desk, planned):
    address, _ = planned()
    copied = desk.post(f"{address}duplicate/").url
    assert copied != address
    assert desk.get(copied).status_code == 200
    desk.post(f"{copied}rename/", {"name": "Other"})
    assert "Other" in desk.get("/desk/surveys/plans/").content.decode()
    listed = desk.post(f"{address}delete/")
    assert desk.get(address).status_code == 404
    shown = desk.get(listed.url).content.decode()
    assert "is deleted" in shown
    undo = re.search(r'action="([^"]+take-back/)"', shown)[1]
    assert desk.post(undo).url == address
    assert desk.get(address).status_code == 200


def test_deleted_plans_are_forgotten_after_a_month(planned, time_machine):
    time_machine.move_to("2026-05-04T12:00:00Z", tick=False)
    _, plan = planned()
    acting.delete(plan=plan)
    assert acting.forget_deleted() == 0
    time_machine.shift(acting.KEPT.total_seconds() + 1)
    assert acting.forget_deleted() > 0
    assert not Plan.objects.exists()


def test_the_test_goes_to_oneself_alone(desk, planned):
    address, _ = planned()
    desk.post(f"{address}test/")
    (message,) = Message.objects.exclude(subject="")
    assert message.to == "engineer@vendor.example"
    assert "Una pregunta" in message.subject
    assert mail.outbox == []


def ticked(plan):
    return {tick.name for tick in finding.ticks(plan) if tick.is_done}


def test_a_token_that_may_send_is_seen(planned, member):
    _, plan = planned()
    assert ticked(plan) == {"running"}
    make_token(owner=member("support"), name="shop", scopes=["surveys:read"])
    assert ticked(plan) == {"running"}
    make_token(owner=member("admin"), name="shop", scopes=["surveys:send"])
    assert ticked(plan) == {"running", "token"}


def test_a_plan_ticks_itself_off_from_real_calls(desk, planned, campaign, call, client):
    address, plan = planned()
    assert ticked(plan) == {"running", "token"}
    sent = call("post", f"surveys/{campaign.pk}/sends", {"email": "ada@example.org", "channel": "link"})
    assert ticked(plan) == {"running", "token", "sent"}
    webhooks.subscribe(url="https://example.org/", events_=["survey.response.created"])
    client.post(sent.json()["link"].partition("//")[2].partition("/")[2].join(["/", ""]), {"score": "9"})
    assert ticked(plan) == {"running", "token", "sent", "answered"}
    Delivery.objects.update(state="delivered", delivered_at=plan.created_at)
    assert ticked(plan) == {"running", "token", "sent", "answered", "told"}
    assert "open" not in re.findall(r"badge[^>]*>(\w+)<", desk.get(address).content.decode())


def test_a_trigger_is_seen_where_a_trigger_was_planned(planned, campaign):
    _, plan = planned(source={"kind": "events"})
    assert "triggered" not in ticked(plan)
    actions.ask(campaign=campaign, wish=actions.Wish(email="b@example.org", source="automation"))
    assert "triggered" in ticked(plan)


def test_the_planner_speaks_spanish(desk, planned, member):
    address, _ = planned()
    browser = Client(headers={"accept-language": "es"})
    browser.force_login(member("admin").user, backend=BACKEND)
    shown = browser.get(address).content.decode()
    assert "¿Qué desencadena la encuesta?" in shown
    run_until_idle()
