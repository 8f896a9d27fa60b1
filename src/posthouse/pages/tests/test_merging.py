"""What goes along when two customers become one: keys, milestones, mail, the go-live checklist."""

import pytest

from posthouse.foundation.clock import now
from posthouse.keys import queries as keys
from posthouse.keys.actions import create_key
from posthouse.keys.models import Change
from posthouse.messages.models import Message
from posthouse.pages.models import GoLive
from posthouse.people import actions as people
from posthouse.people.models import Membership
from posthouse.timeline import actions as timeline
from posthouse.timeline.models import Event
from posthouse.usage import actions as usage
from posthouse.usage import queries
from posthouse.usage.figures import Span
from posthouse.usage.models import CustomerState, Grain
from posthouse.usage.tests.conftest import make_call


@pytest.fixture
def double(outsider):
    """The same organisation, founded a second time."""
    return Membership.objects.get(contact=outsider.contact).customer


@pytest.fixture
def merged(customer, double):
    """What happened before is taken in; then the two become one."""

    def merge():
        people.merge_customers(keep=customer, gone=double, actor="team:1")
        while timeline.run_consumers():
            pass

    return merge


def call(customer, key):
    usage.store_calls([make_call(customer_id=customer.pk, key_id=key.pk, at=now())])
    usage.take_in_calls()


@pytest.mark.django_db
def test_keys_go_along_and_verifiers_hear_of_it(customer, double, merged):
    key, own = _key(double), _key(customer)
    changes = Change.objects.filter(key_id=key.pk).count()
    merged()
    assert set(keys.of_customer(customer.pk)) == {key, own}
    assert Change.objects.filter(key_id=key.pk).count() == changes + 1


def _key(customer):
    return create_key(customer_id=customer.pk, name="Shop", environment="test", once="first")[0]


@pytest.mark.django_db
def test_what_either_did_first_is_not_told_again(customer, double, merged):
    key = _key(double)
    call(double, key)
    told = Event.objects.filter(type="call.first").count()
    merged()
    call(customer, key)
    assert Event.objects.filter(type="call.first").count() == told == 1
    assert CustomerState.objects.get(pk=customer.pk).first_call_at


@pytest.mark.django_db
def test_calls_of_both_are_shown_together(customer, double, merged):
    call(double, _key(double))
    call(customer, _key(customer))
    merged()
    assert queries.calls(customer.pk).count() == 2
    midnight = now().replace(hour=0, minute=0, second=0, microsecond=0)
    total = queries.sums(Span(Grain.DAY, midnight, now(), customer.pk), by=())
    assert sum(row.calls for row in total) == 2


@pytest.mark.django_db
def test_mail_and_confirmed_points_go_along(customer, double, merged):
    Message.objects.create(
        template="t", to="a@example.org", customer_id=double.pk, language="en", subject="s", text="t"
    )
    GoLive.objects.create(customer_id=double.pk, incident_email="on-call@example.org", incident_set_at=now())
    merged()
    assert Message.objects.get(to="a@example.org").customer_id == customer.pk
    assert GoLive.objects.get().customer_id == customer.pk


@pytest.mark.django_db
def test_the_old_page_leads_to_the_one_that_remains(customer, double, merged, team_as):
    merged()
    _member, browser = team_as("support")
    assert browser.get(f"/desk/customers/{double.pk}/").url == f"/desk/customers/{customer.pk}/"
    page = browser.get(f"/desk/customers/{customer.pk}/").content.decode()
    assert "was merged into this customer" in page
