"""The same story in Starlette, FastAPI, Flask and Django, over real sockets, seen from both ends."""

import http.client
import json
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from werkzeug.serving import make_server

from posthouse_client.client import Client
from posthouse_client.headers import PROBLEMS
from posthouse_client.testing import TOKEN, FakePosthouse

HERE = Path(__file__).parent
SETTINGS = {"public_paths": ("/openapi.json",), "record_bodies": True, "flush_interval": 0.02, "dead_after": 2.0}
ENVIRONMENT = {
    "POSTHOUSE_TOKEN": TOKEN,
    "POSTHOUSE_PUBLIC_PATHS": "/openapi.json",
    "POSTHOUSE_RECORD_BODIES": "1",
    "POSTHOUSE_FLUSH_INTERVAL": "0.02",
}


@dataclass
class Answer:
    """What came back."""

    status: int
    headers: dict[str, str]
    body: bytes

    def json(self) -> Any:
        """The body, read."""
        return json.loads(self.body)


@dataclass
class Api:
    """A vendor's API that is being served, and the Posthouse beside it."""

    port: int
    posthouse: FakePosthouse

    def call(
        self, path: str, key: str | None = None, method: str = "GET", body: bytes | None = None, **headers: str
    ) -> Answer:
        """One request on a connection of its own."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        if key is not None:
            given["Authorization"] = f"Bearer {key}"
        connection.request(method, path, body, given)
        response = connection.getresponse()
        content = response.read()
        connection.close()
        return Answer(response.status, {name.lower(): value for name, value in response.getheaders()}, content)

    def reported(self, request_id: str) -> dict[str, Any]:
        """The report of a call, when it has come."""
        began = time.monotonic()
        while time.monotonic() - began < 5:
            for call in list(self.posthouse.calls.values()):
                if call["request_id"] == request_id:
                    return call
            time.sleep(0.01)
        raise TimeoutError(request_id)


def free_port() -> int:
    """A port nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


def wait_for(port: int) -> None:
    """Wait until somebody listens."""
    began = time.monotonic()
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            if time.monotonic() - began > 20:
                raise
            time.sleep(0.02)
        else:
            return


