"""The parts of documentation pages that are the same for every reader: made once per document, language and process."""

from collections.abc import Callable

from django.template.loader import render_to_string
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language

from posthouse.guides import queries, remember
from posthouse.guides.openapi.operations import Answer, Media, Operation
from posthouse.guides.openapi.samples import samples
from posthouse.guides.openapi.spec import Head
from posthouse.guides.openapi.values import as_json
from posthouse.guides.queries import Published

MOST_ANSWER_EXAMPLES = 8


def nav(published: Published, current: str = "") -> SafeString:
    """All tags and operations; the current one is marked and its tag open."""
    made = _part(published, "nav", "", lambda: render_to_string("guides/_nav.html", {"groups": published.spec.groups}))
    head = published.spec.heads.get(current)
    if head is None:
        return made
    group = next(group.slug for group in published.spec.groups if group.name == head.tag)
    opened = made.replace(f'id="nav-{group}"', f'id="nav-{group}" open', 1)
    href = f'href="{queries.operation_of(head).url}"'
    return mark_safe(opened.replace(href, f'{href} aria-current="page"', 1))  # noqa: S308  put together from our parts


def home(published: Published) -> SafeString:
    """The overview."""
    spec = published.spec
    base_url = queries.base_url_of(spec)
    context = {"spec": spec, "groups": spec.groups, "servers": spec.servers, "base_url": base_url}
    return _part(published, "home", base_url, lambda: render_to_string("guides/_home.html", context))


def operation(published: Published, head: Head, guides: frozenset[str] = frozenset()) -> tuple[SafeString, SafeString]:
    """The text of an operation's page, and its examples; `guides` are those its errors may link to."""
    base_url = queries.base_url_for(published.spec, head)

    def text() -> str:
        found = published.spec.operation(head.slug)
        context = {"spec": published.spec, "operation": found, "head": head, "guide_slugs": guides}
        return render_to_string("guides/_operation.html", context)

    def examples() -> str:
        found = published.spec.operation(head.slug)
        context = {
            "webhook": head.webhook,
            "samples": samples(found, base_url=base_url, variable=queries.key_variable_of(published.spec)),
            "bodies": _bodies(found) if head.webhook else _bodies(found)[1:],
            "answers": _answers(found),
        }
        return render_to_string("guides/_examples.html", context)

    return (
        _part(published, "operation", f"{head.slug} {sorted(guides)}", text),
        _part(published, "examples", f"{head.slug} {base_url}", examples),
    )


def schema(published: Published, name: str) -> tuple[SafeString, SafeString]:
    """The text of a schema's page, and its example."""
    spec = published.spec

    def text() -> str:
        context = {"spec": spec, "node": spec.schema(name), "users": spec.users(name)}
        return render_to_string("guides/_schema.html", context)

    def example() -> str:
        made = spec.example(name)
        return render_to_string(
            "guides/_schema_example.html", {"example": "" if made is None else as_json(made, indent=2)}
        )

    return _part(published, "schema", name, text), _part(published, "schema-example", name, example)


def members(published: Published, name: str) -> SafeString:
    """What stands under a schema, for opening it in place."""

    def text() -> str:
        context = {"spec": published.spec, "node": published.spec.schema(name)}
        return render_to_string("guides/_members.html", context)

    return _part(published, "members", name, text)


def _part(published: Published, kind: str, which: str, make: Callable[[], str]) -> SafeString:
    key = (published.document.digest, get_language(), kind, which)
    return mark_safe(remember.parts.get(key, make))  # noqa: S308  rendered by templates


def _bodies(found: Operation) -> list[object]:
    return [example for medium in (found.body.media if found.body else []) for example in medium.examples]


def _answers(found: Operation) -> list[tuple[Answer, Media, object]]:
    """One example for each failure, all for success: the codes of failures have a table of their own."""
    shown: list[tuple[Answer, Media, object]] = []
    for answer in found.answers:
        for medium in answer.media:
            wanted = medium.examples[:1] if answer.failed else medium.examples
            shown += [(answer, medium, example) for example in wanted if example.code]
    return shown[:MOST_ANSWER_EXAMPLES]
