"""Counts a raw OpenAPI document without any code of the product: what its pages must contain."""

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")


def look_up(content, ref):
    here = content
    for part in ref.removeprefix("#/").split("/"):
        here = here[part.replace("~1", "/").replace("~0", "~")]
    return here


def resolved(content, value):
    while "$ref" in value:
        value = look_up(content, value["$ref"])
    return value


def operations(content):
    for path, item in content.get("paths", {}).items():
        for method in METHODS:
            if method in item:
                yield method, path, item, item[method]


def parameters(content, item, operation):
    """(place, name) of each."""
    given = [resolved(content, one) for one in [*item.get("parameters", []), *operation.get("parameters", [])]]
    return {(one["in"], one["name"]) for one in given}


def members(content, schemas, seen=()):
    """Name to schemas of what stands right under these schemas: through references, allOf, forms and arrays."""
    found = {}
    for schema in schemas:
        if not isinstance(schema, dict):
            continue
        if "$ref" in schema and schema["$ref"] not in seen:
            _add(found, members(content, [look_up(content, schema["$ref"])], (*seen, schema["$ref"])))
        for name, inner in schema.get("properties", {}).items():
            found.setdefault(name, []).append(inner)
        for pattern, inner in schema.get("patternProperties", {}).items():
            found.setdefault(f"/{pattern}/", []).append(inner)
        if isinstance(schema.get("additionalProperties"), dict) and schema["additionalProperties"]:
            found.setdefault("*", []).append(schema["additionalProperties"])
        for kind in ("allOf", "oneOf", "anyOf"):
            _add(found, members(content, schema.get(kind, []), seen))
        _add(found, members(content, [schema["items"]] if "items" in schema else [], seen))
    return found


def _add(found, more):
    for name, schemas in more.items():
        found.setdefault(name, []).extend(schemas)