def serve_asgi(app: Any) -> Iterator[int]:
    """uvicorn in a thread."""
    port = free_port()
    server = uvicorn.Server(uvicorn.Config(app, port=port, log_level="critical", lifespan="on"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    wait_for(port)
    yield port
    server.should_exit = True
    thread.join(10)


def serve_wsgi(app: Any) -> Iterator[int]:
    """werkzeug's threaded server in a thread."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server.server_port
    server.shutdown()


def serve_command(command: list[str], posthouse: FakePosthouse, port: int) -> Iterator[int]:
    """A server in a process of its own."""
    search = [str(HERE / "apps"), str(HERE.parent / "src"), os.environ.get("PYTHONPATH", "")]
    environment = {**os.environ, **ENVIRONMENT, "POSTHOUSE_URL": posthouse.url, "PYTHONPATH": ":".join(search)}
    environment.pop("DJANGO_SETTINGS_MODULE", None)
    process = subprocess.Popen([sys.executable, "-m", *command], env=environment, stderr=subprocess.DEVNULL)
    try:
        wait_for(port)
        yield port
    finally:
        process.terminate()
        process.wait(10)


def starlette(posthouse: FakePosthouse) -> Iterator[int]:
    from_file = load("starlette_app")
    yield from serve_asgi(from_file(Client(posthouse.settings(**SETTINGS))))


def fastapi(posthouse: FakePosthouse) -> Iterator[int]:
    from_file = load("fastapi_app")
    yield from serve_asgi(from_file(Client(posthouse.settings(**SETTINGS))))


def flask(posthouse: FakePosthouse) -> Iterator[int]:
    client = Client(posthouse.settings(**SETTINGS))
    yield from serve_wsgi(load("flask_app")(client))
    client.close()


def django_wsgi(posthouse: FakePosthouse) -> Iterator[int]:
    port = free_port()
    command = ["gunicorn", "django_app:wsgi", "--bind", f"127.0.0.1:{port}", "--threads", "2"]
    yield from serve_command(command, posthouse, port)


def django_asgi(posthouse: FakePosthouse) -> Iterator[int]:
    port = free_port()
    yield from serve_command(["uvicorn", "django_app:asgi", "--port", str(port)], posthouse, port)


def load(name: str) -> Callable[[Client], Any]:
    """`make` of one of the applications beside this file."""
    found: dict[str, Any] = {"__name__": name}
    exec(compile((HERE / "apps" / f"{name}.py").read_text(), name, "exec"), found)
    make: Callable[[Client], Any] = found["make"]
    return make


@pytest.fixture(
    scope="module", params=[starlette, fastapi, flask, django_wsgi, django_asgi], ids=lambda one: one.__name__
)
def api(request: pytest.FixtureRequest) -> Iterator[Api]:
    """Each framework in turn."""
    with FakePosthouse() as posthouse:
        for port in request.param(posthouse):
            yield Api(port, posthouse)


def parameter(api: Api, name: str) -> set[str]:
    """How frameworks write a path parameter."""
    return {"{" + name + "}", f"<{name}>", f"<str:{name}>"}


@pytest.mark.mission("J2.3")
def test_a_key_opens_the_api_and_says_whose_it_is(api: Api) -> None:
    key = api.posthouse.issue(customer_id="cus_9", limits=[["burst", 10, 60.0]])
    answer = wait_until_known(api, key)
    assert answer.json() == {"place": "madrid", "customer": "cus_9"}
    assert answer.headers["ratelimit-policy"] == '"burst";q=10;w=60'
    assert answer.headers["ratelimit"].startswith('"burst";r=')
    assert answer.headers["x-request-id"].startswith("req_")


@pytest.mark.mission("J3.3")
def test_the_call_is_reported_with_its_route_and_everything_else(api: Api) -> None:
    key = api.posthouse.issue("live", key_id="key_live")
    wait_until_known(api, key)
    answer = api.call(
        "/v1/sun/private-place?x=1&Token=s3cret",
        key,
        X_Request_Id="my-request-1",
        User_Agent="sunline-python/1.2 linux",
        X_Api_Version="2026-01",
    )
    assert (answer.status, answer.headers["x-request-id"]) == (200, "my-request-1")
    call = api.reported("my-request-1")
    assert call["route"] in {f"/v1/sun/{one}" for one in parameter(api, "place")}
    expected = {
        "key_id": "key_live",
        "environment": "live",
        "method": "GET",
        "path": "/v1/sun/private-place?x=1&Token=[redacted]",
        "status": 200,
        "version": "2026-01",
        "sdk": "sunline-python/1.2",
        "user_agent": "sunline-python/1.2 linux",
        "error_code": None,
    }
    assert {name: call[name] for name in expected} == expected
    assert 0 < call["duration_us"] < 10_000_000
    assert abs(call["at"] - time.time()) < 60
    assert key not in json.dumps(call)
    assert "ip" not in call


def test_an_error_is_reported_with_its_code(api: Api) -> None:
    key = api.posthouse.issue()
    wait_until_known(api, key)
    assert api.call("/v1/fail", key, X_Request_Id="fails").status == 422
    call = api.reported("fails")
    assert (call["status"], call["error_code"], call["route"]) == (422, "place-unknown", "/v1/fail")


def test_a_crash_is_reported_and_stays_the_vendors_own(api: Api) -> None:
    key = api.posthouse.issue()
    wait_until_known(api, key)
    assert api.call("/v1/crash", key, X_Request_Id="crashes").status == 500
    call = api.reported("crashes")
    assert (call["status"], call["error_code"], call["route"]) == (500, "exception", "/v1/crash") or (
        call["status"],
        call["route"],
    ) == (500, "/v1/crash")


def test_a_path_without_a_route_is_unmatched(api: Api) -> None:
    key = api.posthouse.issue()
    wait_until_known(api, key)
    assert api.call("/v1/nobody/knows/12345", key, X_Request_Id="lost").status == 404
    assert api.reported("lost")["route"] in {"unmatched", "/v1/*"}


def test_a_streamed_answer_passes_through(api: Api) -> None:
    key = api.posthouse.issue()
    wait_until_known(api, key)
    answer = api.call("/v1/stream", key, X_Request_Id="streams")
    assert answer.body == b"piece;piece;piece;"
    assert api.reported("streams")["route"] == "/v1/stream"


def test_bodies_are_reported_without_what_is_secret(api: Api) -> None:
    key = api.posthouse.issue()
    wait_until_known(api, key)
    body = json.dumps({"name": "x", "password": "hunter2"}).encode()
    answer = api.call("/v1/echo", key, "POST", body, Content_Type="application/json", X_Request_Id="echoes")
    assert answer.json() == {"name": "x", "password": "hunter2"}
    call = api.reported("echoes")
    assert json.loads(call["request_body"]) == {"name": "x", "password": "[redacted]"}
    assert json.loads(call["response_body"]) == {"name": "x", "password": "[redacted]"}
    assert call["request_headers"]["authorization"] == "[redacted]"
    assert "hunter2" not in json.dumps(call)
    assert key not in json.dumps(call)


def test_public_paths_and_preflights_need_no_key_and_are_not_reported(api: Api) -> None:
    assert api.call("/openapi.json").json() == {"caller": False}
    preflight = api.call("/v1/sun/x", method="OPTIONS", Access_Control_Request_Method="GET", X_Request_Id="pre")
    assert preflight.status != 401
    key = api.posthouse.issue()
    wait_until_known(api, key)
    assert not any(call["path"] == "/openapi.json" for call in api.posthouse.calls.values())
    assert not any(call["request_id"] == "pre" for call in api.posthouse.calls.values())


@pytest.mark.mission("J3.4")
@pytest.mark.parametrize(
    ("code", "members"),
    [
        ("key-revoked", {"revoked": True}),
        ("key-expired", {"expires_at": 1_700_000_000}),
        ("customer-suspended", {"suspended": True}),
        ("ip-not-allowed", {"networks": ["192.0.2.0/24"]}),
        ("quota-exceeded", {"limits": [["none", 0, 60.0]]}),
        ("key-missing", None),
        ("key-malformed", None),
        ("key-unknown", None),
    ],
)
def test_a_refusal_is_a_problem_and_is_reported(api: Api, code: str, members: dict[str, Any] | None) -> None:
    wait_until_known(api, api.posthouse.issue())
    key: str | None = {"key-malformed": "nonsense", "key-unknown": FakePosthouse().issue()}.get(code)
    if members is not None:
        key = api.posthouse.issue(**members)
        wait_until_known(api, key)
    request_id = f"refused-{code}"
    answer = api.call("/v1/sun/x", key, X_Request_Id=request_id)
    problem = answer.json()
    assert answer.status == problem["status"] == PROBLEMS[code].status
    assert (problem["code"], problem["instance"]) == (code, "/v1/sun/x")
    assert problem["type"].endswith(code)
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["x-request-id"] == request_id
    assert ("www-authenticate" in answer.headers) == (answer.status == 401)
    call = api.reported(request_id)
    assert (call["status"], call["error_code"]) == (answer.status, code)
    assert (call["key_id"] is not None) == (members is not None)
    assert call["route"] in {f"/v1/sun/{one}" for one in parameter(api, "place")}


@pytest.mark.mission("J4.3")
def test_limits_hold_and_say_when_to_come_back(api: Api) -> None:
    key = api.posthouse.issue(limits=[["burst", 3, 60.0], ["daily", 100, 86400.0]])
    wait_until_known(api, key, method="HEAD")
    answers = [api.call("/v1/sun/x", key) for _ in range(4)]
    refused = answers[-1]
    assert refused.status == 429
    assert refused.json()["violated-policies"] == ["burst"]
    assert 0 < int(refused.headers["retry-after"]) <= 20
    assert refused.headers["ratelimit"].startswith('"burst";r=0;t=')


@pytest.mark.mission("J2.3")
def test_a_revocation_reaches_the_api_within_a_second(api: Api) -> None:
    key = api.posthouse.issue(key_id="key_to_revoke")
    wait_until_known(api, key)
    api.posthouse.change("key_to_revoke", revoked=True)
    began = time.monotonic()
    while api.call("/v1/sun/x", key).status != 401:
        assert time.monotonic() - began < 1.0


def wait_until_known(api: Api, key: str, method: str = "GET") -> Answer:
    """Call until the key has arrived at the API, which may not take a second."""
    began = time.monotonic()
    while True:
        answer = api.call("/v1/sun/madrid", key, method)
        unknown = answer.status == 401 and (method == "HEAD" or answer.json()["code"] == "key-unknown")
        if answer.status != 503 and not unknown:
            return answer
        assert time.monotonic() - began < 3.0


def test_a_preforking_server_verifies_and_reports_in_every_worker(posthouse: FakePosthouse) -> None:
    key = posthouse.issue()
    port = free_port()
    command = ["gunicorn", "prefork_app:app", "--bind", f"127.0.0.1:{port}", "--workers", "2", "--preload"]
    api = Api(port, posthouse)

    def call(number: int) -> int:
        worker: int = api.call("/v1/sun/x", key, X_Request_Id=f"r{number}").json()["worker"]
        return worker

    with contextmanager(serve_command)(command, posthouse, port):
        with ThreadPoolExecutor(8) as many:
            workers = set(many.map(call, range(30)))
        for number in range(30):
            api.reported(f"r{number}")
        posthouse.change("key_1", revoked=True)
        began = time.monotonic()
        while any(api.call("/v1/sun/x", key).status != 401 for _ in range(10)):
            assert time.monotonic() - began < 2.0
        assert api.call("/v1/sun/x", key, X_Request_Id="last").status == 401
    assert len(workers) == 2
    assert api.reported("last")["error_code"] == "key-revoked"
    assert posthouse.duplicates == 0
