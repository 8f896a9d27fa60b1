"""Automations that send surveys: what is asked of whom, what was answered, and how it is said."""

from datetime import timedelta

import pytest
from django.db import transaction
from django.test import Client
from django.utils import translation
from tests.test_permissions import BACKEND

from posthouse.automations import actions, definition, outbox, sentences
from posthouse.automations.models import AutomationRun, Decision, Effect
from posthouse.automations.ready import shipped
from posthouse.automations.sentences import Names
from posthouse.foundation.clock import now
from posthouse.messages import actions as messages
from posthouse.messages.models import Message
from posthouse.people import actions as people
from posthouse.people.models import Contact, Membership, User
from posthouse.surveys import actions as surveys
from posthouse.surveys.models import Send
from posthouse.timeline import models as timeline

pytestmark = pytest.mark.django_db
START = "2026-11-23T09:00:00Z"
WORDS = {
    "en": {"subject": "One question", "question": "Would you recommend us?"},
    "es": {"subject": "Una pregunta", "question": "¿Nos recomendaría?"},
}


@pytest.fixture(autouse=True)
def monday(time_machine):
    time_machine.move_to(START, tick=False)


@pytest.fixture
def campaign(db):
    return running()


def running(metric="nps", **more):
    made = surveys.make_campaign(name="Quarterly", metric=metric, texts=WORDS, **{"rest_days_any": 0} | more)
    return surveys.set_state(campaign=made, state="running")


def survey(campaign, **more):
    return {"id": "ask", "do": "send_survey", "campaign": campaign} | more


@pytest.mark.mission("S3")
def test_an_event_leads_to_a_survey_that_is_mailed_later(
    ada, customer, campaign, automation, happen, settle, time_machine
):
    noted = {"plan": "customer.plan", "ticket": "event.data.ticket", "role": "contact.job_role", "none": "event.data.x"}
    automation(do=[survey(campaign.pk, delay="P2D", attributes=noted, language="en")])
    happen("key.created", contact=ada, customer=customer, ticket=812)
    settle()
    send, effect = Send.objects.get(), Effect.objects.get()
    assert (send.state, send.contact_id, send.customer_id, send.language) == ("pending", ada.pk, customer.pk, "en")
    assert send.due_at == now() + timedelta(days=2)
    assert send.attributes == {"plan": "pro", "ticket": 812, "role": ""}
    assert (effect.state, effect.answer["outcome"], effect.answer["send_id"]) == ("done", "scheduled", send.pk)
    assert effect.answer["due_at"] == send.due_at.isoformat()
    assert not Message.objects.exists()
    time_machine.shift(timedelta(days=2))
    settle()
    assert Message.objects.get().to == "ada@example.com"
    ada.refresh_from_db()
    assert ada.attributes == {}


def test_an_event_of_a_customer_alone_asks_its_oldest_owner(
    ada, customer, campaign, automation, happen, settle, time_machine
):
    time_machine.shift(timedelta(minutes=1))
    later = Contact.objects.create(email="bob@example.com", name="Bob")
    Membership.objects.create(contact=later, customer=customer, role="owner")
    automation(do=[survey(campaign.pk)])
    happen("key.created", customer=customer)
    settle()
    assert Send.objects.get().contact_id == ada.pk
    assert Message.objects.get().language == "es"


def test_where_there_is_nobody_it_is_left_out(customer, campaign, automation, happen, settle):
    automation(do=[survey(campaign.pk)])
    happen("key.created", customer=customer)
    settle()
    assert Effect.objects.get().answer == {"reason": "no_contact"}
    assert not Send.objects.exists()


@pytest.mark.parametrize(("said", "kept"), [("de", "de"), ("pt-BR", "pt-BR"), ("no language", ""), (3, ""), (None, "")])
def test_the_language_may_come_from_the_event(ada, customer, campaign, automation, happen, settle, said, kept):
    automation(do=[survey(campaign.pk, language="event.data.language")])
    happen("key.created", contact=ada, customer=customer, language=said)
    settle()
    assert Send.objects.get().language == kept


