"""Route templates from an ASGI scope, as Starlette and FastAPI leave them there.

Routers name only their own part: below a mount, and in FastAPI below an included router with a prefix,
`scope["route"].path` lacks what came before. The missing front is taken from the path, segment by
segment, with the path parameters put back, so that no id ever becomes part of a route.
"""

import functools
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

_PARAMETER = re.compile(r"\{([^{}:]+)(?::([^{}]+))?\}")


def of_scope(scope: Mapping[str, Any]) -> str | None:
    """The template of the route that took a request, `/v1/sun/{place}`; None when none did."""
    template = getattr(scope.get("route"), "path", None)
    if not isinstance(template, str):
        return None
    return complete(template, _own_path(scope), scope.get("path_params") or {})


class RouteTable:
    """The routes of a Starlette or FastAPI application, for requests refused before routing.

    Read once, at the first question, as routes are set up before requests come in. Empty for other
    applications.
    """

    def __init__(self) -> None:
        self._rows: list[tuple[re.Pattern[str], frozenset[str] | None, str]] | None = None

    def find(self, app: Any, scope: Mapping[str, Any]) -> str | None:
        """The template of the route that would take a request; `app` is what the middleware wraps.

        A route that knows the path but not the method is better than none.
        """
        if self._rows is None:
            self._rows = _rows(scope.get("app"), app)
        path, method = _own_path(scope), scope.get("method", "GET")
        second: str | None = None
        for pattern, methods, template in self._rows:
            if pattern.fullmatch(path):
                if methods is None or method in methods:
                    return template
                second = second or template
        return second


def _rows(*candidates: Any) -> list[tuple[re.Pattern[str], frozenset[str] | None, str]]:
    for candidate in candidates:
        found = getattr(candidate, "routes", None)
        if found is not None:
            return [(_pattern(path), methods, _plain(path)[0]) for path, methods in _walk(found, "")]
    return []


def _walk(found: Iterable[Any], front: str) -> Iterator[tuple[str, frozenset[str] | None]]:
    """Whole templates and their methods, below mounts and included routers too."""
    for route in found:
        included = getattr(route, "original_router", None)
        path = front + getattr(route, "path", "")
        if included is not None:
            context = getattr(route, "include_context", None)
            yield from _walk(included.routes, front + getattr(context, "prefix", ""))
        elif getattr(route, "routes", None):
            yield from _walk(route.routes, path)
        elif hasattr(route, "routes"):
            yield path + "/*", None
        else:
            methods = getattr(route, "methods", None)
            yield path, frozenset(methods) if methods else None


def _pattern(template: str) -> re.Pattern[str]:
    """What paths a whole template takes; types of parameters are not looked at."""
    pattern, end = "", 0
    for match in _PARAMETER.finditer(template):
        pattern += re.escape(template[end : match.start()]) + (".*" if match[2] == "path" else "[^/]+")
        end = match.end()
    rest = template[end:]
    return re.compile(pattern + (re.escape(rest[:-1]) + ".*" if rest.endswith("/*") else re.escape(rest)))


def _own_path(scope: Mapping[str, Any]) -> str:
    """The path without the address the whole application is served under."""
    path: str = scope["path"]
    base = scope.get("app_root_path", scope.get("root_path", ""))
    return path[len(base) :] if base and path.startswith(base + "/") else path


def complete(template: str, path: str, parameters: Mapping[str, Any]) -> str | None:
    """A route's own template with what stands before it in the path; None if they do not fit.

    A mount that took a request to an application without routes of its own ends with `/*`.
    """
    if template.count("/") == path.count("/") and ":" not in template:
        return template
    plain, own = _plain(template)
    wanted = _segments(template, parameters)
    given = path.split("/")
    front, rest = given[: len(given) - len(wanted)], given[len(given) - len(wanted) :]
    if len(wanted) <= len(given) and _fits(wanted, rest):
        return _front(front, own, parameters, plain)
    if len(wanted) < len(given) and _fits(wanted, given[1 : 1 + len(wanted)]):
        return plain.rstrip("/") + "/*"
    return None


@functools.lru_cache(maxsize=4096)
def _plain(template: str) -> tuple[str, frozenset[str]]:
    """`/files/{name:path}` as `/files/{name}`, and the names of its parameters."""
    names = frozenset(match[1] for match in _PARAMETER.finditer(template))
    return _PARAMETER.sub(lambda match: "{" + match[1] + "}", template), names


def _segments(template: str, parameters: Mapping[str, Any]) -> list[str | None]:
    """The template's segments after the first slash; None where anything may stand."""
    segments: list[str | None] = []
    for segment in template.lstrip("/").split("/"):
        match = _PARAMETER.search(segment)
        if match is None:
            segments.append(segment)
        elif match[2] == "path":
            segments += [None] * (str(parameters.get(match[1], "")).count("/") + 1)
        else:
            segments.append(None)
    return segments


def _fits(wanted: list[str | None], given: list[str]) -> bool:
    return all(want is None or want == have for want, have in zip(wanted, given, strict=True))


def _front(segments: list[str], own: frozenset[str], parameters: Mapping[str, Any], plain: str) -> str:
    """The front of the path with parameters put back; only the route's own part if one cannot be placed."""
    others = {str(value): name for name, value in parameters.items() if name not in own}
    placed = ["{" + others.pop(segment) + "}" if segment in others else segment for segment in segments]
    if others:
        return plain
    return "/".join([*placed, plain.lstrip("/")]) if any(placed) else plain
