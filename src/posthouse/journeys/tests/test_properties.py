"""Whatever comes, in whatever order, batches and doubles: what is kept is what the whole history gives."""

from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from posthouse.journeys.fold import Rules, advance, close_windows, history, in_order, is_late
from posthouse.journeys.tests.happenings import START, Happening, body, rules

pytestmark = pytest.mark.mission("J8.1")

TYPES = ["in.go", "out.go", "x.a", "x.b", "x.c", "y.z", "enrolment.made", "enrolment.ended"]
REPEATS = st.sampled_from(["first", "last", "each"])


@st.composite
def definitions(draw):
    steps = []
    for key in draw(st.sampled_from(["a", "ab", "abc", "aab"])):
        types = {f"x.{key}", *draw(st.sets(st.sampled_from(["x.a", "x.b", "in.go", "y.*"]), max_size=1))}
        steps.append(
            {
                "key": f"{key}{len(steps)}",
                "on": [{"event": type_} for type_ in sorted(types)],
                "required": not steps or draw(st.booleans()),
                "repeat": draw(REPEATS),
            }
        )
    again = draw(st.sampled_from(["once", "after_exit", "parallel", {"after": "PT6H"}, {"per": "event.data.key"}]))
    parts = {"order": draw(st.sampled_from(["any", "ordered", "strict"])), "again": again}
    if draw(st.booleans()):
        parts["window"] = draw(st.sampled_from(["PT3H", "PT8H"]))
    if draw(st.booleans()):
        parts["exit"] = [{"on": [{"event": "out.go"}], "reason": "left"}]
    return rules(steps, **parts)


@st.composite
def logs(draw):
    """Events with few different moments, so that ties are common."""
    data = st.sampled_from([{}, {"key": "k1"}, {"key": "k2"}])
    rows = draw(st.lists(st.tuples(st.sampled_from(TYPES), st.integers(0, 16), data), max_size=14))
    return [
        Happening(type_, START + timedelta(hours=hours), number, {"journey": "walk", **more})
        for number, (type_, hours, more) in enumerate(rows, 1)
    ]


def kept(ruling, log, batches, clock):
    """What a consumer holds that takes batches in as `work.py` does, with windows ended by the clock in between."""
    runs, seen_until, taken = (), None, []
    for batch, hours in zip(batches, clock, strict=True):
        taken += batch
        if batch and is_late(runs, seen_until, min(event.occurred_at for event in batch)):
            runs = history(ruling, taken)
        else:
            for event in in_order(ruling, batch):
                runs = advance(ruling, runs, event)
        seen_until = max([event.occurred_at for event in batch] + [seen_until] * (seen_until is not None), default=None)
        if hours is not None:
            runs = close_windows(ruling, runs, START + timedelta(hours=hours))
    return runs


@settings(max_examples=400, deadline=None)
@given(definitions(), logs(), st.data())
def test_taken_in_piece_by_piece_is_the_same_as_made_from_the_whole(ruling, log, data):
    arrival = data.draw(st.permutations(log))
    doubled = arrival + (data.draw(st.lists(st.sampled_from(arrival), max_size=5)) if arrival else [])
    cuts = sorted(data.draw(st.lists(st.integers(0, len(doubled)), max_size=5)))
    batches = [doubled[a:b] for a, b in zip([0, *cuts], [*cuts, len(doubled)], strict=True)]
    clock = data.draw(st.lists(st.one_of(st.none(), st.integers(0, 30)), min_size=len(batches), max_size=len(batches)))
    end = START + timedelta(hours=99)
    expected = history(ruling, log, end)
    assert close_windows(ruling, kept(ruling, log, _once(batches), clock), end) == expected
    assert history(ruling, doubled, end) == expected


def _once(batches):
    """Within a batch the log has every event once; a batch read again is another one."""
    return [list({event.position: event for event in batch}.values()) for batch in batches]


@settings(max_examples=300, deadline=None)
@given(definitions(), logs())
def test_what_always_holds(ruling, log):
    journey = ruling.current
    runs = history(ruling, log)
    names = [run.name for run in runs]
    assert len(set(names)) == len(names)
    used = [mark.position for run in runs for mark in run.reached.values()]
    assert len(set(used)) == len(used), "one event counts for one step"
    for run in runs:
        assert (run.state == "open") == (run.ended_at is None)
        required = {step.key for step in journey.steps if step.required}
        assert (run.state == "completed") == (required <= set(run.reached))
        for mark in run.reached.values():
            assert run.entered_at <= mark.at
            assert journey.window is None or mark.at <= run.entered_at + journey.window
    open_keys = [run.key for run in runs if run.state == "open"]
    assert journey.again.kind == "parallel" or len(set(open_keys)) == len(open_keys)


@settings(max_examples=150, deadline=None)
@given(definitions(), logs(), st.data())
def test_runs_that_stay_with_another_revision_are_the_same_either_way(ruling, log, data):
    other = rules("abc", number=2, order=data.draw(st.sampled_from(["any", "ordered", "strict"])), again="after_exit")
    both = Rules(other.current, {("", 1): ruling.current})
    runs = ()
    for event in in_order(both, log):
        runs = advance(both, runs, event)
    assert runs == history(both, log)
    assert all(run.revision == both.of(run.name).number for run in runs)


def test_the_definitions_of_these_tests_are_sound():
    assert body("abc")["key"] == "walk"
