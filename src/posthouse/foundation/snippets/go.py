"""Calls for Go, with net/http."""

from posthouse.foundation.snippets.call import KEY, Call, as_json

ESCAPES = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t"}


def write(call: Call) -> str:
    """With net/http of the standard library."""
    imports = {"fmt", "io", "net/http"}
    lines, body = _body(call, imports)
    if call.uses_key and not call.secret:
        imports.add("os")
    made = f"http.NewRequest({_text(call.method)}, {_value(call.address(), call)}, {body})"
    lines += [f"request, err := {made}", *_check()]
    for name, value in call.merged_headers():
        lines.append(f"request.Header.Set({_text(name)}, {_value(value, call)})")
    if call.body_kind == "files":
        lines.append('request.Header.Set("Content-Type", form.FormDataContentType())')
    lines += ["response, err := http.DefaultClient.Do(request)", *_check(), "defer response.Body.Close()"]
    lines += ["text, err := io.ReadAll(response.Body)", *_check()]
    lines += ["fmt.Println(response.StatusCode)", "fmt.Println(string(text))"]
    listed = "\n".join(f'\t"{name}"' for name in sorted(imports))
    inner = "\n".join(_indented(line) for line in lines)
    return f"package main\n\nimport (\n{listed}\n)\n\nfunc main() {{\n{inner}\n}}"


def _indented(line: str) -> str:
    """Only the first line of a statement: what stands in a raw string stays where it is."""
    return f"\t{line}"


def _check() -> list[str]:
    return ["if err != nil {", "\tpanic(err)", "}"]


def _body(call: Call, imports: set[str]) -> tuple[list[str], str]:
    """Lines that must stand before, and the expression for the body."""
    if call.body_kind in ("json", "form"):
        imports.add("strings")
        text = as_json(call.body, indent=2) if call.body_kind == "json" else call.form()
        return [f"body := strings.NewReader({_raw(text)})"], "body"
    if call.body_kind == "text" and call.body in ("…", ""):
        imports.add("os")
        return ['body, err := os.Open("file")', *_check()], "body"
    if call.body_kind == "text":
        imports.add("strings")
        return [f"body := strings.NewReader({_raw(call.body)})"], "body"
    if call.body_kind == "files":
        imports |= {"bytes", "mime/multipart"}
        return _multipart(call, imports), "&body"
    return [], "nil"


def _multipart(call: Call, imports: set[str]) -> list[str]:
    lines = ["var body bytes.Buffer", "form := multipart.NewWriter(&body)"]
    for name, value in call.parts():
        if value is not None:
            lines += [f"if err := form.WriteField({_text(name)}, {_text(value)}); err != nil {{", "\tpanic(err)", "}"]
            continue
        imports.add("os")
        lines += [
            "{",
            '\tfile, err := os.Open("file")',
            *(f"\t{line}" for line in _check()),
            f'\tpart, err := form.CreateFormFile({_text(name)}, "file")',
            *(f"\t{line}" for line in _check()),
            "\tif _, err := io.Copy(part, file); err != nil {",
            "\t\tpanic(err)",
            "\t}",
            "\tfile.Close()",
            "}",
        ]
    return [*lines, "form.Close()"]


def _raw(text: str) -> str:
    """Between back quotes, where nothing is special, unless the text holds one."""
    return _text(text) if "`" in text or "\r" in text else f"`{text}`"


def _text(text: str) -> str:
    def one(letter: str) -> str:
        plain = letter >= " " and letter not in "\x7f\ufeff"
        return ESCAPES.get(letter) or (letter if plain else f"\\u{ord(letter):04x}")

    return '"' + "".join(map(one, text)) + '"'


def _value(text: str, call: Call) -> str:
    if call.secret:
        return _text(text.replace(KEY, call.secret))
    parts = [_text(part) for part in text.split(KEY)]
    joined = f" + os.Getenv({_text(call.key)}) + ".join(parts)
    return joined.removeprefix('"" + ').removesuffix(' + ""')