def test_a_kind_is_the_running_campaign_of_it_started_last(ada, customer, automation, happen, settle, time_machine):
    running()
    time_machine.shift(timedelta(days=1))
    latest = running()
    surveys.make_campaign(name="A draft", metric="nps", texts=WORDS)
    running("csat")
    automation(do=[survey("nps")])
    happen("key.created", contact=ada, customer=customer)
    settle()
    assert Send.objects.get().campaign == latest


# outcomes


def asked(ada, automation, happen, settle, reference):
    automation(do=[survey(reference)], again="every_time")
    happen("key.created", contact=ada)
    settle()
    return Effect.objects.get()


def test_asked_too_recently_says_until_when(ada, campaign, automation, happen, settle):
    surveys.ask(campaign=campaign, wish=surveys.Wish(contact_id=ada.pk))
    settle()
    effect = asked(ada, automation, happen, settle, campaign.pk)
    send = Send.objects.get(pk=effect.answer["send_id"])
    assert (effect.state, effect.answer["reason"], effect.answer["outcome"]) == ("skipped", "throttled", "throttled")
    assert effect.answer["throttled_until"] == (now() + timedelta(days=30)).isoformat()
    assert (send.state, send.outcome, send.source) == ("refused", "throttled", "automation")
    assert "survey.send_refused" in types_of(ada)


def types_of(contact):
    return set(timeline.Event.objects.filter(contact_id=contact.pk).values_list("type", flat=True))


def test_a_second_one_on_its_way(ada, campaign, automation, happen, settle):
    surveys.ask(campaign=running("csat"), wish=surveys.Wish(contact_id=ada.pk, delay=timedelta(days=1)))
    assert asked(ada, automation, happen, settle, campaign.pk).answer["outcome"] == "already_pending"


def test_a_campaign_that_is_paused(ada, campaign, automation, happen, settle):
    surveys.set_state(campaign=campaign, state="paused")
    assert asked(ada, automation, happen, settle, campaign.pk).answer["outcome"] == "paused"


def test_out_of_the_sample(ada, automation, happen, settle):
    assert asked(ada, automation, happen, settle, running(sample_percent=0).pk).answer["outcome"] == "sampled_out"


def test_an_address_that_cannot_be_written_to(ada, campaign, automation, happen, settle):
    messages.suppress(addressee=messages.addressee(ada.email), reason="bounce", how="report")
    assert asked(ada, automation, happen, settle, campaign.pk).answer["outcome"] == "bounced"


@pytest.mark.parametrize("reference", ["cmp_nobody", "ces"])
def test_without_such_a_campaign_it_is_left_out(ada, automation, happen, settle, reference):
    effect = asked(ada, automation, happen, settle, reference)
    assert (effect.state, effect.answer) == ("skipped", {"reason": "no_campaign"})


def test_a_refused_survey_does_not_count_as_a_message_of_the_cap(ada, campaign, automation, happen, settle):
    actions.change_settings(cap_most=1, cap_days=7)
    surveys.set_state(campaign=campaign, state="paused")
    automation(do=[survey(campaign.pk)], again="every_time")
    happen("key.created", contact=ada)
    settle()
    surveys.set_state(campaign=campaign, state="running")
    happen("key.created", contact=ada)
    settle()
    assert set(Send.objects.values_list("outcome", flat=True)) == {"paused", "scheduled"}
    happen("key.created", contact=ada)
    settle()
    assert sorted(Effect.objects.values_list("state", flat=True)) == ["done", "expired", "skipped"]


def test_a_dry_run_asks_nobody(ada, campaign, automation, happen, settle):
    automation(do=[survey(campaign.pk)], state="dry")
    happen("key.created", contact=ada)
    settle()
    assert Effect.objects.get().answer == {"reason": "dry"}
    assert not Send.objects.exists()


