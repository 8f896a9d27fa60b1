"""The real clients of Segment, RudderStack and PostHog against a real server: nothing is lost, nothing counts twice."""

import json
from uuid import uuid4

import posthog
import pytest
import rudderstack.analytics as rudder
import segment.analytics as segment
from rudderstack.analytics.client import Client as RudderClient
from segment.analytics.client import Client as SegmentClient

from posthouse.edge.tests.lossy import losing
from posthouse.foundation.jobs import run_until_idle
from posthouse.intake import actions
from posthouse.intake.models import Kept, Rejected, Source
from posthouse.people.models import Contact, Customer, Membership
from posthouse.timeline import queries as timeline
from posthouse.timeline.models import Event

pytestmark = pytest.mark.mission("X2")

assert segment.write_key is None
assert rudder.write_key is None


@pytest.fixture
def source(transactional_db):
    """Make a source of a dialect."""

    def make(dialect, **fields):
        return actions.make_source(name=f"{dialect} client", dialect=dialect, **fields)

    return make


class Client:
    """A client with what went wrong."""

    def __init__(self, make, source, port, path, **options):
        self.errors = []
        self.source = source
        self.real = make(
            source.write_key,
            host=f"http://127.0.0.1:{port}/compat/{path}",
            on_error=lambda error, items: self.errors.append((error, items)),
            **options,
        )

    def flush(self):
        self.real.flush()
        return self.errors

    def rows(self):
        return list(Event.objects.filter(source=f"intake:{self.source.pk}").order_by("position"))


@pytest.fixture
def segment_client(edge, source):
    made = []

    def make(port=None, of=None, **options):
        client = Client(
            SegmentClient, of or source("segment"), port or edge.port, "segment", upload_interval=0.1, **options
        )
        made.append(client.real)
        return client

    yield make
    for client in made:
        client.shutdown()


@pytest.fixture
def rudder_client(edge, source):
    made = []

    def make(port=None, of=None, **options):
        client = Client(RudderClient, of or source("rudderstack"), port or edge.port, "segment", **options)
        made.append(client.real)
        return client

    yield make
    for client in made:
        client.join()


@pytest.fixture
def posthog_client(edge, source):
    made = []

    def make(port=None, of=None, **options):
        client = Client(
            posthog.Posthog, of or source("posthog"), port or edge.port, "posthog", flush_interval=0.1, **options
        )
        made.append(client.real)
        return client

    yield make
    for client in made:
        client.shutdown()


# Segment


@pytest.mark.parametrize("gzip", [False, True])
def test_segments_client_sends_every_kind_of_call(segment_client, gzip):
    client = segment_client(gzip=gzip)
    real = client.real
    real.identify("42", {"email": "Ada@example.org", "name": "Ada", "plan": "pro"}, anonymous_id="anon-1")
    real.track("42", "Order Completed", {"total": 12.5, "plan": "pro"}, message_id="m-1")
    real.track(anonymous_id="anon-1", event="Signup")
    real.page("42", "Docs", "Quickstart", {"url": "https://sunline.example/docs"})
    real.screen("42", name="Home")
    real.group("42", "acme", {"name": "Acme", "employees": 12})
    real.alias("old-42", "42")
    assert client.flush() == []
    rows = client.rows()
    assert [row.type for row in rows] == [
        "intake.identified",
        "order.completed",
        "track.signup",
        "page.viewed",
        "screen.viewed",
        "intake.grouped",
        "intake.aliased",
    ]
    order = rows[1]
    assert order.id == "m-1"
    assert order.contact_id == "person:42"
    assert order.data["total"] == 12.5
    assert order.data["intake"]["name"] == "Order Completed"
    assert order.data["intake"]["context"]["library"]["name"] == "analytics-python"
    assert rows[2].contact_id == "person:anon-1"
    assert rows[3].data["name"] == "Quickstart"
    assert rows[5].customer_id == "group:acme"
    row = Source.objects.get(pk=client.source.pk)
    assert (row.accepted, row.duplicates, row.rejected) == (7, 0, 0)
    assert row.last_seen_at is not None


def test_what_is_told_of_people_and_organisations_is_known(segment_client):
    client = segment_client()
    real = client.real
    real.track(anonymous_id="anon-1", event="Pricing Viewed")
    real.group("42", "acme", {"name": "Acme", "employees": 12})
    real.identify("42", {"email": "Ada@example.org", "name": "Ada", "plan": "pro"}, anonymous_id="anon-1")
    real.track("42", "Order Completed", {"total": 1})
    real.alias("old-42", "42")
    real.track("old-42", "Docs Read")
    assert client.flush() == []
    run_until_idle()
    contact = Contact.objects.get(email="ada@example.org")
    assert (contact.name, contact.attributes) == ("Ada", {"plan": "pro"})
    customer = Customer.objects.get(external_id="acme")
    assert (customer.name, customer.attributes) == ("Acme", {"employees": 12})
    assert Membership.objects.filter(contact=contact, customer=customer).exists()
    types = set(timeline.of_contact(contact.pk).values_list("type", flat=True))
    assert {"pricing.viewed", "order.completed", "docs.read", "intake.identified"} <= types
    assert "intake.grouped" in set(timeline.of_customer(customer.pk).values_list("type", flat=True))
    assert not Rejected.objects.exists()


