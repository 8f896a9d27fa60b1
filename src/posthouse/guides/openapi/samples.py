"""Programs to copy: one call in curl, Python and JavaScript."""

import re
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from posthouse.guides.openapi.operations import Media, Operation, Parameter
from posthouse.guides.openapi.security import Scheme
from posthouse.guides.openapi.values import as_json, as_word

LANGUAGES = (("bash", "curl"), ("python", "Python"), ("javascript", "JavaScript"))
NOT_IN_NAMES = {"api", "http", "rest", "the", "platform", "preview", "public", "web", "service", "openapi"}
PLACEHOLDER = "YOUR_TEST_KEY"
_BRACES = re.compile(r"\{([^{}]+)\}")


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


def key_variable(title: str) -> str:
    """`SUNLINE_KEY` for Sunline, `BOX_KEY` for Box Platform API."""
    words = re.findall(r"[A-Za-z0-9]+", re.sub(r"\([^)]*\)", " ", title))
    kept = [word for word in words if word.lower() not in NOT_IN_NAMES and not word[0].isdigit()]
    return "_".join([*(word.upper() for word in kept[:2]), "KEY"]) if kept else "API_KEY"


def samples(operation: Operation, *, base_url: str, variable: str, secret: str = "") -> list[tuple[str, str, str]]:
    """(highlighting language, title, code) of the call in every language."""
    call = compose(operation, base_url=base_url, variable=variable, secret=secret)
    return [
        ("bash", "curl", _curl(call)),
        ("python", "Python", _python(call)),
        ("javascript", "JavaScript", _javascript(call)),
    ]


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


KEY = "\x00key\x00"
"""Stands for the key until a language says how it reads its environment."""


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


def _is_file(value: Any) -> bool:
    return isinstance(value, str) and value in ("…", "")


# curl


def _curl(call: Call) -> str:
    key = call.secret or f"${call.key}"
    lines = [f"curl {_shell(_address(call, key))}"]
    if call.method != "GET" and not (call.method == "POST" and call.body_kind):
        lines[0] = f"curl -X {call.method} {_shell(_address(call, key))}"
    lines += [f"-H {_shell(f'{name}: {value}'.replace(KEY, key))}" for name, value in call.headers]
    if call.body_kind == "json":
        if not any(name == "Content-Type" for name, _value in call.headers):
            lines.append('-H "Content-Type: application/json"')
        lines.append(f"-d {_shell_raw(as_json(call.body, indent=2))}")
    elif call.body_kind == "form":
        lines += [f"--data-urlencode {_shell_raw(f'{name}={as_word(value)}')}" for name, value in call.body.items()]
    elif call.body_kind == "files":
        lines += [f"-F {_shell_raw(f'{name}={_part(name, value)}')}" for name, value in call.body.items()]
    elif call.body_kind == "text":
        lines.append("--data-binary @file" if _is_file(call.body) else f"--data-binary {_shell_raw(call.body)}")
    return " \\\n  ".join(lines)


def _part(name: str, value: Any) -> str:
    return "@file" if _is_file(value) else as_word(value)


def _address(call: Call, key: str) -> str:
    if not call.query:
        return call.url
    pairs = "&".join(f"{quote(name, safe='[]')}={quote(value, safe=',:/' + chr(0))}" for name, value in call.query)
    return f"{call.url}?{pairs}".replace(KEY, key)


def _shell(written: str) -> str:
    """In double quotes, where `$NAME` of our own still counts."""
    return '"' + re.sub(r'([\\"`])', r"\\\1", written) + '"'


def _shell_raw(written: str) -> str:
    return "'" + written.replace("'", "'\\''") + "'"


# Python


def _python(call: Call) -> str:
    arguments = [_py(call.url)]
    if call.query:
        arguments.append(f"params={_py_pairs(call.query, call)}")
    if call.headers:
        arguments.append(f"headers={_py_pairs(call.headers, call)}")
    arguments += _python_body(call)
    arguments.append("timeout=10")
    method = call.method.lower()
    known = method in {"get", "post", "put", "patch", "delete", "head", "options"}
    start = f"requests.{method}(" if known else f"requests.request(\n    {_py(call.method)},"
    lines = "".join(f"\n    {argument}," for argument in arguments)
    uses_key = any(KEY in value for _name, value in [*call.query, *call.headers])
    imports = "import os\n\nimport requests" if uses_key and not call.secret else "import requests"
    return f"{imports}\n\nresponse = {start}{lines}\n)\nprint(response.status_code)\nprint(response.text)"


