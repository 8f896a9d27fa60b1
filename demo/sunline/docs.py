"""Sunline's own documentation: Markdown files, shown as plain pages or, with `.md` at the end, as they are."""

import re
from html import escape
from itertools import pairwise
from pathlib import Path

from markdown_it import MarkdownIt
from markdown_it.token import Token
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from sunline.errors import LANGUAGES, ProblemError, shown

FOLDER = Path(__file__).with_name("docs")

_HEADERS = {"Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'"}
_STYLE = """
:root { color-scheme: light dark }
body { max-width: 42rem; margin: 3rem auto; padding: 0 1rem; font: 1rem/1.6 system-ui }
pre { overflow-x: auto; padding: 1rem; background: color-mix(in srgb, currentColor 7%, transparent) }
table { border-collapse: collapse } td, th { padding: .3rem .8rem .3rem 0; text-align: left; vertical-align: top }
"""


async def get_page(request: Request) -> Response:
    """One page of the documentation."""
    name = request.path_params["page"]
    text = read_page(request.path_params["language"], name.removesuffix(".md"))
    if name.endswith(".md"):
        return Response(text, media_type="text/markdown")
    return HTMLResponse(_page(request.path_params["language"], text), headers=_HEADERS)


def page_names() -> list[str]:
    """The names of all pages; each exists in every language."""
    return sorted(path.stem for path in (FOLDER / LANGUAGES[0]).glob("*.md"))


def read_page(language: str, name: str) -> str:
    """The Markdown of one page."""
    if language not in LANGUAGES or name not in page_names():
        raise ProblemError("route-unknown", f"There is no page {shown(name)} in {shown(language)}.")
    return (FOLDER / language / f"{name}.md").read_text("utf-8")


def _page(language: str, text: str) -> str:
    markdown = MarkdownIt("commonmark").enable("table")
    tokens = markdown.parse(text)
    title = _prepare(tokens)
    body = markdown.renderer.render(tokens, markdown.options, {})
    return (
        f'<!doctype html><html lang="{language}"><meta charset="utf-8">'
        f'<meta name="viewport" content="width=device-width"><title>{escape(title)} · Sunline</title>'
        f"<style>{_STYLE}</style><main>{body}</main></html>"
    )


def _prepare(tokens: list[Token]) -> str:
    """Gives headings an id and makes links to `other.md` links to `other`; returns the first heading."""
    headings = []
    for token, following in pairwise(tokens):
        if token.type == "heading_open":
            headings.append(following.content)
            token.attrSet("id", re.sub(r"[^\w]+", "-", following.content.lower()).strip("-"))
        for link in following.children or []:
            if link.type == "link_open":
                link.attrSet("href", re.sub(r"^([\w-]+)\.md", r"\1", str(link.attrGet("href"))))
    return headings[0] if headings else "Sunline"