def test_a_key_that_anybody_can_read_opens_little(segment_client, source):
    ada = Contact.objects.create(email="ada@example.org", attributes={"plan": "pro"})
    customer = Customer.objects.create(name="Acme", external_id="acme")
    client = segment_client(of=source("segment", kept=Kept.CLIENT))
    client.real.identify("42", {"email": "ada@example.org", "plan": "free", "city": "Lund"})
    client.real.group("42", "acme", {"name": "Mine now"})
    client.real.group("42", "other", {"name": "Other"})
    assert client.flush() == []
    run_until_idle()
    ada.refresh_from_db()
    assert ada.attributes == {"plan": "pro", "city": "Lund"}
    customer.refresh_from_db()
    assert customer.name == "Acme"
    assert not Membership.objects.exists()
    assert Customer.objects.count() == 1


def test_an_answer_that_got_lost_counts_once(edge, segment_client):
    with losing(edge.port, "lose") as proxy:
        client = segment_client(port=proxy.port)
        for number in range(5):
            client.real.track("42", "Order Completed", {"number": number})
        assert client.flush() == []
        assert len(proxy.seen) == 2
    assert proxy.answers == [200, 200]
    assert sorted(row.data["number"] for row in client.rows()) == [0, 1, 2, 3, 4]
    row = Source.objects.get(pk=client.source.pk)
    assert (row.accepted, row.duplicates) == (5, 5)


@pytest.mark.parametrize("answer", [(429, {"Retry-After": "1"}), (503, {"Retry-After": "1"}), (503, {}), (502, {})])
def test_overload_on_the_way_loses_nothing(edge, segment_client, answer):
    with losing(edge.port, answer) as proxy:
        client = segment_client(port=proxy.port)
        client.real.track("42", "Order Completed")
        assert client.flush() == []
    assert len(client.rows()) == 1


@pytest.mark.slow
def test_our_own_429_says_when_to_come_again_and_is_obeyed(edge, segment_client, source):
    slow = source("segment")
    actions.change_source(source=slow, rate=20)
    with losing(edge.port) as proxy:
        client = segment_client(port=proxy.port, of=slow, upload_size=20)
        for number in range(50):
            client.real.track("42", "Order Completed", {"number": number})
        assert client.flush() == []
    assert 429 in proxy.answers
    assert sorted(row.data["number"] for row in client.rows()) == list(range(50))


def test_a_duplicate_id_counts_once_and_another_body_is_shown(segment_client):
    client = segment_client()
    client.real.track("42", "Order Completed", {"total": 1}, message_id="same")
    client.real.track("42", "Order Completed", {"total": 1}, message_id="same")
    client.real.track("42", "Order Completed", {"total": 2}, message_id="same")
    assert client.flush() == []
    assert [row.data["total"] for row in client.rows()] == [1]
    rejected = Rejected.objects.get()
    assert (rejected.reason, rejected.detail) == ("conflict", "same")
    assert json.loads(rejected.item)["properties"] == {"total": 2}
    row = Source.objects.get(pk=client.source.pk)
    assert (row.accepted, row.duplicates, row.rejected) == (1, 1, 1)


def test_big_batches(segment_client):
    client = segment_client(gzip=True, upload_size=400, max_queue_size=2000)
    for number in range(900):
        client.real.track("42", "Order Completed", {"number": number, "words": "x" * 800})
    assert client.flush() == []
    assert sorted(row.data["number"] for row in client.rows()) == list(range(900))


def test_a_wrong_key_is_told_once(edge, segment_client, source):
    wrong = Source(name="nobody", dialect="segment")
    with losing(edge.port) as proxy:
        client = segment_client(port=proxy.port, of=wrong)
        client.real.track("42", "Order Completed")
        [(error, items)] = client.flush()
    assert (error.status, error.code) == (401, "write-key-unknown")
    assert len(items) == len(proxy.seen) == 1


# RudderStack


def test_rudderstacks_client_sends_every_kind_of_call(rudder_client):
    client = rudder_client()
    real = client.real
    real.identify("42", {"email": "ada@example.org", "plan": "pro"})
    real.track("42", "Order Completed", {"total": 12.5})
    real.page("42", "Docs", "Quickstart")
    real.screen("42", "Home")
    real.group("42", "acme", {"name": "Acme"})
    real.alias("old-42", "42")
    client.flush()
    assert client.errors == []
    assert [row.type for row in client.rows()] == [
        "intake.identified",
        "order.completed",
        "page.viewed",
        "screen.viewed",
        "intake.grouped",
        "intake.aliased",
    ]
    run_until_idle()
    assert Contact.objects.get(email="ada@example.org").attributes == {"plan": "pro"}


