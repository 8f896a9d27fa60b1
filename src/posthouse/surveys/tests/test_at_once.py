"""Calls and workers at the same moment: one pending send per contact, one mail per send, one response per send."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import IntegrityError, connection, transaction

from posthouse.messages.models import Message
from posthouse.people.models import Contact
from posthouse.surveys import actions, models
from posthouse.surveys.tests.conftest import ADA, WORDS
from posthouse.timeline.models import Event

AT_ONCE = 6


def at_once(act, times=AT_ONCE):
    """Do it in as many threads, each with a connection of its own; the results."""

    def alone(n):
        try:
            return act(n)
        finally:
            connection.close()

    with ThreadPoolExecutor(times) as pool:
        return list(pool.map(alone, range(times)))


def running(**changes):
    campaign = actions.make_campaign(name="c", metric="nps", texts=WORDS, rest_days=0, rest_days_any=0, **changes)
    return actions.set_state(campaign=campaign, state="running")


@pytest.mark.django_db
def test_the_database_itself_refuses_a_second_pending_send():
    campaigns = [running(), running()]
    contact = Contact.objects.create(email=ADA)
    known = {"contact": contact, "state": "pending", "outcome": "scheduled"}
    models.Send.objects.create(campaign=campaigns[0], **known)
    with pytest.raises(IntegrityError), transaction.atomic():
        models.Send.objects.create(campaign=campaigns[1], **known)


@pytest.mark.mission("S4")
@pytest.mark.django_db(transaction=True)
def test_of_many_calls_at_once_one_is_granted():
    campaigns = [running(), running()]
    Contact.objects.create(email=ADA)
    results = at_once(lambda n: actions.ask(campaign=campaigns[n % 2], wish=actions.Wish(email=ADA)).send.outcome)
    assert Counter(results) == {"scheduled": 1, "already_pending": AT_ONCE - 1}
    assert models.Send.objects.filter(state="pending").count() == 1
    assert Event.objects.filter(type="survey.send_scheduled").count() == 1


@pytest.mark.mission("S2")
@pytest.mark.django_db(transaction=True)
def test_of_many_calls_at_once_with_one_key_all_have_the_same_answer():
    campaign = running()
    Contact.objects.create(email=ADA)
    results = at_once(lambda n: actions.ask(campaign=campaign, wish=actions.Wish(email=ADA, key="k")))
    assert len({asked.send.pk for asked in results}) == 1
    assert Counter(asked.repeated for asked in results) == {False: 1, True: AT_ONCE - 1}


@pytest.mark.mission("S5")
@pytest.mark.django_db(transaction=True)
def test_several_workers_write_each_mail_once():
    campaign = running()
    for n in range(30):
        actions.ask(campaign=campaign, wish=actions.Wish(email=f"p{n}@example.org"))

    def work(_):
        while actions.send_due():
            pass

    at_once(work, 3)
    work(0)
    assert Message.objects.count() == 30
    assert models.Send.objects.filter(state="sent").exclude(message_id="").count() == 30


@pytest.mark.mission("S6")
@pytest.mark.django_db(transaction=True)
def test_of_many_answers_at_once_one_row_comes():
    campaign = running()
    send = actions.ask(campaign=campaign, wish=actions.Wish(email=ADA, channel="link")).send
    at_once(lambda n: actions.answer(send=send, given=actions.Answer(score=n)))
    response = models.Response.objects.get()
    assert response.changes.count() == AT_ONCE - 1
    assert Event.objects.filter(type="survey.responded").count() == 1
