"""Questions about the vendor's documentation."""

from dataclasses import dataclass
from typing import NamedTuple

from django.db.models import QuerySet
from django.urls import reverse
from django.utils import translation
from django.utils.html import format_html
from django.utils.safestring import SafeString

from posthouse.guides import advice, book, models, remember
from posthouse.guides.links import docs_link, guide_finder, guide_slugs
from posthouse.guides.openapi.examples import Example
from posthouse.guides.openapi.operations import error_of
from posthouse.guides.openapi.samples import key_variable, samples
from posthouse.guides.openapi.servers import servers_of
from posthouse.guides.openapi.spec import Head, Spec
from posthouse.guides.openapi.values import Json, mapping, text
from posthouse.guides.text import html_of, plain_of, title_and_body
from posthouse.vendor.queries import vendor

LONGEST_TITLE = 120


class Published(NamedTuple):
    """The document that is shown, and what is in it."""

    document: models.Document | book.OwnDocument
    spec: Spec


@dataclass(frozen=True)
class FoundOperation:
    """An operation of the current document, as others may name and link it."""

    method: str
    path: str
    title: str
    tag: str
    deprecated: bool
    url: str


@dataclass(frozen=True)
class Explanation:
    """What a failing call means: `text` and `fix` are HTML that is safe to show, `link` the page that mends it."""

    title: str
    text: SafeString
    fix: SafeString
    link: str


def published() -> Published | None:
    """The current document; one query, and parsing only when this process meets it for the first time."""
    row = models.Document.objects.filter(is_current=True).defer("packed", "notes").first()
    return Published(row, remember.spec_of(row)) if row else None


def in_open_book() -> Published | None:
    """The document of the open book: the vendor's current one, or that of our own API."""
    if not book.is_own():
        return published()
    own = book.own_document()
    return Published(*own) if own else None


def documents() -> QuerySet[models.Document]:
    """Everything ever imported, newest first, without the contents."""
    return models.Document.objects.defer("packed")


def guide_pages(language: str) -> list[models.GuidePage]:
    """The guides in this language, each of them in another where it is missing, without their bodies."""
    rows = models.GuidePage.objects.defer("body").order_by("position", "slug")
    return sorted(_in_language(rows, language).values(), key=lambda page: (page.position, page.slug))


def guide_page(slug: str, language: str) -> models.GuidePage | None:
    """A guide in this language, else in another."""
    return _in_language(models.GuidePage.objects.filter(slug=slug), language).get(slug)


def find_operation(method: str, route: str) -> FoundOperation | None:
    """The operation a recorded call belongs to, whatever its parameters are called, with or without a server's path."""
    found = published()
    slug = found.spec.routes.find(method, route) if found else None
    return operation_of(found.spec.heads[slug]) if found and slug else None


def operation_of(head: Head) -> FoundOperation:
    """What others may know of an operation."""
    url = book.address("operation", head.slug)
    return FoundOperation(head.method.upper(), head.path, head.title, head.tag, head.deprecated, url)


def explain_error(method: str, route: str, status: int, error_code: str, language: str) -> Explanation | None:
    """What a failing call means and how to mend it, in the reader's language as far as the vendor wrote in it.

    Looked for in this order: the code in the operation's answers (`x-error-codes`), the code anywhere in the document,
    general advice for Posthouse's own codes, the words of the operation's answer, general advice for the status.
    None for calls that did not fail.
    """
    if status < 400 and not error_code:
        return None
    with translation.override(language):
        found = published()
        slug = found.spec.routes.find(method, route) if found else None
        return (
            (_by_code(found.spec, slug, status, error_code, language) if found and error_code else None)
            or (_general(status, error_code, slug) if error_code in advice.BY_CODE else None)
            or (_by_response(found.spec, slug, status) if found and slug else None)
            or _general(status, error_code, slug)
        )


def general_advice(status: int, code: str) -> advice.Advice:
    """What is said of Posthouse's own codes and of a status without looking into the vendor's document."""
    return advice.advice_for(status, code)


def quickstart_samples(base_url: str, key_text: str, language: str) -> list[tuple[str, str, str]]:
    """(highlighting language, title, code) of a first call that works; empty when nothing is published.

    `key_text` empty: the samples read the key from the environment. The operation is the one marked `x-quickstart`,
    else the simplest that reads something and needs a key.
    """
    found = published()
    head = found.spec.first_call if found else None
    if not (found and head):
        return []
    operation = found.spec.operation(head.slug)
    base = base_url or base_url_of(found.spec)
    return samples(operation, base_url=base, variable=key_variable_of(found.spec), secret=key_text)


