"""What the documents name is there: links, files, tests and commands."""

import re
from pathlib import Path

import pytest

from posthouse.config.cli import main

ROOT = Path(__file__).parent.parent
ROOTS = (ROOT, ROOT / "src", ROOT / "client" / "src")
DOCUMENTS = [
    *ROOT.glob("*.md"),
    ROOT / "client" / "README.md",
    *ROOT.glob("docs/*.md"),
    *ROOT.glob("docs/decisions/*.md"),
    *ROOT.glob("src/posthouse/*/README.md"),
    *ROOT.glob("demo/*/README.md"),
]
LINK = re.compile(r"\]\((?!https?:|#)([^)#\s]+)")
NAMED = re.compile(
    r"`((?:src|client|demo|tests|tools|bin|benchmarks|posthouse|posthouse_client)/[\w./-]+)(?:::(\w+))?`"
)


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_what_a_document_names_is_there(document):
    text = document.read_text("utf-8")
    missing = [link for link in LINK.findall(text) if not (document.parent / link).exists()]
    for name, test in NAMED.findall(text):
        found = next((path for root in (document.parent, *ROOTS) if (path := root / name).exists()), None)
        if found is None or (test and f"def {test}(" not in found.read_text("utf-8")):
            missing.append(f"{name}::{test}")
    assert not missing


COMMANDS = re.findall(r"^posthouse (\w+)", (ROOT / "README.md").read_text("utf-8"), re.MULTILINE)


@pytest.mark.parametrize("command", COMMANDS)
def test_the_commands_in_the_readme_exist(command, capsys):
    with pytest.raises(SystemExit) as ended:
        main([command, "--help"])
    assert ended.value.code == 0
    assert f"posthouse {command}" in capsys.readouterr().out
