"""What is wrong with a document: where, and why; refused or only noted."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

REASONS: dict[str, str | Promise] = {
    # refused
    "empty": _("The document is empty."),
    "too-large": _("The document is larger than %(limit)s MB."),
    "not-utf8": _("The document is not UTF-8 text. Save it as UTF-8 and try again."),
    "json-broken": _("This is not valid JSON: %(reason)s."),
    "yaml-broken": _("This is not valid YAML: %(reason)s."),
    "yaml-alias": _("YAML aliases (*%(alias)s) are not read. Write the part out, or use $ref."),
    "yaml-documents": _("There is more than one YAML document here. Send one."),
    "too-deep": _("Values are nested more than %(limit)s levels deep."),
    "not-object": _("An OpenAPI document is an object with the member “openapi”. This is something else."),
    "swagger": _(
        "This is Swagger %(version)s. Convert it to OpenAPI 3 first, for example with "
        "“npx swagger2openapi swagger.json -o openapi.json” or at editor.swagger.io (Edit, Convert to OpenAPI 3)."
    ),
    "no-version": _("The member “openapi” is missing. It says the version, such as “3.1.0”."),
    "other-version": _("OpenAPI %(version)s is not read. Send a document of version 3.0 or 3.1."),
    "no-operations": _("The document has no operations, so there is nothing to show."),
    "ref-outside": _(
        "The reference %(target)s leads out of this document. Bundle everything into one file first, for example with "
        "“npx @redocly/cli bundle”."
    ),
    "no-pages": _("There are no Markdown files here. They are expected in one folder for each language: en/, es/."),
    # noted
    "newer-version": _("OpenAPI %(version)s is read like 3.1; what is new in it is not shown."),
    "ref-broken": _("The reference %(target)s leads nowhere; it is shown as missing."),
    "ref-circle": _("The reference %(target)s leads back to itself; it is shown as missing."),
    "repeated-name": _("The name “%(name)s” is written twice in one object; the last one counts."),
    "wrong-kind": _("Here should stand %(expected)s; what stands there is passed over."),
    "no-title": _("The API has no title."),
    "no-responses": _("The operation has no responses."),
    "no-parameter": _("The path has {%(name)s}, but no parameter describes it."),
    "repeated-id": _("The operation id “%(name)s” is used more than once."),
    "no-path-slash": _("A path begins with a slash; this one does not."),
}

KINDS: dict[str, str | Promise] = {
    "object": _("an object"),
    "array": _("an array"),
    "text": _("a text"),
    "schema": _("a schema"),
}


@dataclass(frozen=True)
class Finding:
    """One flaw: `place` is a JSON pointer or a line and column; `code` is one of REASONS."""

    code: str
    place: str = ""
    values: Mapping[str, Any] = field(default_factory=dict)

    @property
    def reason(self) -> str:
        """The flaw in words, in the reader's language."""
        values = dict(self.values)
        if "expected" in values:
            values["expected"] = KINDS.get(values["expected"], values["expected"])
        return str(REASONS[self.code]) % values

    @property
    def where(self) -> str:
        """The place for people: names with arrows between for a pointer, `line 3, column 7` for a place in the text."""
        line, _colon, column = self.place.partition(":")
        if line.isdigit():
            return gettext("line %(line)s, column %(column)s") % {"line": line, "column": column or "1"}
        if not self.place.startswith("#/"):
            return self.place
        return " › ".join(part.replace("~1", "/").replace("~0", "~") for part in self.place[2:].split("/"))

    def as_dict(self) -> dict[str, Any]:
        """As JSON can carry it."""
        return asdict(self) | {"values": dict(self.values)}


class ImportRefused(Exception):
    """The document cannot be imported. `findings` say where and why, the first one first."""

    def __init__(self, *findings: Finding) -> None:
        super().__init__("; ".join(f"{found.where}: {found.reason}".removeprefix(": ") for found in findings))
        self.findings = list(findings)


def pointer(*parts: str | int) -> str:
    """A JSON pointer from its parts."""
    return "#" + "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in parts)
