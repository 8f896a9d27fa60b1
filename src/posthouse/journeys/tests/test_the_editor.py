"""A definition as form and as text: nothing is lost on the way, and what is wrong is said at its place."""

from pathlib import Path

import pytest

from posthouse.journeys import posted, reading
from posthouse.journeys.editing import durations, fields, text, triggers
from posthouse.journeys.editing.diff import differences
from posthouse.journeys.editing.preview import preview
from posthouse.journeys.forms import rearranged

SHIPPED = sorted((Path(reading.__file__).parent / "definitions").glob("*.yaml"))


@pytest.fixture(params=SHIPPED, ids=[path.stem for path in SHIPPED])
def body(request):
    return reading.read(request.param.read_text())


def test_the_text_of_a_definition_says_the_same(body):
    assert reading.read(text.to_text(body)) == body


def test_the_form_of_a_definition_says_the_same(body):
    turn = posted.read_text(text.to_text(body), wanted="form")
    assert turn.view == "form"
    again = posted.read_form(turn.forms.initial_data())
    assert posted.judge(again), again.problems
    assert fields.normal(again.body) == fields.normal(body)


def test_a_definition_is_told_in_a_sentence(body):
    shown = preview(body)
    assert len(shown.steps) == len(body["steps"])
    assert shown.sentence.startswith(("A customer enters with", "A person enters with"))


@pytest.fixture
def sent():
    """The form of the shipped onboarding, as a browser sends it."""
    body = reading.read(next(path for path in SHIPPED if path.stem == "onboarding").read_text())
    return posted.shown(body).forms.initial_data()


def test_each_mistake_is_said_at_its_field(sent):
    sent |= {"s0-on": "key.created\nno type!", "s1-expected": "soonish"}
    turn = posted.read_form(sent)
    found = {one.href: one.reason for one in turn.problems}
    assert found["#id_s0-on"] == "Line 2: “no type!” is not the type of an event, such as key.created"
    assert "3 d" in found["#id_s1-expected"]
    assert turn.forms.steps[0]["on"].value() == "key.created\nno type!"


def test_what_only_the_whole_shows_is_said_at_its_field_too(sent):
    sent |= {"s2-key": "account", "s3-on": "key.created when {field: customer.plan, op: is, value: pro}"}
    turn = posted.read_form(sent)
    assert not posted.judge(turn)
    assert {one.href for one in turn.problems} == {"#id_s2-key", "#id_s3-on"}


def test_in_the_text_a_mistake_has_its_line():
    turn = posted.read_text("key: lamps\nname: {en: Lamps}\nentry:\n  on: [{event: lamp.lit}]\nsteps:\n  - key: A B\n")
    assert not posted.judge(turn)
    assert any(one.where.startswith("Line 6 (/steps/0/key") for one in turn.problems)


@pytest.mark.parametrize("written", ["a: [", "- a", "a: &x 1\nb: *x", "a: 1\na: 2"])
def test_a_text_that_cannot_be_read_is_kept_and_explained(written):
    turn = posted.read_text(written, wanted="form")
    assert turn.view == "text"
    assert turn.text.initial["text"] == written
    assert turn.problems


def test_a_text_that_the_form_has_no_fields_for_stays_a_text(sent):
    body = posted.read_form(sent).body | {"steps": "many"}
    turn = posted.read_text(text.to_text(body), wanted="form")
    assert turn.view == "text"
    assert turn.problems


def test_keys_that_the_form_does_not_know_go_through_it(sent):
    body = posted.read_form(sent).body
    body["steps"][0]["colour"] = "blue"
    found = posted.shown(body).forms.initial_data()
    assert posted.read_form(found).body["steps"][0]["colour"] == "blue"


def test_steps_are_added_moved_and_removed_with_all_that_was_typed():
    steps = [{"key": "a"}, {"key": "b"}, {"key": "c", "on": "not yet ("}]
    assert [step.get("key") for step in rearranged(steps, "up-2")] == ["a", "c", "b"]
    assert [step.get("key") for step in rearranged(steps, "down-0")] == ["b", "a", "c"]
    assert [step.get("key") for step in rearranged(steps, "add-0")] == ["a", None, "b", "c"]
    assert rearranged(steps, "add")[2]["on"] == "not yet ("
    assert [step.get("key") for step in rearranged(steps, "remove-1")] == ["a", "c"]
    for nonsense in ("up-0", "down-2", "remove-9", "up-x", "", "fly-1"):
        assert rearranged(steps, nonsense) == steps


@pytest.mark.parametrize(
    ("typed", "kept"), [("3 d", "P3D"), ("90min", "PT90M"), ("2 weeks", "P2W"), ("p1dt2h", "P1DT2H")]
)
def test_times_are_typed_as_people_write_them(typed, kept):
    assert durations.to_iso(typed) == kept
    assert durations.to_iso(durations.short(kept)) == kept


@pytest.mark.parametrize("typed", ["soon", "3", "0 d", "-1 d", "P", "99999 weeks"])
def test_a_time_that_is_none_is_refused(typed):
    with pytest.raises(ValueError):
        durations.to_iso(typed)


def test_conditions_and_exits_stand_on_lines():
    lines = "left: customer.left\nleft: contract.ended when {field: event.data.side, op: is, value: 'yes'}\nlost: x.y"
    rules = triggers.exits_from_lines(lines)
    assert [rule["reason"] for rule in rules] == ["left", "lost"]
    assert rules[0]["on"][1]["when"]["value"] == "yes"
    assert triggers.exits_from_lines(triggers.exits_to_lines(rules)) == rules
    with pytest.raises(triggers.WrongLine, match="Line 1"):
        triggers.exits_from_lines("customer.left")


def test_a_difference_shows_the_lines_that_changed_and_some_around_them():
    old = {"key": "a", "steps": [{"key": str(number)} for number in range(20)]}
    new = {"key": "a", "steps": [*old["steps"][:10], {"key": "new"}, *old["steps"][10:]]}
    lines = differences(old, new)
    assert [line.text.strip() for line in lines if line.kind == "added"] == ["- key: new"]
    assert len(lines) < 10
    assert differences(old, dict(old)) == []
