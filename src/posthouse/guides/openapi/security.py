"""How a call proves who makes it."""

from dataclasses import dataclass, field
from typing import Any

from posthouse.guides.openapi.refs import Refs
from posthouse.guides.openapi.values import Json, mapping, sequence, text, texts


@dataclass(frozen=True)
class Flow:
    """One OAuth 2 flow."""

    name: str
    authorization_url: str
    token_url: str
    scopes: dict[str, str]


@dataclass(frozen=True)
class Scheme:
    """A security scheme. `kind` is bearer, basic, http, apiKey, oauth2, openIdConnect, mutualTLS or empty (missing)."""

    name: str
    kind: str
    description: str = ""
    place: str = ""
    member: str = ""
    """Name of the header, query parameter or cookie of an `apiKey`; the HTTP scheme's name of `http`."""
    address: str = ""
    flows: list[Flow] = field(default_factory=list)


@dataclass(frozen=True)
class Requirement:
    """A scheme that a call must satisfy, with the scopes it needs."""

    scheme: Scheme
    scopes: list[str]


def requirements(content: Json, value: Any, refs: Refs) -> list[list[Requirement]]:
    """Alternatives, each a list of schemes that go together; an empty one means: without."""
    given = mapping(mapping(content.get("components")).get("securitySchemes"))
    return [
        [Requirement(scheme(name, refs.follow(given.get(name)).value), texts(scopes)) for name, scopes in one.items()]
        for one in sequence(value)
        if isinstance(one, dict)
    ]


def schemes(content: Json, refs: Refs) -> list[Scheme]:
    """All schemes of the document."""
    given = mapping(mapping(content.get("components")).get("securitySchemes"))
    return [scheme(name, refs.follow(value).value) for name, value in given.items()]


def scheme(name: str, given: Json) -> Scheme:
    """A scheme from its resolved object."""
    kind, http = text(given.get("type")), text(given.get("scheme")).lower()
    if kind == "http" and http in {"bearer", "basic"}:
        kind = http
    return Scheme(
        name=name,
        kind=kind,
        description=text(given.get("description")),
        place=text(given.get("in")),
        member=text(given.get("name")) or http,
        address=text(given.get("openIdConnectUrl")),
        flows=[
            Flow(
                flow,
                text(mapping(found).get("authorizationUrl")),
                text(mapping(found).get("tokenUrl")),
                {scope: text(words) for scope, words in mapping(mapping(found).get("scopes")).items()},
            )
            for flow, found in mapping(given.get("flows")).items()
        ],
    )