@pytest.mark.slow
def test_rudderstacks_client_gets_answers_it_understands(edge, rudder_client):
    with losing(edge.port, "lose", (503, {})) as proxy:
        client = rudder_client(port=proxy.port)
        client.real.track("42", "Order Completed")
        client.flush()
        assert client.errors == []
        assert len(proxy.seen) == 3
    assert len(client.rows()) == 1
    with losing(edge.port) as proxy:
        client = rudder_client(port=proxy.port, of=Source(name="nobody", dialect="rudderstack"))
        client.real.track("42", "Order Completed")
        client.flush()
        [(error, _)] = client.errors
        assert (error.status, error.code) == (401, "write-key-unknown")
        assert len(proxy.seen) == 1


# PostHog

V0_AND_V1 = [
    {},
    {"gzip": True},
    {"capture_mode": "v1"},
    {"capture_mode": "v1", "capture_compression": "gzip"},
    {"capture_mode": "v1", "capture_compression": "deflate"},
]


@pytest.mark.parametrize("options", V0_AND_V1, ids=lambda options: "-".join(map(str, options.values())) or "v0")
def test_posthogs_client_sends_every_kind_of_call(posthog_client, options):
    client = posthog_client(**options)
    real = client.real
    uuid = str(uuid4())
    real.set(distinct_id="42", properties={"email": "ada@example.org", "plan": "pro"})
    real.set_once(distinct_id="42", properties={"plan": "free", "city": "Lund"})
    real.capture("Order Completed", distinct_id="42", properties={"total": 12.5}, groups={"company": "acme"}, uuid=uuid)
    real.capture("$pageview", distinct_id="42", properties={"$current_url": "https://sunline.example/docs"})
    real.capture("Signup", distinct_id="anon-1", properties={"$set": {"language": "es"}})
    real.group_identify("company", "acme", {"name": "Acme"}, distinct_id="42")
    real.alias("anon-1", "42")
    real.flush()
    assert client.errors == []
    rows = client.rows()
    assert [row.type for row in rows] == [
        "intake.identified",
        "intake.identified",
        "order.completed",
        "page.viewed",
        "track.signup",
        "intake.identified",
        "intake.grouped",
        "intake.aliased",
    ]
    order = rows[2]
    assert (order.id, order.contact_id, order.customer_id) == (uuid, "person:42", "group:acme")
    assert order.data["total"] == 12.5
    assert order.data["intake"]["name"] == "Order Completed"
    run_until_idle()
    contact = Contact.objects.get(email="ada@example.org")
    assert contact.attributes == {"plan": "pro", "city": "Lund", "language": "es"}
    assert Membership.objects.get().customer.external_id == "acme"
    assert timeline.canonical(["person:anon-1"]) == {"person:anon-1": contact.pk}
    assert not Rejected.objects.exists()


@pytest.mark.slow
@pytest.mark.parametrize("mode", ["v0", "v1"])
def test_posthogs_client_survives_a_lost_answer_and_overload(edge, posthog_client, mode):
    with losing(edge.port, "lose", (429, {"Retry-After": "1"})) as proxy:
        client = posthog_client(port=proxy.port, capture_mode=mode)
        for number in range(3):
            client.real.capture("Order Completed", distinct_id="42", properties={"number": number})
        client.real.flush(timeout_seconds=60)
        assert client.errors == []
        assert proxy.answers == [200, 200]
    assert sorted(row.data["number"] for row in client.rows()) == [0, 1, 2]


@pytest.mark.parametrize("mode", ["v0", "v1"])
def test_posthogs_client_with_a_wrong_key(edge, posthog_client, mode):
    with losing(edge.port) as proxy:
        client = posthog_client(port=proxy.port, of=Source(name="nobody", dialect="posthog"), capture_mode=mode)
        client.real.capture("Order Completed", distinct_id="42")
        client.real.flush(timeout_seconds=60)
        [(error, _)] = client.errors
        assert error.status == 401
        assert "write key" in str(error)
        assert len(proxy.seen) == 1


def test_posthogs_v1_hears_of_each_event_that_is_dropped(posthog_client):
    client = posthog_client(capture_mode="v1")
    client.real.capture("Order Completed", distinct_id="42", properties={"words": "x" * 70_000})
    client.real.capture("Order Completed", distinct_id="42", properties={"number": 1})
    client.real.flush(timeout_seconds=60)
    [(error, _)] = client.errors
    assert len(error.drops) == 1
    assert [row.data.get("number") for row in client.rows()] == [1]
    assert Rejected.objects.get().reason == "too-large"


def test_flags_are_refused_at_once(edge, posthog_client):
    client = posthog_client()
    assert client.real.get_all_flags("42") in ({}, None)
    answer = edge.ask("POST", "/compat/posthog/flags/?v=4", {"token": "x"})
    assert answer.status == 404
    assert answer.json["code"] == "not-found"
