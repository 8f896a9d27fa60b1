"""Limits against a slow bucket in fractions that is plainly right, and against the bound they promise."""

import math
import threading
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from posthouse_client.limits import Limit, Limiter

SECOND = 1_000_000_000
START = 1_800_000_000 * SECOND


class Bucket:
    """`quota` tokens at first, `quota / window` more per second, never more than `quota`."""

    def __init__(self, limit: Limit, now_ns: int) -> None:
        self.limit, self.tokens, self.at = limit, Fraction(limit.quota), now_ns

    def refill(self, now_ns: int) -> None:
        gain = Fraction((now_ns - self.at) * self.limit.quota, self.limit.window_ns)
        self.tokens = min(Fraction(self.limit.quota), self.tokens + gain)
        self.at = now_ns


some_limit = st.tuples(st.integers(0, 12), st.sampled_from([0.003, 0.1, 1.0, 1.5, 7.0, 60.0, 86400.0]))
some_limits = st.lists(some_limit, min_size=1, max_size=3).map(
    lambda pairs: tuple(Limit(f"l{index}", *pair) for index, pair in enumerate(pairs))
)
some_calls = st.lists(
    st.tuples(
        st.one_of(st.integers(0, 1000), st.integers(0, 3 * SECOND), st.integers(0, 90_000 * SECOND)),
        st.integers(0, 4),
    ),
    max_size=40,
)


@pytest.mark.mission("J2.3")
@given(limits=some_limits, calls=some_calls)
@settings(max_examples=300, deadline=None)
def test_every_answer_is_that_of_the_plain_bucket(limits: tuple[Limit, ...], calls: list[tuple[int, int]]) -> None:
    limiter, now = Limiter(), START
    buckets = [Bucket(limit, now) for limit in limits]
    for pause, cost in calls:
        now += pause
        for bucket in buckets:
            bucket.refill(now)
        expected = all(bucket.tokens >= cost for bucket in buckets)
        allowed, states = limiter.hit("key", limits, now, cost)
        assert allowed == expected
        for bucket, state in zip(buckets, states, strict=True):
            assert bool(state.retry_after) == (bucket.tokens < cost)
            bucket.tokens -= cost if expected else 0
            assert state.remaining == math.floor(bucket.tokens)


@given(quota=st.integers(1, 10), window=st.sampled_from([0.5, 1.0, 3.0]), pauses=st.lists(st.integers(0, SECOND)))
@settings(deadline=None)
def test_no_stretch_of_time_lets_more_through_than_the_bound(quota: int, window: float, pauses: list[int]) -> None:
    limiter, now, limits = Limiter(), START, (Limit("only", quota, window),)
    passed: list[int] = []
    for pause in pauses:
        now += pause
        if limiter.hit("key", limits, now)[0]:
            passed.append(now)
    for first in range(len(passed)):
        for last in range(first, len(passed)):
            stretch = Fraction(passed[last] - passed[first], SECOND)
            assert last - first + 1 <= quota + stretch * quota / Fraction(window)


@given(quota=st.integers(1, 50), window=st.floats(0.01, 1e6), cost=st.integers(1, 60), used=st.integers(0, 50))
@settings(deadline=None)
def test_waiting_as_long_as_told_is_enough_and_no_longer_than_needed(
    quota: int, window: float, cost: int, used: int
) -> None:
    limiter, limits = Limiter(), (Limit("only", quota, window),)
    limiter.hit("key", limits, START, min(used, quota))
    allowed, (state,) = limiter.hit("key", limits, START, cost)
    if allowed:
        assert state.retry_after == 0.0
    elif cost > quota:
        assert state.retry_after == math.inf
    else:
        wait = state.retry_after * SECOND
        assert not limiter.hit("key", limits, START + math.floor(wait * (1 - 1e-9)) - 2, cost)[0]
        assert limiter.hit("key", limits, START + math.ceil(wait * (1 + 1e-9)) + 2, cost)[0]


def test_a_refusal_by_one_limit_takes_nothing_from_the_other() -> None:
    limiter, limits = Limiter(), (Limit("daily", 100, 86400.0), Limit("burst", 2, 1.0))
    answers = [limiter.hit("key", limits, START)[0] for _ in range(50)]
    assert answers.count(True) == 2
    _, (daily, burst) = limiter.hit("key", limits, START, 0)
    assert (daily.remaining, burst.remaining) == (98, 0)


