"""From bytes to values: JSON or YAML, bounded, and nothing in it that JSON could not carry."""

import json
import math
import re
from dataclasses import dataclass, field
from typing import Any, Literal, NoReturn

import yaml

from posthouse.guides.openapi.findings import Finding, ImportRefused
from posthouse.guides.openapi.values import Json

MAX_BYTES = 20 * 1024 * 1024
MAX_DEPTH = 120

_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


@dataclass
class Source:
    """What stands in a document, and how it was written."""

    content: Json
    written_as: Literal["json", "yaml"]
    notes: list[Finding] = field(default_factory=list)


def read_source(source: bytes) -> Source:
    """Decode and parse. Raises ImportRefused with line and column."""
    if len(source) > MAX_BYTES:
        raise ImportRefused(Finding("too-large", values={"limit": MAX_BYTES // 1024 // 1024}))
    try:
        written = source.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ImportRefused(Finding("not-utf8", f"byte {error.start}")) from error
    if not written.strip():
        raise ImportRefused(Finding("empty"))
    notes: list[Finding] = []
    if written.lstrip()[0] in "{[":
        content, written_as = _read_json(written, notes), "json"
    else:
        content, written_as = _read_yaml(written, notes), "yaml"
    clean = _clean(content, 0)
    if not isinstance(clean, dict):
        raise ImportRefused(Finding("not-object"))
    return Source(content=clean, written_as="json" if written_as == "json" else "yaml", notes=notes)


def _read_json(written: str, notes: list[Finding]) -> Any:
    def pairs(items: list[tuple[str, Any]]) -> Json:
        found = dict(items)
        if len(found) < len(items):
            notes.append(Finding("repeated-name", values={"name": _repeated([name for name, _value in items])}))
        return found

    try:
        return json.loads(written, object_pairs_hook=pairs, parse_constant=_no_constant)
    except json.JSONDecodeError as error:
        place = f"{error.lineno}:{error.colno}"
        raise ImportRefused(Finding("json-broken", place, {"reason": error.msg})) from error
    except RecursionError as error:
        raise ImportRefused(Finding("too-deep", values={"limit": MAX_DEPTH})) from error
    except ValueError as error:
        raise ImportRefused(Finding("json-broken", values={"reason": str(error)})) from error


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a JSON number")


def _repeated(names: list[str]) -> str:
    return next(name for at, name in enumerate(names) if name in names[:at])


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]  # C if it is there
    """YAML as JSON means it: no dates, no `yes` and `no` for true and false, no sexagesimal numbers."""


_Loader.yaml_implicit_resolvers = {}
for _tag, _pattern, _first in (
    ("bool", r"true|True|TRUE|false|False|FALSE", "tTfF"),
    ("null", r"~|null|Null|NULL|", ["~", "n", "N", ""]),
    ("int", r"[-+]?(?:0|[1-9][0-9]*)", "-+0123456789"),
    ("float", r"[-+]?(?:[0-9]+\.[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?|[-+]?[0-9]+[eE][-+]?[0-9]+", "-+.0123456789"),
):
    _Loader.add_implicit_resolver(f"tag:yaml.org,2002:{_tag}", re.compile(rf"^(?:{_pattern})$"), list(_first))


def _read_yaml(written: str, notes: list[Finding]) -> Any:
    try:
        _refuse_bombs(written)
        return yaml.load(written, Loader=_Loader)  # noqa: S506  a SafeLoader with fewer resolvers
    except yaml.MarkedYAMLError as error:
        place = _place(error.problem_mark or error.context_mark)
        raise ImportRefused(Finding("yaml-broken", place, {"reason": error.problem or "unreadable"})) from error
    except RecursionError as error:
        raise ImportRefused(Finding("too-deep", values={"limit": MAX_DEPTH})) from error
    except (yaml.YAMLError, ValueError, TypeError) as error:
        raise ImportRefused(Finding("yaml-broken", values={"reason": str(error).splitlines()[0]})) from error


def _refuse_bombs(written: str) -> None:
    """Before anything is built: aliases (they multiply), depth, more than one document."""
    depth = documents = 0
    for event in yaml.parse(written, Loader=_Loader):
        if isinstance(event, yaml.AliasEvent):
            raise ImportRefused(Finding("yaml-alias", _place(event.start_mark), {"alias": event.anchor}))
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        elif isinstance(event, yaml.DocumentStartEvent):
            documents += 1
        if depth > MAX_DEPTH:
            raise ImportRefused(Finding("too-deep", _place(event.start_mark), {"limit": MAX_DEPTH}))
        if documents > 1:
            raise ImportRefused(Finding("yaml-documents", _place(event.start_mark)))


def _place(mark: Any) -> str:
    return f"{mark.line + 1}:{mark.column + 1}" if mark else ""


def _clean(value: Any, depth: int) -> Any:
    """Names become texts (`200:` in YAML is a number), and what no database or page can carry is replaced."""
    if depth > MAX_DEPTH:
        raise ImportRefused(Finding("too-deep", values={"limit": MAX_DEPTH}))
    if isinstance(value, dict):
        return {_name(name): _clean(item, depth + 1) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [_clean(item, depth + 1) for item in value]
    if isinstance(value, str):
        return _UNSTORABLE.sub("\ufffd", value)
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if value is None or isinstance(value, bool | int | float):
        return value
    return _UNSTORABLE.sub("\ufffd", str(value))


def _name(name: Any) -> str:
    if isinstance(name, bool):
        return "true" if name else "false"
    return _UNSTORABLE.sub("\ufffd", "null" if name is None else str(name))
