"""Programs to copy: the call of one operation, written by `foundation.snippets` in seven languages."""

import re
from urllib.parse import quote

from posthouse.foundation.snippets import KEY, WRITERS, Call, snippets
from posthouse.guides.openapi.operations import Media, Operation, Parameter
from posthouse.guides.openapi.security import Scheme
from posthouse.guides.openapi.values import as_json, as_word

LANGUAGES = tuple((language, title) for language, title, _write in WRITERS)
NOT_IN_NAMES = {"api", "http", "rest", "the", "platform", "preview", "public", "web", "service", "openapi"}
PLACEHOLDER = "YOUR_TEST_KEY"
_BRACES = re.compile(r"\{([^{}]+)\}")


def key_variable(title: str) -> str:
    """`SUNLINE_KEY` for Sunline, `BOX_KEY` for Box Platform API."""
    words = re.findall(r"[A-Za-z0-9]+", re.sub(r"\([^)]*\)", " ", title))
    kept = [word for word in words if word.lower() not in NOT_IN_NAMES and not word[0].isdigit()]
    return "_".join([*(word.upper() for word in kept[:2]), "KEY"]) if kept else "API_KEY"


def samples(operation: Operation, *, base_url: str, variable: str, secret: str = "") -> list[tuple[str, str, str]]:
    """(highlighting language, title, code) of the call in every language."""
    return snippets(compose(operation, base_url=base_url, variable=variable, secret=secret))


def compose(operation: Operation, *, base_url: str, variable: str, secret: str = "") -> Call:
    """The call with example values: path, required parameters and those for which the vendor gave an example."""
    sent = [one for one in operation.parameters if _is_sent(one)]
    paths = {one.name: one.value for one in sent if one.place == "path"}
    path = _BRACES.sub(
        lambda found: quote(as_word(paths[found[1]]), safe="") if paths.get(found[1]) is not None else found[0],
        operation.path.partition("#")[0],
    )
    call = Call(method=operation.method.upper(), url=base_url.rstrip("/") + path, key=variable, secret=secret)
    for one in sent:
        if one.place == "query":
            call.query += _spread(one)
        elif one.place == "header":
            call.headers.append((one.name, as_word(one.value)))
        elif one.place == "cookie":
            call.headers.append(("Cookie", f"{one.name}={as_word(one.value)}"))
    _sign(call, operation)
    if operation.body and operation.body.media:
        _attach(call, operation.body.media)
    return call


def _is_sent(one: Parameter) -> bool:
    if one.value is None or (one.deprecated and not one.required):
        return False
    return one.required or (one.has_example and one.place == "query")


def _spread(one: Parameter) -> list[tuple[str, str]]:
    """A query parameter in its style: `a=1&a=2`, `a=1,2` or `a[b]=1`."""
    value = one.value
    if isinstance(value, list):
        if one.explode:
            return [(one.name, as_word(item)) for item in value]
        return [(one.name, {"spaceDelimited": " ", "pipeDelimited": "|"}.get(one.style, ",").join(map(as_word, value)))]
    if isinstance(value, dict):
        if one.style == "deepObject":
            return [(f"{one.name}[{name}]", as_word(item)) for name, item in value.items()]
        if one.explode and one.style == "form":
            return [(name, as_word(item)) for name, item in value.items()]
        return [(one.name, as_json(value))]
    return [(one.name, as_word(value))]


def _sign(call: Call, operation: Operation) -> None:
    """Add the first way to prove oneself that a key can serve."""
    for alternative in operation.security:
        if alternative:
            for requirement in alternative:
                _sign_by(call, requirement.scheme)
            return


def _sign_by(call: Call, scheme: Scheme) -> None:
    if scheme.kind == "apiKey" and scheme.place == "query":
        call.query.append((scheme.member, KEY))
    elif scheme.kind == "apiKey" and scheme.place == "cookie":
        call.headers.append(("Cookie", f"{scheme.member}={KEY}"))
    elif scheme.kind == "apiKey":
        call.headers.append((scheme.member or "Authorization", KEY))
    elif scheme.kind in {"bearer", "oauth2", "openIdConnect"}:
        call.headers.append(("Authorization", f"Bearer {KEY}"))
    elif scheme.kind == "basic":
        call.headers.append(("Authorization", f"Basic {KEY}"))
    elif scheme.kind == "http":
        call.headers.append(("Authorization", f"{scheme.member.capitalize()} {KEY}"))


def _attach(call: Call, media: list[Media]) -> None:
    chosen = next((one for one in media if "json" in one.type), media[0])
    kind = chosen.type.partition(";")[0].strip().lower()
    example = chosen.examples[0] if chosen.examples else None
    value = example.value if example else None
    if "json" in kind:
        call.body, call.body_kind = value if example else {}, "json"
        if kind != "application/json":
            call.headers.append(("Content-Type", kind))
    elif kind == "application/x-www-form-urlencoded" and isinstance(value, dict):
        call.body, call.body_kind = value, "form"
    elif kind.startswith("multipart/") and isinstance(value, dict):
        call.body, call.body_kind = value, "files"
    else:
        call.body, call.body_kind = example.code if example else "", "text"
        call.headers.append(("Content-Type", kind if "*" not in kind else "application/octet-stream"))
