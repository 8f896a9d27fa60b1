"""Message catalogues, one per feature, without GNU gettext: extract, compile, check.

python tools/messages.py extract   bring every es/django.po up to date with the sources
python tools/messages.py compile   write the .mo files (also done by bin/* and when a wheel is built)
python tools/messages.py check     fail when a catalogue is out of date, lacks a Spanish text, or disagrees with another
"""

import io
import sys
from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "src" / "posthouse"
LANGUAGE = "es"
KEYWORDS = {
    "_": None,
    "gettext": None,
    "gettext_lazy": None,
    "gettext_noop": None,
    "ngettext": (1, 2),
    "ngettext_lazy": (1, 2),
    "pgettext": ((1, "c"), 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
}


def features() -> list[Path]:
    """Folders that may have a catalogue."""
    return sorted(path.parent for path in PACKAGE.glob("*/__init__.py"))


def sources(feature: Path) -> Iterator[tuple[str, str]]:
    """Name and Python-like text of every file with messages; templates are turned into such by Django."""
    from django.utils.translation.template import templatize  # noqa: PLC0415  needs settings configured first

    for path in sorted(feature.rglob("*")):
        if path.suffix == ".py" and "tests" not in path.parts and "migrations" not in path.parts:
            yield str(path.relative_to(PACKAGE)), path.read_text()
        elif path.suffix in {".html", ".txt"} and "templates" in path.parts:
            yield str(path.relative_to(PACKAGE)), templatize(path.read_text(), origin=str(path))


def template_of(feature: Path) -> Catalog:
    """All messages of a feature."""
    catalog = Catalog(charset="utf-8")
    for name, text in sources(feature):
        found = extract("python", io.BytesIO(text.encode()), keywords=KEYWORDS, comment_tags=["Translators:"])
        for _line, message, comments, context in found:
            catalog.add(message, auto_comments=comments, context=context, locations=[(name, 0)])
    return catalog


def po_path(feature: Path) -> Path:
    """Where the Spanish catalogue of a feature lives."""
    return feature / "locale" / LANGUAGE / "LC_MESSAGES" / "django.po"


def updated(feature: Path) -> Catalog | None:
    """The catalogue as it should be; None when the feature has no messages."""
    template = template_of(feature)
    if not len(template):
        return None
    path = po_path(feature)
    catalog = Catalog(locale=LANGUAGE, project="posthouse", charset="utf-8", fuzzy=False)
    if path.exists():
        with path.open("rb") as file:
            catalog = read_po(file, locale=LANGUAGE)
    catalog.fuzzy = False
    catalog.update(template, no_fuzzy_matching=True, update_header_comment=False, keep_user_comments=True)
    catalog.obsolete.clear()
    return catalog


def rendered(catalog: Catalog) -> bytes:
    """The text of a .po file: sorted, no line numbers, no dates, so that it changes only when messages do."""
    out = io.BytesIO()
    write_po(out, catalog, width=120, sort_output=True, omit_header=True, include_lineno=False, ignore_obsolete=True)
    header = 'msgid ""\nmsgstr ""\n"Language: es\\n"\n"Content-Type: text/plain; charset=utf-8\\n"\n'
    header += '"Content-Transfer-Encoding: 8bit\\n"\n"Plural-Forms: nplurals=2; plural=(n != 1);\\n"\n\n'
    return header.encode() + out.getvalue().lstrip()


def do_extract() -> int:
    """Write every catalogue anew, translations kept."""
    for feature in features():
        catalog = updated(feature)
        if catalog is not None:
            path = po_path(feature)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(rendered(catalog))
    return 0


def do_compile() -> int:
    """Write the .mo files that are older than their source."""
    for path in PACKAGE.rglob("*.po"):
        target = path.with_suffix(".mo")
        if not target.exists() or target.stat().st_mtime <= path.stat().st_mtime:
            with path.open("rb") as po, target.open("wb") as mo:
                write_mo(mo, read_po(po, locale=LANGUAGE))
    return 0


def do_check() -> int:
    """Report what is missing; 1 when anything is."""
    wrong = _clashes()
    for feature in features():
        catalog = updated(feature)
        if catalog is None:
            continue
        path = po_path(feature)
        if not path.exists() or path.read_bytes() != rendered(catalog):
            print(f"{path.relative_to(ROOT)} is out of date: run `python tools/messages.py extract`")
            wrong += 1
        for message in catalog:
            texts = message.string if isinstance(message.string, tuple) else (message.string,)
            if message.id and not all(texts):
                print(f"{path.relative_to(ROOT)}: no Spanish for {message.id!r}")
                wrong += 1
            wrong += sum(_report(path, str(error)) for error in message.check(catalog))
    return 1 if wrong else 0


def _clashes() -> int:
    """Texts translated differently in two catalogues. Django merges them all, so one would win everywhere."""
    seen: dict[tuple[str | None, str], tuple[object, Path]] = {}
    wrong = 0
    for path in sorted(PACKAGE.rglob("*.po")):
        with path.open("rb") as file:
            catalog = read_po(file, locale=LANGUAGE)
        for message in catalog:
            key = (message.context, str(message.id))
            said, where = seen.setdefault(key, (message.string, path))
            if message.id and message.string != said:
                text = f"{message.id!r} is {message.string!r} here and {said!r} in {where.relative_to(ROOT)}"
                wrong += _report(path, f"{text}: say the same, or give one a context")
    return wrong


def _report(path: Path, text: str) -> int:
    print(f"{path.relative_to(ROOT)}: {text}")
    return 1


def main() -> int:
    """Run the sub-command named on the command line."""
    from django.conf import settings  # noqa: PLC0415  only the extraction needs Django

    settings.configure()
    return {"extract": do_extract, "compile": do_compile, "check": do_check}[sys.argv[1]]()


if __name__ == "__main__":
    sys.exit(main())
