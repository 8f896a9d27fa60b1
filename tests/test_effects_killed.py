"""kill -9 at every point of claim, journal, call and finish: one effect each, or what the policy says, and seen."""

import json
import subprocess
import sys
from collections import Counter
from contextlib import nullcontext

import pytest

from posthouse.automations.tests.receiver import receiving
from tests.children import own_database
from tests.test_kill import POSTGRES, ROOT, _postgres_database

pytestmark = pytest.mark.slow
KILLS = 104
POINTS = ["called", "calling", "claimed", "claiming", "finished", "finishing", "journalled", "journalling"]


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def database(request):
    if request.param == "postgres" and not POSTGRES:
        pytest.skip("needs POSTHOUSE_TEST_POSTGRES")
    with nullcontext("") if request.param == "sqlite" else _postgres_database() as url:
        yield url


@pytest.fixture
def slaughter(database, tmp_path):
    def run(kind, policy, url):
        environment = own_database(database, POSTHOUSE_DATA=str(tmp_path), POSTHOUSE_WEBHOOK_PRIVATE="true")
        command = [sys.executable, "-m", "tests.kill_effects", kind, policy, url, str(KILLS)]
        done = subprocess.run(command, cwd=ROOT, env=environment, text=True, capture_output=True, check=False)
        assert done.returncode == 0, done.stderr[-4000:]
        report = json.loads(done.stdout.splitlines()[-1])
        assert sum(report["died"].values()) == KILLS
        return report

    return run


def calls_by_key(receiver):
    return Counter(headers["Idempotency-Key"] for _, headers, _ in receiver.calls)


def test_a_receiver_that_knows_the_key_sees_exactly_one_effect_each(slaughter):
    with receiving() as receiver:
        report = slaughter("webhook", "retry", receiver.url)
        calls = calls_by_key(receiver)
    assert sorted(report["died"]) == POINTS
    assert {row["state"] for row in report["effects"]} == {"done"}
    applied = set(calls)
    assert applied == {row["key"] for row in report["effects"]}
    assert len(applied) == KILLS
    _repeats_are_shown(report, calls)


def _repeats_are_shown(report, calls):
    """A plain receiver is called again only where the outcome was unknown, the policy says so and it is seen."""
    for row in report["effects"]:
        assert calls[row["key"]] <= 1 + row["unknown"], row
    repeated = sum(count > 1 for count in calls.values())
    assert 0 < repeated <= sum(row["unknown"] > 0 for row in report["effects"])


def test_a_plain_receiver_is_never_called_twice_where_the_policy_is_to_skip(slaughter):
    with receiving() as receiver:
        report = slaughter("webhook", "skip", receiver.url)
        calls = calls_by_key(receiver)
    assert set(calls.values()) == {1}
    for row in report["effects"]:
        assert row["state"] == ("unknown" if row["unknown"] else "done"), row
        if row["state"] == "done":
            assert calls[row["key"]] == 1
    left_to_people = sum(row["state"] == "unknown" for row in report["effects"])
    assert left_to_people == sum(report["died"][point] for point in ("journalled", "calling", "called", "finishing"))


def test_what_is_done_inside_the_house_is_done_once(slaughter):
    report = slaughter("task", "retry", "-")
    assert {row["state"] for row in report["effects"]} == {"done"}
    assert sorted(report["tasks"]) == sorted(row["key"] for row in report["effects"])
