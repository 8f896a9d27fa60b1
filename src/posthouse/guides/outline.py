"""An operation as Markdown: for copying into tools, tickets and notes."""

from collections.abc import Iterator

from posthouse.guides.openapi.nodes import Node
from posthouse.guides.openapi.operations import Answer, Operation, error_of
from posthouse.guides.openapi.samples import key_variable, samples
from posthouse.guides.openapi.spec import Head, Spec
from posthouse.guides.openapi.values import as_json


def outline(spec: Spec, head: Head, *, base_url: str, variable: str = "") -> str:
    """The whole page as text; `variable` is where samples look for the key, by default one named after the API."""
    found = spec.operation(head.slug)
    return "\n".join(_lines(spec, head, found, base_url, variable)).rstrip() + "\n"


def _lines(spec: Spec, head: Head, found: Operation, base_url: str, variable: str) -> Iterator[str]:
    yield f"# {head.title}"
    yield f"\n`{head.method.upper()} {base_url if not head.webhook else ''}{head.path}`"
    if found.deprecated:
        yield "\n**Deprecated.**"
    if found.description:
        yield f"\n{found.description.strip()}"
    for place, group in found.by_place:
        yield f"\n## {place.capitalize() or 'Other'} parameters\n"
        for one in group:
            yield f"- `{one.name}` ({_type(one.node)}{', required' if one.required else ''}): {_line(one.description)}"
            yield from _small_print(one.node, "  ")
    if found.body:
        yield "\n## Body" + (" (required)" if found.body.required else "")
        for medium in found.body.media:
            yield f"\n`{medium.type}`\n"
            yield from _tree(medium.node, "") if medium.node else ()
    yield "\n## Answers"
    for answer in found.answers:
        yield from _answer(answer)
    if not head.webhook:
        for language, title, code in samples(found, base_url=base_url, variable=variable or key_variable(spec.title)):
            yield f"\n## {title}\n\n```{language}\n{code}\n```"


def _answer(answer: Answer) -> Iterator[str]:
    yield f"\n### {answer.status}\n\n{answer.description.strip()}"
    errors = [error_of(code, given, "en") for code, given in answer.errors.items()]
    yield from (f"- `{error.code}`: {error.title}. {_line(error.description)} {_line(error.fix)}" for error in errors)
    for medium in answer.media:
        yield f"\n`{medium.type}`\n"
        yield from _tree(medium.node, "") if medium.node else ()
        if medium.examples and not answer.failed:
            yield f"\n```{medium.examples[0].language}\n{medium.examples[0].code}\n```"


def _tree(node: Node, indent: str) -> Iterator[str]:
    kind = f"{_type(node)}{', required' if node.required else ''}"
    start = f"`{node.name}` ({kind})" if node.name else kind
    yield f"{indent}- {start}: {_line(node.description)}".rstrip(": ")
    yield from _small_print(node, indent + "  ")
    for child in node.children:
        yield from _tree(child, indent + "  ")
    for group in node.variants:
        yield f"{indent}  - {'one of' if group.kind == 'oneOf' else 'any of'}:"
        for form in group.nodes:
            yield from _tree(form, indent + "    ")


def _small_print(node: Node, indent: str) -> Iterator[str]:
    if node.constants:
        yield f"{indent}- allowed: {', '.join(f'`{as_json(one.value)}`' for one in node.constants)}"
    yield from (
        f"{indent}- {fact.label}: `{fact.value}`" if fact.value else f"{indent}- {fact.label}" for fact in node.facts
    )


def _type(node: Node) -> str:
    return (node.schema or node.type or "any") + "[]" * node.arrays + (" or null" if node.nullable else "")


def _line(words: str) -> str:
    return " ".join(words.split())
