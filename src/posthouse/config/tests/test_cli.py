"""The command line: what it does, and how it says that it could not."""

import json
import subprocess
import sys

import pytest

from posthouse.config import cli
from posthouse.config.tests.test_processes import fresh_house
from posthouse.guides import queries
from posthouse.guides.models import GuidePage


@pytest.mark.django_db
def test_the_api_document_and_the_guides_come_in(tmp_path, capsys):
    paths = {"/lamps": {"get": {"responses": {"200": {"description": "All lamps"}}}}}
    document = {"openapi": "3.1.0", "info": {"title": "Lamps", "version": "1"}, "paths": paths}
    (tmp_path / "api.json").write_text(json.dumps(document))
    assert cli.main(["guides", "import", str(tmp_path / "api.json")]) == 0
    assert "Lamps 1" in capsys.readouterr().out
    assert queries.published()
    (tmp_path / "en").mkdir()
    (tmp_path / "en" / "begin.md").write_text("# Begin\n\nHere.")
    assert cli.main(["guides", "import-pages", str(tmp_path)]) == 0
    assert GuidePage.objects.get().slug == "begin"


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("act", "text", "why"),
    [("import", "{", "line 1, column 2"), ("import", None, "No such file"), ("import-pages", None, "Markdown")],
)
def test_what_cannot_be_brought_in_is_said(tmp_path, capsys, act, text, why):
    path = tmp_path / "given"
    if text is not None:
        path.write_text(text)
    assert cli.main(["guides", act, str(path)]) == 1
    assert why in capsys.readouterr().err


def test_without_tables_the_command_that_makes_them_is_named(tmp_path):
    command = [sys.executable, "-m", "posthouse.config.cli", "team", "ada@vendor.example.org"]
    env = fresh_house(tmp_path) | {"POSTHOUSE_TEAM_PASSWORD": "a quiet little observatory"}
    ended = subprocess.run(command, env=env, capture_output=True, text=True, timeout=60, check=False)
    assert ended.returncode == 1
    assert "run: posthouse migrate" in ended.stderr
    assert "Traceback" not in ended.stderr
