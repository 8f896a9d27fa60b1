"""The vendor's OpenAPI documents as imported, its guides, and who read what on which day."""

import json
import zlib
from functools import partial
from typing import Any, ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from posthouse.foundation.clock import now
from posthouse.foundation.ids import new_id


class Document(models.Model):
    """One imported version of the vendor's OpenAPI document; the current one is shown."""

    id = models.CharField(primary_key=True, max_length=40, default=partial(new_id, "doc"), editable=False)
    title = models.CharField(_("title"), max_length=200)
    version = models.CharField(_("version"), max_length=60)
    openapi = models.CharField(max_length=20)
    file_name = models.CharField(max_length=200, blank=True)
    digest = models.CharField(max_length=64, unique=True)
    packed = models.BinaryField()
    operation_count = models.PositiveIntegerField(default=0)
    schema_count = models.PositiveIntegerField(default=0)
    is_current = models.BooleanField(default=False)
    imported_at = models.DateTimeField(default=now, editable=False)
    imported_by = models.CharField(max_length=80, blank=True)
    published_at = models.DateTimeField(null=True, editable=False)
    notes = models.JSONField(default=list)

    class Meta:
        verbose_name = _("API document")
        verbose_name_plural = _("API documents")
        ordering = ("-imported_at",)
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["is_current"], condition=models.Q(is_current=True), name="guides_document_one_current"
            )
        ]

    def __str__(self) -> str:
        return f"{self.title} {self.version}".strip()

    def content(self) -> dict[str, Any]:
        """The document itself."""
        found: dict[str, Any] = json.loads(self.as_json())
        return found

    def as_json(self) -> bytes:
        """The document as JSON, whatever it was written in."""
        return zlib.decompress(bytes(self.packed))


class GuidePage(models.Model):
    """One page of the vendor's guides in one language, in Markdown."""

    slug = models.SlugField(max_length=120)
    language = models.CharField(max_length=10)
    title = models.CharField(_("title"), max_length=200)
    body = models.TextField()
    position = models.PositiveIntegerField(default=0)

    class Meta:
        verbose_name = _("guide")
        verbose_name_plural = _("guides")
        ordering = ("position", "slug")
        constraints: ClassVar = [models.UniqueConstraint(fields=["slug", "language"], name="guides_page_once")]

    def __str__(self) -> str:
        return self.title


class Reading(models.Model):
    """A contact read a page on a day: it is announced once."""

    contact_id = models.CharField(max_length=40)
    page = models.CharField(max_length=200)
    day = models.DateField()

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["contact_id", "page", "day"], name="guides_read_once")]

    def __str__(self) -> str:
        return f"{self.contact_id} {self.page} {self.day}"