def _python_body(call: Call) -> list[str]:
    if call.body_kind == "json":
        return [f"json={_py(call.body)}"]
    if call.body_kind == "form":
        return [f"data={_py({name: as_word(value) for name, value in call.body.items()})}"]
    if call.body_kind == "files":
        files = {name: value for name, value in call.body.items() if _is_file(value)}
        rest = {name: as_word(value) for name, value in call.body.items() if not _is_file(value)}
        opened = ", ".join(f'{_py(name)}: open("file", "rb")' for name in files)
        return ([f"data={_py(rest)}"] if rest else []) + ([f"files={{{opened}}}"] if files else [])
    if call.body_kind == "text":
        return ['data=open("file", "rb")' if _is_file(call.body) else f"data={_py(call.body)}.encode()"]
    return []


def _py_pairs(pairs: list[tuple[str, str]], call: Call) -> str:
    names = [name for name, _value in pairs]
    if len(set(names)) < len(names):
        inner = "".join(f"\n        ({_py(name)}, {_py_text(value, call)})," for name, value in pairs)
        return f"[{inner}\n    ]"
    inner = "".join(f"\n        {_py(name)}: {_py_text(value, call)}," for name, value in pairs)
    return f"{{{inner}\n    }}"


def _py_text(value: str, call: Call) -> str:
    if KEY not in value:
        return _py(value)
    if call.secret:
        return _py(value.replace(KEY, call.secret))
    before = value.removesuffix(KEY)
    read = f'os.environ["{call.key}"]'
    return f"{_py(before)} + {read}" if before else read


def _py(value: Any, depth: int = 1) -> str:
    """A Python literal, as a formatter would write it."""
    pad, end = "    " * (depth + 1), "    " * depth
    if isinstance(value, dict) and value:
        inner = "".join(f"{pad}{_py(str(name))}: {_py(item, depth + 1)},\n" for name, item in value.items())
        return f"{{\n{inner}{end}}}"
    if isinstance(value, list) and value:
        inner = "".join(f"{pad}{_py(item, depth + 1)},\n" for item in value)
        return f"[\n{inner}{end}]"
    if isinstance(value, str):
        return as_json(value)
    return repr(value)


# JavaScript


def _javascript(call: Call) -> str:
    lines = []
    if call.query:
        lines.append(f"const url = new URL({as_json(call.url)});")
        lines += [f"url.searchParams.append({as_json(name)}, {_js_text(value, call)});" for name, value in call.query]
        lines.append("")
    options = [] if call.method == "GET" else [f"  method: {as_json(call.method)},"]
    headers = list(call.headers)
    body, before = _javascript_body(call, headers)
    if headers:
        options += [
            "  headers: {",
            *(f"    {_js_name(name)}: {_js_text(value, call)}," for name, value in headers),
            "  },",
        ]
    options += [f"  body: {body},"] if body else []
    address = "url" if call.query else as_json(call.url)
    start = f"const response = await fetch({address}"
    lines += before
    lines += [f"{start}, {{", *options, "});"] if options else [f"{start});"]
    return "\n".join([*lines, "console.log(response.status);", "console.log(await response.text());"])


def _javascript_body(call: Call, headers: list[tuple[str, str]]) -> tuple[str, list[str]]:
    """The expression for the body, and lines that must stand before."""
    if call.body_kind == "json":
        if not any(name == "Content-Type" for name, _value in headers):
            headers.append(("Content-Type", "application/json"))
        return f"JSON.stringify({as_json(call.body, indent=2).replace(chr(10), chr(10) + '  ')})", []
    if call.body_kind == "form":
        pairs = as_json({name: as_word(value) for name, value in call.body.items()}, indent=2)
        return f"new URLSearchParams({pairs.replace(chr(10), chr(10) + '  ')})", []
    if call.body_kind == "files":
        lines = ["const form = new FormData();"]
        lines += [
            f"form.append({as_json(name)}, file);"
            if _is_file(value)
            else f"form.append({as_json(name)}, {as_json(as_word(value))});"
            for name, value in call.body.items()
        ]
        opened = ['import { openAsBlob } from "node:fs";', "", 'const file = await openAsBlob("file");']
        return "form", (opened if any(map(_is_file, call.body.values())) else []) + lines
    if call.body_kind == "text":
        if _is_file(call.body):
            return "file", ['import { openAsBlob } from "node:fs";', "", 'const file = await openAsBlob("file");']
        return as_json(call.body), []
    return "", []


def _js_name(name: str) -> str:
    return name if re.fullmatch(r"[A-Za-z_$][A-Za-z0-9_$]*", name) else as_json(name)


def _js_text(value: str, call: Call) -> str:
    if KEY not in value:
        return as_json(value)
    if call.secret:
        return as_json(value.replace(KEY, call.secret))
    before = value.removesuffix(KEY).replace("`", "\\`")
    return f"`{before}${{process.env.{call.key}}}`" if before else f"process.env.{call.key}"
