"""Calls for PHP, with its curl extension."""

from posthouse.foundation.snippets.call import KEY, Call, as_json


def write(call: Call) -> str:
    """With curl_exec."""
    options = []
    if call.method != "GET":
        options.append(f"CURLOPT_CUSTOMREQUEST => {_text(call.method)}")
    options += ["CURLOPT_RETURNTRANSFER => true", "CURLOPT_TIMEOUT => 10"]
    if headers := call.merged_headers():
        inner = "".join(f"\n        {_value(f'{name}: {value}', call)}," for name, value in headers)
        options.append(f"CURLOPT_HTTPHEADER => [{inner}\n    ]")
    before, body = _body(call)
    if body:
        options.append(f"CURLOPT_POSTFIELDS => {body}")
    listed = "".join(f"\n    {option}," for option in options)
    lines = ["<?php", "", *before, f"$curl = curl_init({_value(call.address(), call)});"]
    lines += [f"curl_setopt_array($curl, [{listed}\n]);", "$text = curl_exec($curl);"]
    lines += ["if ($text === false) {", "    exit(curl_error($curl));", "}"]
    lines += ['echo curl_getinfo($curl, CURLINFO_RESPONSE_CODE), "\\n";', 'echo $text, "\\n";']
    return "\n".join(lines)


def _body(call: Call) -> tuple[list[str], str]:
    """Lines that must stand before, and the expression for the body."""
    if call.body_kind == "json":
        return [f"$body = <<<'JSON'\n{as_json(call.body, indent=2)}\nJSON;"], "$body"
    if call.body_kind == "form":
        return [], _text(call.form())
    if call.body_kind == "files":
        parts = (f"{_text(name)} => {_part(value)}" for name, value in call.parts())
        inner = "".join(f"\n        {part}," for part in parts)
        return [], f"[{inner}\n    ]"
    if call.body_kind == "text":
        return [], "file_get_contents('file')" if call.body in ("…", "") else _text(call.body)
    return [], ""


def _part(value: str | None) -> str:
    return "new CURLFile('file')" if value is None else _text(value)


def _text(text: str) -> str:
    """In single quotes, where only these two letters are special."""
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def _value(text: str, call: Call) -> str:
    if call.secret:
        return _text(text.replace(KEY, call.secret))
    parts = [_text(part) for part in text.split(KEY)]
    joined = f" . getenv({_text(call.key)}) . ".join(parts)
    return joined.removeprefix("'' . ").removesuffix(" . ''")
