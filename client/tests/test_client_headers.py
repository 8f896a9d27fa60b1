"""What is written on the wire reads back as the drafts and RFCs say."""

import json
import math

import pytest

from posthouse_client import headers
from posthouse_client.limits import Limit, Limiter, LimitState

NOW = 1_800_000_000_000_000_000
LIMITS = (Limit("burst", 10, 1.0), Limit("daily", 1000, 86400.0))


def states(cost: int, limits: tuple[Limit, ...] = LIMITS) -> tuple[LimitState, ...]:
    """What is left after `cost` calls at once."""
    return Limiter().hit("key", limits, NOW, cost)[1]


@pytest.mark.mission("J4.3")
def test_the_policy_and_what_is_left_of_it() -> None:
    assert dict(headers.limit_headers(states(3))) == {
        "RateLimit-Policy": '"burst";q=10;w=1, "daily";q=1000;w=86400',
        "RateLimit": '"burst";r=7;t=1, "daily";r=997;t=87',
    }
    assert headers.ratelimit_policy(LIMITS) == '"burst";q=10;w=1, "daily";q=1000;w=86400'
    assert headers.limit_headers(()) == []


def test_a_whole_quota_has_nothing_to_wait_for() -> None:
    assert headers.ratelimit(states(0)) == '"burst";r=10;t=0, "daily";r=1000;t=0'


def test_in_a_refusal_retry_after_is_never_before_t() -> None:
    limiter = Limiter()
    limiter.hit("key", LIMITS, NOW, 10)
    _, left = limiter.hit("key", LIMITS, NOW, 4)
    fields = dict(headers.refusal_headers("quota-exceeded", left, left[0].retry_after))
    assert fields["RateLimit"] == '"burst";r=0;t=1, "daily";r=990'
    assert fields["Retry-After"] == "1"


def test_waiting_is_told_in_whole_seconds_and_never_too_short() -> None:
    assert [headers.retry_after(wait) for wait in (0.0, 0.2, 1.0, 1.01, 86.4)] == ["1", "1", "1", "2", "87"]
    assert headers.retry_after(None) is None
    assert headers.retry_after(math.inf) is None


def test_names_are_quoted_and_numbers_stay_within_the_field_grammar() -> None:
    odd = (Limit('a"b\\c', 10**18, 0.25),)
    assert headers.ratelimit_policy(odd) == '"a\\"b\\\\c";q=999999999999999;w=1'


def test_a_limit_that_never_lets_anything_through_has_no_time() -> None:
    assert headers.ratelimit(states(1, (Limit("none", 0, 60.0),))) == '"none";r=0'


@pytest.mark.parametrize("code", list(headers.PROBLEMS))
def test_every_refusal_is_a_problem_of_its_own(code: str) -> None:
    members = json.loads(headers.problem_body(headers.problem(code, detail="Why.", instance="/v1/sun")))
    assert members["code"] == code
    assert members["type"].endswith(code)
    assert members["status"] == headers.status_of(code)
    assert (members["detail"], members["instance"]) == ("Why.", "/v1/sun")


def test_a_spent_quota_names_the_policies_that_were_violated() -> None:
    limiter = Limiter()
    limiter.hit("key", LIMITS, NOW, 10)
    members = headers.problem("quota-exceeded", limits=limiter.hit("key", LIMITS, NOW)[1])
    assert members["violated-policies"] == ["burst"]
    assert members["type"] == "https://iana.org/assignments/http-problem-types#quota-exceeded"


def test_a_vendor_can_point_problem_types_at_its_own_pages() -> None:
    members = headers.problem("key-revoked", type_base="https://docs.example/errors/")
    assert members["type"] == "https://docs.example/errors/key-revoked"


def test_401_carries_a_challenge() -> None:
    assert dict(headers.refusal_headers("key-missing", (), None, realm="sun"))["WWW-Authenticate"] == (
        'Bearer realm="sun"'
    )
    assert dict(headers.refusal_headers("key-revoked", (), None))["WWW-Authenticate"] == (
        'Bearer realm="api", error="invalid_token"'
    )
    assert headers.refusal_headers("scope-missing", (), None) == []


def test_a_realm_cannot_break_out_of_its_field() -> None:
    with pytest.raises(ValueError, match="ASCII"):
        headers.refusal_headers("key-missing", (), None, realm="a\r\nSet-Cookie: x")
