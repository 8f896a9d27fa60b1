"""The made-up past once it is in Posthouse: told in order, noticed about when it happened, and nothing left undone."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from asked import Asked, bring_in, make_campaigns
from history import make_history
from opinions import former, opinions
from past import Past
from posthouse.foundation import clock
from posthouse.intake import actions as intake
from posthouse.journeys.models import Run
from posthouse.messages.models import Message
from posthouse.surveys.models import IMPORTED, Response, Send
from posthouse.timeline.models import Event
from posthouse.usage.models import Call, Rollup

pytestmark = pytest.mark.slow

NOW = datetime(2026, 11, 22, 15, 30, tzinfo=UTC)


@pytest.fixture
def lived(db):
    """Half a month with three customers, and the days that were told to be over."""
    history = make_history(seed=7, now=NOW, months=0.5, customers=3, volume=0.02)
    days = []
    with clock.at(history.begins):
        website = intake.make_source(name="Website", dialect="segment")
    before = former(history)
    campaigns = make_campaigns(at=before[0].asked_at)
    bring_in(before, campaigns, history.seed)
    Past(history, "p0", website, Asked(campaigns)).happen(days.append)
    return history, days


def test_a_past_is_lived_through_in_the_order_of_life(lived):
    history, days = lived

    assert days == sorted(days)
    assert len(days) == (history.ends.date() - history.begins.date()).days
    assert Call.objects.count() == len(list(history.calls()))
    assert sum(row.calls for row in Rollup.objects.filter(grain=2)) == Call.objects.count()
    assert Event.objects.filter(occurred_at__gt=NOW).count() == 0
    told = [row for row in Event.objects.order_by("position") if row.received_at > history.begins]
    swapped = [
        (a.type, a.received_at, b.type, b.received_at) for a, b in pairwise(told) if a.received_at > b.received_at
    ]
    assert swapped == []
    assert not Message.objects.exclude(state="sent").exists()


def test_everybody_was_asked_who_should_have_been_and_answers_stand_where_they_were_given(lived):
    history, _days = lived
    told = opinions(history)
    own = Send.objects.exclude(source=IMPORTED)
    assert own.count() == len(told)
    assert set(own.values_list("outcome", flat=True)) <= {"scheduled", "throttled"}
    addresses = {contact.ref: contact.email for contact in history.contacts}
    refused = set(own.filter(state="refused").values_list("campaign__metric", "contact__email"))
    heard = [one for one in told if (one.campaign, addresses[one.contact_ref]) not in refused]
    given = set(Response.objects.exclude(send__source=IMPORTED).values_list("score", "created_at"))
    assert given == {
        (one.score, one.answered_at) for one in heard if one.answered_at and one.answered_at < history.ends
    }
    assert Event.objects.filter(type="survey.responded").count() == len(given)
    assert Response.objects.filter(send__source=IMPORTED, created_at__lt=history.ends - timedelta(days=300)).exists()


def test_first_calls_are_noticed_the_same_day_and_journeys_follow(lived):
    for event in Event.objects.filter(type="call.first_live"):
        assert timedelta() <= event.received_at - event.occurred_at <= timedelta(hours=12)
    for event in Event.objects.filter(type="golive.completed"):
        live = Event.objects.get(type="call.first_live", customer_id=event.customer_id)
        assert event.occurred_at - live.received_at < timedelta(minutes=2) or event.occurred_at < live.occurred_at
    assert Run.objects.filter(journey_id="onboarding", state="completed").count() == 3
