"""Search over operations, parameters, schemas and guides: all words must be found, names weigh more than texts."""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from django.urls import reverse
from django.utils.translation import gettext as _

from posthouse.guides import book, models, remember
from posthouse.guides.openapi.spec import Head, Spec
from posthouse.guides.openapi.values import mapping, sequence, text
from posthouse.guides.queries import Published
from posthouse.guides.text import plain_of

MOST_WORDS = 8
LONGEST_QUESTION = 200


@dataclass(frozen=True)
class Entry:
    """Something that can be found: where its words stand decides how much they weigh."""

    kind: str
    title: str
    more: str
    href: str
    names: str
    members: tuple[str, ...] = ()
    words: str = ""
    method: str = ""


@dataclass(frozen=True)
class Found:
    """A result as it is shown."""

    title: str
    more: str
    href: str
    method: str = ""


def search(published: Published | None, pages: Iterable[models.GuidePage], question: str) -> list[Found]:
    """What fits, the best first."""
    words = [folded(word) for word in re.findall(r"[^\s]+", question[:LONGEST_QUESTION])][:MOST_WORDS]
    if not words:
        return []
    entries = [*_guides(pages), *(_index(published) if published else [])]
    ranked = sorted(
        ((score, at, entry) for at, entry in enumerate(entries) if (score := _score(entry, words)) > 0),
        key=lambda found: (-found[0], found[1]),
    )
    return [_shown(entry, words) for _score_, _at, entry in ranked]


def folded(written: str) -> str:
    """Without capitals and accents, so that `geolocalizacion` finds `Geolocalización`."""
    return "".join(char for char in unicodedata.normalize("NFKD", written.lower()) if not unicodedata.combining(char))


def _score(entry: Entry, words: list[str]) -> float:
    """The sum of what each word is worth; 0 when one is not found."""
    total = 0.0
    for word in words:
        worth = _worth(entry, word)
        if not worth:
            return 0
        total += worth
    return total - len(entry.names) / 1000


def _worth(entry: Entry, word: str) -> float:
    at = entry.names.find(word)
    if at >= 0:
        begins = at == 0 or not entry.names[at - 1].isalnum()
        whole = at + len(word) == len(entry.names) or not entry.names[at + len(word)].isalnum()
        return 8 + 4 * begins + 3 * (begins and whole)
    if word in entry.members:
        return 6
    if any(member.startswith(word) for member in entry.members):
        return 4
    return 1 if word in entry.words else 0


def _shown(entry: Entry, words: list[str]) -> Found:
    """The result; when only a parameter or property was found, it is named."""
    hits = [member for member in entry.members if any(word in member for word in words)]
    only_inside = hits and not all(word in entry.names for word in words)
    more = f"{', '.join(hits[:3])} · {entry.more}" if only_inside else entry.more
    return Found(entry.title, more, entry.href, entry.method)


def _index(published: Published) -> list[Entry]:
    return remember.indexes.get(published.document.digest, lambda: list(_entries(published.spec)))


def _entries(spec: Spec) -> Iterator[Entry]:
    for head in spec.heads.values():
        yield _operation(spec, head)
    schemas = mapping(mapping(spec.content.get("components")).get("schemas"))
    for slug, name in spec.schemas.items():
        shape = spec.shapes.of(schemas[name])
        yield Entry(
            kind="schema",
            title=name,
            more=plain_of(text(shape.facts.get("description")), 100) or "schema",
            href=book.address("schema", slug),
            names=folded(f"{name} {text(shape.facts.get('title'))}"),
            members=tuple(folded(member) for member in shape.properties),
            words=folded(text(shape.facts.get("description"))[:4000]),
        )


def _operation(spec: Spec, head: Head) -> Entry:
    _method, _path, item = spec.item(head.slug)
    given = mapping(item.get(head.method))
    parameters = [
        text(spec.refs.follow(one).value.get("name"))
        for one in [*sequence(item.get("parameters")), *sequence(given.get("parameters"))]
    ]
    body = mapping(spec.refs.follow(given.get("requestBody")).value.get("content"))
    properties = [name for medium in body.values() for name in spec.shapes.of(mapping(medium).get("schema")).properties]
    codes = [code for response in spec.responses(head.slug).values() for code in mapping(response.get("x-error-codes"))]
    return Entry(
        kind="operation",
        title=head.title,
        more=head.path,
        href=book.address("operation", head.slug),
        names=folded(f"{head.title} {head.path} {head.operation_id} {head.tag}"),
        members=tuple(dict.fromkeys(folded(name) for name in [*parameters, *properties, *codes])),
        words=folded(text(given.get("description"))[:4000]),
        method=head.method,
    )


def _guides(pages: Iterable[models.GuidePage]) -> Iterator[Entry]:
    for page in pages:
        headings = re.findall(r"^#{2,4} +(.+?) *$", page.body, re.MULTILINE)
        yield Entry(
            kind="guide",
            title=page.title,
            more=_("Guide"),
            href=reverse("docs-guide", args=[page.slug]),
            names=folded(page.title),
            members=tuple(folded(heading) for heading in headings),
            words=folded(page.body),
        )
