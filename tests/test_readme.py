"""The README's story by curl, run as it stands there against a running demo."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from tools.smoke_demo import ROOT, running_demo

pytestmark = [pytest.mark.slow, pytest.mark.skipif(not shutil.which("curl"), reason="needs curl")]

COMMAND = (sys.executable, str(ROOT / "demo" / "run.py"))


@pytest.fixture(scope="module")
def facts(tmp_path_factory):
    """What the demo wrote down, while it runs without its crowd."""
    with running_demo(tmp_path_factory.mktemp("demo"), 4, "--quiet-crowd", command=COMMAND) as facts:
        yield facts


def curl_block() -> str:
    """The one block of the README that calls curl."""
    blocks = re.findall(r"^```sh\n(.*?)^```", Path(ROOT, "README.md").read_text("utf-8"), re.DOTALL | re.MULTILINE)
    (block,) = (block for block in blocks if "curl " in block)
    return block


def answers(text: str) -> list[dict]:
    """The JSON bodies that stand one after the other in what curl printed."""
    decoder, found, place = json.JSONDecoder(), [], 0
    while place < len(text):
        value, place = decoder.raw_decode(text, place)
        found.append(value)
        place += len(text[place:]) - len(text[place:].lstrip())
    return found


@pytest.mark.mission("J2.1", "J2.2", "J2.3", "J3.2", "J4.1")
def test_the_story_by_curl_alone(facts):
    names = {"API": facts["api"], "POSTHOUSE": facts["portal"], "TOKEN": facts["team"]["token"]}
    ran = subprocess.run(
        ["sh", "-eu", "-c", curl_block()],
        env=os.environ | names,
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    assert not ran.stderr
    first, problem, live, verified, taken, timeline = answers(ran.stdout)
    assert first["sunrise"] < first["sunset"]
    assert (problem["status"], problem["code"]) == (400, "lat-out-of-range")
    assert live == first
    assert (verified["valid"], verified["environment"]) == (True, "test")
    assert taken["accepted"] == 1
    # What its people did before there was a customer stands on its timeline too
    assert {event["customer_id"] for event in timeline["items"]} == {verified["customer_id"], ""}
    outside = {event["contact_id"] for event in timeline["items"] if not event["customer_id"]}
    assert len(outside) == 1
    types = {event["type"] for event in timeline["items"] if event["customer_id"]}
    assert types >= {
        "customer.created",
        "key.created",
        "call.first",
        "call.first_success",
        "call.failed_first",
        "call.first_live",
        "webinar.attended",
    }
