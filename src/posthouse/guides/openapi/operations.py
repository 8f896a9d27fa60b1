"""One operation as its page shows it: parameters, body, answers, errors, security, callbacks."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from posthouse.guides.openapi.check import METHODS
from posthouse.guides.openapi.examples import Example, Examples
from posthouse.guides.openapi.nodes import Node, Tree
from posthouse.guides.openapi.refs import Refs
from posthouse.guides.openapi.security import Requirement, requirements
from posthouse.guides.openapi.servers import Server, servers_of
from posthouse.guides.openapi.shapes import Shapes
from posthouse.guides.openapi.values import Json, mapping, sequence, text

PLACES = ("path", "query", "querystring", "header", "cookie")


@dataclass
class Parameter:
    """A parameter or a header."""

    name: str
    place: str
    description: str
    required: bool
    deprecated: bool
    node: Node
    value: Any = None
    """An example: what samples fill in."""
    has_example: bool = False
    style: str = ""
    explode: bool = True
    missing: str = ""


@dataclass
class Media:
    """A body in one media type."""

    type: str
    node: Node | None
    examples: list[Example]
    parts: list[tuple[str, str]] = field(default_factory=list)
    """Part name and media type of `multipart` bodies."""


@dataclass
class Body:
    """What a request carries."""

    description: str
    required: bool
    media: list[Media]
    missing: str = ""


@dataclass(frozen=True)
class ErrorCode:
    """One code of `x-error-codes`, in the reader's language where the document has it."""

    code: str
    title: str
    description: str = ""
    fix: str = ""
    docs: str = ""


@dataclass
class Answer:
    """A response; `status` is `200`, `4XX` or `default`."""

    status: str
    description: str
    headers: list[Parameter] = field(default_factory=list)
    media: list[Media] = field(default_factory=list)
    errors: Json = field(default_factory=dict)
    links: list[tuple[str, str, str]] = field(default_factory=list)
    """Name, operation id, description."""
    missing: str = ""

    @property
    def failed(self) -> bool:
        """Whether it tells of a failure."""
        return self.status[:1] in {"4", "5"}

    @property
    def anchor(self) -> str:
        """The id on the page."""
        return f"answer-{self.status.lower()}"


@dataclass
class Callback:
    """A call that the API makes back, in the course of an operation."""

    name: str
    expression: str
    operation: "Operation"


@dataclass
class Operation:
    """Everything about one operation."""

    method: str
    path: str
    operation_id: str
    title: str
    description: str
    deprecated: bool
    parameters: list[Parameter]
    body: Body | None
    answers: list[Answer]
    security: list[list[Requirement]]
    servers: list[Server]
    callbacks: list[Callback]
    more: tuple[str, str]
    """Address and text of `externalDocs`."""

    @property
    def by_place(self) -> list[tuple[str, list[Parameter]]]:
        """Parameters in groups, path first."""
        groups = [(place, [one for one in self.parameters if one.place == place]) for place in PLACES]
        others = [one for one in self.parameters if one.place not in PLACES]
        return [group for group in [*groups, ("", others)] if group[1]]


