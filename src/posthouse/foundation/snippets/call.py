"""One call over HTTP, before it is written in a language, and what the writers share."""

import json
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlencode

KEY = "\x00key\x00"
"""Stands for the key until a language says how it reads its environment."""


@dataclass
class Call:
    """What is sent, before it is written in a language."""

    method: str
    url: str
    query: list[tuple[str, str]] = field(default_factory=list)
    headers: list[tuple[str, str]] = field(default_factory=list)
    body: Any = None
    body_kind: str = ""
    """`json`, `form`, `files`, `text` or empty."""
    key: str = ""
    """How the key is named in the sample: a variable of the environment."""
    secret: str = ""
    """The key itself, where the reader may see it."""

    @property
    def uses_key(self) -> bool:
        """Whether the key appears in it."""
        return any(KEY in value for _name, value in [*self.query, *self.headers])

    def address(self) -> str:
        """The URL with its query; the key in it is still KEY."""
        if not self.query:
            return self.url
        pairs = "&".join(f"{quote(name, safe='[]')}={quote(value, safe=',:/' + chr(0))}" for name, value in self.query)
        return f"{self.url}?{pairs}"

    def merged_headers(self) -> list[tuple[str, str]]:
        """Each header once, repeated ones joined, with the type of the body: for languages that set them by name."""
        found: dict[str, str] = {}
        for name, value in self.headers:
            glue = "; " if name == "Cookie" else ", "
            found[name] = f"{found[name]}{glue}{value}" if name in found else value
        kinds = {"json": "application/json", "form": "application/x-www-form-urlencoded"}
        if self.body_kind in kinds:
            found.setdefault("Content-Type", kinds[self.body_kind])
        return list(found.items())

    def form(self) -> str:
        """The body of a form, written for the wire."""
        return urlencode({name: as_word(value) for name, value in self.body.items()})

    def parts(self) -> list[tuple[str, str | None]]:
        """The parts of a multipart body; None: a file."""
        return [(name, None if is_file(value) else as_word(value)) for name, value in self.body.items()]


def as_json(value: Any, *, indent: int | None = None) -> str:
    """How a value is written for people: JSON with its own letters."""
    return json.dumps(value, ensure_ascii=False, indent=indent)


def as_word(value: Any) -> str:
    """A value inside a sentence or an address: texts without quotes, everything else as JSON."""
    return value if isinstance(value, str) else as_json(value)


def is_file(value: Any) -> bool:
    """Whether an example stands for a file of the reader's."""
    return isinstance(value, str) and value in ("…", "")
