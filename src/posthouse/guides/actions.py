"""Verbs: import and publish documents and guides, note that a page was read."""

import hashlib
import json
import logging
import zlib
from datetime import date
from pathlib import Path

from django.conf import settings
from django.db import OperationalError, transaction

from posthouse.foundation.clock import now
from posthouse.guides import models
from posthouse.guides.book import own_document_from as own_document_from
from posthouse.guides.events import GuideRead
from posthouse.guides.openapi.check import check
from posthouse.guides.openapi.findings import Finding, ImportRefused
from posthouse.guides.openapi.source import read_source
from posthouse.guides.openapi.spec import Spec, slugify
from posthouse.guides.openapi.values import mapping, text
from posthouse.guides.text import title_and_body
from posthouse.timeline.actions import record

logger = logging.getLogger(__name__)

LONGEST_PAGE = 1024 * 1024
MOST_PAGES = 500
MOST_REMEMBERED = 20_000
_read_today: set[tuple[str, str, date]] = set()


def import_document(*, source: bytes, name: str, actor: str, publish: bool = True) -> models.Document:
    """Read an OpenAPI 3.0 or 3.1 document (JSON or YAML, at most 20 MB), keep it, and show it if `publish` is true.

    A flawed document is imported with `notes`; one that cannot be shown raises ImportRefused, whose `findings` say
    where and why. The same content again is the same row, so importing twice changes nothing.
    """
    read = read_source(source)
    notes = [*read.notes, *check(read.content)]
    content = json.dumps(read.content, separators=(",", ":")).encode()
    digest = hashlib.sha256(content).hexdigest()
    spec = Spec(read.content)
    with transaction.atomic():
        document, _created = models.Document.objects.get_or_create(
            digest=digest,
            defaults={
                "title": (spec.title or "API")[:200],
                "version": spec.version[:60],
                "openapi": text(read.content["openapi"])[:20],
                "file_name": Path(name).name[:200],
                "packed": zlib.compress(content, 6),
                "operation_count": len(spec.heads),
                "schema_count": len(mapping(mapping(read.content.get("components")).get("schemas"))),
                "imported_at": now(),
                "imported_by": actor[:80],
                "notes": [note.as_dict() for note in notes],
            },
        )
        if publish:
            publish_document(document=document)
    return document


@transaction.atomic
def publish_document(*, document: models.Document) -> None:
    """Show this document from now on, instead of the one before; also how to go back to an earlier one."""
    if document.is_current:
        return
    models.Document.objects.filter(is_current=True).update(is_current=False)
    document.is_current, document.published_at = True, now()
    document.save(update_fields=["is_current", "published_at"])


def delete_document(*, document: models.Document) -> None:
    """Forget an imported document. Raises ValueError for the one that is shown."""
    deleted, _by_model = models.Document.objects.filter(pk=document.pk, is_current=False).delete()
    if not deleted:
        raise ValueError("the document that is shown cannot be deleted")


@transaction.atomic
def import_pages(*, folder: Path) -> list[models.GuidePage]:
    """Replace all guides by the Markdown files of a folder: `en/errors.md` is the page `errors` in English.

    A file's first heading is its title. The order is that of `order.txt` (a slug on each line), then of the names;
    getting-started comes first. Raises ImportRefused for unreadable files.
    """
    files = [
        (language, path) for language, _name in settings.LANGUAGES for path in sorted((folder / language).glob("*.md"))
    ]
    if not files:
        raise ImportRefused(Finding("no-pages", str(folder)))
    order = _order(folder)
    pages = [_page(language, path, order) for language, path in files[:MOST_PAGES]]
    models.GuidePage.objects.all().delete()
    return models.GuidePage.objects.bulk_create(pages)


def _order(folder: Path) -> list[str]:
    listed = folder / "order.txt"
    written = listed.read_text(encoding="utf-8").split() if listed.is_file() else []
    return written or ["getting-started"]


def _page(language: str, path: Path, order: list[str]) -> models.GuidePage:
    if path.stat().st_size > LONGEST_PAGE:
        raise ImportRefused(Finding("too-large", path.name, {"limit": LONGEST_PAGE // 1024 // 1024}))
    try:
        title, body = title_and_body(path.read_text(encoding="utf-8-sig").replace("\x00", "\ufffd"))
    except UnicodeDecodeError as error:
        raise ImportRefused(Finding("not-utf8", path.name)) from error
    slug = slugify(path.stem)
    position = order.index(slug) if slug in order else len(order)
    return models.GuidePage(
        slug=slug, language=language, title=(title or path.stem)[:200], body=body, position=position
    )


def note_reading(*, contact_id: str, customer_id: str, page: str, title: str) -> None:
    """Announce GuideRead, once a day for each contact and page. A busy database loses the note, never the page."""
    day = now().date()
    try:
        with transaction.atomic():
            _row, created = models.Reading.objects.get_or_create(contact_id=contact_id, page=page[:200], day=day)
            if created:
                event = GuideRead(contact_id=contact_id, customer_id=customer_id, page=page, title=title)
                record(event, actor=f"contact:{contact_id}")
    except OperationalError:
        logger.warning("the reading of %s was not noted: the database is busy", page)
        return
    if len(_read_today) > MOST_REMEMBERED:
        _read_today.clear()
    _read_today.add((contact_id, page, day))


def is_noted(*, contact_id: str, page: str) -> bool:
    """Whether this process already noted the reading today, so that most readings cost no query."""
    return (contact_id, page, now().date()) in _read_today


def forget_readings() -> None:
    """Ask the database again whether a reading was noted."""
    _read_today.clear()
