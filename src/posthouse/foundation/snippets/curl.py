"""Calls for the shell."""

import re
from typing import Any

from posthouse.foundation.snippets.call import KEY, Call, as_json, as_word, is_file


def write(call: Call) -> str:
    """With curl."""
    key = call.secret or f"${call.key}"
    lines = [f"curl {_shell(call.address().replace(KEY, key))}"]
    if call.method != "GET" and not (call.method == "POST" and call.body_kind):
        lines[0] = f"curl -X {call.method} {_shell(call.address().replace(KEY, key))}"
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
        lines.append("--data-binary @file" if is_file(call.body) else f"--data-binary {_shell_raw(call.body)}")
    return " \\\n  ".join(lines)


def _part(name: str, value: Any) -> str:
    return "@file" if is_file(value) else as_word(value)


def _shell(written: str) -> str:
    """In double quotes, where `$NAME` of our own still counts."""
    return '"' + re.sub(r'([\\"`])', r"\\\1", written) + '"'


def _shell_raw(written: str) -> str:
    return "'" + written.replace("'", "'\\''") + "'"
