"""The body of an automation: what is read from it, and what is said about a wrong one."""

from datetime import time, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from posthouse.automations import definition
from posthouse.automations.definition import Again, If, OnEvent, Schedule, SendMail, Since, Wait, WaitFor

WHOLE = {
    "name": {"en": "No first call", "es": "Sin primera llamada"},
    "when": {"kind": "since", "event": "key.created", "without": "call.first", "for": "P3D"},
    "if": {"field": "event.data.environment", "op": "is", "value": "test"},
    "again": {"after": "P30D"},
    "stop_if": {"happened": "customer.left"},
    "do": [
        {"id": "s1", "do": "wait", "for": "PT12H"},
        {"id": "s2", "do": "wait_until", "time": "09:00", "days": ["tue", "mon"]},
        {
            "id": "s3",
            "do": "wait_for",
            "event": "call.first",
            "deadline": "P1W",
            "then": [{"id": "s4", "do": "tag", "of": "customer", "tag": "quick"}],
            "else": [{"id": "s5", "do": "send_mail", "template": "no_first_call", "valid_for": "P3D"}],
        },
        {
            "id": "s6",
            "do": "if",
            "if": {"field": "customer.plan", "op": "is", "value": "pro"},
            "then": [{"id": "s7", "do": "task", "title": {"en": "Call them"}, "assignee": 3, "due": "P1D"}],
        },
        {"id": "s8", "do": "notice", "text": {"en": "Hello", "es": "Hola"}, "link": "/docs/quickstart/"},
        {"id": "s9", "do": "webhook", "url": "https://crm.example.com/hook", "after_crash": "skip"},
        {"id": "s10", "do": "set_attribute", "of": "contact", "name": "nudged", "value": True},
        {"id": "s11", "do": "journey", "act": "enrol", "journey": "onboarding"},
    ],
}


def mail(**more):
    return {"id": "s1", "do": "send_mail", "template": "hello"} | more


def body(**more):
    return {"name": {"en": "X"}, "when": {"kind": "event", "event": "call.first"}, "do": [mail()]} | more


def places(raw):
    return [fault.place for fault in definition.faults_of(raw)]


def test_a_whole_body_is_read():
    found = definition.parse(WHOLE)
    assert found.name["es"] == "Sin primera llamada"
    assert found.when == Since("key.created", "call.first", timedelta(days=3))
    assert found.again == Again("after", timedelta(days=30))
    assert found.do[0] == Wait("s1", timedelta(hours=12))
    assert found.do[1].days == (0, 1)
    assert found.do[1].time == time(9)
    assert isinstance(found.do[2], WaitFor)
    assert found.do[2].otherwise == (SendMail("s5", "no_first_call", False, timedelta(days=3)),)
    assert isinstance(found.do[3], If)
    assert [step.id for step in definition.walk(found.do)] == [f"s{n}" for n in range(1, 12)]


def test_the_least_that_an_automation_needs():
    found = definition.parse(body())
    assert found.when == OnEvent("call.first")
    assert found.condition is None
    assert found.again == Again("once")


def test_a_schedule_is_in_the_contacts_zone_unless_one_is_named():
    when = {"kind": "schedule", "time": "09:30", "days": ["mon"]}
    assert definition.parse(body(when=when)).when == Schedule(time(9, 30), (0,), "contact", None)
    assert definition.parse(body(when=when | {"zone": "Europe/Madrid"})).when.zone == "Europe/Madrid"
    assert places(body(when=when | {"zone": "Atlantis"})) == ["/when/zone"]


