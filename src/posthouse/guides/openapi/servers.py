"""Where an API is reached."""

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from posthouse.guides.openapi.values import Json, mapping, sequence, text, texts

_BRACES = re.compile(r"\{([^{}]+)\}")


@dataclass(frozen=True)
class Variable:
    """A part of a server's address that callers choose."""

    name: str
    default: str
    choices: tuple[str, ...]
    description: str


@dataclass(frozen=True)
class Server:
    """A server: its address as written, and with the defaults of its variables filled in."""

    template: str
    url: str
    description: str
    variables: tuple[Variable, ...]

    @property
    def prefix(self) -> str:
        """The path that stands before every route, without a slash at its end."""
        try:
            return urlsplit(self.url).path.rstrip("/")
        except ValueError:
            return ""


def servers_of(holder: Json) -> list[Server]:
    """The servers of a document, path item or operation."""
    return [_server(found) for found in sequence(holder.get("servers")) if isinstance(found, dict)]


def _server(given: Json) -> Server:
    template = text(given.get("url")) or "/"
    variables = tuple(
        Variable(
            name,
            text(mapping(one).get("default")),
            tuple(texts(mapping(one).get("enum"))),
            text(mapping(one).get("description")),
        )
        for name, one in mapping(given.get("variables")).items()
    )
    defaults = {variable.name: variable.default for variable in variables}
    url = _BRACES.sub(lambda found: defaults.get(found[1]) or found[0], template)
    return Server(template, url.rstrip("/"), text(given.get("description")), variables)
