"""Exactly which webhooks an answer leads to: given, completed, changed, the same again, erased."""

import json
from datetime import UTC, datetime

import jsonschema
import pytest

from posthouse.foundation.jobs import run_until_idle
from posthouse.people.models import Contact
from posthouse.people.personal_data import erase
from posthouse.surveys import actions, links, models
from posthouse.timeline.models import Event
from posthouse.webhooks import actions as webhooks
from posthouse.webhooks import queries
from posthouse.webhooks.models import Delivery

pytestmark = [pytest.mark.django_db, pytest.mark.mission("S11")]
BOTH = ["survey.response.created", "survey.response.updated"]


@pytest.fixture
def told(time_machine, settings):
    """Subscribe, and read what is to be sent, in the order in which it was written."""
    time_machine.move_to(datetime(2026, 5, 4, 12, tzinfo=UTC), tick=False)
    settings.WEBHOOK_PRIVATE = True
    webhooks.subscribe(url="http://127.0.0.1:9/", events_=BOTH)

    def read():
        time_machine.shift(1)
        bodies = [json.loads(row.body) for row in Delivery.objects.exclude(body="").order_by("created_at")]
        for body in bodies:
            jsonschema.validate(body, queries.public_events()[body["type"]].envelope_schema())
        return bodies

    return read


@pytest.fixture
def asked(campaign, ask, told):
    return ask(campaign, attributes={"plan": "pro"}, channel="link")


def page(send, score=None, rest=""):
    return f"/survey/{links.token(send.pk, score)}/{rest}"


def test_opening_a_link_tells_nothing_and_confirming_tells_once(client, asked, told, campaign):
    client.get(page(asked, 9))
    assert told() == []
    client.post(page(asked, 9), {"score": "9"})
    client.post(page(asked, 9), {"score": "9"})
    (body,) = told()
    assert (body["type"], body["data"]["change"], body["data"]["previous"]) == (BOTH[0], "given", None)
    assert body["id"] == Event.objects.get(type="survey.responded").id
    response = body["data"]["response"]
    assert (response["score"], response["group"], response["attributes"]) == (9, "high", {"plan": "pro"})
    assert body["data"]["contact"]["email"] == "ada@example.org"
    assert body["data"]["campaign"] == {"id": campaign.pk, "name": "Quarterly", "metric": "nps", "scale": "0-10"}


def test_completing_and_changing_tell_what_it_was_and_each_what_it_said_then(client, asked, told):
    client.post(page(asked, 9), {"score": "9"})
    told()
    client.post(page(asked, None, "more/"), {"comment": "Quick"})
    told()
    client.post(page(asked, 2), {"score": "2", "comment": "Slow"})
    bodies = told()
    assert [body["type"] for body in bodies] == [BOTH[0], BOTH[1], BOTH[1]]
    said = [(body["data"]["response"]["score"], body["data"]["response"]["comment"]) for body in bodies]
    assert said == [(9, ""), (9, "Quick"), (2, "Slow")]
    assert bodies[2]["data"]["previous"] == {"score": 9, "group": "high", "comment": "Quick", "answers": {}}
    assert bodies[2]["data"]["response"]["updated_at"]


def test_an_answer_that_is_not_stored_is_not_told(client, asked, told):
    client.post(page(asked, 9), {"score": "11"})
    assert told() == []


def test_erasing_a_person_tells_that_its_answers_are_empty(client, asked, told):
    client.post(page(asked, 9), {"score": "9", "comment": "Quick"})
    told()
    erase(Contact.objects.get())
    run_until_idle()
    last = told()[-1]
    assert (last["type"], last["data"]["change"], last["data"]["contact"]) == (BOTH[1], "erased", None)
    assert (last["data"]["response"]["comment"], last["data"]["response"]["attributes"]) == ("", {})
    assert "Quick" not in str(list(Delivery.objects.values_list("body", flat=True)))
    assert "ada@example.org" not in str(list(Delivery.objects.values_list("body", flat=True)))


def test_only_the_campaigns_asked_for_are_told_of(make, ask):
    one, other = make(rest_days=0), make(rest_days=0)
    row = webhooks.subscribe(url="https://example.org/", events_=BOTH, campaign_ids=[one.pk])
    for campaign in (one, other):
        actions.answer(send=ask(campaign, channel="link"), given=actions.Answer(score=9))
    assert models.Response.objects.count() == 2
    assert list(Delivery.objects.values_list("subscription_id", "campaign_id")) == [(row.pk, one.pk)]
