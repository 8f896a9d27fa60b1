"""Reads the access rule of every page and route from the code, for the reviewed table and the check."""

from collections.abc import Iterator
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver

from posthouse.config.http_api import api
from posthouse.people.access import Rule

OUTSIDE = {
    "allauth": Rule("public"),
    "django.views.i18n": Rule("public"),
    "posthouse.design": Rule("public"),  # stands below people, so it cannot declare; error pages, colours, language
}
"""Views of libraries, whose rules are their own, and of the floor below people."""


def page_rules() -> list[tuple[str, Rule]]:
    """Address and rule of every page. Raises LookupError for a view that declares none."""
    return sorted(_pages(get_resolver().url_patterns, "/"), key=lambda row: row[0])


def _pages(patterns: list[Any], prefix: str) -> Iterator[tuple[str, Rule]]:
    for pattern in patterns:
        address = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            if pattern.namespace != api.urls_namespace:
                yield from _pages(pattern.url_patterns, address)
        elif isinstance(pattern, URLPattern):
            yield address, rule_of(pattern.callback)


def rule_of(view: Any) -> Rule:
    """The rule a view declares. Raises LookupError when it declares none."""
    declared = getattr(view, "access_rule", None)
    if isinstance(declared, Rule):
        return declared
    for prefix, rule in OUTSIDE.items():
        if view.__module__.startswith(prefix) or getattr(view, "view_class", type(view)).__module__.startswith(prefix):
            return rule
    raise LookupError(f"{view.__module__}.{view.__qualname__} declares no access rule (posthouse.people.access)")


def route_rules() -> list[tuple[str, str, str]]:
    """Method, address and scope of every route of the HTTP API. Raises LookupError for a route without one."""
    rows = []
    for prefix, router in api._routers:  # noqa: SLF001  django-ninja offers no public list of its operations
        for path, view in router.path_operations.items():
            for operation in view.operations:
                address = "/api/v1/" + "/".join(part.strip("/") for part in (prefix, path) if part.strip("/"))
                scopes = [auth.name for auth in operation.auth_callbacks if hasattr(auth, "name")]
                if not scopes:
                    raise LookupError(f"{operation.methods} {address} declares no scope")
                rows += [(method, address, scopes[0]) for method in operation.methods]
    return sorted(rows, key=lambda row: (row[1], row[0]))
