"""The desk's form for a new document."""

from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext_lazy as _

from posthouse.guides.openapi.findings import Finding
from posthouse.guides.openapi.source import MAX_BYTES


class DocumentForm(forms.Form):
    """A file, or the text pasted."""

    file = forms.FileField(
        label=_("File"),
        required=False,
        allow_empty_file=True,
        help_text=_("OpenAPI 3.0 or 3.1, JSON or YAML, at most 20 MB."),
    )
    text = forms.CharField(
        label=_("Or the text itself"),
        required=False,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 6, "spellcheck": "false", "class": "mono"}),
    )

    def clean(self) -> dict[str, Any]:
        """One of the two, not larger than what is read."""
        given = super().clean() or {}
        file = given.get("file")
        if isinstance(file, UploadedFile) and (file.size or 0) > MAX_BYTES:
            raise forms.ValidationError(Finding("too-large", values={"limit": MAX_BYTES // 1024 // 1024}).reason)
        if not file and not (given.get("text") or "").strip():
            raise forms.ValidationError(_("Choose a file or paste the text."))
        return given

    def source(self) -> tuple[bytes, str]:
        """The bytes and the name of the file; to be asked once, after the form was found valid."""
        file = self.cleaned_data.get("file")
        if file:
            return file.read(), str(file.name)
        return self.cleaned_data["text"].encode("utf-8", "replace"), ""
