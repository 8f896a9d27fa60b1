"""The one transition function: orders, ties, repetitions, windows, entry and exit rules."""

from datetime import timedelta

import pytest

from posthouse.journeys.fold import history, late_steps, outlook
from posthouse.journeys.tests.happenings import START, happen, rules, told

pytestmark = pytest.mark.mission("J2.1")
HOUR = timedelta(hours=1)


def run(ruling, *events):
    return history(ruling, happen(*events))


def test_steps_before_the_entry_do_not_count():
    assert told(run(rules(), ("x.a", 0), ("in.go", 1), ("x.b", 2))) == ["open b"]


def test_any_order_takes_steps_as_they_come_and_completes_with_the_last_required_one():
    runs = run(rules(), ("in.go", 0), ("x.c", 1), ("x.a", 2), ("x.b", 3))
    assert told(runs) == ["completed a,b,c"]
    assert runs[0].ended_at == START + 3 * HOUR


def test_ordered_lets_others_lie_between_but_not_steps_out_of_turn():
    ordered = rules(order="ordered")
    assert told(run(ordered, ("in.go", 0), ("x.a", 1), ("x.c", 2), ("y.z", 3), ("x.b", 4))) == ["open a,b"]
    assert told(run(ordered, ("in.go", 0), ("x.a", 1), ("x.c", 2), ("x.b", 4), ("x.c", 5))) == ["completed a,b,c"]


def test_strict_ends_at_a_tracked_event_between_and_a_retry_begins_anew_where_that_is_allowed():
    events = ("in.go", 0), ("x.a", 1), ("x.c", 2), ("in.go", 3), ("x.a", 4), ("y.z", 5), ("x.b", 6), ("x.c", 7)
    assert told(run(rules(order="strict"), *events)) == ["exited a order_broken"]
    again = rules(order="strict", again="after_exit")
    assert told(run(again, *events)) == ["exited a order_broken", "completed a,b,c"]


def test_an_optional_step_may_be_left_out_and_counts_after_completion():
    steps = ["a", {"key": "b", "on": [{"event": "x.b"}], "required": False}, "c"]
    assert told(run(rules(steps), ("in.go", 0), ("x.a", 1), ("x.c", 2))) == ["completed a,c"]
    assert told(run(rules(steps), ("in.go", 0), ("x.a", 1), ("x.c", 2), ("x.b", 3))) == ["completed a,b,c"]
    assert told(run(rules(steps, order="ordered"), ("in.go", 0), ("x.a", 1), ("x.c", 2), ("x.b", 3))) == [
        "completed a,c"
    ]


def test_one_event_counts_for_one_step():
    same = [{"key": "first", "on": [{"event": "x.a"}]}, {"key": "second", "on": [{"event": "x.a"}]}]
    for order in ("any", "ordered", "strict"):
        assert told(run(rules(same, order=order), ("in.go", 0), ("x.a", 1))) == ["open first"]
        assert told(run(rules(same, order=order), ("in.go", 0), ("x.a", 1), ("x.a", 2))) == ["completed first,second"]


def test_the_entry_may_be_the_first_step_too():
    steps = [{"key": "begin", "on": [{"event": "in.go"}]}, "a"]
    assert told(run(rules(steps), ("in.go", 0))) == ["open begin"]
    assert told(run(rules(steps, order="strict"), ("in.go", 0), ("x.a", 1))) == ["completed a,begin"]


def test_at_one_moment_entries_come_first_then_steps_in_their_order_then_exits():
    ordered = rules(order="ordered", exit=[{"on": [{"event": "out.go"}], "reason": "left"}])
    assert told(run(ordered, ("out.go", 1), ("x.b", 1), ("x.a", 1), ("in.go", 1))) == ["exited a,b left"]


def test_of_two_equal_events_at_one_moment_the_first_in_the_log_counts():
    runs = run(rules(), ("in.go", 0), ("x.a", 1), ("x.a", 1))
    assert runs[0].reached["a"].position == 2


@pytest.mark.parametrize(("repeat", "hour", "times"), [("first", 1, 1), ("last", 5, 3), ("each", 1, 3)])
def test_a_step_reached_again_is_kept_as_its_definition_says(repeat, hour, times):
    steps = [{"key": "a", "on": [{"event": "x.a"}], "repeat": repeat}, "b"]
    mark = run(rules(steps), ("in.go", 0), ("x.a", 1), ("x.a", 3), ("x.b", 4), ("x.a", 5))[0].reached["a"]
    assert (mark.at, mark.times) == (START + hour * HOUR, times)


