"""Calls for JavaScript, with fetch."""

import re

from posthouse.foundation.snippets.call import KEY, Call, as_json, as_word, is_file


def write(call: Call) -> str:
    """With fetch, in Node or a browser."""
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
            if is_file(value)
            else f"form.append({as_json(name)}, {as_json(as_word(value))});"
            for name, value in call.body.items()
        ]
        opened = ['import { openAsBlob } from "node:fs";', "", 'const file = await openAsBlob("file");']
        return "form", (opened if any(map(is_file, call.body.values())) else []) + lines
    if call.body_kind == "text":
        if is_file(call.body):
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
