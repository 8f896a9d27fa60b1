"""A small document with everything in it, the demo's, and the real ones where they are at hand."""

import copy
import json
import os
from pathlib import Path

import pytest
from django.utils import translation

from posthouse.guides import actions, remember
from posthouse.guides.tests.small import SMALL
from sunline.openapi import document as sunline_document
from sunline.settings import Settings

ROOT = Path(__file__).parents[4]
REAL = ("box-2026-06-29.json", "discord-2026-07-18.json", "discord-2025-08-29.json")


def real_folder():
    """Where the real documents are; they are not part of the project."""
    return Path(os.environ.get("POSTHOUSE_OPENAPI_DOCUMENTS", ROOT.parent / "shared" / "data" / "openapi"))


@pytest.fixture(params=REAL)
def real(request):
    """The bytes of a real document, each in turn; skipped where they are not at hand."""
    path = real_folder() / request.param
    if not path.is_file():
        pytest.skip(f"{path} is not here")
    return path.read_bytes()


@pytest.fixture
def box():
    """The largest real document."""
    path = real_folder() / REAL[0]
    if not path.is_file():
        pytest.skip(f"{path} is not here")
    return path.read_bytes()


@pytest.fixture
def small():
    """A document of our own, free to be changed."""
    return copy.deepcopy(SMALL)


@pytest.fixture
def sunline():
    """The demo vendor's document."""
    return json.dumps(sunline_document(Settings())).encode()


@pytest.fixture
def publish(db):
    """Import a document and show it."""

    def publish(content):
        source = content if isinstance(content, bytes) else json.dumps(content).encode()
        return actions.import_document(source=source, name="api.json", actor="team:1")

    return publish


@pytest.fixture(autouse=True)
def _forget():
    """Ids of rolled back documents come again, and a client of another test may have left its language behind."""
    with translation.override("en"):
        yield
    actions.forget_readings()
    remember.parts.clear()
