"""Asking many at once says and leaves behind exactly what asking one after the other does."""

from collections import Counter
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from posthouse.foundation.clock import now
from posthouse.messages import actions as messages
from posthouse.people import actions as people
from posthouse.people.models import Contact
from posthouse.surveys import actions
from posthouse.surveys.models import Outcome, Send
from posthouse.timeline.models import Event

pytestmark = pytest.mark.mission("S2")


def in_both_ways(campaign, wishes):
    """What the two ways tell and leave behind, without ids and moments."""
    return [_undone(way, campaign, wishes) for way in (_one_by_one, _together)]


def _undone(way, campaign, wishes):
    before = set(Event.objects.values_list("pk", flat=True))
    with transaction.atomic():
        told = [_plainly(one) for one in way(campaign, wishes)]
        left = (_contacts(), _sends(), _events(before))
        transaction.set_rollback(True)
    return told, *left


def _one_by_one(campaign, wishes):
    for wish in wishes:
        try:
            yield actions.ask(campaign=campaign, wish=wish)
        except actions.Refused as refused:
            yield refused


def _together(campaign, wishes):
    return actions.ask_many(campaign=campaign, wishes=wishes)


def _plainly(said):
    if isinstance(said, actions.Refused):
        return said.code, str(said)
    send = said.send
    return send.contact.email, send.state, send.outcome, send.key, send.attributes, said.repeated, send.language


def _contacts():
    return sorted((one.email, one.name, str(sorted(one.attributes.items()))) for one in Contact.objects.all())


def _sends():
    fields = ("contact__email", "state", "outcome", "customer_id", "channel", "source", "key", "request_digest")
    rows = Send.objects.exclude(source="import").values_list(*fields)
    return sorted(rows) + sorted(Send.objects.filter(source="import").values_list("contact__email", "sent_at"))


def _events(before):
    new = Event.objects.exclude(pk__in=before)
    emails = dict(Contact.objects.values_list("pk", "email"))
    return Counter((one.type, emails.get(one.contact_id), one.customer_id, str(one.data.get("changed"))) for one in new)


def wish(email, **more):
    return actions.Wish(email=email, **more)


@pytest.fixture
def crowd(make, ask, campaign):
    """People of every kind, in the order in which they are asked."""
    people.know_contact(email="known@example.org", name="Known", attributes={"plan": "pro"})
    owner = people.know_contact(email="owner@example.org")
    customer = people.found_customer(name="Orrery", owner=owner)
    assert customer.pk
    people.know_contact(email="large@example.org", attributes={"text": "x" * 9_000})
    kept = people.know_contact(email="kept@example.org")
    merged = people.know_contact(email="merged@example.org")
    people.merge_contacts(keep=kept, gone=merged, actor="")
    messages.unsubscribe(addressee=messages.addressee("unwilling@example.org"), category="surveys", how="test")
    ask(campaign, email="pending@example.org")
    ask(make(name="Other"), email="elsewhere@example.org")
    ask(campaign, email="keyed@example.org", key="k-1")
    rested = ask(campaign, email="rested@example.org")
    Send.objects.filter(pk=rested.pk).update(state="sent", sent_at=now())
    return [
        wish("new@example.org", name="New", attributes={"plan": "free"}),
        wish("known@example.org", attributes={"plan": "pro"}),
        wish("OWNER@example.org ", attributes={"plan": "pro"}),
        wish("large@example.org", attributes={"more": "y" * 9_000}),
        wish("unwilling@example.org"),
        wish("pending@example.org", attributes={"seen": True}),
        wish("elsewhere@example.org"),
        wish("rested@example.org"),
        wish("keyed@example.org", key="k-1"),
        wish("other@example.org", key="k-1"),
        wish("twice@example.org", attributes={"first": 1}),
        wish("Twice@example.org", attributes={"second": 2}),
        wish("merged@example.org", attributes={"from": "merged"}),
        wish("kept@example.org", attributes={"from": "kept"}),
        wish("fresh@example.org", key="k-2", language="es"),
        wish("fresh2@example.org", key="k-2"),
        wish("link@example.org", channel="link"),
        wish("later@example.org", delay=timedelta(days=3)),
        wish("never@example.org", delay=timedelta(days=3_000)),
        wish("moved@example.org", last_sent_at=now() - timedelta(days=1)),
        wish("not an address"),
        wish("apart@example.org", attributes={"secret": 1}, with_contact=False),
    ]


def compare(one_by_one, together):
    for single, many in zip(one_by_one[0], together[0], strict=True):
        assert single == many
    for single, many in zip(one_by_one[1:], together[1:], strict=True):
        assert Counter(single) == Counter(many)


@pytest.mark.parametrize("merged", [True, False])
def test_it_says_and_leaves_behind_what_asking_one_by_one_does(campaign, crowd, merged):
    wishes = [wish for wish in crowd if merged or not wish.email.startswith("merged")]
    compare(*in_both_ways(campaign, wishes))


@pytest.mark.parametrize("changes", [{"state": "draft"}, {"rest_days": 0}])
def test_also_in_campaigns_of_other_settings(make, changes, crowd):
    compare(
        *in_both_ways(make(name="Third", **changes), [wish for wish in crowd if wish.email != "merged@example.org"])
    )


def test_the_same_are_drawn(make, db):
    wishes = _crowd_of(60)
    people.know_contacts([people.Known(one.email) for one in wishes])  # the draw depends on the contact's id
    one_by_one, together = in_both_ways(make(sample_percent=40), wishes)
    compare(one_by_one, together)
    assert {told[2] for told in together[0]} == {Outcome.SCHEDULED, Outcome.SAMPLED_OUT}


def test_whom_a_contact_id_names_is_asked_in_the_order_of_the_wishes(campaign, db):
    contact = people.know_contact(email="ada@example.org")
    wishes = [actions.Wish(contact_id=contact.pk), wish("ada@example.org")]
    one_by_one, together = in_both_ways(campaign, wishes)
    assert one_by_one == together
    assert [told[2] for told in together[0]] == [Outcome.SCHEDULED, Outcome.ALREADY_PENDING]


def test_a_hundred_take_no_more_queries_than_ten(campaign):
    def queries(count, name):
        with CaptureQueriesContext(
            connection,
        ) as seen:
            said = actions.ask_many(campaign=campaign, wishes=_crowd_of(count, name))
        assert {one.send.outcome for one in said} == {Outcome.SCHEDULED}
        return len(seen)

    assert queries(100, "b") <= queries(10, "a") + 6


def _crowd_of(count, name="p"):
    return [wish(f"{name}{number}@example.org", attributes={"number": number}) for number in range(count)]
