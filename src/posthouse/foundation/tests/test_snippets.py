"""Programs to copy are run against a real server, in every language that is installed, and must say the same."""

import json
import os
import re
import shutil
import subprocess
import sys
import threading
from contextlib import contextmanager
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, urlsplit

import pytest
from pygments.lexers import get_lexer_by_name
from pygments.token import Error

from posthouse.foundation.snippets import KEY, WRITERS, Call, snippets

NASTY = 'it\'s "$(rm -rf)" #{1} ${x} `y` \\n \\ ñ ☀ 🌞 \t end'
RUNNERS = {
    "curl": (["bash"], "call.sh"),
    "Python": ([sys.executable], "call.py"),
    "JavaScript": (["node"], "call.mjs"),
    "Go": (["go", "run"], "call.go"),
    "Ruby": (["ruby"], "call.rb"),
    "PHP": (["php"], "call.php"),
    "Java": (["java"], "Call.java"),
}
CALLS = {
    "read": Call("GET", "/v1/sun", query=[("lat", "40.4"), ("tag", "a b&c"), ("tag", "ñ")], headers=[("X-One", "1")]),
    "json": Call("POST", "/v1/sends", body={"email": "ada@example.org", "n": [1, None], "t": NASTY}, body_kind="json"),
    "form": Call("POST", "/v1/form", body={"a": "1 & 2", "b": "ñ"}, body_kind="form"),
    "text": Call("PUT", "/v1/text", body="plain", body_kind="text", headers=[("Content-Type", "text/plain")]),
    "files": Call("POST", "/v1/files", body={"note": "hello", "file": "…"}, body_kind="files"),
    "delete": Call("DELETE", "/v1/things/7"),
    "key in the query": Call("GET", "/v1/sun", query=[("key", KEY), ("n", "1")]),
}  # fmt: skip


class Listener(BaseHTTPRequestHandler):
    def answer(self):
        length = int(self.headers.get("Content-Length") or 0)
        self.server.heard.append((self.command, self.path, self.headers, self.rfile.read(length)))
        self.send_response(201)
        self.send_header("Content-Length", "6")
        self.end_headers()
        self.wfile.write(b"heard!")

    do_GET = do_POST = do_PUT = do_DELETE = answer  # noqa: N815  names of the base class

    def log_message(self, *_):
        pass


@contextmanager
def listening():
    with ThreadingHTTPServer(("127.0.0.1", 0), Listener) as server:
        server.heard = []
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


def at(call, address, **more):
    """The call to a server, with a bearer."""
    bearer = [] if any(KEY in value for _, value in call.query) else [("Authorization", f"Bearer {KEY}")]
    fields = vars(call) | {"url": address + call.url, "headers": [*call.headers, *bearer], "key": "HOUSE_KEY"}
    return Call(**fields | more)


def multipart(headers, body):
    """Name and content of each part."""
    boundary = re.search(r'boundary="?([^";]+)', headers["Content-Type"])[1].encode()
    found = {}
    for part in body.split(b"--" + boundary)[1:-1]:
        head, _, content = part.strip(b"\r\n").partition(b"\r\n\r\n")
        message = Message()
        message["Content-Disposition"] = re.search(rb"(?i)content-disposition: ([^\r\n]+)", head)[1].decode()
        found[message.get_param("name", header="Content-Disposition")] = content.decode()
    return found


def check(name, heard):
    """That the server heard what the call means."""
    call, (method, path, headers, body) = CALLS[name], heard
    where = urlsplit(path)
    assert (method, where.path) == (call.method, call.url)
    if name == "key in the query":
        assert parse_qsl(where.query) == [("key", "k_1"), ("n", "1")]
    else:
        assert headers["Authorization"] == "Bearer k_1"
        assert parse_qsl(where.query) == call.query
    if call.body_kind == "json":
        assert json.loads(body) == call.body
        assert headers["Content-Type"].startswith("application/json")
    elif call.body_kind == "form":
        assert dict(parse_qsl(body.decode())) == call.body
        assert headers["Content-Type"].startswith("application/x-www-form-urlencoded")
    elif call.body_kind == "text":
        assert (body, headers["Content-Type"]) == (b"plain", "text/plain")
    elif call.body_kind == "files":
        assert multipart(headers, body) == {"note": "hello", "file": "from a file"}


