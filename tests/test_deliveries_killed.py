"""kill -9 at every point of claim, call and finish: each event arrives at least once, under one id, signed."""

import json
import subprocess
import sys
from collections import Counter
from contextlib import nullcontext

import pytest

from posthouse.automations.tests.receiver import receiving
from posthouse.foundation import calling
from tests.children import own_database
from tests.test_kill import POSTGRES, ROOT, _postgres_database

pytestmark = [pytest.mark.slow, pytest.mark.mission("S11")]
KILLS = 36


@pytest.mark.parametrize("kind", ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def test_each_event_arrives_at_least_once_under_its_id(kind, tmp_path):
    if kind == "postgres" and not POSTGRES:
        pytest.skip("needs POSTHOUSE_TEST_POSTGRES")
    with nullcontext("") if kind == "sqlite" else _postgres_database() as database, receiving() as receiver:
        environment = own_database(database, POSTHOUSE_DATA=str(tmp_path), POSTHOUSE_WEBHOOK_PRIVATE="true")
        command = [sys.executable, "-m", "tests.kill_deliveries", receiver.url, str(KILLS)]
        done = subprocess.run(command, cwd=ROOT, env=environment, text=True, capture_output=True, check=False)
        assert done.returncode == 0, done.stderr[-4000:]
        report = json.loads(done.stdout.splitlines()[-1])
    assert sum(report["died"].values()) == KILLS
    assert len(report["died"]) == 6
    ids = {f"evt_{n}" for n in range(KILLS)}
    assert report["states"] == dict.fromkeys(ids, "delivered")
    assert report["off"] == ""
    calls = Counter(headers["webhook-id"] for _, headers, _ in receiver.calls)
    assert set(calls) == ids
    assert max(calls.values()) > 1, "some must have been repeated, or nothing was tried"
    for _, headers, body in receiver.calls:
        told = json.loads(body)
        assert (told["id"], f"evt_{told['data']['n']}") == (headers["webhook-id"],) * 2
        signed = calling.sign(headers["webhook-id"], headers["webhook-timestamp"], body, report["secret"])
        assert headers["webhook-signature"] == signed