@pytest.mark.parametrize(
    ("raw", "where"),
    [
        (None, ""),
        ([], ""),
        ("text", ""),
        (body(name={}), "/name"),
        (body(name={"en": "x" * 121}), "/name/en"),
        (body(name={"fr": "Bonjour", "en": "X"}), "/name/fr"),
        (body(when={}), "/when/kind"),
        (body(when={"kind": "moon"}), "/when/kind"),
        (body(when={"kind": "event"}), "/when/event"),
        (body(when={"kind": "event", "event": "<nonsense>"}), "/when/event"),
        (body(when={"kind": "event", "event": "call.first", "extra": 1}), "/when/extra"),
        (body(when={"kind": "since", "event": "call.first", "for": "3 days"}), "/when/for"),
        (body(when={"kind": "since", "event": "call.first", "for": "P0D"}), "/when/for"),
        (body(when={"kind": "since", "event": "call.first", "for": "P9999D"}), "/when/for"),
        (body(when={"kind": "schedule", "time": "25:00"}), "/when/time"),
        (body(when={"kind": "schedule", "time": "09:00", "days": ["monday"]}), "/when/days"),
        (body(when={"kind": "schedule", "time": "09:00", "days": []}), "/when/days"),
        (body(again="sometimes"), "/again"),
        (body(again={"after": 3}), "/again/after"),
        (body(**{"if": {"field": "event.data.plan", "op": "resembles", "value": 1}}), "/if/op"),
        (body(do=[]), "/do"),
        (body(do={}), "/do"),
        (body(do=["send"]), "/do/0"),
        (body(do=[{"id": "s1", "do": "fly"}]), "/do/0/do"),
        (body(do=[mail(id="S 1")]), "/do/0/id"),
        (body(do=[mail(), mail()]), "/do/1/id"),
        (body(do=[mail(transactional="yes")]), "/do/0/transactional"),
        (body(do=[mail(template="../secret")]), "/do/0/template"),
        (body(do=[mail(**{"a/b": 1})]), "/do/0/a~1b"),
        (body(do=[{"id": "s1", "do": "webhook", "url": "javascript:alert(1)"}]), "/do/0/url"),
        (body(do=[{"id": "s1", "do": "webhook", "url": "http://["}]), "/do/0/url"),
        (body(do=[{"id": "s1", "do": "notice", "text": {"en": "x"}, "link": "//evil.example"}]), "/do/0/link"),
        (body(do=[{"id": "s1", "do": "task", "title": {"en": "x"}, "assignee": True}]), "/do/0/assignee"),
        (body(do=[{"id": "s1", "do": "set_attribute", "of": "house", "name": "x", "value": 1}]), "/do/0/of"),
        (body(do=[{"id": "s1", "do": "set_attribute", "name": "x", "value": [1]}]), "/do/0/value"),
        (body(do=[{"id": "s1", "do": "if", "if": {"happened": "call.first"}, "then": 3}]), "/do/0/then"),
        (body(do=[{"id": "s1", "do": "wait"}]), "/do/0/for"),
    ],
)  # fmt: skip
def test_a_wrong_body_is_refused_with_the_place_and_the_reason(raw, where):
    faults = definition.faults_of(raw)
    assert [fault.place for fault in faults] == [where]
    assert all(fault.reason for fault in faults)


def test_every_fault_is_named_at_once():
    raw = body(name={}, again="never", do=[{"do": "wait", "for": "soon"}])
    assert places(raw) == ["/name", "/again", "/do/0/id", "/do/0/for"]


def test_depth_size_and_number_are_bounded():
    deep = {"all": []}
    for _ in range(5000):
        deep = {"all": [deep]}
    assert places(body(**{"if": deep})) == [""]
    assert places(body(name={"en": "x" * 70_000})) == [""]
    assert places(body(do=[mail(id=f"s{n}") for n in range(101)])) == ["/do"]
    nested = [mail(id="leaf")]
    for n in range(8):
        nested = [{"id": f"n{n}", "do": "wait_for", "event": "call.first", "deadline": "P1D", "then": nested}]
    assert len(places(body(do=nested))) == 1
    assert places(body(do=[mail(template=float("nan"))])) == [""]


def test_steps_without_an_id_get_one_and_the_others_keep_theirs():
    raw = body(do=[{"do": "wait", "for": "P1D"}, mail(id="s1"), {"do": "if", "then": [{"do": "wait"}]}])
    done = definition.with_ids(raw)["do"]
    assert [done[0]["id"], done[1]["id"], done[2]["id"], done[2]["then"][0]["id"]] == ["s2", "s1", "s3", "s4"]
    assert "id" not in raw["do"][0]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from([*WHOLE, "id", "kind", "then", "else", "for", "event"]), inner, max_size=5)
    ),
    max_leaves=15,
)


@given(raw=st.fixed_dictionaries({}, optional={name: JSON | st.just(value) for name, value in WHOLE.items()}) | JSON)
@settings(max_examples=200, deadline=None)
def test_whatever_comes_it_is_read_or_refused_in_words(raw):
    faults = definition.faults_of(raw)
    assert all(fault.reason and (fault.place == "" or fault.place.startswith("/")) for fault in faults)
    if not faults:
        assert definition.parse(raw)
