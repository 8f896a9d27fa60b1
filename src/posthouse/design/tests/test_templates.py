"""The Content-Security-Policy allows nothing inline, so no template may hold any (mail is read elsewhere)."""

import re
from pathlib import Path

import posthouse

ROOT = Path(posthouse.__file__).parent
PAGES = [path for path in ROOT.rglob("templates/**/*.html") if "mail" not in path.parts and "email" not in path.parts]
FORBIDDEN = {
    "an inline script": re.compile(r"<script(?![^>]*\bsrc=)(?![^>]*application/json)[^>]*>", re.I),
    "an inline style": re.compile(r"<style\b|\sstyle\s*=", re.I),
    "an event handler": re.compile(r"\s(?:hx-on[\w:-]*|on[a-z]+)\s*=", re.I),
    "a script address": re.compile(r"javascript:", re.I),
    "an evaluated expression": re.compile(r"hx-(?:vals|headers)\s*=\s*['\"]js:|hx-trigger\s*=\s*['\"][^'\"]*\[", re.I),
    "something from elsewhere": re.compile(
        r"<(?:script|link|img|iframe)[^>]*(?:src|href)\s*=\s*['\"](?:https?:)?//", re.I
    ),
}


TAG = re.compile(r"{%.*?%}", re.S)
"""What the template engine takes out: `{% include … with one=… %}` is no attribute."""


def _blank(tag: re.Match[str]) -> str:
    return re.sub(r"[^\n]", " ", tag[0])


def test_there_are_templates():
    assert len(PAGES) > 20


def test_no_template_holds_what_the_policy_forbids():
    found = [
        f"{path.relative_to(ROOT)}:{text[: match.start()].count(chr(10)) + 1} has {what}: {match[0][:60]}"
        for path in PAGES
        for text in [TAG.sub(_blank, path.read_text())]
        for what, pattern in FORBIDDEN.items()
        for match in pattern.finditer(text)
    ]
    assert not found, "\n".join(found)