def test_done_again_with_its_key_it_is_the_same_send(ada, campaign, automation, happen, settle):
    automation(do=[survey(campaign.pk, delay="P1D")])
    happen("key.created", contact=ada)
    settle()
    Effect.objects.update(state="due", answer={}, finished_at=None)
    outbox.perform_due()
    assert Send.objects.count() == 1
    assert Effect.objects.get().answer["send_id"] == Send.objects.get().pk


def test_a_transaction_that_dies_leaves_no_send_behind(ada, campaign, automation, happen):
    automation(do=[survey(campaign.pk)])
    happen("key.created", contact=ada)
    with transaction.atomic():
        actions.carry_on()
        actions.carry_on()
        assert Send.objects.count() == 1
        transaction.set_rollback(True)
    assert not Send.objects.exists()


# words


def said(raw, language="en"):
    body = {"name": {"en": "X"}, "when": {"kind": "event", "event": "call.first"}, "do": [raw]}
    with translation.override(language):
        return sentences.sentence(definition.parse(body), Names(campaigns={"cmp_1": "Quarterly"}))


def test_it_is_said_as_part_of_a_sentence():
    whole = survey("cmp_1", delay="P2D", language="es", attributes={"plan": "customer.plan"}, valid_for="P3D")
    assert said(whole) == (
        "On the first call: send the survey “Quarterly” 2 days later, in the language es, noting plan (the customer's "
        "plan) with the answer (dropped when it cannot leave within 3 days). It does so only once for each."
    )
    assert "send the running CSAT survey." in said(survey("csat"))
    assert "enviar la encuesta NPS en curso" in said(survey("nps"), "es")


FAULTS = [
    ({"campaign": None}, "/do/0/campaign"),
    ({"campaign": "quarterly"}, "/do/0/campaign"),
    ({"campaign": 3}, "/do/0/campaign"),
    ({"delay": "P367D"}, "/do/0/delay"),
    ({"delay": -1}, "/do/0/delay"),
    ({"attributes": ["plan"]}, "/do/0/attributes"),
    ({"attributes": {"plan": "pro"}}, "/do/0/attributes/plan"),
    ({"attributes": {"plan": 3}}, "/do/0/attributes/plan"),
    ({"attributes": {"plan": None}}, "/do/0/attributes/plan"),
    ({"attributes": {"": "customer.plan"}}, "/do/0/attributes"),
    ({"attributes": {f"a{n}": "customer.plan" for n in range(31)}}, "/do/0/attributes"),
    ({"language": "Español"}, "/do/0/language"),
    ({"language": "event.language"}, "/do/0/language"),
    ({"language": ["es"]}, "/do/0/language"),
    ({"to": "ada@example.com"}, "/do/0/to"),
]


@pytest.mark.parametrize(("more", "place"), FAULTS)
def test_what_is_wrong_is_named_at_its_place(more, place):
    raw = survey("cmp_1") | more
    body = {"name": {"en": "X"}, "when": {"kind": "event", "event": "call.first"}, "do": [raw]}
    assert [fault.place for fault in definition.faults_of(body)] == [place]


# pages


@pytest.fixture
def desk(db):
    member = people.add_team_member(user=User.objects.create_user("admin@vendor.example.org", "x"), role="admin")
    browser = Client()
    browser.force_login(member.user, backend=BACKEND)
    return browser


def test_the_page_of_a_run_shows_the_outcome_and_leads_to_the_send(
    desk, ada, campaign, automation, happen, settle, time_machine
):
    automation(do=[survey(campaign.pk, delay="P2D")], again="every_time")
    for _turn in range(2):
        happen("key.created", contact=ada)
        settle()
        time_machine.shift(timedelta(minutes=1))
    runs = AutomationRun.objects.order_by("started_at")
    pages = [desk.get(f"/desk/automations/runs/{run.pk}/").text for run in runs]
    assert "Done. The survey is due on" in pages[0]
    assert "another survey is on its way to the person" in pages[1]
    for send in Send.objects.all():
        assert sum(f"/desk/surveys/sends/{send.pk}/" in page for page in pages) == 1
    assert Decision.objects.filter(what="left_out").get().data["outcome"] == "already_pending"


