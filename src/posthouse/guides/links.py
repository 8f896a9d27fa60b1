"""Addresses in the vendor's texts that lead to pages we show ourselves."""

import re
from collections.abc import Callable, Container
from urllib.parse import urlsplit

from django.urls import reverse

from posthouse.guides import models

_PAGE = re.compile(r"(?:\./)?(?P<slug>[a-z0-9-]+)(?:\.md|/)?(?P<anchor>#[\w-]*)?")


def guide_finder() -> Callable[[str], str]:
    """Turns links such as `errors.md#key-missing` into addresses of guides; asks the database once, if at all."""
    known: frozenset[str] | None = None

    def find(address: str) -> str:
        nonlocal known
        found = _PAGE.fullmatch(address)
        if found is None or not (".md" in address or known):
            return address
        if known is None:
            known = guide_slugs()
        return _page(found["slug"], found["anchor"] or "") if found["slug"] in known else address

    return find


def docs_link(address: str, slugs: Container[str]) -> str:
    """The link of an error code. When its last part names an imported guide, it leads there; else it stays."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return ""
    slug = parts.path.rstrip("/").rpartition("/")[2].removesuffix(".html").removesuffix(".md")
    if slug in slugs:
        return _page(slug, f"#{parts.fragment}" if parts.fragment else "")
    return outside_link(address)


def outside_link(address: str) -> str:
    """An address of the web; empty for anything else, such as `javascript:`."""
    return address if address.lower().startswith(("https://", "http://")) else ""


def guide_slugs() -> frozenset[str]:
    """The guides that can be linked to."""
    return frozenset(models.GuidePage.objects.values_list("slug", flat=True))


def _page(slug: str, anchor: str) -> str:
    return reverse("docs-guide", args=[slug]) + anchor
