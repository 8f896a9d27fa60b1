"""Following `$ref` inside one document."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from posthouse.guides.openapi.values import Json, mapping

LONGEST_CHAIN = 20
_ANYTHING: Json = {}
_NOTHING: Json = {"not": {}}
SCHEMAS = "#/components/schemas/"


@dataclass(frozen=True)
class Target:
    """Where a reference led: the object found, the schema's name if it has one, or what is missing."""

    value: Json
    name: str = ""
    missing: str = ""


class Refs:
    """Answers what a `$ref` points at."""

    def __init__(self, content: Json) -> None:
        self.content = content

    def follow(self, value: Any) -> Target:
        """The object itself, or what its chain of references ends at; the first schema name on the way is kept.

        Members beside `$ref` are laid over the target: OpenAPI 3.1 allows `summary` and `description` there, and
        JSON Schema everything (`schemas.py` treats schemas itself, by `allOf`).
        """
        beside: Json = {}
        name = ""
        found = mapping(value)
        for _step in range(LONGEST_CHAIN):
            ref = found.get("$ref")
            if not isinstance(ref, str):
                return Target(found | beside, name)
            name = name or schema_name(ref)
            beside = {key: item for key, item in found.items() if key != "$ref"} | beside
            target = self.at(ref)
            if target is None:
                return Target(beside, name, missing=ref)
            found = target
        return Target(beside, name, missing=str(mapping(value).get("$ref")))

    def at(self, ref: str) -> Json | None:
        """The object at a pointer such as `#/components/schemas/Place`; None when there is none."""
        if not ref.startswith("#/"):
            return None
        here: Any = self.content
        for part in ref[2:].split("/"):
            here = _step_into(here, unquote(part).replace("~1", "/").replace("~0", "~"))
        return as_schema(here)


def as_schema(value: Any) -> Json | None:
    """The object; JSON Schema's `true` (anything) and `false` (nothing) as objects that say the same."""
    if isinstance(value, bool):
        return _ANYTHING if value else _NOTHING
    return value if isinstance(value, dict) else None


def schema_name(ref: str) -> str:
    """`Place` for `#/components/schemas/Place`, else empty."""
    rest = ref.removeprefix(SCHEMAS)
    return "" if rest == ref or "/" in rest else unquote(rest).replace("~1", "/").replace("~0", "~")


def _step_into(here: Any, part: str) -> Any:
    if isinstance(here, dict):
        return here.get(part)
    if isinstance(here, list) and part.isascii() and part.isdigit() and len(part) < 9:
        return here[int(part)] if int(part) < len(here) else None
    return None
