"""The same API in Flask."""

from collections.abc import Iterator
from typing import Any

from flask import Flask, Response, jsonify, request

from posthouse_client import flask as posthouse_flask
from posthouse_client.client import Client


def make(client: Client) -> Flask:
    """The application, protected."""
    app = Flask(__name__)

    @app.get("/v1/sun/<place>")
    def sun(place: str) -> Response:
        caller = posthouse_flask.caller()
        return jsonify(place=place, customer=caller and caller.customer_id)

    @app.get("/v1/fail")
    def fail() -> tuple[Response, int, dict[str, str]]:
        return jsonify(code="place-unknown"), 422, {"Content-Type": "application/problem+json"}

    @app.get("/v1/crash")
    def crash() -> Response:
        raise RuntimeError("crash")

    @app.post("/v1/echo")
    def echo() -> Any:
        return jsonify(request.get_json())

    @app.get("/v1/stream")
    def stream() -> Response:
        def pieces() -> Iterator[bytes]:
            for _ in range(3):
                yield b"piece;"

        return Response(pieces(), mimetype="text/plain")

    @app.get("/openapi.json")
    def openapi() -> Response:
        return jsonify(caller=posthouse_flask.caller() is not None)

    posthouse_flask.protect(app, client)
    return app