def run(title, code, folder):
    command, name = RUNNERS[title]
    (folder / name).write_text(code)
    (folder / "file").write_text("from a file")
    environment = os.environ | {"HOUSE_KEY": "k_1", "JAVA_TOOL_OPTIONS": "-Dfile.encoding=UTF-8"}
    return subprocess.run(
        [*command, name], cwd=folder, env=environment, text=True, capture_output=True, check=False, timeout=250
    )


def runs(title, names, tmp_path, **more):
    if shutil.which(RUNNERS[title][0][0]) is None:
        pytest.skip(f"{title} is not installed")
    with listening() as server:
        for name in names:
            call = at(CALLS[name], f"http://127.0.0.1:{server.server_port}", **more)
            done = run(title, {name: code for _, name, code in snippets(call)}[title], tmp_path)
            assert done.returncode == 0, done.stderr
            assert "heard!" in done.stdout
            check(name, server.heard.pop())


@pytest.mark.mission("J2.4")
@pytest.mark.parametrize("title", ["curl", "Python"])
def test_the_programs_do_what_the_call_means(title, tmp_path):
    runs(title, CALLS, tmp_path)


@pytest.mark.slow
@pytest.mark.mission("J2.4")
@pytest.mark.parametrize("title", ["JavaScript", "Java", "Go", "Ruby", "PHP"])
def test_the_programs_that_start_slowly_do_so_too(title, tmp_path):
    runs(title, CALLS, tmp_path)


def test_a_key_that_may_be_seen_is_in_the_program(tmp_path):
    runs("Python", ["read", "json", "key in the query"], tmp_path, secret="k_1")
    for _, _, code in snippets(at(CALLS["json"], "https://api.example", secret="k_1")):
        assert "Bearer k_1" in code
        assert "HOUSE_KEY" not in code


@pytest.mark.parametrize("name", CALLS)
@pytest.mark.parametrize(("lexer", "title", "write"), WRITERS, ids=[title for _, title, _ in WRITERS])
def test_every_program_is_read_by_its_language_and_its_brackets_close(lexer, title, write, name):
    """For the languages that may not be installed: no letter outside of the grammar, every bracket closed."""
    code = write(at(CALLS[name], "https://api.example"))
    tokens = list(get_lexer_by_name(lexer, stripnl=False).get_tokens(code))
    assert [text for kind, text in tokens if kind in Error] == []
    open_, pairs = [], {")": "(", "]": "[", "}": "{"}
    for kind, text in tokens:
        if str(kind).startswith("Token.Literal.String") or str(kind).startswith("Token.Comment"):
            continue
        for letter in text:
            if letter in pairs.values():
                open_.append(letter)
            elif letter in pairs:
                assert open_.pop() == pairs[letter]
    assert open_ == []


def literals(title, text):
    """What one program holds between its quotation marks, written by hand for each language."""
    call = Call("PUT", "https://x.example", body=text, body_kind="text")
    return {name: code for _, name, code in snippets(call)}[title]


def test_texts_cannot_break_out_of_their_quotation_marks():
    nasty = "a\"b\\c\nd\re`f\x01#{g}'h"
    assert '"a\\"b\\\\c\\nd\\re`f\\u0001#{g}\'h"' in literals("Go", nasty)
    assert '"a\\"b\\\\c\\nd\\re`f\\u0001\\#{g}\'h"' in literals("Ruby", nasty)
    assert "'a\"b\\\\c\nd\re`f\x01#{g}\\'h'" in literals("PHP", nasty)
    assert '"a\\"b\\\\c\\nd\\re`f\\001#{g}\'h"' in literals("Java", nasty)
