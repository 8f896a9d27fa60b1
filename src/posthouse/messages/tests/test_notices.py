"""Notices in the portal: for whom, read by whom."""

from datetime import timedelta

import pytest
from django.utils import translation

from posthouse.foundation.clock import now
from posthouse.messages import actions, queries
from posthouse.messages.models import Notice
from posthouse.people import actions as people
from posthouse.timeline.actions import run_consumers
from posthouse.timeline.models import Event


def reader(contact_id="con_1", customer_id="cus_1", since=None):
    return queries.Reader(contact_id, customer_id, since or now() - timedelta(days=1))


@pytest.fixture
def notify(db):
    def notify(**more):
        return actions.notify(**({"text": {"en": "Hello", "es": "Hola"}, "customer_id": "cus_1"} | more))

    return notify


def test_a_notice_to_a_customer_is_read_by_each_member_alone(notify):
    notice = notify()
    actions.mark_read(notice=notice, contact_id="con_1")
    actions.mark_read(notice=notice, contact_id="con_1")
    assert queries.unread(reader("con_1")).count() == 0
    assert queries.unread(reader("con_2")).count() == 1
    assert [one.is_read for one in queries.notices(reader("con_1"))] == [True]
    assert queries.all_notices().get().read_count == 1


def test_a_notice_to_a_contact_is_nobody_elses(notify):
    own, anywhere = notify(contact_id="con_1"), notify(contact_id="con_1", customer_id="")
    assert set(queries.unread(reader())) == {own, anywhere}
    assert set(queries.unread(reader(customer_id="cus_2"))) == {anywhere}
    assert not queries.unread(reader("con_2")).exists()


def test_who_joins_later_is_not_told_what_the_others_were(notify):
    notify()
    assert not queries.unread(reader(since=now() + timedelta(seconds=1))).exists()


def test_all_at_once(notify):
    notify(), notify(contact_id="con_1")
    assert actions.mark_all_read(reader=reader()) == 2
    assert actions.mark_all_read(reader=reader()) == 0


def test_the_same_key_tells_once(notify):
    assert notify(key="k").pk == notify(key="k").pk
    assert Notice.objects.count() == 1
    assert Event.objects.filter(type="notice.shown").count() == 1


def test_it_speaks_the_readers_language(notify):
    notice = notify()
    with translation.override("es"):
        assert notice.words == "Hola"
    assert notify(text="only this").words == "only this"


@pytest.mark.parametrize(
    "wrong",
    [
        {"customer_id": ""},
        {"text": ""},
        {"text": {}},
        {"link": "javascript:alert(1)"},
        {"link": "//evil.example"},
        {"link": "/\\evil.example"},
        {"link": "data:text/html,x"},
    ],
)
def test_a_notice_for_nobody_with_nothing_or_leading_astray_is_refused(notify, wrong):
    with pytest.raises(ValueError, match=r"notice|address"):
        notify(**wrong)
    assert not Notice.objects.exists()


def test_notices_follow_when_two_contacts_turn_out_to_be_one(notify):
    keep, gone = (people.know_contact(email=f"{name}@example.org") for name in ("keep", "gone"))
    read, new = notify(), notify(contact_id=gone.pk)
    for contact in (keep, gone):
        actions.mark_read(notice=read, contact_id=contact.pk)
    people.merge_contacts(keep=keep, gone=gone, actor="")
    run_consumers()
    assert list(queries.unread(reader(keep.pk))) == [new]
    assert queries.all_notices().get(pk=read.pk).read_count == 1
