"""Delighted's own Node client, every method, over a real socket, unchanged but for its address.

Needs node, npm and the package, which is fetched from its registry into a folder that goes with the tests; or a folder
named by POSTHOUSE_TEST_NODE, in whose `node_modules` it is. Where any of that is missing the test is skipped.
"""

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from posthouse.messages import actions as mail
from posthouse.surveys import actions
from posthouse.surveys.delighted.tests.conftest import make_campaign
from posthouse.surveys.models import Send

pytestmark = [pytest.mark.mission("S14"), pytest.mark.slow]

PACKAGE = "delighted@2.2.0"
CALLS = Path(__file__).with_name("node_calls.js")
PATIENCE = 90
"""Seconds the registry may take, far below those of a whole test."""


@pytest.fixture(scope="module")
def package(tmp_path_factory):
    """A folder with the client in its node_modules."""
    if not shutil.which("node"):
        pytest.skip("node is not here")
    if given := os.environ.get("POSTHOUSE_TEST_NODE"):
        return _whole(Path(given), "POSTHOUSE_TEST_NODE names a folder without it")
    if not shutil.which("npm"):
        pytest.skip("npm is not here")
    folder = tmp_path_factory.mktemp("node")
    install = ["npm", "install", "--no-save", "--no-audit", "--no-fund", "--ignore-scripts", "--prefix", str(folder)]
    try:
        done = subprocess.run([*install, PACKAGE], capture_output=True, text=True, timeout=PATIENCE, cwd=folder)
    except (OSError, subprocess.TimeoutExpired) as error:
        pytest.skip(f"the registry does not answer: {error}")
    return _whole(folder, done.stderr[-300:])


def _whole(folder, why):
    if not (folder / "node_modules" / "delighted" / "package.json").exists():
        pytest.skip(f"the package {PACKAGE} could not be had: {why}")
    return folder


def test_every_method_of_the_client(package, site):
    key = actions.make_key(campaign=make_campaign())[1]
    mail.suppress(addressee=mail.addressee("p1@example.org"), reason="bounce", how="report")
    command = ["node", "--no-deprecation", str(CALLS), str(package), site.url, key]
    done = subprocess.run(command, capture_output=True, text=True, timeout=200)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    person, response = found["person"], found["response"]
    assert (person["email"], person["name"], person["properties"]) == ("ada+test@example.org", "Ada", {"plan": "pro"})
    assert person["survey_scheduled_at"] == int(found["people"][0]["next_survey_scheduled_at"])
    assert [row["email"] for row in found["people"]][1:] == [f"p{n}@example.org" for n in range(3)]
    assert (len(found["people"]), found["since"]) == (4, [])
    assert (found["saved_person"]["id"], found["saved_person"]["name"]) == (person["id"], "Ada L.")
    assert (found["pending"], found["unsubscribed"]) == ({"ok": True}, {"ok": True})
    assert (response["score"], response["comment"], response["person"]) == (9, "Good", person["id"])
    assert found["expanded"] == person["email"]
    assert (found["saved"]["id"], found["saved"]["score"]) == (response["id"], 2)
    assert found["responses"] == [person["id"]]
    assert (found["metrics"]["nps"], found["metrics"]["detractor_percent"]) == (-100, 100)
    assert found["unsubscribes"] == ["p0@example.org"]
    assert found["bounces"] == ["p1@example.org"]
    assert (found["autopilot"]["platform_id"], found["autopilot"]["frequency"]) == ("email", 30 * 86_400)
    assert (found["member"]["person"]["id"], found["member"]["properties"]) == (person["id"], {"plan": "pro"})
    assert [row["person"]["id"] for row in found["members"]] == [person["id"]]
    assert (found["left"]["person"]["id"], found["by_text"]) == (person["id"], [])
    assert found["deleted"] == {"ok": True}
    kinds = (found["again"], found["stranger"], found["invalid"])
    assert kinds == ("GeneralAPIError", "AuthenticationError", "ResourceValidationError")
    assert not Send.objects.filter(state="pending").exists()