class Reader:
    """Reads operations of one document."""

    def __init__(self, content: Json, refs: Refs, shapes: Shapes) -> None:
        self.content, self.refs, self.shapes = content, refs, shapes
        self.examples = Examples(shapes)

    def operation(self, method: str, path: str, item: Json, *, callback: bool = False) -> Operation:
        """One operation of a path item; `item` is resolved, the operation in it is there."""
        given = mapping(item.get(method))
        more = mapping(given.get("externalDocs"))
        tree = Tree(self.shapes)
        return Operation(
            method=method,
            path=path,
            operation_id=text(given.get("operationId")),
            title=title_of(method, path, given)
            if not text(item.get("summary"))
            else (text(given.get("summary")) or text(item.get("summary"))),
            description=text(given.get("description")) or text(item.get("description")),
            deprecated=given.get("deprecated") is True,
            parameters=list(self._parameters(item, given, tree)),
            body=self._body(given.get("requestBody"), tree),
            answers=[self._answer(status, found, tree) for status, found in _by_status(given.get("responses"))],
            security=requirements(self.content, given.get("security", self.content.get("security")), self.refs),
            servers=servers_of(given) or servers_of(item) or servers_of(self.content),
            callbacks=[] if callback else list(self._callbacks(given.get("callbacks"))),
            more=(text(more.get("url")), text(more.get("description"))),
        )

    def _parameters(self, item: Json, given: Json, tree: Tree) -> Iterator[Parameter]:
        """Those of the path, then those of the operation, which replace those of the same name and place."""
        found: dict[tuple[str, str], Parameter] = {}
        for value in [*sequence(item.get("parameters")), *sequence(given.get("parameters"))]:
            target = self.refs.follow(value)
            one = self.parameter(text(target.value.get("name")), text(target.value.get("in")), target.value, tree)
            one.missing = target.missing
            found[(one.place, one.name or target.missing or str(len(found)))] = one
        yield from found.values()

    def is_exemplified(self, given: Json) -> bool:
        """Whether the vendor gave an example for a resolved parameter."""
        return self.examples.of_parameter(given, given.get("schema"))[1]

    def parameter(self, name: str, place: str, given: Json, tree: Tree) -> Parameter:
        """A parameter or a header from its resolved object."""
        content = mapping(given.get("content"))
        media = mapping(next(iter(content.values()), None))
        schema = media.get("schema") if content else given.get("schema")
        value, has_example = self.examples.of_parameter({**media, **given}, schema)
        style = text(given.get("style")) or ("form" if place in {"query", "cookie"} else "simple")
        return Parameter(
            name=name,
            place=place,
            description=text(given.get("description")),
            required=given.get("required") is True or place == "path",
            deprecated=given.get("deprecated") is True,
            node=tree.build({} if schema is None else schema, level=1),
            value=value,
            has_example=has_example,
            style=style,
            explode=given["explode"] if isinstance(given.get("explode"), bool) else style == "form",
        )

    def _body(self, value: Any, tree: Tree) -> Body | None:
        if not isinstance(value, dict):
            return None
        target = self.refs.follow(value)
        given = target.value
        return Body(
            description=text(given.get("description")),
            required=given.get("required") is True,
            media=self._media(given.get("content"), tree, writing=True),
            missing=target.missing,
        )

    def _media(self, value: Any, tree: Tree, *, writing: bool) -> list[Media]:
        return [self._medium(name, mapping(given), tree, writing=writing) for name, given in mapping(value).items()]

    def _medium(self, name: str, given: Json, tree: Tree, *, writing: bool) -> Media:
        schema = given.get("schema", given.get("itemSchema"))
        encoding = mapping(given.get("encoding"))
        return Media(
            type=name,
            node=None if schema is None else tree.build(schema),
            examples=self.examples.of_media(name, given, schema, self.refs, writing=writing),
            parts=[(part, text(mapping(how).get("contentType"))) for part, how in encoding.items()],
        )

    def _answer(self, status: str, value: Any, tree: Tree) -> Answer:
        target = self.refs.follow(value)
        given = target.value
        return Answer(
            status=status,
            description=text(given.get("description")),
            headers=[
                self.parameter(name, "header", self.refs.follow(header).value, tree)
                for name, header in mapping(given.get("headers")).items()
            ],
            media=self._media(given.get("content"), tree, writing=False),
            errors=mapping(given.get("x-error-codes")),
            links=[
                (name, text(link.get("operationId")), text(link.get("description")))
                for name, link in (
                    (name, self.refs.follow(one).value) for name, one in mapping(given.get("links")).items()
                )
            ],
            missing=target.missing,
        )

    def _callbacks(self, value: Any) -> Iterator[Callback]:
        for name, callback in mapping(value).items():
            for expression, item in self.refs.follow(callback).value.items():
                whole = self.refs.follow(item).value
                for method in METHODS:
                    if isinstance(whole.get(method), dict):
                        yield Callback(name, expression, self.operation(method, expression, whole, callback=True))


def title_of(method: str, path: str, given: Json) -> str:
    """What an operation is called: its summary, else its id in words, else method and path."""
    name = text(given.get("operationId"))
    return text(given.get("summary")).strip() or _words(name) or f"{method.upper()} {path}"


def _words(name: str) -> str:
    if " " in name or "/" in name:
        return name
    return (
        " ".join(name.replace("-", " ").replace("_", " ").split()).capitalize() if "_" in name or "-" in name else name
    )


def _by_status(value: Any) -> list[tuple[str, Any]]:
    """Success first, failures after, `default` last."""
    given = [(status, found) for status, found in mapping(value).items() if not status.startswith("x-")]
    return sorted(given, key=lambda pair: (pair[0].lower() == "default", pair[0].upper().replace("X", "~")))


def error_of(code: str, given: Any, language: str) -> ErrorCode:
    """A code of `x-error-codes`: an object, with its words in `translations` by language, or just a text."""
    words = mapping(given)
    words = words | mapping(mapping(words.get("translations")).get(language))
    return ErrorCode(
        code=code,
        title=text(words.get("title")) or text(given),
        description=text(words.get("description")),
        fix=text(words.get("fix")),
        docs=text(words.get("docs")),
    )
