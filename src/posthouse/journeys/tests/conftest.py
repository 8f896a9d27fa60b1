"""A journey of our own, alone in the house, and a log that is written by hand."""

from datetime import timedelta

import pytest
from django.db import transaction

from posthouse.journeys import actions, models
from posthouse.journeys.tests.happenings import START, body
from posthouse.timeline import actions as timeline
from posthouse.timeline.models import Event


@pytest.fixture
def walk(db):
    """Only the journey `walk` of happenings.body is there; call it to publish (again) with other parts."""
    models.Journey.objects.all().delete()

    def publish(steps="abc", **parts):
        revision = actions.add_revision(body(steps, **parts))
        actions.publish_revision(journey="walk", number=revision.number, history=True)
        return revision

    return publish


@pytest.fixture
def log(db):
    """Append an event as intake does: type, hours after START, and of whom."""
    count = iter(range(1, 10**6))

    def append(type_, hours, customer_id="cus_1", contact_id="", data=None):
        at = START + timedelta(hours=hours)
        return Event.objects.create(
            source="test",
            id=f"t{next(count)}",
            type=type_,
            customer_id=customer_id,
            contact_id=contact_id,
            occurred_at=at,
            received_at=at,
            digest=b"",
            data=data or {},
        )

    return append


@pytest.fixture
def consume():
    """Let the consumer come to rest."""

    def run():
        with transaction.atomic():
            while timeline.run_consumer("journeys"):
                pass

    return run
