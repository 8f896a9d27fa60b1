"""The public documentation: overview, operations, schemas, guides, quickstart, search."""

from typing import Any
from urllib.parse import quote, urlencode

from django.conf import settings
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import NoReverseMatch, reverse
from django.utils.translation import get_language
from django.views.decorators.http import require_safe

from posthouse.design import navigation
from posthouse.guides import actions, book, models, parts, queries, search
from posthouse.guides.links import guide_finder
from posthouse.guides.openapi.samples import PLACEHOLDER
from posthouse.guides.openapi.spec import Head
from posthouse.guides.outline import outline
from posthouse.guides.queries import Published
from posthouse.guides.text import html_of
from posthouse.people import access
from posthouse.people import queries as people
from posthouse.vendor.queries import vendor

MOST_AT_ONCE = 12
ON_A_PAGE = 60
COMMON_FAILURES = ((401, "key-unknown"), (403, "scope-missing"), (429, "quota-exceeded"))


@access.public
@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """The overview: what the API is, and its operations by tag."""
    found = queries.in_open_book()
    body = parts.home(found) if found else ""
    return _page(request, "home", found, here="home", body=body, spec=found.spec if found else None)


@access.public
@require_safe
def operation(request: HttpRequest, slug: str) -> HttpResponse:
    """One operation."""
    found, head = _operation(slug)
    guides = _guides()
    body, examples = parts.operation(found, head, frozenset(page.slug for page in guides))
    _note(request, f"reference/{slug}", head.title)
    return _page(
        request,
        "operation",
        found,
        current=slug,
        head=head,
        body=body,
        examples=examples,
        uses_key=found.spec.needs_key(slug),
        key_variable=queries.key_variable_of(found.spec),
        keys_url="" if book.is_own() else _keys_url(request),
        ask_support=_ask_support(head),
        guides=guides,
    )


@access.public
@require_safe
def operation_text(request: HttpRequest, slug: str) -> HttpResponse:
    """One operation as Markdown, for other tools."""
    found, head = _operation(slug)
    text = outline(
        found.spec, head, base_url=queries.base_url_for(found.spec, head), variable=queries.key_variable_of(found.spec)
    )
    return HttpResponse(text, content_type="text/markdown; charset=utf-8")


@access.public
@require_safe
def schemas(request: HttpRequest) -> HttpResponse:
    """All schemas by name."""
    found = _published()
    listed = sorted(found.spec.schemas.items(), key=lambda pair: pair[1].lower())
    return _page(request, "schemas", found, here="schemas", schemas=listed)


@access.public
@require_safe
def schema(request: HttpRequest, slug: str) -> HttpResponse:
    """One schema; with `part=members` only what stands under it, for opening it in place."""
    found = _published()
    name = found.spec.schemas.get(slug)
    if name is None:
        raise Http404
    if request.GET.get("part") == "members":
        return HttpResponse(parts.members(found, name))
    body, examples = parts.schema(found, name)
    return _page(request, "schema", found, here="schemas", name=name, body=body, examples=examples)


@access.public
@require_safe
def guide(request: HttpRequest, slug: str) -> HttpResponse:
    """One of the vendor's guides."""
    page = queries.guide_page(slug, _language())
    if page is None:
        raise Http404
    _note(request, f"guides/{slug}", page.title)
    listed = queries.guide_pages(_language())
    after = [one.slug for one in listed].index(slug) + 1
    body = html_of(page.body, top=2, link=guide_finder())
    return _page(
        request, "guide", queries.in_open_book(), here=slug, page=page, body=body, next=next(iter(listed[after:]), None)
    )


@access.public
@require_safe
def quickstart(request: HttpRequest) -> HttpResponse:
    """The first call, for everybody; the portal has one with the customer's own key."""
    found = queries.in_open_book()
    head = found.spec.first_call if found else None
    if not (found and head):
        return _page(request, "quickstart", found, here="quickstart")
    return _page(
        request,
        "quickstart",
        found,
        here="quickstart",
        operation=queries.operation_of(head),
        samples=queries.quickstart_samples("", "", _language()),
        export=f'export {queries.key_variable_of(found.spec)}="{PLACEHOLDER}"',
        answer=queries.answer_example(found.spec, head),
        failures=[
            (status, code, queries.explain_error(head.method, head.path, status, code, _language()))
            for status, code in COMMON_FAILURES
        ],
        keys_url=_keys_url(request),
    )


@access.public
@require_safe
def find(request: HttpRequest) -> HttpResponse:
    """Search: a page, or for a field being typed in only the first results."""
    question = " ".join(request.GET.get("q", "").replace("\x00", "").split())[: search.LONGEST_QUESTION]
    found = queries.in_open_book()
    results = (
        search.search(found, [] if book.is_own() else queries.searched_pages(_language()), question) if question else []
    )
    if request.headers.get("HX-Request"):
        context = {"question": question, "results": results[:MOST_AT_ONCE], "total": len(results)}
        return render(request, "guides/_found.html", context)
    shown = Paginator(results, ON_A_PAGE).get_page(request.GET.get("page"))
    return _page(request, "search", found, question=question, results=list(shown), total=0, page_obj=shown)


@access.public
@require_safe
def openapi(request: HttpRequest) -> HttpResponse:
    """The document itself, as JSON."""
    if book.is_own():
        found = _published().document
        return HttpResponse(found.as_json(), content_type="application/json")
    row = models.Document.objects.filter(is_current=True).first()
    if row is None:
        raise Http404
    return HttpResponse(row.as_json(), content_type="application/json")


def _published() -> Published:
    found = queries.in_open_book()
    if found is None:
        raise Http404
    return found


def _operation(slug: str) -> tuple[Published, Any]:
    found = _published()
    head = found.spec.heads.get(slug)
    if head is None:
        raise Http404
    return found, head


def _page(
    request: HttpRequest, template: str, published: Published | None, current: str = "", **context: Any
) -> HttpResponse:
    frame = {
        "published": published,
        "own": book.is_own(),
        "guides": context.pop("guides", None) or _guides(),
        "nav": parts.nav(published, current) if published else "",
    }
    return render(request, f"guides/{template}.html", frame | context)


def _guides() -> list[models.GuidePage]:
    """Those of the vendor; the book of our own API has none."""
    return [] if book.is_own() else queries.guide_pages(_language())


def _ask_support(head: Head) -> str:
    """A mail to the vendor's support, begun, that names the operation; empty where the vendor has no address for it."""
    to = vendor().support_email
    if not to:
        return ""
    named = f"{head.method.upper()} {head.path}"
    page = settings.PUBLIC_URL + book.address("operation", head.slug)
    written = {"subject": f"{head.title} ({named})", "body": f"{named}\n{page}\n\n"}
    return f"mailto:{quote(to, safe='@')}?{urlencode(written, quote_via=quote)}"


def _language() -> str:
    return (get_language() or "en").partition("-")[0]


def _keys_url(request: HttpRequest) -> str:
    """The keys of the customer whose portal this is; empty for visitors."""
    customer_id = navigation.customer_id(request) if request.user.is_authenticated else None
    try:
        return reverse("portal-keys", kwargs={"customer_id": customer_id}) if customer_id else ""
    except NoReverseMatch:
        return ""


def _note(request: HttpRequest, page: str, title: str) -> None:
    """Put the reading on the timeline of a contact."""
    contact = None if book.is_own() else people.contact_of(request.user)
    if contact is None or actions.is_noted(contact_id=contact.pk, page=page):
        return
    membership = people.memberships(request.user).first()
    actions.note_reading(
        contact_id=contact.pk, customer_id=membership.customer_id if membership else "", page=page, title=title
    )
