"""Reference documents made from the code: events, settings, permissions, jobs, openapi.json.

python tools/reference.py write    make them anew
python tools/reference.py check    fail when one differs from the code
"""

import inspect
import json
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import django

ROOT = Path(__file__).parent.parent
FOLDER = ROOT / "docs" / "reference"
MADE = "<!-- Made by tools/reference.py from the code. Do not edit. -->\n\n"


def events() -> str:
    """Every event the house announces."""
    from posthouse.timeline.events import catalogue, reactions  # noqa: PLC0415  needs Django set up

    lines = [
        f"{MADE}# Events\n",
        "What the house announces on the timeline. Every event also has `customer_id`, ",
        "`contact_id`, `actor`, ",
        "`occurred_at` and `received_at`.\n",
    ]
    for name, kind in sorted(catalogue.items()):
        feature = kind.__module__.split(".")[1]
        lines.append(f"\n## `{name}`\n\n{inspect.getdoc(kind)} Announced by `{feature}`, version {kind.version}.\n")
        fields = kind.data_fields()
        if fields:
            lines.append("\n| data | type |\n| --- | --- |\n")
            lines += [f"| `{field}` | {_type_name(type_)} |\n" for field, type_ in fields.items()]
        listeners = sorted(consumer for consumer, types in reactions.items() if name in types or "*" in types)
        if listeners:
            lines.append(f"\nTaken in by: {', '.join(f'`{listener}`' for listener in listeners)}.\n")
    return "".join(lines)


def _type_name(type_: object) -> str:
    return (
        type_.__name__ if isinstance(type_, type) and not hasattr(type_, "__args__") else str(type_).replace("|", "\\|")
    )


def settings_page() -> str:
    """Every setting read from the environment."""
    source = (ROOT / "src/posthouse/config/settings.py").read_text()
    pattern = re.compile(r'env\.(?P<type>\w+)\("(?P<name>[A-Z_]+)"(?:, (?P<default>.*?))?\)(?= or |\.rstrip|\)|:|,|\n)')
    rows: dict[str, tuple[str, str]] = {}
    for found in pattern.finditer(source):
        rows.setdefault(found["name"], (found["type"], (found["default"] or "").strip()))
    lines = [
        f"{MADE}# Settings\n\nAll from environment variables.\n\n| variable | type | default |\n| --- | --- | --- |\n"
    ]
    lines += [
        f"| `POSTHOUSE_{name}` | {type_} | `{default or '–'}` |\n" for name, (type_, default) in sorted(rows.items())
    ]
    return "".join(lines)


def permissions() -> str:
    """Every page and route with its access rule."""
    from posthouse.config.permissions import page_rules, route_rules  # noqa: PLC0415  needs Django set up

    lines = [f"{MADE}# Permissions\n\nWho may open which page, and which scope a route of the HTTP API needs.\n"]
    lines.append("\n## Pages\n\n| address | for | roles |\n| --- | --- | --- |\n")
    lines += [
        f"| `{address}` | {rule.audience} | {', '.join(rule.roles) or 'all'} |\n" for address, rule in page_rules()
    ]
    lines.append("\n## HTTP API\n\n| route | scope |\n| --- | --- |\n")
    lines += [f"| `{method} {address}` | {scope} |\n" for method, address, scope in route_rules()]
    return "".join(lines)


def jobs() -> str:
    """Everything the worker does in time."""
    from posthouse.foundation.jobs import registered  # noqa: PLC0415  needs Django set up

    head = f"{MADE}# Jobs\n\nWhat `posthouse worker` does without anybody asking.\n\n"
    rows = [
        f"| `{job.name}` | {job.every:g} s | {(inspect.getdoc(job.run) or '').splitlines()[0]} |\n"
        for job in registered()
    ]
    return head + "| job | at least every | does |\n| --- | --- | --- |\n" + "".join(rows)


def openapi() -> str:
    """The document of the HTTP API."""
    from posthouse.config.http_api import openapi_document  # noqa: PLC0415  needs Django set up

    return json.dumps(openapi_document(), indent=1, ensure_ascii=False, sort_keys=False) + "\n"


PAGES: dict[str, Callable[[], str]] = {
    "events.md": events,
    "settings.md": settings_page,
    "permissions.md": permissions,
    "jobs.md": jobs,
    "openapi.json": openapi,
}


def main() -> int:
    """Write or check all pages."""
    django.setup()
    FOLDER.mkdir(parents=True, exist_ok=True)
    stale = list(_stale())
    for name, text in stale:
        if sys.argv[1:] == ["write"]:
            (FOLDER / name).write_text(text)
        else:
            print(f"docs/reference/{name} differs from the code: run `python tools/reference.py write`")
    return 1 if stale and sys.argv[1:] != ["write"] else 0


def _stale() -> Iterator[tuple[str, str]]:
    for name, make in PAGES.items():
        text = make()
        path = FOLDER / name
        if not path.exists() or path.read_text() != text:
            yield name, text


if __name__ == "__main__":
    sys.exit(main())