def test_what_was_tried_on_the_past_names_the_survey(desk, ada, campaign, automation, happen):
    automation(do=[survey(campaign.pk, delay="P2D")], state="off")
    event = happen("key.created", contact=ada)
    page = desk.get(f"/desk/automations/a/hello/past/?event={event.id}&source=test").text
    assert "Send the survey “Quarterly” 2 days later" in page or "send the survey “Quarterly” 2 days later" in page
    assert not Send.objects.exists()


def test_it_is_set_up_in_the_editor_row_by_row(desk, campaign):
    raw = {
        "key": "after_support",
        "was": "form",
        "based_on": "0",
        "/name/en": "After support",
        "/when/kind": "event",
        "/when/event": "ticket.resolved",
        "/often": "every_time",
        "/do": "",
        "/do/0/do": "send_survey",
        "/do/0/id": "s1",
        "/do/0/campaign": campaign.pk,
        "/do/0/delay/n": "2",
        "/do/0/delay/unit": "hours",
        "/do/0/attributes/rows/0/name": "ticket",
        "/do/0/attributes/rows/0/field": "event.data.ticket",
        "/do/0/attributes/rows/1/name": "plan",
        "/do/0/attributes/rows/1/field": "the plan",
        "act": "save",
    }
    refused = desk.post("/desk/automations/new/", raw)
    assert refused.status_code == 422
    assert "plan: A field such as customer.plan" in refused.text
    assert 'value="the plan"' in refused.text
    assert "Quarterly" in refused.text
    assert (
        desk.post("/desk/automations/new/", raw | {"/do/0/attributes/rows/1/field": "customer.plan"}).status_code == 302
    )
    step = desk.get("/desk/automations/a/after_support/edit/?view=json").context["draft"].body["do"][0]
    assert step == survey(campaign.pk, id="s1", delay="PT2H") | {
        "attributes": {"ticket": "event.data.ticket", "plan": "customer.plan"}
    }


@pytest.mark.mission("S3", "J5.4")
@pytest.mark.parametrize(
    ("key", "event", "metric"),
    [
        ("csat_after_support", "ticket.resolved", "csat"),
        ("ces_after_first_call", "call.first_success", "ces"),
        ("ces_after_errors", "error.spike_ended", "ces"),
        ("nps_after_three_months", "call.first_live_success", "nps"),
    ],
)
def test_the_ready_made_ones_ask_when_their_time_has_come(
    ada, customer, automation, happen, settle, time_machine, key, event, metric
):
    campaign = running(metric)
    raw = next(one.body for one in shipped() if one.key == key)
    automation(key, **raw)
    happen(event, customer=customer, ticket="812")
    settle()
    for moment in ("2026-11-23T18:00:00Z", "2027-02-21T10:00:00Z", "2027-02-23T11:00:00Z"):
        time_machine.move_to(moment, tick=False)
        settle()
    assert [send.campaign for send in Send.objects.all()] == [campaign]
    assert Send.objects.get().attributes["plan"] == "pro"


def test_a_spike_that_comes_back_is_not_asked_about(ada, customer, automation, happen, settle, time_machine):
    running("ces")
    automation("ces_after_errors", **next(one.body for one in shipped() if one.key == "ces_after_errors"))
    happen("error.spike_ended", customer=customer)
    settle()
    time_machine.shift(timedelta(hours=3))
    happen("error.spike", customer=customer)
    settle()
    time_machine.shift(timedelta(hours=3))
    settle()
    assert not Send.objects.exists()
