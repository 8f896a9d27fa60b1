"""Calls for Python, with requests."""

from typing import Any

from posthouse.foundation.snippets.call import KEY, Call, as_json, as_word, is_file


def write(call: Call) -> str:
    """With requests."""
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
    imports = "import os\n\nimport requests" if call.uses_key and not call.secret else "import requests"
    return f"{imports}\n\nresponse = {start}{lines}\n)\nprint(response.status_code)\nprint(response.text)"


def _python_body(call: Call) -> list[str]:
    if call.body_kind == "json":
        return [f"json={_py(call.body)}"]
    if call.body_kind == "form":
        return [f"data={_py({name: as_word(value) for name, value in call.body.items()})}"]
    if call.body_kind == "files":
        files = {name: value for name, value in call.body.items() if is_file(value)}
        rest = {name: as_word(value) for name, value in call.body.items() if not is_file(value)}
        opened = ", ".join(f'{_py(name)}: open("file", "rb")' for name in files)
        return ([f"data={_py(rest)}"] if rest else []) + ([f"files={{{opened}}}"] if files else [])
    if call.body_kind == "text":
        return ['data=open("file", "rb")' if is_file(call.body) else f"data={_py(call.body)}.encode()"]
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