def test_the_whole_quota_at_once_then_one_per_interval() -> None:
    limiter, limits = Limiter(), (Limit("burst", 10, 1.0),)
    assert [limiter.hit("key", limits, START)[0] for _ in range(11)] == [True] * 10 + [False]
    assert not limiter.hit("key", limits, START + SECOND // 10 - 1)[0]
    assert limiter.hit("key", limits, START + SECOND // 10)[0]


def test_reset_says_when_one_more_call_is_there() -> None:
    limiter, limits = Limiter(), (Limit("burst", 10, 1.0),)
    _, (state,) = limiter.hit("key", limits, START, 0)
    assert (state.remaining, state.reset) == (10, 0.0)
    _, (state,) = limiter.hit("key", limits, START, 10)
    assert (state.name, state.quota, state.window, state.remaining, state.reset) == ("burst", 10, 1.0, 0, 0.1)
    _, (state,) = limiter.hit("key", limits, START + SECOND // 20, 0)
    assert (state.remaining, state.reset) == (0, 0.05)


def test_quota_nought_lets_nothing_through() -> None:
    allowed, (state,) = Limiter().hit("key", (Limit("none", 0, 60.0),), START)
    assert (allowed, state.remaining, state.retry_after, state.reset) == (False, 0, math.inf, math.inf)


@pytest.mark.mission("J6.4")
def test_calls_made_keep_counting_when_the_limit_changes() -> None:
    limiter = Limiter()
    limiter.hit("key", (Limit("daily", 100, 86400.0), Limit("old", 5, 1.0)), START, 3)
    _, (daily, fresh) = limiter.hit("key", (Limit("daily", 1000, 86400.0), Limit("new", 5, 1.0)), START, 0)
    assert (daily.remaining, fresh.remaining) == (997, 5)
    _, (daily,) = limiter.hit("key", (Limit("daily", 2, 60.0),), START, 0)
    assert daily.remaining == 0


def test_a_clock_set_back_costs_one_window_at_most() -> None:
    limiter, limits = Limiter(), (Limit("burst", 1, 10.0),)
    assert limiter.hit("key", limits, START)[0]
    back = START - 86_400 * SECOND
    assert not limiter.hit("key", limits, back)[0]
    assert limiter.hit("key", limits, back + 10 * SECOND)[0]


def test_threads_together_get_exactly_the_quota() -> None:
    limiter, limits = Limiter(), (Limit("daily", 1000, 86400.0), Limit("burst", 900, 3600.0))
    passed: list[int] = []

    def call() -> None:
        passed.append(sum(limiter.hit("key", limits, START)[0] for _ in range(400)))

    threads = [threading.Thread(target=call) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(passed) == 900


def test_keys_that_are_whole_again_leave_memory() -> None:
    limiter, limits = Limiter(), (Limit("burst", 10, 1.0),)
    for number in range(10_000):
        limiter.hit(f"key{number}", limits, START + number * SECOND)
    assert len(limiter) < 300
    limiter.evict(START + 20_000 * SECOND)
    assert len(limiter) == 0


def test_what_still_counts_is_not_evicted() -> None:
    limiter, limits = Limiter(), (Limit("daily", 1, 86400.0),)
    assert limiter.hit("first", limits, START)[0]
    for number in range(1000):
        limiter.hit(f"key{number}", (Limit("burst", 10, 1.0),), START + number * SECOND)
    assert not limiter.hit("first", limits, START + 1000 * SECOND)[0]


def test_forgetting_a_key_forgets_what_it_used() -> None:
    limiter, limits = Limiter(), (Limit("daily", 1, 86400.0),)
    limiter.hit("key", limits, START)
    limiter.forget("key")
    assert limiter.hit("key", limits, START)[0]


@pytest.mark.parametrize(
    ("name", "quota", "window"),
    [
        ("", 1, 1.0),
        ("a" * 65, 1, 1.0),
        ("größe", 1, 1.0),
        ("a\n", 1, 1.0),
        ("a", -1, 1.0),
        ("a", 1, 0.0),
        ("a", 1, -1.0),
        ("a", 1, math.inf),
        ("a", 1, math.nan),
    ],
)
def test_a_limit_that_makes_no_sense_is_refused(name: str, quota: int, window: float) -> None:
    with pytest.raises(ValueError, match="limit"):
        Limit(name, quota, window)


def test_a_negative_cost_is_refused() -> None:
    with pytest.raises(ValueError, match="negative"):
        Limiter().hit("key", (Limit("burst", 1, 1.0),), START, -1)
