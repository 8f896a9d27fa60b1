"""Reads definitions written in YAML or JSON: small, one document, no aliases; `on:` is a word, not a truth value."""

import json
import re
from typing import Any

import yaml
from django.utils.translation import gettext as _

from posthouse.foundation.ordered import ordered
from posthouse.journeys.definition import READ_IN_ORDER

LARGEST = 200_000
"""Bytes. The longest shipped definition has 6,000."""
DEEPEST = 30


class Unreadable(ValueError):
    """A file is no definition at all; `place` is line:column where that is known."""

    def __init__(self, place: str, reason: str) -> None:
        super().__init__(f"{place}: {reason}" if place else reason)
        self.place = place
        self.reason = reason


class _Loader(yaml.SafeLoader):
    """Only null, true, false and numbers are not text: YAML 1.1 would make truth values of `on`, `no` and `yes`."""

    def construct_mapping(self, node: Any, deep: bool = False) -> dict[Any, Any]:
        seen: set[Any] = set()
        for key, _value in node.value:
            if key.value in seen:
                raise Unreadable(_at(key.start_mark), _("“%(name)s” is there twice") % {"name": key.value[:60]})
            seen.add(key.value)
        return super().construct_mapping(node, deep)


_KEPT = ("tag:yaml.org,2002:null", "tag:yaml.org,2002:int", "tag:yaml.org,2002:float")
_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in pairs if tag in _KEPT]
    for first, pairs in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
for _word in "tTfF":
    _Loader.add_implicit_resolver(
        "tag:yaml.org,2002:bool", re.compile(r"^(?:true|True|TRUE|false|False|FALSE)$"), [_word]
    )


def read(text: str | bytes) -> Any:
    """The value that a YAML or JSON text holds. Raises Unreadable with the line and the reason."""
    if len(text) > LARGEST:
        raise Unreadable("", _("is larger than %(most)s bytes") % {"most": LARGEST})
    try:
        written = text.decode("utf-8-sig") if isinstance(text, bytes) else text
        _refuse_bombs(written)
        value = yaml.load(written, Loader=_Loader)  # noqa: S506  a SafeLoader with fewer resolvers
        json.dumps(value, allow_nan=False)
    except yaml.MarkedYAMLError as error:
        place = _at(error.problem_mark or error.context_mark)
        raise Unreadable(place, error.problem or _("is not YAML")) from error
    except Unreadable:
        raise
    except (yaml.YAMLError, ValueError, TypeError, RecursionError) as error:
        raise Unreadable("", str(error).splitlines()[0][:200]) from error
    return value


def _refuse_bombs(written: str) -> None:
    depth = 0
    for event in yaml.parse(written, Loader=_Loader):
        if isinstance(event, yaml.AliasEvent):
            raise Unreadable(_at(event.start_mark), _("aliases (*name) are not allowed"))
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > DEEPEST:
            raise Unreadable(_at(event.start_mark), _("is nested too deeply"))


def _at(mark: Any) -> str:
    return f"{mark.line + 1}:{mark.column + 1}" if mark else ""


class _Dumper(yaml.SafeDumper):
    """Puts in quotes what _Loader would not read as text, and nothing else: `on:` stays bare."""


_Dumper.yaml_implicit_resolvers = _Loader.yaml_implicit_resolvers


def write(body: Any) -> str:
    """A definition as YAML that `read` makes the same of."""
    return yaml.dump(ordered(body, READ_IN_ORDER), Dumper=_Dumper, allow_unicode=True, sort_keys=False, width=120)