def test_steps_count_within_the_window_and_a_retry_after_it_is_a_new_attempt():
    window = {"window": "PT5H"}
    events = ("in.go", 0), ("x.a", 5), ("x.b", 6), ("in.go", 7), ("x.a", 8), ("x.b", 9), ("x.c", 12)
    runs = run(rules(**window), *events)
    assert told(runs) == ["exited a window"]
    assert runs[0].ended_at == START + 5 * HOUR
    assert told(run(rules(**window, again="after_exit"), *events)) == ["exited a window", "completed a,b,c"]


def test_a_window_ends_with_time_alone():
    runs = history(rules(window="PT5H"), happen(("in.go", 0)), START + 5 * HOUR)
    assert told(runs) == ["open"]
    assert told(history(rules(window="PT5H"), happen(("in.go", 0)), START + 6 * HOUR)) == ["exited window"]


def test_exit_rules_end_open_runs_only():
    leaving = {"exit": [{"on": [{"event": "out.*"}], "reason": "left"}]}
    assert told(run(rules(**leaving), ("in.go", 0), ("x.a", 1), ("out.far", 2), ("x.b", 3))) == ["exited a left"]
    assert told(run(rules("a", **leaving), ("in.go", 0), ("x.a", 1), ("out.far", 2))) == ["completed a"]


@pytest.mark.parametrize(
    ("again", "expected"),
    [
        ("once", ["completed a"]),
        ("after_exit", ["completed a", "completed a", "open"]),
        ({"after": "PT10H"}, ["completed a", "open"]),
        ("parallel", ["completed a", "completed a", "open", "open"]),
    ],
)
def test_who_may_enter_again(again, expected):
    events = ("in.go", 0), ("x.a", 1), ("in.go", 5), ("x.a", 6), ("in.go", 10), ("in.go", 11)
    assert told(run(rules("a", again=again), *events)) == expected


def test_once_per_key_and_steps_go_to_the_run_with_their_key_or_else_the_oldest_open():
    per = rules("ab", again={"per": "event.data.version"})
    runs = run(
        per,
        ("in.go", 0, {"version": "v1"}),
        ("in.go", 1, {"version": "v2"}),
        ("in.go", 2, {"version": "v1"}),
        ("in.go", 2, {}),
        ("x.a", 3, {"version": "v2"}),
        ("x.a", 4),
        ("x.b", 5, {"version": "v9"}),
    )
    assert [(one.key, *told([one])) for one in runs] == [("v1", "open a"), ("v2", "open a")]


def test_conditions_look_at_the_event():
    paid = {"key": "paid", "on": [{"event": "plan.*", "when": {"field": "event.data.price", "op": "gt", "value": 0}}]}
    assert told(run(rules([paid, "b"]), ("in.go", 0), ("plan.changed", 1, {"price": 0}))) == ["open"]
    assert told(run(rules([paid, "b"]), ("in.go", 0), ("plan.changed", 1, {"price": 9}))) == ["open paid"]


def test_put_in_and_taken_out_by_hand():
    mine, other = {"journey": "walk"}, {"journey": "talk"}
    taken_out = {**mine, "reason": "by_hand"}
    assert told(run(rules(), ("enrolment.made", 0, other))) == []
    assert told(run(rules(), ("enrolment.made", 0, mine), ("x.a", 1), ("enrolment.ended", 2, taken_out))) == [
        "exited a by_hand"
    ]
    events = ("in.go", 0), ("enrolment.ended", 1, taken_out), ("in.go", 2), ("enrolment.made", 3, mine)
    assert told(run(rules(), *events)) == ["exited by_hand", "open"]


def test_what_is_expected_next_and_by_when():
    steps = [{"key": "a", "on": [{"event": "x.a"}], "expected": "PT2H"}, {"key": "b", "on": [{"event": "x.b"}]}]
    ruling = rules([*steps, {"key": "c", "on": [{"event": "x.c"}], "expected": "P1D"}])
    ahead = outlook(ruling.current, run(ruling, ("in.go", 0))[0])
    assert (ahead.step, ahead.late_at) == ("a", START + 2 * HOUR)
    ahead = outlook(ruling.current, run(ruling, ("in.go", 0), ("x.a", 1), ("x.b", 3))[0])
    assert (ahead.step, ahead.since, ahead.late_at) == ("c", START + 3 * HOUR, START + 27 * HOUR)


def test_steps_found_late_are_known_as_such():
    ruling = rules(order="ordered")
    events = happen(("in.go", 0), ("x.b", 2), ("x.a", 1), ("x.c", 3))
    found = history(ruling, events)[0]
    assert late_steps(ruling.current, found) == {"a", "b"}
    assert late_steps(ruling.current, history(ruling, happen(("in.go", 0), ("x.a", 1)))[0]) == set()
