"""Delighted's own Python client, every method, over a real socket, unchanged but for its address."""

import warnings
from datetime import UTC, datetime, timedelta

import pytest

from posthouse.foundation.clock import now
from posthouse.messages import actions as mail
from posthouse.surveys import actions
from posthouse.surveys.delighted.tests.conftest import make_campaign
from posthouse.surveys.models import Response, Send

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    delighted = pytest.importorskip("delighted", reason="the client of Delighted is not installed")

pytestmark = pytest.mark.mission("S14")

ADA = "ada+test@example.org"


@pytest.fixture
def client(site):
    key = actions.make_key(campaign=make_campaign())[1]
    return delighted.Client(api_key=key, api_base_url=f"{site.url}/compat/delighted/v1/")


@pytest.fixture
def make(client):
    def made(email=ADA, **more):
        return delighted.Person.create(client=client, email=email, **more)

    return made


def test_a_person_is_made_asked_and_updated(client, make):
    person = make(name="Ada", delay=3600, properties={"Purchase Experience": "Retail", "plan": 3})
    assert (person.email, person.name, person.properties["plan"]) == (ADA, "Ada", 3)
    send = Send.objects.get()
    assert person.survey_scheduled_at == int(send.due_at.timestamp())
    assert send.attributes == {"Purchase Experience": "Retail", "plan": 3}
    again = make(name="Ada L.", send=False)
    assert (again.id, again.name, again.survey_scheduled_at) == (person.id, "Ada L.", None)
    assert Send.objects.count() == 1


def test_people_are_listed_page_by_page(client, make):
    made = [make(f"p{n}@example.org", send=False).id for n in range(7)]
    pages = delighted.Person.list(client=client, per_page=3)
    assert [one.id for one in pages.auto_paging_iter()] == made
    assert pages.iteration_count == 3
    handled = delighted.Person.list(client=client, auto_handle_rate_limits=True)
    assert len(list(handled.auto_paging_iter(auto_handle_rate_limits=True))) == 7
    (one,) = delighted.Person.list(client=client, email="p3@example.org").auto_paging_iter()
    assert (one.id, one.last_sent_at, one.next_survey_scheduled_at) == (made[3], None, None)
    assert [one.id for one in delighted.Person.all(client=client, per_page=2)] == made[:2]
    later = datetime.now(UTC) + timedelta(hours=1)
    assert delighted.Person.all(client=client, since=later) == []
    assert len(delighted.Person.all(client=client, until=later)) == 7


@pytest.mark.parametrize("named", ["id", "email", "phone_number"])
def test_a_person_is_deleted_by_each_of_its_names(client, make, named):
    person = make(phone_number="+14155551212", send=False)
    name = {"id": person.id, "email": ADA, "phone_number": "+14155551212"}[named]
    assert delighted.Person.delete(client=client, **{named: name}) == {"ok": True}
    assert delighted.Person.all(client=client) == []
    with pytest.raises(delighted.errors.GeneralAPIError) as refused:
        delighted.Person.delete(client=client, **{named: name})
    assert refused.value.response.status_code == 404


def test_what_is_pending_is_called_off(client, make):
    make("o/hara@example.org", delay=3600)
    found = delighted.SurveyRequest.delete_pending(client=client, person_email="o/hara@example.org")
    assert found == {"ok": True}
    assert Send.objects.get().state == "cancelled"
    with pytest.raises(delighted.errors.GeneralAPIError):
        delighted.SurveyRequest.delete_pending(client=client, person_email="nobody@example.org")


