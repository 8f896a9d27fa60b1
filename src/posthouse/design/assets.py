"""Addresses of our style sheets and scripts, which change when their content does: browsers may keep them for long."""

import hashlib
from functools import lru_cache
from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles import finders
from django.templatetags.static import static

LETTERS = 10


def address(path: str) -> str:
    """The address of a static file, with a mark of its content."""
    mark = _mark.__wrapped__(path) if settings.DEBUG else _mark(path)
    return f"{static(path)}?v={mark}" if mark else static(path)


@lru_cache(maxsize=64)
def _mark(path: str) -> str:
    found = finders.find(path)
    return hashlib.sha256(Path(found).read_bytes()).hexdigest()[:LETTERS] if found else ""
