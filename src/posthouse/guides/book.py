"""Which book is open: the vendor's documentation, or that of our own HTTP API, which is shown by the same pages.

The vendor's stands under /docs/, ours under /docs/posthouse/; neither knows of the other's operations. What a page
shows and where its links lead follows from the open book.
"""

import hashlib
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import lru_cache, wraps
from typing import Any

from django.conf import settings
from django.urls import reverse

from posthouse.guides.openapi.spec import Spec

VARIABLE = "POSTHOUSE_TOKEN"
"""The variable in which samples of our own API look for the token."""

_own: ContextVar[bool] = ContextVar("own book", default=False)
_finders: list[Callable[[], dict[str, Any]]] = []


@dataclass(frozen=True)
class OwnDocument:
    """Our own document, where pages expect one that was imported."""

    digest: str
    content: dict[str, Any]

    def as_json(self) -> bytes:
        """As JSON."""
        return json.dumps(self.content, ensure_ascii=False).encode()


def own_document_from(finder: Callable[[], dict[str, Any]]) -> None:
    """Let what this returns be the document of our own API. Asked once."""
    _finders[:] = [finder]
    own_document.cache_clear()


@lru_cache(maxsize=1)
def own_document() -> tuple[OwnDocument, Spec] | None:
    """Our own document, with our address as its server; None where nobody lends one."""
    if not _finders:
        return None
    written = json.dumps(_finders[0]() | {"servers": [{"url": settings.PUBLIC_URL}]}, default=str)
    content = json.loads(written)  # as if it had been imported: names are texts, nothing is shared
    return OwnDocument(hashlib.sha256(written.encode()).hexdigest(), content), Spec(content)


def is_own() -> bool:
    """Whether the book of our own API is open."""
    return _own.get()


@contextmanager
def own_book() -> Iterator[None]:
    """Within this block the book of our own API is open."""
    token = _own.set(True)
    try:
        yield
    finally:
        _own.reset(token)


def in_own_book(view: Callable[..., Any]) -> Callable[..., Any]:
    """The same page of the book of our own API."""

    @wraps(view)
    def opened(*arguments: Any, **named: Any) -> Any:
        with own_book():
            return view(*arguments, **named)

    return opened


def address(page: str, *arguments: str) -> str:
    """The address of a page of the open book: `home`, `operation`, `schema` …"""
    return reverse(f"docs-own-{page}" if is_own() else f"docs-{page}", args=arguments)
