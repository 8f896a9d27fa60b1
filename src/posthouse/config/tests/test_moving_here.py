"""The page "moving here from Delighted in an afternoon": its commands and lines are run as they stand there."""

import re
import shlex
import warnings
from pathlib import Path

import pytest

from posthouse.config import cli
from posthouse.config.tests.test_delighting import FILES
from posthouse.people.models import Contact
from posthouse.surveys import actions
from posthouse.surveys.delighted import pace
from posthouse.surveys.delighted.tests.conftest import Caller, make_campaign
from posthouse.surveys.models import Response, Send

pytestmark = pytest.mark.mission("S14")
PAGE = (Path(__file__).parents[4] / "docs" / "moving-from-delighted.md").read_text("utf-8")
COMMANDS = re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL)
LINES = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
HOUSE = "https://your-house"


def run(text, **facts):
    """A command of the page, with its variables filled in; the exit code."""
    for name, value in facts.items():
        text = text.replace(f"${name}", value)
    program, *words = shlex.split(text.replace("\\\n", " "))
    assert program == "posthouse"
    return cli.main(words)


def test_the_page_has_what_is_tried_here():
    assert (len(COMMANDS), len(LINES)) == (3, 1)


def test_an_afternoon(site, tmp_path, monkeypatch, capsys):
    pace.forget()
    monkeypatch.chdir(tmp_path)
    for kind, text in FILES.items():
        (tmp_path / f"{kind}.csv").write_text(text)
    campaign = make_campaign()
    tried, real, from_server = COMMANDS
    assert run(tried, CAMPAIGN=campaign.pk) == 0
    assert not Contact.objects.exists()
    assert run(real, CAMPAIGN=campaign.pk) == 0
    assert Response.objects.filter(campaign=campaign).count() == 3
    key = actions.make_key(campaign=campaign)[1]
    second = make_campaign(name="Second")
    monkeypatch.setenv("DELIGHTED_API_KEY", key)
    source = f"{site.url}/compat/delighted/v1/"
    assert run(from_server, CAMPAIGN=second.pk, SOURCE=source) == 0
    assert Response.objects.filter(campaign=second).count() == 3
    assert "responses: 3 records: 3 new" in capsys.readouterr().out


def test_the_one_line_that_changes(site):
    pace.forget()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        delighted = pytest.importorskip("delighted", reason="the client of Delighted is not installed")
    key = actions.make_key(campaign=make_campaign())[1]
    assert HOUSE in LINES[0]
    before = (delighted.api_key, delighted.api_base_url, delighted.shared_client)
    try:
        exec(LINES[0].replace("KEY", key).replace(HOUSE, site.url), {})
    finally:
        delighted.api_key, delighted.api_base_url, delighted.shared_client = before
    assert Send.objects.get().attributes == {"plan": "pro"}
    assert [row["email"] for row in Caller(key)("GET", "people").json()] == ["ada@example.org"]
