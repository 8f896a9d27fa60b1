"""The editor's form: what is taken apart and put together again stays the same, and nothing typed is lost."""

import pytest
from django.http import QueryDict

from posthouse.automations import definition, editing
from posthouse.automations.editing.fields import Branch, Field
from posthouse.automations.tests.test_definition import WHOLE, body


def typed(form):
    """What a browser would send for a form as it was shown."""
    data = QueryDict(mutable=True)
    for field in [*form.names, *form.when, *form.conditions, *form.again]:
        _type(data, field)
    _type_steps(data, form.do)
    return data


def _type_steps(data, branch: Branch):
    data[branch.place] = ""
    for step in branch.steps:
        data[f"{step.place}/do"], data[f"{step.place}/id"] = step.kind, step.step_id
        for field in step.fields:
            _type(data, field)
        for below in step.branches:
            _type_steps(data, below)


def _type(data, field: Field):
    if field.kind == "period":
        data[f"{field.name}/n"], data[f"{field.name}/unit"] = field.value, field.unit
    elif field.kind == "days":
        data.setlist(field.name, field.value)
    elif field.kind == "check":
        data.update({field.name: "yes"} if field.value else {})
    elif field.kind == "json":
        data[f"{field.name}/json"] = field.value
    elif field.kind == "condition":
        data[f"{field.name}/match"] = field.value
        for row in field.rows:
            for member in ("kind", "field", "op", "value", "event", "times"):
                data[f"{row.name}/{member}"] = getattr(row, member)
            data[f"{row.name}/within/n"], data[f"{row.name}/within/unit"] = row.number, row.unit
    else:
        data[field.name] = field.value


def again(raw):
    """A body after it was shown and sent."""
    return editing.body_of(typed(editing.form_of(raw, [], editing.Choices())))


CONDITIONS = [
    {"field": "event.data.plan", "op": "is", "value": "pro"},
    {"field": "event.data.size", "op": "gt", "value": 3},
    {"field": "event.data.size", "op": "is", "value": "3"},
    {"field": "event.data.share", "op": "lt", "value": 0.5},
    {"field": "event.data.test", "op": "is", "value": True},
    {"field": "customer.country", "op": "in", "value": ["ES", "PT"]},
    {"field": "contact.name", "op": "missing"},
    {"field": "contact.created_at", "op": "before", "value": {"ago": "P7D"}},
    {"happened": "call.first"},
    {"happened": "call.first", "times": 3, "within": "P7D"},
    {"not": {"happened": "call.first"}},
    {"any": [{"happened": "call.first"}, {"field": "customer.plan", "op": "is", "value": "pro"}]},
    {"all": [{"any": [{"happened": "call.first"}, {"happened": "key.created"}]}, {"happened": "key.created"}]},
    {"happened": "call.first", "where": {"field": "event.data.status", "op": "is", "value": 200}},
]


@pytest.mark.parametrize("condition", CONDITIONS)
def test_a_condition_survives_the_form(condition):
    raw = body(**{"if": condition})
    assert definition.faults_of(raw) == []
    assert again(raw)["if"] == condition


def test_a_whole_automation_survives_the_form():
    back = again(WHOLE)
    assert definition.parse(back) == definition.parse(WHOLE)


@pytest.mark.parametrize(
    "when",
    [
        {"kind": "step", "journey": "onboarding", "step": "first_call"},
        {"kind": "stuck", "journey": "onboarding"},
        {"kind": "schedule", "time": "09:00", "days": ["mon"], "zone": "contact", "whom": CONDITIONS[0]},
    ],
)
def test_every_beginning_survives_the_form(when):
    assert again(body(when=when))["when"] == when


@pytest.mark.parametrize(
    ("raw", "place", "text"),
    [
        (body(do=[{"do": "wait", "for": "soon"}]), "/do/0/for", "soon"),
        (body(when={"kind": "event", "event": "<b>"}), "/when/event", "<b>"),
        (body(do=[{"do": "webhook", "url": "ftp://x"}]), "/do/0/url", "ftp://x"),
        (body(again={"after": "3 months"}), "/again/after", "3 months"),
        (body(**{"if": "{not json"}), "/if", "{not json"),
    ],
)
def test_what_cannot_be_read_is_shown_again_with_the_reason(raw, place, text):
    faults = definition.faults_of(definition.with_ids(raw))
    form = editing.form_of(raw, faults, editing.Choices())
    fields = [*form.names, *form.when, *form.conditions, *form.again, *(f for s in form.do.steps for f in s.fields)]
    wrong = [field for field in fields if field.errors]
    assert [fault.place for fault in faults] == [place]
    assert [field.value for field in wrong] == [text]
    assert form.faults[0][0] in [field.id for field in fields]
    assert again(raw) == raw | {"again": raw.get("again", "once")}


def test_a_fault_inside_a_condition_stands_at_its_row():
    raw = body(**{"if": {"all": [CONDITIONS[0], {"field": "moon.phase", "op": "is", "value": 1}]}})
    form = editing.form_of(raw, definition.faults_of(raw), editing.Choices())
    assert [bool(row.errors) for row in form.conditions[0].rows] == [False, True, False]
    assert form.conditions[0].errors == []


def test_steps_are_added_moved_and_removed():
    raw, place = editing.apply(body(), "add:/do", {"/do": "wait_for"})
    assert place == "/do/1"
    raw, place = editing.apply(raw, "add:/do/1/then", {"/do/1/then": "tag"})
    assert (place, raw["do"][1]["then"]) == ("/do/1/then/0", [{"do": "tag", "of": "customer", "act": "add"}])
    raw, place = editing.apply(raw, "up:/do/1", {})
    assert (place, raw["do"][0]["do"]) == ("/do/0", "wait_for")
    raw, place = editing.apply(raw, "remove:/do/0/then/0", {})
    assert (place, raw["do"][0]["then"]) == ("/do/0/then", [])
    raw, _ = editing.apply(raw, "remove:/do/0", {})
    assert [step["do"] for step in raw["do"]] == ["send_mail"]


@pytest.mark.parametrize(
    "act", ["", "add:", "remove:/do/9", "up:/do/0", "down:/x/y", "fly:/do/0", "remove:/name", "add:/when"]
)
def test_an_act_that_cannot_be_leaves_all_as_it_was(act):
    assert editing.apply(body(), act, {"/when": "wait"})[0] == body()


def test_hostile_names_of_fields_do_no_harm():
    data = QueryDict(mutable=True)
    for name in ["/" + "a/" * 5000, "/do/0", "/do/0/for/n", "/do/x/y", "//", "/do/99999999/for", "/name/en/x", "/name"]:
        data[name] = "x"
    assert isinstance(editing.body_of(data), dict)
