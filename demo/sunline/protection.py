"""Puts Posthouse's middleware before Sunline: keys, limits and the record of every call."""

from collections.abc import Mapping
from typing import Any

from starlette.applications import Starlette
from starlette.types import ASGIApp

from posthouse_client.asgi import PosthouseMiddleware
from posthouse_client.client import Client
from posthouse_client.config import Settings as ClientSettings
from sunline.settings import Settings
from sunline.versions import CURRENT, HEADER, VERSIONS

PUBLIC_PATHS = ("/v1/status", "/openapi.json", "/docs/*")

_SCOPES = {"sun": "read:sun", "batch": "read:sun", "moon": "read:moon", "places": "read:places"}
_HEADER = HEADER.lower().encode()


def protect(app: Starlette, settings: Settings, environ: Mapping[str, str]) -> ASGIApp:
    """Sunline behind the middleware when POSTHOUSE_URL says where Posthouse is, otherwise as it is."""
    if not environ.get("POSTHOUSE_URL"):
        return app
    client = ClientSettings.from_env(
        environ,
        public_paths=PUBLIC_PATHS,
        realm="sunline",
        problem_type_base=f"{settings.docs_url}/en/errors#",
        version_header=HEADER,
        record_ip=True,
        record_bodies=True,
    )
    return PosthouseMiddleware(app, Client(client), scope_of=scope_of, version_of=version_of)


def scope_of(scope: Mapping[str, Any]) -> str | None:
    """The scope a call needs, by the first part of its path after the version; as in the OpenAPI document."""
    parts = scope["path"].split("/", 3)
    return _SCOPES.get(parts[2]) if len(parts) > 2 and parts[1] == "v1" else None


def version_of(scope: Mapping[str, Any]) -> str | None:
    """The version a call is answered in; none when it asks for one that does not exist."""
    asked = next((value.decode("latin-1") for name, value in scope["headers"] if name == _HEADER), CURRENT)
    return asked if asked in VERSIONS else None
