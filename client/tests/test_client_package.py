"""The distribution brings nothing along, and shows nothing it should keep to itself."""

import ast
import sys
from pathlib import Path

import posthouse_client
from posthouse_client.config import Settings

PACKAGE = Path(posthouse_client.__file__).parent
FOR_A_FRAMEWORK = {"flask.py": {"flask", "werkzeug"}, "django.py": {"django", "asgiref"}}


def test_only_the_standard_library_is_needed() -> None:
    for file in PACKAGE.glob("*.py"):
        allowed = {"posthouse_client", *sys.stdlib_module_names, *FOR_A_FRAMEWORK.get(file.name, set())}
        for node in ast.walk(ast.parse(file.read_text())):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom):
                names = [node.module or ""]
            assert {name.partition(".")[0] for name in names} <= allowed, file.name


def test_it_is_typed() -> None:
    assert (PACKAGE / "py.typed").exists()


def test_the_token_is_not_shown() -> None:
    assert "s3cret" not in repr(Settings(url="http://x", token="s3cret"))
