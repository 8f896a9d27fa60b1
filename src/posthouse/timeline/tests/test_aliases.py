"""Two ids of one contact or customer: events keep theirs, readers find both."""

import pytest

from posthouse.timeline import actions, events, models, queries
from posthouse.timeline.tests.lamps import LampLit

pytestmark = pytest.mark.django_db


def alias(old, new, kind="contact"):
    return actions.alias(alias=old, canonical=new, kind=kind)


def test_chains_are_flattened_whichever_end_is_joined_first():
    alias("a", "b")
    alias("b", "c")
    alias("z", "a")
    assert queries.canonical(["a", "b", "c", "z", "other"]) == {
        "a": "c",
        "b": "c",
        "c": "c",
        "z": "c",
        "other": "other",
    }
    assert queries.aliases_of("a") == queries.aliases_of("c") == {"a", "b", "c", "z"}
    assert queries.aliases_of("other") == {"other"}


def test_circles_are_refused():
    alias("a", "b")
    alias("b", "c")
    with pytest.raises(actions.AliasError, match="stands for c already"):
        alias("c", "a")
    with pytest.raises(actions.AliasError, match="itself"):
        alias("d", "d")


def test_an_id_that_stands_for_somebody_cannot_be_given_to_another():
    alias("anonymous", "con_ann")
    with pytest.raises(actions.AliasError, match="con_ann already"):
        alias("anonymous", "con_bob")


@pytest.mark.parametrize("bad", ["", "x" * 65, "a\x00b"])
def test_what_can_be_no_id_is_refused(bad):
    with pytest.raises(actions.AliasError, match="1 to 64"):
        alias(bad, "con_ann")


def test_saying_the_same_again_changes_and_announces_nothing():
    alias("a", "b")
    alias("b", "c")
    assert alias("a", "b").canonical == "c"
    assert alias("a", "c").canonical == "c"
    assert models.Event.objects.filter(type="identity.aliased").count() == 2


def test_it_is_announced_on_the_timeline_of_the_one_that_remains():
    alias("cus_a", "cus_b", "customer")
    alias("anonymous", "con_ann")
    first, second = models.Event.objects.order_by("position")
    assert (first.customer_id, first.data) == ("cus_b", {"alias": "cus_a", "canonical": "cus_b", "kind": "customer"})
    assert (second.contact_id, second.data["alias"]) == ("con_ann", "anonymous")
    assert "identity.aliased" in events.catalogue


def test_timelines_show_what_happened_under_either_id():
    actions.record(LampLit(customer_id="cus_a", watts=1))
    actions.record(LampLit(customer_id="cus_b", watts=2))
    actions.record(LampLit(contact_id="anonymous", watts=3))
    actions.record(LampLit(contact_id="con_ann", watts=4))
    actions.record(LampLit(customer_id="cus_c", watts=5))
    alias("cus_a", "cus_b", "customer")
    alias("anonymous", "con_ann")

    def watts(rows):
        return {row.data["watts"] for row in rows.filter(type="lamp.lit")}

    assert watts(queries.of_customer("cus_b")) == watts(queries.of_customer("cus_a")) == {1, 2}
    assert watts(queries.of_customer("cus_b", ["con_ann"])) == {1, 2, 3, 4}
    assert watts(queries.of_contact("con_ann")) == {3, 4}
    assert watts(queries.steps_of("cus_b", "con_ann", ["lamp.lit"])) == {1, 2, 3, 4}
    assert watts(queries.newest(customer_id="cus_b")) == {1, 2}
    assert watts(queries.of_customer("cus_c")) == {5}


def test_events_keep_the_ids_they_came_with():
    actions.record(LampLit(customer_id="cus_a", watts=1))
    alias("cus_a", "cus_b", "customer")
    assert models.Event.objects.get(type="lamp.lit").customer_id == "cus_a"


def test_asking_about_many_ids_takes_few_queries(django_assert_num_queries):
    with django_assert_num_queries(1):
        queries.canonical(["a", "b"])
    alias("a", "b")
    with django_assert_num_queries(2):
        queries.canonical([f"id{number}" for number in range(500)])
    with django_assert_num_queries(0):
        assert queries.canonical([]) == {}
