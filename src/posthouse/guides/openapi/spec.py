"""A whole document: its operations, groups, schemas and servers, ready to be asked for."""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from posthouse.guides.openapi.check import METHODS
from posthouse.guides.openapi.nodes import Node, Tree
from posthouse.guides.openapi.operations import Operation, Reader, title_of
from posthouse.guides.openapi.refs import Refs, schema_name
from posthouse.guides.openapi.routes import Routes
from posthouse.guides.openapi.security import Scheme, schemes
from posthouse.guides.openapi.servers import Server, servers_of
from posthouse.guides.openapi.shapes import Shapes
from posthouse.guides.openapi.values import Json, mapping, sequence, text, texts

LONGEST_SLUG = 120


@dataclass(frozen=True)
class Head:
    """What lists say about an operation."""

    slug: str
    method: str
    path: str
    operation_id: str
    title: str
    tag: str
    deprecated: bool
    webhook: bool
    quickstart: bool = False


@dataclass
class Group:
    """Operations with the same tag, in the order of the document."""

    name: str
    slug: str
    description: str
    heads: list[Head] = field(default_factory=list)


class Spec:
    """One document. Made once per process; pages ask for the parts they show."""

    def __init__(self, content: Json) -> None:
        self.content = content
        self.refs = Refs(content)
        self.shapes = Shapes(self.refs)
        self.reader = Reader(content, self.refs, self.shapes)
        self._items: dict[str, tuple[str, str, Json]] = {}
        self.heads: dict[str, Head] = {head.slug: head for head in self._read_heads()}
        self.routes = Routes(
            [
                (head.method, head.path, head.slug, self._prefixes(head))
                for head in self.heads.values()
                if not head.webhook
            ]
        )

    @property
    def title(self) -> str:
        """The name of the API."""
        return text(mapping(self.content.get("info")).get("title")).strip()

    @property
    def version(self) -> str:
        """The version of the API (not of OpenAPI)."""
        return text(mapping(self.content.get("info")).get("version")).strip()

    @property
    def description(self) -> str:
        """The vendor's words about the API, in Markdown."""
        info = mapping(self.content.get("info"))
        return text(info.get("description")) or text(info.get("summary"))

    @cached_property
    def servers(self) -> list[Server]:
        """Where the API is reached."""
        return servers_of(self.content)

    @cached_property
    def security(self) -> list[Scheme]:
        """How callers prove who they are."""
        return schemes(self.content, self.refs)

    @cached_property
    def groups(self) -> list[Group]:
        """Tags in the order of the document, each with its operations; then tags that are only used; webhooks last."""
        given = [mapping(tag) for tag in sequence(self.content.get("tags"))]
        names = [text(tag.get("name")) for tag in given if text(tag.get("name"))]
        words = {text(tag.get("name")): text(tag.get("description")) for tag in given}
        found: dict[str, list[Head]] = {name: [] for name in names}
        for head in sorted(self.heads.values(), key=lambda head: head.webhook):
            found.setdefault(head.tag, []).append(head)
        slugs = _Slugs()
        return [Group(name, slugs.new(name), words.get(name, ""), heads) for name, heads in found.items() if heads]

    @cached_property
    def schemas(self) -> dict[str, str]:
        """Slug to name of every schema under `components`."""
        slugs = _Slugs()
        return {
            slugs.new(name, keep=True): name for name in mapping(mapping(self.content.get("components")).get("schemas"))
        }

    @cached_property
    def schema_slugs(self) -> dict[str, str]:
        """Name to slug."""
        return {name: slug for slug, name in self.schemas.items()}

    def operation(self, slug: str) -> Operation:
        """Everything about one operation. Raises KeyError."""
        method, path, item = self._items[slug]
        return self.reader.operation(method, path, item)

    def schema(self, name: str) -> Node:
        """The tree of a schema under `components`. Raises KeyError."""
        tree = Tree(self.shapes)
        return tree.build(
            self.content["components"]["schemas"][name], above=frozenset((f"#/components/schemas/{name}",))
        )

    @cached_property
    def first_call(self) -> Head | None:
        """The operation to begin with: the one marked `x-quickstart`, else the simplest that reads something."""
        heads = [head for head in self.heads.values() if not head.webhook]
        marked = [head for head in heads if head.quickstart]
        candidates = marked or [head for head in heads if head.method == "get" and not head.deprecated] or heads
        return min(candidates, key=self._difficulty, default=None)

    def _difficulty(self, head: Head) -> int:
        """A call that needs no key proves nothing; an id that nobody knows needs another call before."""
        _method, _path, item = self._items[head.slug]
        given = [*sequence(item.get("parameters")), *sequence(item[head.method].get("parameters"))]
        needed = [one for one in (self.refs.follow(one).value for one in given) if one.get("required") is True]
        guessed = sum(10 if one.get("in") == "path" else 3 for one in needed if not self.reader.is_exemplified(one))
        return guessed + (0 if self.needs_key(head.slug) else 20) + (5 if "requestBody" in item[head.method] else 0)

    def needs_key(self, slug: str) -> bool:
        """Whether callers must prove who they are."""
        method, _path, item = self._items[slug]
        alternatives = sequence(item[method].get("security", self.content.get("security")))
        return bool(alternatives) and all(mapping(one) for one in alternatives)

    def item(self, slug: str) -> tuple[str, str, Json]:
        """Method, path and resolved path item of an operation, as they stand in the document. Raises KeyError."""
        return self._items[slug]

    def example(self, name: str) -> Any:
        """A value of a schema under `components`. Raises KeyError."""
        return self.reader.examples.make(self.content["components"]["schemas"][name])

    def users(self, name: str) -> list[Head]:
        """The operations that speak of a schema, directly or through others."""
        return [self.heads[slug] for slug in self._users.get(name, ())]

    @cached_property
    def _users(self) -> dict[str, list[str]]:
        schemas = mapping(mapping(self.content.get("components")).get("schemas"))
        direct = {name: _names_in(schema) for name, schema in schemas.items()}
        found: dict[str, list[str]] = {}
        for slug, (method, _path, item) in self._items.items():
            responses = [self.refs.follow(one).value for one in mapping(item[method].get("responses")).values()]
            body = self.refs.follow(item[method].get("requestBody")).value
            reached: set[str] = set()
            waiting = _names_in([item[method], item.get("parameters"), responses, body])
            while waiting:
                reached |= waiting
                waiting = set().union(*(direct.get(name, set()) for name in waiting)) - reached
            for name in sorted(reached):
                found.setdefault(name, []).append(slug)
        return found

    def responses(self, slug: str) -> dict[str, Json]:
        """The responses of an operation by status, resolved, as they stand in the document. Raises KeyError."""
        method, _path, item = self._items[slug]
        given = mapping(mapping(item[method]).get("responses"))
        return {status.lower(): self.refs.follow(found).value for status, found in given.items()}

    @cached_property
    def error_codes(self) -> dict[str, tuple[str, str]]:
        """Error code to the first operation and status where the document explains it."""
        found: dict[str, tuple[str, str]] = {}
        for slug in self.heads:
            for status, response in self.responses(slug).items():
                for code in mapping(response.get("x-error-codes")):
                    found.setdefault(code, (slug, status))
        return found

    def _read_heads(self) -> Iterator[Head]:
        slugs = _Slugs()
        for group in ("paths", "webhooks"):
            for path, value in mapping(self.content.get(group)).items():
                if path.startswith("x-") or not isinstance(value, dict):
                    continue
                item = self.refs.follow(value).value
                for method in METHODS:
                    if isinstance(item.get(method), dict):
                        head = self._head(method, path, item[method], slugs, webhook=group == "webhooks")
                        self._items[head.slug] = (method, path, item)
                        yield head

    def _head(self, method: str, path: str, given: Json, slugs: "_Slugs", *, webhook: bool) -> Head:
        name = text(given.get("operationId"))
        return Head(
            slug=slugs.new(name or f"{method} {path}"),
            method=method,
            path=path,
            operation_id=name,
            title=path if webhook and not text(given.get("summary")) else title_of(method, path, given),
            tag=next(iter(texts(given.get("tags"))), "") or ("webhooks" if webhook else self._tag_of(path)),
            deprecated=given.get("deprecated") is True,
            webhook=webhook,
            quickstart=given.get("x-quickstart") is True,
        )

    @staticmethod
    def _tag_of(path: str) -> str:
        """Where nothing is tagged, the first part of the path that is a word: `channels` for `/v2/channels/{id}`."""
        parts = (part for part in path.split("/") if part and "{" not in part)
        return next((part for part in parts if not re.fullmatch(r"v?[0-9.]+|api", part.lower())), "/").removeprefix("@")

    def _prefixes(self, head: Head) -> frozenset[str]:
        _method, _path, item = self._items[head.slug]
        found = [*servers_of(mapping(item.get(head.method))), *servers_of(item), *self.servers]
        return frozenset(server.prefix for server in found)


