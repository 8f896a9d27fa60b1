"""A Flask API whose client is made, and used, before the server forks its workers."""

import os
import time

from flask import Flask, Response, jsonify

from posthouse_client import flask as posthouse_flask
from posthouse_client.client import Client
from posthouse_client.config import Settings

app = Flask(__name__)


@app.get("/v1/sun/<place>")
def sun(place: str) -> Response:
    """Which worker answers."""
    time.sleep(0.02)
    return jsonify(place=place, worker=os.getpid())


client = Client(Settings.from_env())
client.start()
client.wait_ready()
posthouse_flask.protect(app, client)