def first_call_head() -> Head | None:
    """The operation that people begin with."""
    found = published()
    return found.spec.first_call if found else None


def first_call_errors(most: int = 3) -> list[tuple[int, str]]:
    """Status and code of the errors that the vendor documents for a wrong request to that operation."""
    found = published()
    head = found.spec.first_call if found else None
    if not (found and head):
        return []
    answers = found.spec.responses(head.slug)
    wrong = [status for status in ("400", "404", "422") if status in answers]
    return [(int(status), code) for status in wrong for code in mapping(answers[status].get("x-error-codes"))][:most]


def answer_example(spec: Spec, head: Head) -> Example | None:
    """What the operation answers when all goes well."""
    good = [answer for answer in spec.operation(head.slug).answers if not answer.failed]
    return next((example for answer in good for medium in answer.media for example in medium.examples), None)


def searched_pages(language: str) -> list[models.GuidePage]:
    """The guides in this language with their texts."""
    return list(_in_language(models.GuidePage.objects.all(), language).values())


def base_url_of(spec: Spec) -> str:
    """Where calls go: what the vendor set in the desk, else the document's first server."""
    own = "" if book.is_own() else vendor().api_base_url
    return (own or (spec.servers[0].url if spec.servers else "")).rstrip("/") or "https://api.example.com"


def base_url_for(spec: Spec, head: Head) -> str:
    """Where one operation is called: some have servers of their own."""
    _method, _path, item = spec.item(head.slug)
    own = servers_of(mapping(item.get(head.method))) or servers_of(item)
    return own[0].url if own else base_url_of(spec)


def key_variable_of(spec: Spec) -> str:
    """The variable of the environment in which samples look for the key."""
    return book.VARIABLE if book.is_own() else key_variable(spec.title)


def _in_language(rows: QuerySet[models.GuidePage], language: str) -> dict[str, models.GuidePage]:
    default = vendor().default_language
    ranked = sorted(rows, key=lambda page: (page.language == language, page.language == default))
    return {page.slug: page for page in ranked}


def _by_code(spec: Spec, slug: str | None, status: int, code: str, language: str) -> Explanation | None:
    here = _explained(spec, slug, status, code) if slug else None
    if here is None and code in spec.error_codes:
        slug, where = spec.error_codes[code]
        here = (where, mapping(spec.responses(slug)[where].get("x-error-codes"))[code])
    if here is None or slug is None:
        return None
    where, given = here
    error = error_of(code, given, language)
    page = reverse("docs-operation", args=[slug]) + f"#answer-{where}"
    finder = guide_finder()
    return Explanation(
        title=error.title or code,
        text=html_of(error.description, top=4, link=finder),
        fix=html_of(error.fix, top=4, link=finder),
        link=docs_link(error.docs, guide_slugs()) or page,
    )


def _explained(spec: Spec, slug: str, status: int, code: str) -> tuple[str, Json | str] | None:
    """The code in the answer with this status, else in any answer of the operation."""
    responses = spec.responses(slug)
    nearest = _statuses(status)
    for where in [*(name for name in nearest if name in responses), *responses]:
        codes = mapping(responses[where].get("x-error-codes"))
        if code in codes:
            return where, codes[code]
    return None


def _by_response(spec: Spec, slug: str, status: int) -> Explanation | None:
    responses = spec.responses(slug)
    where = next((name for name in _statuses(status) if text(mapping(responses.get(name)).get("description"))), None)
    if where is None:
        return None
    title, body = _headline(text(responses[where]["description"]))
    general = advice.advice_for(status, "")
    return Explanation(
        title=title or str(general.title),
        text=html_of(body, top=4, link=guide_finder()),
        fix=format_html("<p>{}</p>", general.fix),
        link=reverse("docs-operation", args=[slug]) + f"#answer-{where}",
    )


def _headline(words: str) -> tuple[str, str]:
    """A title and the rest: a heading, or a first paragraph that is short enough to be one."""
    title, body = title_and_body(words)
    first, _gap, rest = words.strip().partition("\n\n")
    if not title and len(first) <= LONGEST_TITLE:
        title, body = first, rest
    return plain_of(title, LONGEST_TITLE), body


def _general(status: int, code: str, slug: str | None) -> Explanation:
    found = advice.advice_for(status, code)
    return Explanation(
        title=str(found.title),
        text=format_html("<p>{}</p>", found.text),
        fix=format_html("<p>{}</p>", found.fix),
        link=reverse("docs-operation", args=[slug]) if slug else reverse("docs-home"),
    )


def _statuses(status: int) -> tuple[str, str, str]:
    return str(status), f"{status // 100}xx", "default"