def test_answers_are_made_retrieved_saved_and_listed(client, make):
    person = make(send=False)
    create = delighted.SurveyResponse.create
    made = create(client=client, person=person.id, score=9, comment="Good", person_properties={"plan": "pro"})
    assert (made.score, made.comment, made.person, made.survey_type) == (9, "Good", person.id, "nps")
    assert (made.updated_at, made.person_properties, made.tags, made.notes) == (None, {"plan": "pro"}, [], [])
    found = delighted.SurveyResponse.retrieve(made.id, client=client)
    assert found == made
    found = delighted.SurveyResponse.retrieve(made.id, client=client, expand=["person"])
    assert found.person.email == ADA
    found.score, found.comment = 2, "Not good at all"
    saved = found.save(client=client)
    assert (saved.id, saved.score, saved.comment) == (made.id, 2, "Not good at all")
    assert saved.updated_at >= saved.created_at
    assert Response.objects.get().changes.get().score == 9
    create(client=client, person=person.id, score=7)
    (last,) = delighted.SurveyResponse.all(client=client, per_page=1, page=2)
    assert last.score == 7
    (first, _second) = delighted.SurveyResponse.all(client=client, order="desc:updated_at", expand=["person"])
    assert (first.score, first.person.id) in {(2, person.id), (7, person.id)}
    assert len(delighted.SurveyResponse.all(client=client, trend="attributes.plan=pro")) == 1
    assert len(delighted.SurveyResponse.all(client=client, person_email=ADA)) == 2


def test_metrics_add_up(client, make):
    person = make(send=False)
    for score in (10, 9, 8, 0):
        delighted.SurveyResponse.create(client=client, person=person.id, score=score)
    found = delighted.Metrics.retrieve(client=client)
    assert dict(found) == {
        "nps": 25,
        "promoter_count": 2,
        "promoter_percent": 50,
        "passive_count": 1,
        "passive_percent": 25,
        "detractor_count": 1,
        "detractor_percent": 25,
        "response_count": 4,
    }
    assert delighted.Metrics.retrieve(client=client, since=now() + timedelta(days=1)).response_count == 0


def test_unsubscribes_are_made_and_listed(client, make):
    person = make(send=False)
    assert delighted.Unsubscribe.create(client=client, person_email=ADA) == {"ok": True}
    assert delighted.Unsubscribe.create(client=client, person_email=ADA) == {"ok": True}
    (one,) = delighted.Unsubscribe.all(client=client)
    assert (one.person_id, one.email) == (person.id, ADA)
    assert abs(one.unsubscribed_at - now().timestamp()) < 3600
    assert make(delay=60).survey_scheduled_at is None


def test_bounces_are_listed(client, make):
    person = make(send=False)
    mail.suppress(addressee=mail.addressee(ADA), reason="bounce", how="report")
    (one,) = delighted.Bounce.all(client=client)
    assert (one.person_id, one.email) == (person.id, ADA)
    assert delighted.Bounce.all(client=client, since=now() + timedelta(days=1)) == []


def test_autopilot_is_told_whom_to_ask_again(client, make):
    person = make(send=False)
    settings = delighted.AutopilotConfiguration.retrieve("email", client=client)
    assert (settings.platform_id, settings.frequency) == ("email", 30 * 86_400)
    assert delighted.AutopilotConfiguration.retrieve("sms", client=client).active is False
    membership = delighted.AutopilotMembership.forEmail()
    made = membership.create(client=client, person_email=ADA, person_name="Ada", properties={"plan": "pro"})
    assert (made.person["id"], made.properties) == (person.id, {"plan": "pro"})
    (one,) = membership.list(client=client).auto_paging_iter()
    assert (one.person["email"], one.next_survey_request) == (ADA, None)
    assert membership.delete(client=client, person_id=person.id)["person"]["email"] == ADA
    assert list(membership.list(client=client, person_email=ADA).auto_paging_iter()) == []
    by_text = delighted.AutopilotMembership.forSms()
    assert list(by_text.list(client=client).auto_paging_iter()) == []
    for act in (by_text.create, by_text.delete):
        with pytest.raises(delighted.errors.GeneralAPIError) as refused:
            act(client=client, person_phone_number="+14155551212")
        assert refused.value.response.status_code in {403, 404}


def test_each_refusal_is_the_exception_that_the_client_knows(client, make, settings):
    stranger = delighted.Client(api_key="nonsense", api_base_url=client.api_base_url)
    with pytest.raises(delighted.errors.AuthenticationError):
        delighted.Person.all(client=stranger)
    with pytest.raises(delighted.errors.ResourceValidationError) as refused:
        make("no address")
    assert "e-mail address" in refused.value.response.body
    settings.SURVEY_KEY_RATE, settings.SURVEY_KEY_BURST = 0.001, 0
    with pytest.raises(delighted.errors.TooManyRequestsError) as hurried:
        delighted.Person.all(client=client)
    assert hurried.value.retry_after >= 1
