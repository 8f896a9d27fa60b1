"""Calls for Java 17, with java.net.http: one file, `java Call.java`."""

from posthouse.foundation.snippets.call import KEY, Call, as_json

ESCAPES = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t"}
PUBLISHERS = "HttpRequest.BodyPublishers"
BOUNDARY = "----posthouse-boundary"


def write(call: Call) -> str:
    """With HttpClient of the standard library."""
    imports = {"java.net.URI", "java.net.http.HttpClient", "java.net.http.HttpRequest", "java.net.http.HttpResponse"}
    before, body = _body(call, imports)
    lines = [*before, f"var request = HttpRequest.newBuilder(URI.create({_value(call.address(), call)}))"]
    headers = call.merged_headers()
    if call.body_kind == "files":
        headers.append(("Content-Type", f"multipart/form-data; boundary={BOUNDARY}"))
    lines += [f"    .header({_text(name)}, {_value(value, call)})" for name, value in headers]
    lines += [f"    .method({_text(call.method)}, {body})", "    .build();"]
    lines += ["var response = HttpClient.newHttpClient().send(request, HttpResponse.BodyHandlers.ofString());"]
    lines += ["System.out.println(response.statusCode());", "System.out.println(response.body());"]
    inner = "\n".join("        " + line.replace("\n", "\n        ") for line in lines)
    listed = "\n".join(f"import {name};" for name in sorted(imports))
    opening = "public class Call {\n    public static void main(String[] args) throws Exception {"
    return f"{listed}\n\n{opening}\n{inner}\n    }}\n}}"


def _body(call: Call, imports: set[str]) -> tuple[list[str], str]:
    """Lines that must stand before, and the expression for the body."""
    if call.body_kind == "json":
        return [f"var body = {_block(as_json(call.body, indent=2))};"], f"{PUBLISHERS}.ofString(body)"
    if call.body_kind == "form":
        return [], f"{PUBLISHERS}.ofString({_text(call.form())})"
    if call.body_kind == "text" and call.body in ("…", ""):
        imports.add("java.nio.file.Path")
        return [], f'{PUBLISHERS}.ofFile(Path.of("file"))'
    if call.body_kind == "text":
        return [], f"{PUBLISHERS}.ofString({_text(call.body)})"
    if call.body_kind == "files":
        imports |= {"java.io.ByteArrayOutputStream", "java.nio.file.Files", "java.nio.file.Path"}
        return _multipart(call), f"{PUBLISHERS}.ofByteArray(body.toByteArray())"
    return [], f"{PUBLISHERS}.noBody()"


def _multipart(call: Call) -> list[str]:
    lines = ["var body = new ByteArrayOutputStream();"]
    for name, value in call.parts():
        shown = "".join(letter for letter in name if letter not in '"\r\n')
        start = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{shown}"'
        if value is None:
            lines += [
                _written(start + '; filename="file"\r\n\r\n'),
                'body.write(Files.readAllBytes(Path.of("file")));',
                _written("\r\n"),
            ]
        else:
            lines.append(_written(f"{start}\r\n\r\n{value}\r\n"))
    return [*lines, _written(f"--{BOUNDARY}--\r\n")]


def _written(text: str) -> str:
    return f"body.write({_text(text)}.getBytes());"


def _block(text: str) -> str:
    """A text block, in which quotation marks need no escape."""
    safe = text.replace("\\", "\\\\").replace('"""', '\\"""')
    inner = safe.replace("\n", "\n    ")
    return f'"""\n    {inner}"""'


def _text(text: str) -> str:
    def one(letter: str) -> str:
        return ESCAPES.get(letter) or (letter if letter >= " " and letter != "\x7f" else f"\\{ord(letter):03o}")

    return '"' + "".join(map(one, text)) + '"'


def _value(text: str, call: Call) -> str:
    if call.secret:
        return _text(text.replace(KEY, call.secret))
    parts = [_text(part) for part in text.split(KEY)]
    joined = f" + System.getenv({_text(call.key)}) + ".join(parts)
    return joined.removeprefix('"" + ').removesuffix(' + ""')
