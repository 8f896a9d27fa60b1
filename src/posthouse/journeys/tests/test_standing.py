"""The clocks of steps, by hand and against the same in plain Python."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from posthouse.journeys import standing

BODY = {
    "steps": [
        {"key": "a", "expected": "PT10S"},
        {"key": "side", "required": False},
        {"key": "b", "expected": "PT1M"},
    ]
}
STAGES = standing.stages_of(BODY)
NAN = float("nan")
T0 = datetime(2026, 1, 1, tzinfo=UTC)


def crowd(*runs, window=None):
    """Runs as (entered, state, ended, a, side, b), in seconds; None is never."""
    second = lambda value: NAN if value is None else float(standing.micros(T0 + timedelta(seconds=value)))  # noqa: E731
    entered = np.array([second(run[0]) for run in runs])
    state = np.array([standing.STATES[run[1]] for run in runs], dtype=np.int8)
    reached = np.array([[second(value) for value in run[3:]] for run in runs]).reshape(len(runs), 3)
    waits_for, since, late_at = standing._outlook(STAGES, entered, reached, state)
    return standing.Crowd(
        entered=entered,
        state=state,
        ended=np.array([second(run[2]) for run in runs]),
        window=entered + window * 1e6 if window else np.full(len(runs), NAN),
        waits_for=waits_for,
        since=since,
        late_at=late_at,
        trouble=np.zeros(len(runs), dtype=bool),
        slow=None,
        reached=reached,
    )


def test_a_step_follows_the_required_one_before_it():
    assert [(stage.key, stage.after, stage.expected) for stage in STAGES] == [
        ("a", -1, 10),
        ("side", 0, None),
        ("b", 0, 60),
    ]


def test_reached_waiting_and_left_by_hand():
    people = crowd(
        (0, "completed", 9, 4, None, 9),  # a after 4, b 5 after a
        (0, "completed", 9, 4, 7, 9),  # b 2 after the optional step
        (10, "open", None, 15, None, None),  # waits for b since 15
        (10, "exited", 40, 12, None, None),  # left b's clock after 28
        (20, "open", None, None, None, None),  # has not come to b
        (20, "open", None, None, None, 26),  # b out of order: from the entry
    )
    a, side, b = (standing.clock(people, STAGES, place) for place in range(3))
    assert (a.took.tolist(), a.entered, len(a.since)) == ([4, 4, 5, 2], 6, 2)
    assert (b.took.tolist(), b.left_after.tolist(), b.entered) == ([5, 2, 6], [28], 5)
    assert standing.waited(b, T0 + timedelta(seconds=45)).tolist() == [30]
    assert b.next.tolist() == [True]
    assert (side.took.tolist(), side.left_after.tolist(), len(side.since)) == ([3], [28], 2)
    assert side.next.tolist() == [False, False]


def test_waiting_is_seen_only_until_the_window_is_over():
    people = crowd((0, "completed", 9, 4, None, 9), window=20)
    assert standing.waited(standing.clock(people, STAGES, 1), T0 + timedelta(seconds=100)).tolist() == [16]


def test_seen_earlier_later_things_have_not_happened():
    people = crowd(
        (0, "completed", 9, 4, None, 9), (0, "exited", 30, 8, None, None), (50, "open", None, None, None, None)
    )
    then = people.seen_at(T0 + timedelta(seconds=8), STAGES)
    assert then.state.tolist() == [standing.OPEN, standing.OPEN]
    b = standing.clock(then, STAGES, 2)
    assert (b.took.size, b.left_after.size) == (0, 0)
    assert standing.waited(b, T0 + timedelta(seconds=8)).tolist() == [4, 0]
    assert b.next.tolist() == [True, True]
    assert ((b.late_at - b.since) / 1e6).tolist() == [60, 60]


moments = st.none() | st.integers(0, 100)
runs = st.lists(
    st.tuples(
        st.just(0), st.sampled_from(["open", "completed", "exited"]), st.integers(0, 100), moments, moments, moments
    ),
    max_size=20,
)


@pytest.mark.parametrize("place", range(3))
@given(rows=runs)
def test_the_arrays_say_what_plain_python_says(place, rows):
    rows = [(e, s, None if s == "open" else end, *reached) for e, s, end, *reached in rows]
    took, left, waits = [], [], []
    for entered, state, ended, *reached in rows:
        at, needed = reached[place], STAGES[place].after
        before = [moment for moment in reached[:place] if moment is not None]
        if at is not None:
            took.append(at - max([moment for moment in before if moment <= at], default=entered))
        elif needed < 0 or reached[needed] is not None:
            since = max(before, default=entered)
            (left if state == "exited" else waits).append(
                max(ended - since, 0) if state == "exited" else max(100 - since, 0)
            )
    found = standing.clock(crowd(*rows), STAGES, place)
    assert found.took.tolist() == took
    assert found.left_after.tolist() == left
    assert standing.waited(found, T0 + timedelta(seconds=100)).tolist() == waits
