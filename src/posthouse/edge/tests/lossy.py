"""A proxy that loses answers: what was asked arrives, what was answered does not."""

import http.client
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Lossy:
    """Passes requests on. `plan` says for the first ones what to do instead of passing the answer back:
    `lose` it after the request was carried out, or give another (status, headers) without passing the request on."""

    def __init__(self, upstream: int, plan: list) -> None:
        self.plan = plan
        self.seen: list[tuple[str, dict, bytes]] = []
        self.answers: list[int] = []
        lossy = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                lossy.seen.append((self.path, dict(self.headers), body))
                act = lossy.plan.pop(0) if lossy.plan else "pass"
                if isinstance(act, tuple):
                    self._reply(act[0], act[1], b'{"code": "busy", "message": "busy", "detail": "busy"}')
                    return
                status, fields, answer = lossy.forward(upstream, self, body)
                lossy.answers.append(status)
                if act == "lose":
                    self.close_connection = True
                    self.connection.shutdown(2)
                else:
                    self._reply(status, fields, answer)

            def _reply(self, status, fields, answer):
                self.send_response(status)
                for name, value in fields.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.port = self.server.server_address[1]

    def forward(self, upstream: int, handler: BaseHTTPRequestHandler, body: bytes) -> tuple[int, dict, bytes]:
        """The answer of the real server."""
        connection = http.client.HTTPConnection("127.0.0.1", upstream, timeout=30)
        fields = {name: value for name, value in handler.headers.items() if name.lower() not in ("host", "connection")}
        connection.request("POST", handler.path, body, fields)
        answer = connection.getresponse()
        content = answer.read()
        connection.close()
        kept = {"Content-Type": answer.headers["Content-Type"]}
        if answer.headers["Retry-After"]:
            kept["Retry-After"] = answer.headers["Retry-After"]
        return answer.status, kept, content


@contextmanager
def losing(upstream: int, *plan) -> Iterator[Lossy]:
    """A running proxy before a port of this machine."""
    proxy = Lossy(upstream, list(plan))
    thread = threading.Thread(target=proxy.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield proxy
    finally:
        proxy.server.shutdown()
        proxy.server.server_close()
