"""Flask: put the middleware around an application and let it know the route of each request."""

from typing import Any

from flask import Flask, request
from werkzeug.exceptions import HTTPException
from werkzeug.routing import RequestRedirect

from posthouse_client.client import Caller, Client
from posthouse_client.wsgi import CALLER, ROUTE, Environ, PosthouseMiddleware


def protect(app: Flask, client: Client | None = None, **options: Any) -> PosthouseMiddleware:
    """Wrap `app.wsgi_app`; `options` are those of `posthouse_client.wsgi.PosthouseMiddleware`."""

    def leave_route() -> None:
        if request.url_rule is not None:
            request.environ[ROUTE] = request.url_rule.rule

    def rule_of(environ: Environ) -> str | None:
        try:
            rule, _ = app.url_map.bind_to_environ(environ).match(return_rule=True)
        except (HTTPException, RequestRedirect):
            return None
        return rule.rule

    app.before_request_funcs.setdefault(None, []).insert(0, leave_route)
    middleware = PosthouseMiddleware(app.wsgi_app, client, **{"route_of": rule_of, **options})
    app.wsgi_app = middleware  # type: ignore[method-assign]  # the way Flask's documentation shows
    return middleware


def caller() -> Caller | None:
    """Who makes the current request; None on a public path."""
    found = request.environ.get(CALLER)
    return found if isinstance(found, Caller) else None