def _names_in(value: Any) -> set[str]:
    """The schemas that a part of the document refers to itself."""
    found: set[str] = set()
    waiting = [value]
    while waiting:
        here = waiting.pop()
        if isinstance(here, dict):
            ref = here.get("$ref")
            if isinstance(ref, str) and (name := schema_name(ref)):
                found.add(name)
            waiting += here.values()
        elif isinstance(here, list):
            waiting += here
    return found


class _Slugs:
    """Gives every name an address of its own."""

    def __init__(self) -> None:
        self._taken: set[str] = set()

    def new(self, name: str, *, keep: bool = False) -> str:
        """`get-sun` for `getSun`; with `keep`, names that can stand in an address stay as they are."""
        base = name if keep and re.fullmatch(r"[A-Za-z0-9_.-]{1,120}", name) and name.strip(".") else slugify(name)
        slug, count = base, 1
        while slug.lower() in self._taken:
            count += 1
            slug = f"{base}-{count}"
        self._taken.add(slug.lower())
        return slug


def slugify(name: str) -> str:
    """Lower-case ASCII words with hyphens: `getSun` and `get sun` give `get-sun`."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    spaced = re.sub(r"([a-z0-9])([A-Z])", r"\1-\2", plain)
    return re.sub(r"[^a-z0-9]+", "-", spaced.lower()).strip("-")[:LONGEST_SLUG].strip("-") or "unnamed"
