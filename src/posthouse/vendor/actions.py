"""Changing what the portal says and looks like."""

import base64
import re
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from posthouse.timeline.actions import record
from posthouse.vendor import events, models, queries

LOGO_BYTES = 64 * 1024
LOGO_TOO_LARGE = _("The picture is larger than 64 KB.")
MAGIC = {
    b"\x89PNG\r\n\x1a\n": "image/png",
    b"\xff\xd8\xff": "image/jpeg",
}
SVG = re.compile(rb"\A\s*(?:<\?xml[^>]*>\s*)?(?:<!--.*?-->\s*|<!DOCTYPE[^>\[]*>\s*)*<svg[\s>]", re.DOTALL)


@transaction.atomic
def describe_vendor(*, actor: str = "", **changes: Any) -> models.Vendor:
    """Change the named fields. Announces VendorDescribed if any differs. Raises ValidationError for unfit values."""
    row, created = models.Vendor.objects.get_or_create(pk=1)
    changed = sorted(name for name, value in changes.items() if getattr(row, name) != value)
    for name in changed:
        setattr(row, name, changes[name])
    row.full_clean()
    if changed or created:
        row.save()
        record(events.VendorDescribed(changed=changed), actor=actor)
        transaction.on_commit(queries.forget)
    return row


def logo_address(picture: bytes) -> str:
    """A picture as a data address. Raises ValidationError when it is no picture that browsers show, or too large.

    The kind is read from the bytes, not from the name. Browsers run no script of an SVG shown by <img>.
    """
    if len(picture) > LOGO_BYTES:
        raise ValidationError(LOGO_TOO_LARGE)
    kind = next((kind for start, kind in MAGIC.items() if picture.startswith(start)), "")
    if picture[:4] == b"RIFF" and picture[8:12] == b"WEBP":
        kind = "image/webp"
    if SVG.match(picture.removeprefix(b"\xef\xbb\xbf")):
        kind = "image/svg+xml"
    if not kind:
        raise ValidationError(_("This is not an SVG, PNG, JPEG or WebP picture."))
    return f"data:{kind};base64,{base64.b64encode(picture).decode()}"
