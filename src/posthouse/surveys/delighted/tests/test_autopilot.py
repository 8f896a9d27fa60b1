"""Members of Autopilot are asked by a campaign that comes round; and what the team adds to answers is shown."""

from datetime import UTC, datetime

import pytest
import time_machine

from posthouse.people.actions import add_team_member, as_team, know_contact
from posthouse.people.models import Contact, User
from posthouse.surveys import actions, rules
from posthouse.surveys.delighted.tests.conftest import Caller, make_campaign
from posthouse.surveys.handling import acting, tagging
from posthouse.surveys.models import Response, Send
from posthouse.surveys.tests.passing import pass_days

pytestmark = [pytest.mark.mission("S14", "S4"), pytest.mark.django_db]
MONDAY = datetime(2026, 5, 4, 12, tzinfo=UTC)


@pytest.fixture
def clock(db):
    with time_machine.travel(MONDAY, tick=False) as travelling:
        yield travelling


def members(call):
    return {row["person"]["email"]: row for row in call("GET", "autopilot/email/memberships").json()}


def test_a_campaign_that_comes_round_asks_its_members_again_and_again(clock):
    campaign = make_campaign(rest_days=5)
    every = {"every": 1, "unit": "week", "audience": rules.members_of(campaign.pk)}
    campaign = actions.change_campaign(campaign=campaign, frequency=every)
    call = Caller(actions.make_key(campaign=campaign)[1])
    settings = call("GET", "autopilot/email").json()
    assert (settings["active"], settings["frequency"]) == (True, 7 * 86_400)
    assert call("GET", "autopilot/sms").json()["active"] is False
    know_contact(email="nobody@example.org")
    for email in ("stays@example.org", "leaves@example.org"):
        made = call("POST", "autopilot/email/memberships", {"person_email": email, "properties": {"plan": "pro"}})
        assert made.status_code == 201
    again = call("POST", "autopilot/email/memberships", {"person_email": "stays@example.org"})
    assert (again.status_code, again.json()["properties"]) == (200, {"plan": "pro"})
    pass_days(clock, 8)
    assert call("DELETE", "autopilot/email/memberships", {"person_email": "leaves@example.org"}).status_code == 202
    pass_days(clock, 14)
    asked = list(Send.objects.filter(state="sent").values_list("contact__email", flat=True))
    assert asked.count("stays@example.org") == 3
    assert asked.count("leaves@example.org") == 1
    assert "nobody@example.org" not in asked
    assert Contact.objects.get(email="leaves@example.org").attributes["tags"] == []
    campaign = actions.set_state(campaign=campaign, state="paused")
    assert call("GET", "autopilot/email").json()["active"] is False


def test_what_is_planned_is_shown_and_called_off_when_somebody_leaves(campaign, call):
    know_contact(email="ada@example.org")
    call("POST", "autopilot/email/memberships", {"person_email": "ada@example.org"})
    contact = Contact.objects.get(email="ada@example.org")
    send = actions.ask(campaign=campaign, wish=actions.Wish(contact_id=contact.pk, source="recurring")).send
    planned = members(call)["ada@example.org"]["next_survey_request"]
    assert (planned["id"], planned["survey_scheduled_at"]) == (send.pk, int(send.due_at.timestamp()))
    call("DELETE", "autopilot/email/memberships", {"person_email": "ada@example.org"})
    send.refresh_from_db()
    assert send.state == "cancelled"


def test_members_are_listed_page_by_page(call):
    emails = [f"p{n}@example.org" for n in range(5)]
    for email in emails:
        call("POST", "autopilot/email/memberships", {"person_email": email})
    first = call("GET", "autopilot/email/memberships?per_page=3")
    link = first.headers["Link"].partition(";")[0].strip("<>").partition("/v1/")[2]
    second = call("GET", link)
    assert [row["person"]["email"] for row in first.json() + second.json()] == emails
    assert second.headers.get("Link") is None


def test_tags_and_notes_of_the_team_are_part_of_an_answer(call):
    member = add_team_member(user=User.objects.create_user("eve@vendor.example", "x"), role="engineer")
    mine = call("POST", "people", {"email": "ada@example.org", "send": False}).json()["id"]
    made = call("POST", "survey_responses", {"person": mine, "score": 3}).json()
    response = Response.objects.get()
    acting.tag_responses(responses=[response], tag=tagging.make_tag(name="Billing"), actor=as_team(member))
    note = acting.write_note(response=response, text="Called back", actor=as_team(member))
    shown = call("GET", f"survey_responses/{made['id']}").json()
    assert (shown["tags"], shown["notes"]) == (["Billing"], [note.pk])
    (whole,) = call("GET", "survey_responses?expand[]=notes").json()
    assert whole["notes"] == [
        {
            "id": note.pk,
            "text": "Called back",
            "user_email": "eve@vendor.example",
            "created_at": int(note.at.timestamp()),
        }
    ]
