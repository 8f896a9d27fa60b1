"""Looks a whole document through: what must be refused, and what is worth a note."""

import re
from collections.abc import Iterator
from typing import Any

from posthouse.guides.openapi.findings import Finding, ImportRefused, pointer
from posthouse.guides.openapi.refs import Refs
from posthouse.guides.openapi.values import Json, mapping, sequence, text

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace", "query")
MOST_NOTES = 200

# Objects whose names the author chose: `properties: {example: …}` is a property called example, not an example.
_NAMED = frozenset(
    (
        *("paths", "webhooks", "schemas", "responses", "parameters", "examples", "requestBodies", "headers"),
        *("securitySchemes", "links", "callbacks", "pathItems", "properties", "patternProperties", "$defs"),
        *("definitions", "dependentSchemas", "content", "encoding", "variables"),
    )
)
# Data of the API, not of the document: a `$ref` in there is only text.
_DATA = frozenset(
    ("example", "default", "const", "enum", "value", "mapping", "scopes", "required", "dependentRequired")
)
_TOP = dict.fromkeys(("info", "paths", "components", "webhooks"), dict) | dict.fromkeys(
    ("servers", "tags", "security"), list
)
_BRACES = re.compile(r"\{([^{}]+)\}")


def check(content: Json) -> list[Finding]:
    """Notes on a document that can be shown. Raises ImportRefused for one that cannot."""
    notes = _check_version(content)
    refs = Refs(content)
    outside, broken = [], []
    for place, ref in _references(content, (), named=False):
        if not ref.startswith("#"):
            outside.append(Finding("ref-outside", pointer(*place), {"target": ref}))
        elif (flaw := _flaw(refs, ref)) is not None:
            broken.append(Finding(flaw, pointer(*place), {"target": ref}))
    if outside:
        raise ImportRefused(*outside[:20])
    notes += broken
    notes += _check_members(content, refs)
    return notes[:MOST_NOTES]


def _check_version(content: Json) -> list[Finding]:
    if "swagger" in content:
        raise ImportRefused(Finding("swagger", values={"version": text(content["swagger"]) or "2.0"}))
    version = text(content.get("openapi"))
    if not version:
        raise ImportRefused(Finding("no-version"))
    if not re.fullmatch(r"3\.[0-9]+(\.[0-9]+)?([-+].*)?", version):
        raise ImportRefused(Finding("other-version", pointer("openapi"), {"version": version[:40]}))
    newer = int(version.split(".")[1].split("-")[0].split("+")[0][:6]) > 1
    return [Finding("newer-version", pointer("openapi"), {"version": version[:40]})] if newer else []


def _references(
    value: Any, place: tuple[str | int, ...], *, named: bool
) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """Every `$ref` of the document, with its place. `named`: the members' names were chosen by the author."""
    if isinstance(value, list):
        for at, item in enumerate(value):
            yield from _references(item, (*place, at), named=False)
    elif isinstance(value, dict):
        ref = value.get("$ref")
        if isinstance(ref, str) and not named:
            yield place, ref
        for name, item in value.items():
            if named:
                yield from _references(item, (*place, name), named=False)
            elif not (name in _DATA or name.startswith("x-") or (name == "examples" and isinstance(item, list))):
                yield from _references(item, (*place, name), named=name in _NAMED and isinstance(item, dict))


def _flaw(refs: Refs, ref: str) -> str | None:
    if refs.at(ref) is None:
        return "ref-broken"
    return "ref-circle" if refs.follow({"$ref": ref}).missing == ref else None


def _check_members(content: Json, refs: Refs) -> list[Finding]:
    notes = []
    if not text(mapping(content.get("info")).get("title")):
        notes.append(Finding("no-title", pointer("info")))
    notes += [
        Finding("wrong-kind", pointer(name), {"expected": "object" if kind is dict else "array"})
        for name, kind in _TOP.items()
        if name in content and not isinstance(content[name], kind)
    ]
    operations = 0
    seen: set[str] = set()
    for group in ("paths", "webhooks"):
        for path, item in mapping(content.get(group)).items():
            if not path.startswith("x-"):
                found, flaws = _check_item(group, path, item, refs, seen)
                operations += found
                notes += flaws
    if not operations:
        raise ImportRefused(Finding("no-operations", pointer("paths")))
    return notes


def _check_item(group: str, path: str, item: Any, refs: Refs, seen: set[str]) -> tuple[int, list[Finding]]:
    place = (group, path)
    if not isinstance(item, dict):
        return 0, [Finding("wrong-kind", pointer(*place), {"expected": "object"})]
    notes = []
    if group == "paths" and not path.startswith("/"):
        notes.append(Finding("no-path-slash", pointer(*place)))
    whole = refs.follow(item).value
    operations = 0
    for method in METHODS:
        if method not in whole:
            continue
        operation = whole[method]
        if not isinstance(operation, dict):
            notes.append(Finding("wrong-kind", pointer(*place, method), {"expected": "object"}))
            continue
        operations += 1
        notes += _check_operation((group, path, method), whole, operation, refs, seen)
    return operations, notes


def _check_operation(
    place: tuple[str, str, str], item: Json, operation: Json, refs: Refs, seen: set[str]
) -> Iterator[Finding]:
    name = text(operation.get("operationId"))
    if name and name in seen:
        yield Finding("repeated-id", pointer(*place, "operationId"), {"name": name[:120]})
    seen.add(name)
    if not mapping(operation.get("responses")):
        yield Finding("no-responses", pointer(*place))
    for member, kind in (("parameters", list), ("responses", dict), ("requestBody", dict)):
        if member in operation and not isinstance(operation[member], kind):
            yield Finding("wrong-kind", pointer(*place, member), {"expected": "array" if kind is list else "object"})
    given = [*sequence(item.get("parameters")), *sequence(operation.get("parameters"))]
    known = {
        text(found.get("name")) for found in (refs.follow(one).value for one in given) if found.get("in") == "path"
    }
    for braces in _BRACES.findall(place[1]) if place[0] == "paths" else ():
        if braces not in known:
            yield Finding("no-parameter", pointer(*place), {"name": braces[:120]})
