"""Calls for Ruby, with net/http."""

from posthouse.foundation.snippets.call import KEY, Call, as_json

ESCAPES = {"\\": "\\\\", '"': '\\"', "#": "\\#", "\n": "\\n", "\r": "\\r", "\t": "\\t"}
KNOWN = {"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "TRACE"}


def write(call: Call) -> str:
    """With net/http of the standard library."""
    lines = ['require "net/http"', "", f"uri = URI({_value(call.address(), call)})"]
    if call.method in KNOWN:
        lines.append(f"request = Net::HTTP::{call.method.capitalize()}.new(uri)")
    else:
        lines.append(f"request = Net::HTTPGenericRequest.new({_text(call.method)}, true, true, uri)")
    lines += [f"request[{_text(name)}] = {_value(value, call)}" for name, value in call.merged_headers()]
    lines += _body(call)
    lines += [
        'options = { use_ssl: uri.scheme == "https", read_timeout: 10 }',
        "response = Net::HTTP.start(uri.hostname, uri.port, **options) { |http| http.request(request) }",
        "puts response.code",
        "puts response.body",
    ]
    return "\n".join(lines)


def _body(call: Call) -> list[str]:
    if call.body_kind == "json":
        text = "\n".join(f"  {line}" for line in as_json(call.body, indent=2).split("\n"))
        return [f"request.body = <<~'JSON'.chomp\n{text}\nJSON"]
    if call.body_kind == "form":
        return [f"request.body = {_text(call.form())}"]
    if call.body_kind == "files":
        parts = [f"[{_text(name)}, {_part(value)}]" for name, value in call.parts()]
        return ["request.set_form([", *(f"  {part}," for part in parts), '], "multipart/form-data")']
    if call.body_kind == "text":
        body = 'File.binread("file")' if call.body in ("…", "") else _text(call.body)
        return [f"request.body = {body}"]
    return []


def _part(value: str | None) -> str:
    return 'File.open("file")' if value is None else _text(value)


def _text(text: str) -> str:
    def one(letter: str) -> str:
        return ESCAPES.get(letter) or (letter if letter >= " " and letter != "\x7f" else f"\\u{ord(letter):04x}")

    return '"' + "".join(map(one, text)) + '"'


def _value(text: str, call: Call) -> str:
    if call.secret:
        return _text(text.replace(KEY, call.secret))
    parts = [_text(part) for part in text.split(KEY)]
    joined = f" + ENV.fetch({_text(call.key)}) + ".join(parts)
    return joined.removeprefix('"" + ').removesuffix(' + ""')
